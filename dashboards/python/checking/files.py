"""The files that are checked, and the expressions in them."""

import dataclasses
import json
import pathlib

import yaml

HERE = pathlib.Path(__file__).parents[2]
RULES = [HERE / "rules" / "recording.yaml", HERE / "rules" / "alerts.yaml"]
NATIVE_RULES = HERE / "rules" / "recording-native.yaml"
RULE_TESTS = sorted((HERE / "rules" / "tests").glob("*.yaml"))
DASHBOARDS = [HERE / name for name in ("overview.json", "service.json", "collector.json")]


@dataclasses.dataclass(frozen=True)
class Expression:
    """PromQL, and where it stands."""

    where: str
    text: str
    is_instant: bool = False
    # Text in which {{label}} stands for labels of the result.
    legend: str = ""


def dashboards():
    return {path.name: json.loads(path.read_text()) for path in DASHBOARDS}


def panels(dashboard):
    """Those in rows, too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def panel_expressions():
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                where = f"{name}: {panel['title']} ({target['refId']})"
                yield Expression(where, target["expr"], target.get("instant", False), target["legendFormat"])
        for annotation in dashboard["annotations"]["list"]:
            where = f"{name}: annotation {annotation['name']}"
            yield Expression(where, annotation["expr"], False, annotation["titleFormat"] + annotation["textFormat"])


def variables():
    """(where, label_values(…)) of the variables that ask Prometheus."""
    for name, dashboard in dashboards().items():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                yield f"{name}: variable {variable['name']}", variable["query"]["query"]


def rules(paths=RULES):
    for path in paths:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def rule_expressions(paths=RULES):
    for rule in rules(paths):
        yield Expression(f"rule {rule.get('record') or rule['alert']}", rule["expr"])
