"""Dashboards against Grafana's own definition of a dashboard, panel, query and plugin option.

Grafana publishes it as types, which it generates from its schemas (the package grafana-foundation-sdk, one version for
each Grafana). A dashboard is read into these types: whatever they have no place for is unknown to that Grafana, and
whatever does not fit its type is wrong. Run as a program of its own for each Grafana, as they cannot be loaded together.
"""

import enum
import json
import os
import pathlib
import subprocess
import sys
import typing

from . import files

# What the Prometheus data source reads of an annotation, beyond the schema of all annotations.
_OF_PROMETHEUS_ANNOTATIONS = {"step", "titleFormat", "textFormat"}


def _fits(value, hint):
    """Whether a value can stand where Grafana wants such a type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (object, typing.Any) or (value is None and hint is type(None)):
        return True
    if origin is typing.Union:
        return any(_fits(value, argument) for argument in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin is list:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, arguments[1]) for item in value.values())
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return value in [member.value for member in hint]
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, dict) and hasattr(hint, "from_json"):  # some are left as they were written
        read = hint.from_json(value)
        return not [*_unknown(value, read.to_json(), ""), *_misfits(read, "")]
    return isinstance(value, hint)


def _misfits(thing, where):
    """Attributes of the read objects that are not of their type, through all levels."""
    if isinstance(thing, list):
        for index, item in enumerate(thing):
            yield from _misfits(item, f"{where}[{index}]")
    elif isinstance(thing, dict):
        for key, item in thing.items():
            yield from _misfits(item, f"{where}.{key}")
    elif type(thing).__module__.startswith("grafana_foundation_sdk") and not isinstance(thing, enum.Enum):
        hints = typing.get_type_hints(type(thing))
        for name, value in vars(thing).items():
            if name in hints and value is not None and not _fits(value, hints[name]):
                yield f"{where}.{name}: {value!r} is no {hints[name]}"
            yield from _misfits(value, f"{where}.{name}")


def _unknown(written, read, where):
    """Keys that were lost in reading."""
    if isinstance(written, dict) and isinstance(read, dict):
        for key, value in written.items():
            if value is None or (where.startswith("annotations.list") and key in _OF_PROMETHEUS_ANNOTATIONS):
                continue
            if key not in read:
                yield f"{where}.{key}".lstrip(".")
            else:
                yield from _unknown(value, read[key], f"{where}.{key}".lstrip("."))
    elif isinstance(written, list) and isinstance(read, list):
        for index, (first, second) in enumerate(zip(written, read)):
            yield from _unknown(first, second, f"{where}[{index}]")


def _of_this_grafana():
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.cog.runtime import UnknownDataquery, panelcfg_config
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()
    for name, written in files.dashboards().items():
        for panel in files.panels(written):
            if panel["type"] != "row" and panelcfg_config(panel["type"]) is None:
                yield f"{name}: {panel['title']}: there is no kind of panel named {panel['type']}"
        read = Dashboard.from_json(written)
        for panel in read.panels:
            if any(isinstance(target, UnknownDataquery) for target in getattr(panel, "targets", None) or []):
                yield f"{name}: {panel.title}: a query of no known kind"
        for key in _unknown(written, json.loads(json.dumps(read, cls=JSONEncoder)), ""):
            yield f"{name}: {key}: unknown"
        for misfit in _misfits(read, ""):
            yield f"{name}: {misfit.lstrip('.')}"


def check():
    folder = pathlib.Path(os.environ["GRAFANA_SCHEMAS"])
    for version in sorted(folder.iterdir()):
        environment = os.environ | {"PYTHONPATH": f"{os.environ['PYTHONPATH']}:{version}"}
        run = subprocess.run([sys.executable, "-m", "checking.schema"], env=environment, capture_output=True, text=True)
        if run.returncode != 0:
            yield f"Grafana {version.name}: cannot be read: {run.stderr.strip().splitlines()[-1]}"
        for line in run.stdout.splitlines():
            yield f"Grafana {version.name}: {line}"


if __name__ == "__main__":
    for problem in _of_this_grafana():
        print(problem)
