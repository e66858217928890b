"""Rules and scrape configurations as promtool sees them, each alert with a test that it fires and that it does not, and with a place in the README."""

import re
import subprocess

import yaml

from . import files
from .prometheus import program


def _said_by(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        yield from (
            f"{' '.join(command[1:3])}: {line}"
            for line in (run.stdout + run.stderr).strip().splitlines()
            if line.strip()
        )


def _tests():
    """alert → what was expected of it: True, it fires; False, it does not."""
    expected = {}
    for path in files.RULE_TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for asked in test.get("promql_expr_test", []):
                for name in re.findall(r'^ALERTS\{alertname="(\w+)", alertstate="firing"\}$', asked["expr"]):
                    expected.setdefault(name, set()).add(bool(asked["exp_samples"]))
    return expected


def check():
    promtool = program("promtool")
    yield from _said_by(promtool, "check", "rules", *map(str, files.RULES), str(files.NATIVE_RULES))
    for path in files.RULE_TESTS:
        yield from _said_by(promtool, "test", "rules", str(path))
    for path in sorted((files.HERE / "scraping").glob("*.yaml")):
        kind = ["--agent"] if path.name == "agent.yaml" else []
        yield from _said_by(promtool, "check", "config", "--syntax-only", *kind, str(path))
    tests, readme = _tests(), (files.HERE / "README.md").read_text()
    anchors = {
        "#" + re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", readme, re.M)
    }
    for rule in files.rules():
        if "alert" not in rule:
            continue
        name, notes = rule["alert"], rule["annotations"]
        for fires in (True, False):
            if fires not in tests.get(name, ()):
                yield f"{name}: no test in which it {'fires' if fires else 'does not fire'}"
        if rule["labels"].get("severity") not in ("page", "ticket"):
            yield f"{name}: severity is page or ticket"
        for key in ("summary", "description", "action", "runbook"):
            if not notes.get(key):
                yield f"{name}: no {key}"
        if notes.get("runbook", "").removeprefix("dashboards/README.md") not in anchors:
            yield f"{name}: the README has no such section: {notes.get('runbook')}"
