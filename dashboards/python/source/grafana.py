"""The words that the dashboards are written in: each gives a piece of Grafana's JSON."""

GREEN, YELLOW, RED, BLUE, GREY = "green", "orange", "red", "blue", "text"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GRID_WIDTH = 24


def levels(*steps):
    """Colours from a value up: levels((0.005, YELLOW), (0.05, RED)) is green below 5 ms."""
    return [{"color": GREEN, "value": None}] + [{"color": color, "value": value} for value, color in steps]


ANY_IS_BAD = levels((1e-9, RED))
ANY_IS_UNUSUAL = levels((1e-9, YELLOW))
NEUTRAL = [{"color": BLUE, "value": None}]


def query(expression, legend="", *, instant=False, exemplar=False):
    """A range of values to be drawn, or with `instant` those of the range's end, a row each in a table."""
    target = {"datasource": SOURCE, "editorMode": "code", "expr": " ".join(expression.split())}
    if instant:
        target |= {"instant": True, "range": False}
    else:
        target |= {"instant": False, "range": True}
    if exemplar:
        target["exemplar"] = True
    return target | {"legendFormat": legend or "__auto"}


def panel(kind, title, width, height, queries, *, says, unit, steps=None, options, custom=None, overrides=(), **more):
    """`says`: what a bad value means, and what to do next."""
    table = kind in ("table", "barchart")
    targets = [
        query_ | {"refId": chr(ord("A") + index), "format": "table" if table else "time_series"}
        for index, query_ in enumerate(queries)
    ]
    defaults = {"unit": unit, "color": {"mode": more.pop("color", "thresholds")}, **more.pop("defaults", {})}
    defaults["thresholds"] = {"mode": "absolute", "steps": steps or NEUTRAL}
    if custom:
        defaults["custom"] = custom
    return {
        "type": kind,
        "title": title,
        "description": says,
        "datasource": SOURCE,
        "gridPos": {"w": width, "h": height},
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "options": options,
        **more,
    }


def _last(fields=""):
    return {"calcs": ["lastNotNull"], "fields": fields, "values": False}


def stat(title, width, queries, *, says, unit="short", steps=None, text="value", height=5, none="none", **more):
    """One large figure on its colour, or with `text="name"` the names of the series."""
    defaults = {"noValue": none, **more.pop("defaults", {})}
    options = {
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "auto",
        "reduceOptions": _last(),
        "textMode": text,
    }
    return panel(
        "stat",
        title,
        width,
        height,
        queries,
        says=says,
        unit=unit,
        steps=steps,
        options=options,
        defaults=defaults,
        **more,
    )


def lines(
    title, width, queries, *, says, unit="short", steps=None, height=8, stacked=False, bars=False, log=False, **more
):
    """Values over time. Where there are limits they are drawn as lines."""
    custom = {
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 70 if stacked or bars else 8,
        "lineWidth": 0 if stacked or bars else 2,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "line" if steps and not stacked else "off"},
    }
    if log:
        custom["scaleDistribution"] = {"type": "log", "log": 10}
    defaults = {} if log else {"min": 0}
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    defaults |= more.pop("defaults", {})
    return panel(
        "timeseries",
        title,
        width,
        height,
        queries,
        says=says,
        unit=unit,
        steps=steps,
        options=options,
        custom=custom,
        color="palette-classic",
        defaults=defaults,
        **more,
    )


def bars(title, width, queries, *, says, unit="short", steps=None, height=8, **more):
    """A horizontal bar for each series, as it stands at the end of the range."""
    options = {
        "displayMode": "basic",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "left",
        "orientation": "horizontal",
        "reduceOptions": _last(),
        "showUnfilled": False,
        "valueMode": "color",
    }
    defaults = {"min": 0, "noValue": "none", **more.pop("defaults", {})}
    return panel(
        "bargauge",
        title,
        width,
        height,
        queries,
        says=says,
        unit=unit,
        steps=steps,
        options=options,
        defaults=defaults,
        **more,
    )


def split_bars(title, width, expression, *, row, column, says, unit="short", height=8, **more):
    """A horizontal bar for each value of the label `row`, made of a piece for each value of the label `column`."""
    options = {
        "barWidth": 0.8,
        "groupWidth": 0.7,
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "orientation": "horizontal",
        "showValue": "auto",
        "stacking": "normal",
        "tooltip": {"mode": "multi", "sort": "none"},
        "xField": f"{row}\\{column}",
        "xTickLabelMaxLength": 24,
    }
    matrix = {"id": "groupingToMatrix", "options": {"rowField": row, "columnField": column, "valueField": "Value"}}
    return panel(
        "barchart",
        title,
        width,
        height,
        [query(expression, instant=True)],
        says=says,
        unit=unit,
        options=options,
        custom={"fillOpacity": 80, "lineWidth": 0},
        color="palette-classic",
        transformations=[matrix],
        **more,
    )


def timeline(title, width, queries, *, says, states, height=8, **more):
    """A row for each series, coloured by its state: `states` is (value, text, colour)."""
    mappings = {
        str(value): {"text": text, "color": color, "index": index} for index, (value, text, color) in enumerate(states)
    }
    steps = [{"color": color, "value": None if index == 0 else value} for index, (value, _, color) in enumerate(states)]
    options = {
        "alignValue": "left",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "mergeValues": True,
        "rowHeight": 0.85,
        "showValue": "never",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel(
        "state-timeline",
        title,
        width,
        height,
        queries,
        says=says,
        unit="short",
        steps=steps,
        options=options,
        custom={"fillOpacity": 80, "lineWidth": 0},
        defaults={"mappings": [{"type": "value", "options": mappings}]},
        **more,
    )


class Column:
    """A column of a table: a label of the rows, or the value of a query."""

    def __init__(
        self,
        name,
        *,
        label=None,
        expression=None,
        unit=None,
        steps=None,
        width=None,
        decimals=None,
        link=None,
        mappings=None,
    ):
        self.name, self.label, self.expression, self.unit = name, label, expression, unit
        self.steps, self.width, self.decimals, self.link, self.mappings = steps, width, decimals, link, mappings

    def override(self):
        properties = []
        if self.unit:
            properties.append({"id": "unit", "value": self.unit})
        if self.decimals is not None:
            properties.append({"id": "decimals", "value": self.decimals})
        if self.mappings:
            options = {str(value): {"text": text, "index": index} for index, (value, text) in enumerate(self.mappings)}
            properties.append({"id": "mappings", "value": [{"type": "value", "options": options}]})
        if self.steps:
            properties.append({"id": "thresholds", "value": {"mode": "absolute", "steps": self.steps}})
            properties.append({"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}})
        if self.link:
            title, url = self.link
            properties.append({"id": "links", "value": [{"title": title, "url": url}]})
        if self.width:
            properties.append({"id": "custom.width", "value": self.width})
        return {"matcher": {"id": "byName", "options": self.name}, "properties": properties}


def table(title, width, columns, *, says, sort, height=9, **more):
    """Rows are put together from the queries of the columns by their labels."""
    labels = [column for column in columns if column.label]
    values = [column for column in columns if column.expression]
    names = {column.label: column.name for column in labels}
    reference = {
        id(column): f"Value #{chr(ord('A') + index)}" if len(values) > 1 else "Value"
        for index, column in enumerate(values)
    }
    order = {(column.label or reference[id(column)]): index for index, column in enumerate(columns)}
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": order,
        "renameByName": names | {reference[id(column)]: column.name for column in values},
    }
    transformations = [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]
    options = {
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False},
        "showHeader": True,
        "sortBy": [{"displayName": name, "desc": True} for name in sort],
    }
    return panel(
        "table",
        title,
        width,
        height,
        [query(column.expression, instant=True) for column in values],
        says=says,
        unit="short",
        options=options,
        custom={"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
        overrides=[override for override in (column.override() for column in columns) if override["properties"]],
        transformations=transformations,
        **more,
    )


def colored(colors):
    """Overrides that give the series with these names a colour of their own."""
    return [
        {
            "matcher": {"id": "byName", "options": name},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}],
        }
        for name, color in colors.items()
    ]


def dashed(pattern):
    """An override that draws the series whose names match as a dashed grey line."""
    properties = [
        {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 8]}},
        {"id": "color", "value": {"mode": "fixed", "fixedColor": GREY}},
        {"id": "custom.fillOpacity", "value": 0},
    ]
    return {"matcher": {"id": "byRegexp", "options": pattern}, "properties": properties}


def annotation(name, expression, color, *, title, text, enable=True):
    """Regions where the expression has values."""
    return {
        "name": name,
        "datasource": SOURCE,
        "enable": enable,
        "hide": False,
        "iconColor": color,
        "expr": " ".join(expression.split()),
        "step": "60s",
        "titleFormat": title,
        "textFormat": text,
    }


def datasource_variable():
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Data source",
        "query": "prometheus",
        "hide": 0,
        "refresh": 1,
        "includeAll": False,
        "multi": False,
    }


def label_variable(name, label, values, *, says, many=True):
    """`values`: label_values(…). With `many`, several can be chosen, all at first."""
    variable = {
        "type": "query",
        "name": name,
        "label": label,
        "description": says,
        "datasource": SOURCE,
        "query": {"qryType": 1, "query": values, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "multi": many,
        "includeAll": many,
    }
    if many:
        variable |= {"allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}}
    return variable


def link(title, uid):
    """To another dashboard, with the same time range and variables."""
    return {
        "type": "link",
        "title": title,
        "url": f"/d/{uid}",
        "icon": "dashboard",
        "tooltip": "",
        "tags": [],
        "asDropdown": False,
        "targetBlank": False,
        "includeVars": True,
        "keepTime": True,
    }


def dashboard(uid, title, *, says, variables, rows, annotations=(), links=(), span="3h"):
    """`rows`: (title or None, panels). Panels stand side by side in their order, and below when there is no room."""
    panels, top = [], 0
    for row_title, row_panels in rows:
        if row_title:
            panels.append(
                {
                    "type": "row",
                    "title": row_title,
                    "collapsed": False,
                    "gridPos": {"x": 0, "y": top, "w": GRID_WIDTH, "h": 1},
                    "panels": [],
                }
            )
            top += 1
        left, height = 0, 0
        for item in row_panels:
            place = item["gridPos"]
            if left + place["w"] > GRID_WIDTH:
                top, left, height = top + height, 0, 0
            item["gridPos"] = {"x": left, "y": top, **place}
            left, height = left + place["w"], max(height, place["h"])
            panels.append(item)
        top += height
    return {
        "uid": uid,
        "title": title,
        "description": says,
        "tags": ["pollscope"],
        "schemaVersion": 38,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": f"now-{span}", "to": "now"},
        "timezone": "browser",
        "weekStart": "",
        "fiscalYearStartMonth": 0,
        "links": list(links),
        "annotations": {"list": list(annotations)},
        "templating": {"list": variables},
        "panels": [{"id": index + 1, **item} for index, item in enumerate(panels)],
    }
