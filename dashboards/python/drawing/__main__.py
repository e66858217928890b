"""Draws dashboards from their JSON and the answers of a Prometheus: of pretended machines, or of your own.

The pictures are no screenshots: they show what Grafana would, laid out as it would.
"""

import argparse
import contextlib
import pathlib
import sys
import time

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

from checking import files  # noqa: E402
from checking.data import Looking  # noqa: E402
from checking.prometheus import Failure, Prometheus, with_history  # noqa: E402

from . import values  # noqa: E402
from .panels import DRAWN, Canvas  # noqa: E402

COLUMN, ROW, GAP, HEAD = 62, 36, 8, 52
DPI = 100


class View(Looking):
    """A dashboard as somebody looks at it: with a service chosen, and the marks of its annotations."""

    def __init__(self, dashboard, prometheus, end, seconds, chosen):
        super().__init__(prometheus, end, seconds, "1m")
        self.values |= chosen
        self.marks = []
        for annotation in dashboard["annotations"]["list"]:
            if annotation["enable"]:
                found = prometheus.range(self.filled(annotation["expr"]), self.start, self.end, self.step)
                self.marks.append((annotation["iconColor"], list(self._regions(found))))

    def _regions(self, found):
        for series in found:
            start = before = None
            for moment, _ in series["values"]:
                if start is not None and moment - before > self.step * 1.5:
                    yield start, before
                    start = None
                start, before = moment if start is None else start, moment
            yield start, before


def draw(dashboard, view, path, rows):
    """`rows`: how many units of the grid, from the top."""
    panels = [panel for panel in files.panels(dashboard) if panel["gridPos"]["y"] < rows]
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    width, height = 24 * COLUMN + GAP, HEAD + bottom * ROW + GAP
    figure = pyplot.figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=values.BACKGROUND)
    whole = Canvas(figure, 0, 0, width, height)
    whole.text(14, 26, dashboard["title"], 14, weight="bold")
    chosen = "   ".join(f"{name}: {value}" for name, value in view.values.items() if not name.startswith("__"))
    whole.text(
        width - 14,
        26,
        f"{chosen}   {values.clock(view.start)} to {values.clock(view.end)} UTC",
        10,
        values.DIM,
        ha="right",
    )
    for panel in panels:
        place = panel["gridPos"]
        canvas = Canvas(
            figure,
            place["x"] * COLUMN + GAP,
            HEAD + place["y"] * ROW,
            place["w"] * COLUMN - GAP,
            place["h"] * ROW - GAP,
        )
        if panel["type"] == "row":
            canvas.text(4, 14, "⌄ " + panel["title"], 11, weight="bold")
            continue
        canvas.fill(0, 0, canvas.width, canvas.height, values.PANEL, values.EDGE)
        canvas.text(10, 16, panel["title"], 9.5, weight="bold")
        DRAWN[panel["type"]](canvas, panel, view)
    figure.savefig(path, dpi=DPI, facecolor=values.BACKGROUND, pil_kwargs={"optimize": True})
    pyplot.close(figure)


def _smaller(path):
    """Few colours are enough, and a third of the bytes."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def main():
    parser = argparse.ArgumentParser(
        prog="dashboards/picture", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prometheus", metavar="URL", help="of your own; the range then ends now")
    parser.add_argument("--service", default="quotes", help="the one that is shown on its own (default: %(default)s)")
    parser.add_argument("--minutes", type=int, default=150, help="the range (default: %(default)s)")
    parser.add_argument(
        "--rows", type=int, default=1000, help="units of the grid to draw, from the top; a usual screen shows 30"
    )
    parser.add_argument("--only", choices=[path.stem for path in files.DASHBOARDS], help="one of the dashboards")
    parser.add_argument(
        "-o",
        "--output",
        type=pathlib.Path,
        default=files.HERE / "pictures",
        metavar="FOLDER",
        help="default: pictures, beside the dashboards",
    )
    arguments = parser.parse_args()

    source = (
        contextlib.nullcontext((Prometheus(arguments.prometheus), time.time()))
        if arguments.prometheus
        else with_history()
    )
    with source as (prometheus, end):
        for name, dashboard in files.dashboards().items():
            stem = name.removesuffix(".json")
            if arguments.only in (None, stem):
                chosen = {"service": arguments.service} if stem == "service" else {}
                path = arguments.output / f"{stem}.png"
                draw(dashboard, View(dashboard, prometheus, end, arguments.minutes * 60, chosen), path, arguments.rows)
                _smaller(path)
                print(f"{path}: {path.stat().st_size // 1024} KiB")


try:
    main()
except Failure as failure:
    sys.exit(str(failure))
