"""Writes the dashboards' JSON; with --check only compares."""

import argparse
import json
import pathlib
import sys

from .collector import COLLECTOR
from .overview import OVERVIEW
from .service import SERVICE

HERE = pathlib.Path(__file__).parents[2]
DASHBOARDS = {"overview.json": OVERVIEW, "service.json": SERVICE, "collector.json": COLLECTOR}


def main():
    parser = argparse.ArgumentParser(prog="dashboards/build", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where a file is not what would be written"
    )
    arguments = parser.parse_args()
    differs = []
    for name, dashboard in DASHBOARDS.items():
        text = json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"
        file = HERE / name
        if not file.exists() or file.read_text() != text:
            differs.append(name)
            if not arguments.check:
                file.write_text(text)
    if arguments.check and differs:
        sys.exit(f"{', '.join(differs)}: not what dashboards/build writes. Run it, and commit what it wrote.")


main()
