"""PromQL that more than one panel asks."""

import pathlib
import re

import yaml

RULES = pathlib.Path(__file__).parents[2] / "rules" / "recording.yaml"
_METRIC = re.compile(r"(?<![:\w])(pollscope_\w+)(\{)?")
_RECORDED = re.compile(r"(\w+:pollscope_\w+:\w+)(?:\{([^}]*)\})?")


def _recorded():
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["record"]: rule["expr"] for group in groups for rule in group["rules"]}


def selecting(expression, matchers):
    """The expression with the matchers in each of its selectors."""
    return _METRIC.sub(lambda match: f"{match[1]}{{{matchers}{', ' if match[2] else '}'}", expression)


def recorded(name, matchers, labels="service", shards="max"):
    """The series of a recording rule where there are any, else the rule's expression itself.

    So a dashboard works without the rules, and also on a Prometheus that has nothing but what rules have recorded.
    There several shards may have recorded one service: `shards` says how they are put together.
    """
    return f"({shards} by ({labels}) ({name}{{{matchers}}}) or {_itself(name, matchers)})"


def _itself(name, matchers):
    """What a rule records, with the rules it rests on in it."""

    def inner(match):
        wanted = ", ".join(filter(None, [matchers, match[2]]))
        return f"({match[1]}{{{wanted}}} or {selecting(_recorded()[match[1]], wanted)})"

    return _RECORDED.sub(inner, selecting(_recorded()[name], matchers))


def quantile(fraction, metric, matchers, labels):
    """Of a histogram, native where Prometheus has it so, else classic. Without the NaN of ranges with nothing in them."""
    native = f"rate({metric}{{{matchers}}}[$__rate_interval])"
    classic = f"rate({metric}_bucket{{{matchers}}}[$__rate_interval])"
    by = ", ".join(labels)
    le = ", ".join([*labels, "le"])
    return (
        f"histogram_quantile({fraction}, sum by ({by}) ({native})) >= 0"
        f" or histogram_quantile({fraction}, sum by ({le}) ({classic})) >= 0"
    )


def requests(matchers, labels):
    """How many a second. Of native histograms by the recording rules only: not every store has a function for it."""
    name = "instance_service_request_outcome:pollscope_requests:rate5m"
    classic = f"sum by (instance, service, request, outcome) (rate(pollscope_request_duration_seconds_count{{{matchers}}}[$__rate_interval]))"
    return f"sum by ({', '.join(labels)}) ({classic} or {name}{{{matchers}}})"


def per_second(metric, matchers, labels):
    return f"sum by ({', '.join(labels)}) (rate({metric}{{{matchers}}}[$__rate_interval]))"


def happened(metric, matchers, labels):
    """How often between two points of a graph, the first time included, which `increase` does not see."""
    by = ", ".join(labels)
    series = f"{metric}{{{matchers}}}"
    return (
        f"sum by ({by}) (increase({series}[$__rate_interval])) > 0"
        f" or sum by ({by}) ({series} unless {series} offset $__rate_interval) > 0"
    )


def trouble(matchers):
    return recorded("service:pollscope_trouble:max5m", matchers)


def began(matchers):
    """When the trouble of each service that is in trouble began, in milliseconds since 1970.

    That is when it was last seen without trouble; where it never was, in twelve hours, when it was first seen.
    """
    now = f"({trouble(matchers)} == 1)"
    return (
        f"(max_over_time(timestamp({trouble(matchers)} == 0)[12h:1m])"
        f" or min_over_time(timestamp({trouble(matchers)})[12h:1m])) * 1000 and on (service) {now}"
    )
