"""Numbers as Grafana's units write them, colours as its thresholds give them."""

import math
import time

# Grafana's dark theme, and its classic palette.
BACKGROUND, PANEL, EDGE, TEXT, DIM = "#111217", "#181b1f", "#2c3035", "#d9d9dd", "#8e8f95"
COLORS = {
    "green": "#73bf69",
    "orange": "#ff9830",
    "red": "#f2495c",
    "blue": "#5794f2",
    "purple": "#b877d9",
    "yellow": "#fade2a",
    "dark-red": "#c4162a",
    "text": "#9d9fa6",
}
PALETTE = [
    "#7eb26d",
    "#eab839",
    "#6ed0e0",
    "#ef843c",
    "#e24d42",
    "#1f78c1",
    "#ba43a9",
    "#705da0",
    "#508642",
    "#cca300",
    "#447ebc",
    "#c15c17",
]

_TIMES = [
    (60 * 60 * 24, "day", 86400),
    (3600, "hour", 3600),
    (60, "min", 60),
    (1, "s", 1),
    (1e-3, "ms", 1e-3),
    (1e-6, "µs", 1e-6),
    (0, "ns", 1e-9),
]


def color(name):
    return COLORS.get(name, name)


def threshold_color(steps, value):
    chosen = steps[0]["color"]
    for step in steps[1:]:
        if value >= step["value"]:
            chosen = step["color"]
    return color(chosen)


def _digits(value, decimals):
    if decimals is not None:
        return f"{value:.{decimals}f}"
    if value == 0 or value == int(value) and abs(value) < 1000:
        return str(int(value))
    text = f"{value:.{max(0, 2 - int(math.floor(math.log10(abs(value)))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(value, base, names, decimals):
    index = 0
    while abs(value) >= base and index < len(names) - 1:
        value /= base
        index += 1
    return _digits(value, decimals) + names[index]


def written(value, unit, decimals=None, now=0.0):
    if value is None or math.isnan(value):
        return ""
    if unit == "s":
        if value == 0:
            return "0 s"
        for least, name, scale in _TIMES:
            if abs(value) >= least:
                return f"{_digits(value / scale, decimals)} {name}"
    if unit == "percentunit":
        return f"{_digits(value * 100, decimals)}%"
    if unit == "bytes":
        return _scaled(value, 1024, [" B", " KiB", " MiB", " GiB"], decimals)
    if unit == "Bps":
        return _scaled(value, 1000, [" B/s", " kB/s", " MB/s", " GB/s"], decimals)
    if unit == "dateTimeFromNow":
        ago = now - value / 1000
        number, name = (ago / 3600, "hour") if ago >= 5400 else (ago / 60, "minute")
        return f"{round(number)} {name}{'s' if round(number) != 1 else ''} ago"
    suffix = {"cps": " c/s", "cpm": " c/m", "reqps": " req/s"}.get(unit, "")
    return _scaled(value, 1000, [suffix, " K" + suffix, " Mil" + suffix], decimals)


def clock(seconds):
    return time.strftime("%H:%M", time.gmtime(seconds))
