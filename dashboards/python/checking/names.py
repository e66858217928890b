"""Every metric is one that the collector makes, every label one that the metric has, every fixed value one it can have."""

import json
import re

from . import files, promql

# What Prometheus itself adds.
_OF_TARGET = {"instance", "job"}
_OF_PROMETHEUS = {"up": set()}


def _metrics():
    return {metric["name"]: metric for metric in json.loads((files.HERE / "metrics.json").read_text())["metrics"]}


def _labels_of(name, metrics, recorded):
    """The labels of a metric under one of the names that it can have; `None`: there is no such metric."""
    if name in _OF_PROMETHEUS:
        return _OF_PROMETHEUS[name] | _OF_TARGET
    if name in recorded:
        return recorded[name]
    if name in metrics:
        return set(metrics[name]["labels"]) | _OF_TARGET
    base = re.sub(r"_(bucket|count|sum)$", "", name)
    if base != name and metrics.get(base, {}).get("type") == "histogram":
        return set(metrics[base]["labels"]) | _OF_TARGET | {"le"}
    return None


def _recorded():
    """The labels of recorded series stand in their names: a level is what is before the first colon."""
    return {rule["record"]: set(rule["record"].split(":")[0].split("_")) for rule in files.rules() if "record" in rule}


def _values(selector, metrics):
    known = metrics.get(selector.metric, {}).get("labels", {})
    for label, operator, value in re.findall(r'(\w+)(=~|!=|!~|=)"([^"]*)"', selector.text):
        for one in value.split("|"):
            if known.get(label) and "$" not in one and one not in known[label]:
                yield f"{selector.metric} has no {label} {one}"


def check():
    metrics, recorded, used = _metrics(), _recorded(), set()
    for expression in [
        *files.panel_expressions(),
        *files.rule_expressions([*files.RULES, files.NATIVE_RULES]),
        *_of_variables(),
    ]:
        selectors, grouped = promql.parse(expression.text)
        if not selectors:
            yield f"{expression.where}: asks for no metric"
        known = set()
        for selector in selectors:
            labels = _labels_of(selector.metric, metrics, recorded)
            if labels is None:
                yield f"{expression.where}: there is no metric {selector.metric}"
                continue
            used.add(re.sub(r"_(bucket|count|sum)$", "", selector.metric))
            known |= labels
            for label in set(selector.labels) - labels:
                yield f"{expression.where}: {selector.metric} has no label {label}"
            for problem in _values(selector, metrics):
                yield f"{expression.where}: {problem}"
        for label in grouped - known:
            yield f"{expression.where}: none of its metrics has a label {label}"
        for label in set(re.findall(r"\{\{(\w+)\}\}", expression.legend)) - known:
            yield f"{expression.where}: the legend's {label} is no label of its metrics"
    for name in metrics.keys() - used - {"pollscope_service_info"}:
        yield f"metrics.json: {name} is on no dashboard and in no rule"


def _of_variables():
    for where, query in files.variables():
        match = re.fullmatch(r"label_values\((.*), (\w+)\)", query)
        if not match:
            raise ValueError(f"{where}: not label_values(metric, label): {query}")
        yield files.Expression(where, f"count by ({match[2]}) ({match[1]})")
