"""What a machine tells, as text and in protobuf: the formats that Prometheus reads."""

import json
import pathlib
import struct

from .histogram import PER_OCTAVE, SCHEMA, Histogram

METRICS = json.loads((pathlib.Path(__file__).parents[2] / "metrics.json").read_text())["metrics"]


def _escape(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _labels(pairs):
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in pairs) + "}" if pairs else ""


def _number(value):
    return repr(round(value, 6)) if isinstance(value, float) else str(value)


def _whole(name, value):
    """Counters of things are whole; those of seconds are not."""
    return int(value) if name.endswith("_total") and "seconds" not in name else value


def samples(series, more=()):
    """(metric, lines without timestamp) of each metric; `more` are labels that every series gets."""
    for metric in METRICS:
        name, lines = metric["name"], []
        for pairs, value in series.get(name, {}).items():
            pairs = (*pairs, *more)
            if isinstance(value, Histogram):
                buckets = value.classic()
                lines += [f"{name}_bucket{_labels((*pairs, ('le', bound)))} {count}" for bound, count in buckets]
                lines.append(f"{name}_count{_labels(pairs)} {buckets[-1][1]}")
                lines.append(f"{name}_sum{_labels(pairs)} {_number(value.sum)}")
            else:
                lines.append(f"{name}{_labels(pairs)} {_number(_whole(name, value))}")
        yield metric, lines


def text(series):
    """OpenMetrics."""
    parts = []
    for metric, lines in samples(series):
        name = metric["name"].removesuffix("_total") if metric["type"] == "counter" else metric["name"]
        parts += [f"# TYPE {name} {metric['type']}", f"# HELP {name} {_escape(metric['help'])}", *lines]
    return "\n".join(parts) + "\n# EOF\n"


# Protobuf by hand, of io.prometheus.client.MetricFamily: as much of it as there is here.


def _varint(value):
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def _zigzag(value):
    return _varint(value * 2 if value >= 0 else -value * 2 - 1)


def _bytes(field, value):
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _integer(field, encoded):
    return _varint(field << 3) + encoded


def _double(field, value):
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _native(histogram):
    counts = [(index, count) for index, count in histogram.counts() if count]
    spans, deltas, last_index, last_count = [], [], None, 0
    for index, count in counts:
        if last_index is not None and index == last_index + 1:
            spans[-1][1] += 1
        else:
            spans.append([index if last_index is None else index - last_index - 1, 1])
        deltas.append(count - last_count)
        last_index, last_count = index, count
    message = _integer(1, _varint(sum(count for _, count in counts))) + _double(2, histogram.sum)
    message += _integer(5, _zigzag(SCHEMA)) + _double(6, 2.0**-128) + _integer(7, _varint(0))
    for offset, length in spans:
        message += _bytes(12, _integer(1, _zigzag(offset)) + _integer(2, _varint(length)))
    if not spans:  # says that it is native all the same
        message += _bytes(12, _integer(1, _zigzag(0)) + _integer(2, _varint(0)))
    return message + b"".join(_integer(13, _zigzag(delta)) for delta in deltas)


def protobuf(series):
    """Delimited messages, with native histograms."""
    kinds = {"counter": (0, 3), "gauge": (1, 2), "histogram": (4, 7)}
    result = b""
    for metric in METRICS:
        number, field = kinds[metric["type"]]
        message = _bytes(1, metric["name"].encode()) + _bytes(2, metric["help"].encode()) + _integer(3, _varint(number))
        for pairs, value in series.get(metric["name"], {}).items():
            body = b"".join(_bytes(1, _bytes(1, name.encode()) + _bytes(2, text.encode())) for name, text in pairs)
            is_histogram = isinstance(value, Histogram)
            body += _bytes(field, _native(value) if is_histogram else _double(1, _whole(metric["name"], value)))
            message += _bytes(4, body)
        result += _varint(len(message)) + message
    return result


assert PER_OCTAVE == 2**SCHEMA
