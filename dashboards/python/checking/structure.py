"""What Grafana's schema does not say: places, ids, and what a person needs to read a panel."""

import re

from . import files

_SAID_BY_GRAFANA = {"__rate_interval", "__interval", "__range", "__url_time_range", "__all", "datasource"}


def _overlaps(first, second):
    a, b = first["gridPos"], second["gridPos"]
    return (
        a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]
    )


def _of_panels(dashboard):
    panels = list(files.panels(dashboard))
    ids = [panel["id"] for panel in panels]
    for id_ in {id_ for id_ in ids if ids.count(id_) > 1}:
        yield f"two panels have the id {id_}"
    for index, panel in enumerate(panels):
        title, place = panel["title"], panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > 24 or place["w"] < 1 or place["h"] < 1:
            yield f"{title}: is not within the 24 columns"
        for other in panels[index + 1 :]:
            if _overlaps(panel, other):
                yield f"{title} and {other['title']} lie on each other"
        if panel["type"] == "row":
            continue
        if len(panel.get("description", "")) < 40:
            yield f"{title}: no description that says what a bad value means and what to do"
        if not panel["fieldConfig"]["defaults"].get("unit"):
            yield f"{title}: no unit"
        references = [target["refId"] for target in panel["targets"]]
        if len(references) != len(set(references)):
            yield f"{title}: two queries have one name"
        if panel["datasource"]["uid"] != "${datasource}" or any(
            t["datasource"]["uid"] != "${datasource}" for t in panel["targets"]
        ):
            yield f"{title}: does not ask the data source that was chosen"


def _of_variables(dashboard, text):
    defined = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", text)) - _SAID_BY_GRAFANA
    used -= {name for name in used if name.startswith("__data")}
    for name in used - defined:
        yield f"there is no variable {name}"
    for name in defined - used - {"datasource"}:
        yield f"nothing uses the variable {name}"


def check():
    dashboards = files.dashboards()
    ids = {dashboard["uid"] for dashboard in dashboards.values()}
    if len(ids) != len(dashboards):
        yield "two dashboards have one uid"
    for name, dashboard in dashboards.items():
        text = (files.HERE / name).read_text()
        for problem in [*_of_panels(dashboard), *_of_variables(dashboard, text)]:
            yield f"{name}: {problem}"
        for uid in set(re.findall(r'"/d/([\w-]+)', text)) - ids:
            yield f"{name}: links to {uid}, which is none of ours"
        if not re.fullmatch(r"[a-zA-Z0-9_-]{8,40}", dashboard["uid"]):
            yield f"{name}: a uid has 8 to 40 letters, digits, - and _"
