"""What a panel's queries give, in the shape in which its kind of panel shows it."""

import re

from checking import files


def name_of(target, metric):
    """The legend."""
    legend = target["legendFormat"]
    if legend == "__auto":
        return ", ".join(f'{key}="{value}"' for key, value in metric.items() if key != "__name__") or "Value"
    return re.sub(r"\{\{(\w+)\}\}", lambda match: metric.get(match[1], ""), legend)


def series(panel, looking):
    """(name, [(time, value)]) of all queries."""
    for target in panel["targets"]:
        for result in looking.ask(files.Expression(panel["title"], target["expr"], target["instant"])):
            points = result.get("values") or [result["value"]]
            yield name_of(target, result["metric"]), [(float(time), float(value)) for time, value in points]


def last_values(panel, looking):
    return [(name, points[-1][1]) for name, points in series(panel, looking)]


def matrix(panel, looking):
    """rows → column → value, after groupingToMatrix."""
    options = panel["transformations"][0]["options"]
    rows = {}
    for result in looking.ask(files.Expression(panel["title"], panel["targets"][0]["expr"], True)):
        metric, value = result["metric"], float(result["value"][1])
        rows.setdefault(metric.get(options["rowField"], ""), {})[metric.get(options["columnField"], "")] = value
    return rows


def table(panel, looking):
    """(names of columns, rows as dictionaries), after merge and organize."""
    many = len(panel["targets"]) > 1
    merged = {}
    for target in panel["targets"]:
        for result in looking.ask(files.Expression(panel["title"], target["expr"], True)):
            metric = {key: value for key, value in result["metric"].items() if key != "__name__"}
            row = merged.setdefault(tuple(sorted(metric.items())), dict(metric))
            row[f"Value #{target['refId']}" if many else "Value"] = float(result["value"][1])
    organize = panel["transformations"][1]["options"]
    names = organize["renameByName"]
    fields = sorted(organize["indexByName"], key=organize["indexByName"].get)
    fields = [field for field in fields if not organize["excludeByName"].get(field)]
    rows = [{names.get(field, field): row.get(field) for field in fields} for row in merged.values()]
    for key in reversed(panel["options"]["sortBy"]):
        name = key["displayName"]
        rows.sort(key=lambda row: row[name] if row[name] is not None else float("-inf"), reverse=key["desc"])
    return [names.get(field, field) for field in fields], rows


def overrides(panel, name):
    """The properties that overrides give the field of this name."""
    properties = {}
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["options"] == name or matcher["id"] == "byRegexp" and re.search(matcher["options"], name):
            properties |= {item["id"]: item["value"] for item in override["properties"]}
    return properties
