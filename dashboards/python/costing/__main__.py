"""Counts the series and bytes of a collector's scrape, by service, and reckons what they cost a Prometheus.

Bytes on disk are measured: a Prometheus of our own scrapes the collector every second for a while, once with classic
and once with native histograms, and says how large its chunks and its index are. Memory is not reckoned.
"""

import argparse
import collections
import json
import pathlib
import re
import sys
import tempfile
import time
import urllib.request

from checking.prometheus import Failure, started, wait_until

_SAMPLE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})? ")
_SERVICE = re.compile(r'(?:^|,)service="((?:\\.|[^"\\])*)"')
_TEXT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
_PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
_COLLECTOR = "(the collector itself)"


def scraped(target, accept):
    request = urllib.request.Request(f"http://{target}/metrics", headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()
    except OSError as error:
        raise Failure(f"{target} does not answer: {error}. Is pollscope serve running there?") from None


class Count:
    """Series with classic and with native histograms, and bytes of text."""

    def __init__(self):
        self.classic = self.native = self.bytes = 0


def counted(text):
    """service → Count."""
    counts = collections.defaultdict(Count)
    for line in text.splitlines():
        match = None if line.startswith("#") else _SAMPLE.match(line)
        if match:
            name, labels = match[1], match[2] or ""
            service = _SERVICE.search(labels)
            count = counts[service[1] if service else _COLLECTOR]
            count.classic += 1
            # A native histogram is one series: where a classic one has its _count.
            count.native += not (name.endswith("_sum") or name.endswith("_bucket") and 'le="' in labels)
            count.bytes += len(line.encode()) + 1
    return counts


class Weight:
    """What Prometheus writes: bytes of chunks a sample, bytes of index a series and block."""

    def __init__(self, block):
        stats = json.loads((block / "meta.json").read_text())["stats"]
        chunks = sum(file.stat().st_size for file in (block / "chunks").iterdir())
        self.sample = chunks / stats["numSamples"]
        self.series = (block / "index").stat().st_size / stats["numSeries"]

    def disk(self, series, interval, days):
        """A block spans a tenth of the retention once it is compacted, so each series is in eleven indices."""
        return series * (days * 86400 / interval * self.sample + 11 * self.series)


def weighed(target, native, seconds):
    with tempfile.TemporaryDirectory(prefix="pollscope-cost-") as folder:
        with started(folder, targets=[target], native=native, flags=["--web.enable-admin-api"]) as prometheus:
            wait_until(
                lambda: prometheus.instant('up{job="pollscope"} == 1', time.time()),
                f"Prometheus gets no answer of {target}",
            )
            time.sleep(seconds)
            name = prometheus.get("admin/tsdb/snapshot", skip_head="false")["name"]
        blocks = [
            path
            for path in (pathlib.Path(folder) / "data" / "snapshots" / name).iterdir()
            if (path / "meta.json").exists()
        ]
        return Weight(max(blocks, key=lambda block: (block / "index").stat().st_size))


def size(count):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def main():
    parser = argparse.ArgumentParser(
        prog="dashboards/cost", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", required=True, metavar="HOST:PORT", help="a collector")
    parser.add_argument("--interval", type=float, default=15, help="seconds between two scrapes (default: %(default)s)")
    parser.add_argument("--days", type=float, default=15, help="how long samples are kept (default: %(default)s)")
    parser.add_argument(
        "--services", type=int, nargs="+", default=[10, 10_000], help="reckon for so many (default: 10 10000)"
    )
    parser.add_argument(
        "--seconds",
        type=int,
        default=130,
        help="how long it is scraped, twice; a full chunk has 120 samples (default: %(default)s)",
    )
    arguments = parser.parse_args()

    text, protobuf = scraped(arguments.target, _TEXT), scraped(arguments.target, _PROTOBUF)
    counts = counted(text.decode())
    own = counts.pop(_COLLECTOR, Count())
    if not counts:
        raise Failure(f"{arguments.target} tells of no service: start one that Pollscope observes.")
    print(
        f"{arguments.target}: a scrape is {size(len(text))} of text, {size(len(protobuf))} of protobuf (before compression)\n"
    )
    print(f"{'service':<24}{'series':>10}{'if native':>12}{'text':>12}")
    for name, count in [*sorted(counts.items()), (_COLLECTOR, own)]:
        print(f"{name:<24}{count.classic:>10,}{count.native:>12,}{size(count.bytes):>12}")
    mean = {
        kind: sum(getattr(count, kind) for count in counts.values()) / len(counts)
        for kind in ("classic", "native", "bytes")
    }
    print(f"{'mean of a service':<24}{mean['classic']:>10,.0f}{mean['native']:>12,.0f}{size(mean['bytes']):>12}\n")

    print(f"A Prometheus that scrapes every {arguments.interval:g} s and keeps {arguments.days:g} days:")
    print(f"{'histograms':<12}{'bytes a sample':>16}{'services':>12}{'series':>14}{'samples/s':>12}{'disk':>12}")
    for kind, native in (("classic", False), ("native", True)):
        weight = weighed(arguments.target, native, arguments.seconds)
        for number in arguments.services:
            series = mean[kind] * number
            disk = weight.disk(series, arguments.interval, arguments.days)
            print(
                f"{kind:<12}{weight.sample:>16.2f}{number:>12,}{series:>14,.0f}{series / arguments.interval:>12,.0f}{size(disk):>12}"
            )
    print("\nServices are taken to be like those here, each on one machine; a collector's own series come on top.")


try:
    main()
except Failure as failure:
    sys.exit(str(failure))
