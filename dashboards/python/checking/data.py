"""Every expression, asked of a real Prometheus, is understood and gives data."""

import re

from . import files, promql
from .prometheus import Failure


class Looking:
    """A moment and a range at which expressions are asked."""

    def __init__(self, prometheus, end, seconds, rate_interval):
        self.prometheus, self.end, self.start = prometheus, end, end - seconds
        self.step = max(1, seconds // 240)
        self.values = {"__rate_interval": rate_interval, "__range": f"{seconds}s", "__interval": f"{self.step}s"}

    def filled(self, expression):
        """With everything chosen that a variable can be."""
        any_one = re.sub(r'="\$(\w+)"', lambda match: match[0] if match[1] in self.values else '=~".+"', expression)
        return re.sub(r"\$\{?(\w+)\}?", lambda match: self.values.get(match[1], ".+"), any_one)

    def ask(self, expression):
        filled = self.filled(expression.text)
        if expression.is_instant:
            return self.prometheus.instant(filled, self.end)
        return self.prometheus.range(filled, self.start, self.end, self.step)


def _is_finite(result):
    points = [point for series in result for point in series.get("values", [series.get("value")])]
    return any(point and point[1] not in ("NaN", "+Inf", "-Inf") for point in points)


def _metrics(expression):
    return {re.sub(r"_(bucket|count|sum)$", "", selector.metric) for selector in promql.parse(expression.text)[0]}


def _panels(looking, may_be_empty):
    for expression in files.panel_expressions():
        try:
            result = looking.ask(expression)
        except Failure as failure:
            yield f"{expression.where}: {failure}"
            continue
        if not result and not _metrics(expression) & may_be_empty:
            yield f"{expression.where}: no data: {looking.filled(expression.text)}"
        elif result and not _is_finite(result):
            yield f"{expression.where}: nothing but NaN: {looking.filled(expression.text)}"
        for label in re.findall(r"\{\{(\w+)\}\}", expression.legend):
            is_there = any(label in series["metric"] for series in result)
            if result and not is_there and not _metrics(expression) & may_be_empty:
                yield f"{expression.where}: the legend's {label} is in none of the series"


def _variables(looking, may_be_empty):
    for where, query in files.variables():
        series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
        metric = promql.parse(series)[0][0].metric
        found = looking.prometheus.get(
            f"label/{label}/values", **{"match[]": looking.filled(series), "start": looking.start, "end": looking.end}
        )
        if not found and metric not in may_be_empty:
            yield f"{where}: nothing to choose from: {query}"


def _is_native(looking):
    return bool(looking.prometheus.instant("pollscope_request_duration_seconds", looking.end))


def _recorded(native):
    """name → its expression, with those of the rules it rests on, as recorded series take a while to come."""
    paths = [*files.RULES, files.NATIVE_RULES] if native else files.RULES
    names = {rule["record"]: rule["expr"] for rule in files.rules(paths) if "record" in rule}
    return {
        name: re.sub(r"(\w+:\w+:\w+)(\{[^}]*\})?", lambda match: f"({names[match[1]]})", text)
        for name, text in names.items()
    }


def _rules(looking, may_be_empty):
    """An alert's own expression is mostly empty: of both kinds of rules what they select must be there."""
    names = _recorded(_is_native(looking))
    for expression in files.rule_expressions():
        name = expression.where.removeprefix("rule ")
        expression = files.Expression(expression.where, names.get(name, expression.text))
        try:
            result = looking.ask(expression)
        except Failure as failure:
            yield f"{expression.where}: {failure}"
            continue
        selectors = promql.parse(expression.text)[0]
        if name in names:
            if not result and not _metrics(expression) & may_be_empty:
                yield f"{expression.where}: no data"
            continue
        for metric in {selector.metric for selector in selectors} - may_be_empty:
            asked = names.get(metric, metric)
            if (
                not looking.ask(files.Expression(expression.where, asked))
                and not _metrics(files.Expression("", asked)) & may_be_empty
            ):
                yield f"{expression.where}: there is no {metric}"


def check(looking, may_be_empty):
    """`may_be_empty`: metrics that this Prometheus need not have, such as those of crashes."""
    yield from _panels(looking, may_be_empty)
    yield from _variables(looking, may_be_empty)
    yield from _rules(looking, may_be_empty)
