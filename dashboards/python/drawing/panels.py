"""Each kind of panel, drawn into its rectangle. Lengths are pixels of the picture; y grows downwards."""

import math
import textwrap

from matplotlib.patches import Rectangle

from . import results, values
from .values import color, threshold_color, written

MOST_IN_LEGEND = 6


class Canvas:
    """A rectangle of the picture."""

    def __init__(self, figure, left, top, width, height):
        self.figure, self.left, self.top, self.width, self.height = figure, left, top, width, height
        self.full_width, self.full_height = figure.get_size_inches() * figure.dpi

    def _x(self, x):
        return (self.left + x) / self.full_width

    def _y(self, y):
        return 1 - (self.top + y) / self.full_height

    def fill(self, x, y, width, height, fill, edge=None):
        self.figure.add_artist(
            Rectangle(
                (self._x(x), self._y(y + height)),
                width / self.full_width,
                height / self.full_height,
                facecolor=fill,
                edgecolor=edge or "none",
                linewidth=0.6,
                zorder=-1,
                transform=self.figure.transFigure,
            )
        )

    def text(self, x, y, text, size=8.5, fill=values.TEXT, **more):
        self.figure.text(
            self._x(x), self._y(y), text, fontsize=size, color=fill, **{"va": "center", "parse_math": False, **more}
        )

    def axes(self, left, top, right, bottom):
        axes = self.figure.add_axes(
            (
                self._x(left),
                self._y(self.height - bottom),
                (self.width - left - right) / self.full_width,
                (self.height - top - bottom) / self.full_height,
            )
        )
        axes.set_facecolor(values.PANEL)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(colors=values.DIM, labelsize=7, length=0)
        axes.grid(color=values.EDGE, linewidth=0.5)
        axes.set_axisbelow(True)
        return axes


def cut(text, width, size=8.5):
    """To what fits into so many pixels."""
    most = max(3, int(width / (size * 0.72)))
    return text if len(text) <= most else text[: most - 1] + "…"


def _mapped(panel, value):
    for mapping in panel["fieldConfig"]["defaults"].get("mappings", []):
        found = mapping["options"].get(str(int(value)))
        if found:
            return found["text"]
    return None


def stat(canvas, panel, looking):
    defaults, mode = panel["fieldConfig"]["defaults"], panel["options"]["textMode"]
    shown = results.last_values(panel, looking)
    if not shown:
        canvas.fill(6, 30, canvas.width - 12, canvas.height - 36, color("green"))
        canvas.text(
            canvas.width / 2, canvas.height / 2 + 12, defaults["noValue"], 16, "#111217", ha="center", weight="bold"
        )
        return
    height = (canvas.height - 36) / len(shown)
    for index, (name, value) in enumerate(shown):
        top = 30 + index * height
        canvas.fill(6, top, canvas.width - 12, height - 2, threshold_color(defaults["thresholds"]["steps"], value))
        number = _mapped(panel, value) or written(value, defaults["unit"], defaults.get("decimals"), looking.end)
        middle, center = top + height / 2, canvas.width / 2
        dark = {"fill": "#111217", "ha": "center", "weight": "bold"}
        if mode == "name":
            canvas.text(center, middle, cut(name, canvas.width - 20, 17), 17, **dark)
        elif mode == "value_and_name":
            lines = textwrap.wrap(name, max(10, int((canvas.width - 20) / 7.2)))[:2]
            canvas.text(center, middle - 10 * len(lines) - 1, "\n".join(lines), 10, **dark)
            canvas.text(center, middle + 16, number, 18, **dark)
        else:
            canvas.text(center, middle, number, 20 if canvas.width > 240 else 16, **dark)


def _time_axis(axes, looking):
    axes.set_xlim(looking.start, looking.end)
    step = 1800 if looking.end - looking.start > 7200 else 600
    ticks = [
        tick for tick in range(int(looking.start // step * step), int(looking.end) + 1, step) if tick >= looking.start
    ]
    axes.set_xticks(ticks, [values.clock(tick) for tick in ticks])


def _annotations(axes, looking):
    for fill, regions in looking.marks:
        for start, end in regions:
            axes.axvspan(start, end, color=color(fill), alpha=0.10 if end - start > 200 else 0, linewidth=0)
            axes.axvline(start, color=color(fill), alpha=0.8, linewidth=0.7, linestyle=(0, (3, 3)))


def _legend(canvas, panel, shown):
    """A line each: name, last, max; the rest is counted."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    lines = shown[: MOST_IN_LEGEND if len(shown) <= MOST_IN_LEGEND else MOST_IN_LEGEND - 1]
    top = canvas.height - 8 - 15 * (len(lines) + (len(shown) > len(lines))) + 7
    canvas.text(canvas.width - 70, top - 14, "Last", 7, values.DIM, ha="right")
    canvas.text(canvas.width - 10, top - 14, "Max", 7, values.DIM, ha="right")
    for index, (name, points, fill) in enumerate(lines):
        y = top + 15 * index
        canvas.fill(10, y - 2, 10, 4, fill)
        canvas.text(26, y, cut(name, canvas.width - 165, 7.5), 7.5)
        canvas.text(canvas.width - 70, y, written(points[-1][1], unit), 7.5, ha="right")
        canvas.text(canvas.width - 10, y, written(max(value for _, value in points), unit), 7.5, ha="right")
    if len(shown) > len(lines):
        canvas.text(26, top + 15 * len(lines), f"and {len(shown) - len(lines)} more", 7.5, values.DIM)


def _with_gaps(points, step):
    """Where there is no value for a while the line is interrupted."""
    times, numbers = [], []
    for time, value in points:
        if times and time - times[-1] > step * 1.5:
            times.append(times[-1] + step)
            numbers.append(math.nan)
        times.append(time)
        numbers.append(value)
    return times, numbers


def timeseries(canvas, panel, looking):
    defaults = panel["fieldConfig"]["defaults"]
    custom, unit = defaults["custom"], defaults["unit"]
    shown, palette = [], iter(values.PALETTE * 20)
    for name, points in results.series(panel, looking):
        points = [(time, value) for time, value in points if not math.isnan(value)]
        fixed = results.overrides(panel, name).get("color", {}).get("fixedColor")
        if points:
            shown.append((name, points, color(fixed) if fixed else next(palette)))
    if not shown:
        canvas.text(canvas.width / 2, canvas.height / 2, "No data", 11, values.DIM, ha="center")
        return
    legend_lines = min(len(shown), MOST_IN_LEGEND)
    axes = canvas.axes(56, 36, 14, 15 * legend_lines + 44)
    if custom["stacking"]["mode"] == "normal":
        times = sorted({time for _, points, _ in shown for time, _ in points})
        stacks = [[dict(points).get(time, 0.0) for time in times] for _, points, _ in shown]
        axes.stackplot(times, stacks, colors=[fill for _, _, fill in shown], alpha=0.75, linewidth=0)
    elif custom["drawStyle"] == "bars":
        for _, points, fill in shown:
            axes.bar([time for time, _ in points], [value for _, value in points], width=looking.step * 1.2, color=fill)
    else:
        for name, points, fill in shown:
            times, numbers = _with_gaps(points, looking.step)
            dashes = (0, (4, 3)) if "custom.lineStyle" in results.overrides(panel, name) else "-"
            axes.plot(times, numbers, color=fill, linewidth=1.4, linestyle=dashes, solid_capstyle="round")
            if len(points) < 3:
                axes.plot(times, numbers, ".", color=fill, markersize=4)
    if custom.get("scaleDistribution", {}).get("type") == "log":
        axes.set_yscale("log")
        axes.minorticks_off()
    else:
        axes.set_ylim(bottom=0)
        axes.set_ylim(top=max(axes.get_ylim()[1], 1e-9))
    if custom["thresholdsStyle"]["mode"] == "line":
        low, high = axes.get_ylim()
        for step in defaults["thresholds"]["steps"][1:]:
            if low <= step["value"] <= high * 1.3 and step["value"] > 1e-6:
                axes.axhline(step["value"], color=color(step["color"]), linewidth=0.8, alpha=0.9)
    axes.yaxis.set_major_formatter(lambda value, _: written(value, unit))
    _time_axis(axes, looking)
    _annotations(axes, looking)
    _legend(canvas, panel, shown)


def _runs(points, step):
    """(start, end, value) while the value stays the same."""
    start, before, value = points[0][0], points[0][0], points[0][1]
    for time, number in points[1:]:
        if number != value or time - before > step * 1.5:
            yield start, min(time, before + step), value
            start, value = time, number
        before = time
    yield start, before + step, value


def state_timeline(canvas, panel, looking):
    shown = sorted(results.series(panel, looking))
    longest = max((len(name) for name, _ in shown), default=0)
    axes = canvas.axes(20 + longest * 6.9, 38, 14, 28)
    axes.grid(False)
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    for index, (_, points) in enumerate(shown):
        for start, end, value in _runs(points, looking.step):
            axes.barh(
                index, end - start, left=start, height=0.82, color=threshold_color(steps, value), linewidth=0, alpha=0.9
            )
    axes.set_yticks(range(len(shown)), [name for name, _ in shown])
    axes.tick_params(axis="y", labelsize=8.5, colors=values.TEXT)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    _time_axis(axes, looking)


def bargauge(canvas, panel, looking):
    defaults = panel["fieldConfig"]["defaults"]
    shown = sorted(results.last_values(panel, looking), key=lambda item: -item[1])
    most = max((value for _, value in shown), default=0) or 1
    height = min(34, (canvas.height - 44) / max(1, len(shown)))
    names = min(canvas.width * 0.45, 20 + 6.6 * max((len(name) for name, _ in shown), default=0))
    for index, (name, value) in enumerate(shown):
        top = 38 + index * height
        fill = threshold_color(defaults["thresholds"]["steps"], value)
        canvas.text(names, top + height / 2 - 2, cut(name, names - 10), 8.5, ha="right")
        canvas.fill(names + 8, top, max(2, (canvas.width - names - 110) * value / most), height - 6, fill)
        canvas.text(
            canvas.width - 10,
            top + height / 2 - 2,
            written(value, defaults["unit"]),
            10,
            fill,
            ha="right",
            weight="bold",
        )


def barchart(canvas, panel, looking):
    unit, rows = panel["fieldConfig"]["defaults"]["unit"], results.matrix(panel, looking)
    columns = sorted({column for row in rows.values() for column in row})
    palette = iter(values.PALETTE * 9)
    fills = {
        column: color(results.overrides(panel, column).get("color", {}).get("fixedColor") or next(palette))
        for column in columns
    }
    most = max((sum(row.values()) for row in rows.values()), default=0) or 1
    height = min(52, (canvas.height - 80) / max(1, len(rows)))
    for index, (name, row) in enumerate(rows.items()):
        left, top = 120, 38 + index * height
        canvas.text(112, top + height / 2 - 3, cut(name, 104), 8.5, ha="right")
        for column in columns:
            width = (canvas.width - 136) * row.get(column, 0.0) / most
            canvas.fill(left, top, width, height - 8, fills[column])
            label = written(row.get(column, 0.0), unit)
            if width > len(label) * 7:
                canvas.text(left + width / 2, top + height / 2 - 4, label, 8, "#111217", ha="center")
            left += width
    left = 14
    for column in columns:
        canvas.fill(left, canvas.height - 20, 10, 5, fills[column])
        canvas.text(left + 15, canvas.height - 17, column, 7.5)
        left += 30 + len(column) * 6.4


def table(canvas, panel, looking):
    names, rows = results.table(panel, looking)
    properties = {name: results.overrides(panel, name) for name in names}
    fixed = {name: properties[name].get("custom.width") for name in names}
    rest = [name for name in names if not fixed[name]]
    spare = canvas.width - 16 - sum(width or 0 for width in fixed.values())
    widths = {name: fixed[name] or spare / max(1, len(rest)) for name in names}
    if not rest:
        widths = {name: width * (canvas.width - 16) / sum(widths.values()) for name, width in widths.items()}
    lefts, left = {}, 8
    for name in names:
        lefts[name] = left
        left += widths[name]
        canvas.text(lefts[name] + 4, 42, cut(name, widths[name], 8), 8, color("blue"), weight="bold")
    fitting = int((canvas.height - 60) / 25)
    for index, row in enumerate(rows[:fitting]):
        top = 54 + index * 25
        canvas.fill(8, top + 24, canvas.width - 16, 0.6, values.EDGE)
        for name in names:
            value, own = row[name], properties[name]
            if value is None:
                continue
            if isinstance(value, str):
                canvas.text(
                    lefts[name] + 4,
                    top + 12,
                    cut(value, widths[name]),
                    8.5,
                    color("blue") if "links" in own else values.TEXT,
                )
                continue
            shown = next(
                (
                    m["options"][str(int(value))]["text"]
                    for m in own.get("mappings", [])
                    if str(int(value)) in m["options"]
                ),
                None,
            )
            shown = shown or written(value, own.get("unit", "short"), own.get("decimals"))
            fill = values.TEXT
            if "custom.cellOptions" in own:
                canvas.fill(lefts[name], top, widths[name] - 2, 23, threshold_color(own["thresholds"]["steps"], value))
                fill = "#111217"
            canvas.text(lefts[name] + widths[name] - 8, top + 12, shown, 8.5, fill, ha="right")
    if len(rows) > fitting:
        canvas.text(canvas.width - 10, canvas.height - 6, f"{len(rows) - fitting} more rows", 7, values.DIM, ha="right")


DRAWN = {
    "stat": stat,
    "timeseries": timeseries,
    "state-timeline": state_timeline,
    "bargauge": bargauge,
    "barchart": barchart,
    "table": table,
}
