"""Checks the dashboards and rules, and asks all they ask of a real Prometheus.

Without arguments the Prometheus is one of our own, with the afternoon of pretended machines in it.
"""

import argparse
import contextlib
import sys

from . import data, names, rules, schema, structure
from .prometheus import Failure, Prometheus, scraping, with_history


def arguments():
    parser = argparse.ArgumentParser(
        prog="dashboards/check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--target",
        action="append",
        metavar="HOST:PORT",
        help="start a Prometheus that scrapes this collector, once with native histograms and once without; more than one can be given",
    )
    source.add_argument(
        "--prometheus", metavar="URL", help="ask this one; it must know the collectors as job pollscope"
    )
    source.add_argument("--no-data", action="store_true", help="ask no Prometheus")
    parser.add_argument("--seconds", type=int, default=75, help="how long a target is scraped (default: %(default)s)")
    parser.add_argument(
        "--may-be-empty",
        action="append",
        default=[],
        metavar="METRIC",
        help="what is asked of this metric may be empty: a healthy service has no hangs",
    )
    return parser.parse_args()


def steps(chosen):
    """(what is checked, its problems as they are found)."""
    yield "structure of the dashboards", structure.check()
    yield "dashboards against Grafana's schemas", schema.check()
    yield "names of metrics and labels", names.check()
    yield "rules, and their tests", rules.check()
    may_be_empty = set(chosen.may_be_empty)
    if chosen.prometheus:
        import time

        yield f"data of {chosen.prometheus}", data.check(
            data.Looking(Prometheus(chosen.prometheus), time.time(), 3600, "1m"), may_be_empty
        )
    elif chosen.target:
        for native in (True, False):
            kind = "native" if native else "classic"
            yield f"data of {', '.join(chosen.target)}, {kind} histograms", _scraped(chosen, native, may_be_empty)
    elif not chosen.no_data:
        yield "data of the pretended machines", _pretended(may_be_empty)


def _scraped(chosen, native, may_be_empty):
    with scraping(chosen.target, native=native, seconds=chosen.seconds) as (prometheus, now):
        kinds = {bool(prometheus.instant(name, now)) for name in ("pollscope_queue_wait_seconds",)}
        if kinds != {native}:
            yield (
                "native histograms were asked for, and none came"
                if native
                else "classic histograms were asked for, and native ones came"
            )
        yield from data.check(data.Looking(prometheus, now, chosen.seconds, "20s"), may_be_empty)


def _pretended(may_be_empty):
    with with_history() as (prometheus, moment):
        yield from data.check(data.Looking(prometheus, moment, 9000, "1m"), may_be_empty)


def main():
    count = 0
    for what, problems in steps(arguments()):
        print(f"== {what}", flush=True)
        try:
            for problem in problems:
                count += 1
                print(f"   {problem}", flush=True)
        except Failure as failure:
            count += 1
            print(f"   {failure}", flush=True)
    print(f"== {count} problems" if count else "== All is well")
    return 1 if count else 0


with contextlib.suppress(KeyboardInterrupt):
    sys.exit(main())
