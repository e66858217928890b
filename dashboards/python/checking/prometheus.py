"""A Prometheus of our own on loopback, and questions to any."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from . import files

PATIENCE = 60


class Failure(Exception):
    """What happened, and what to do."""


class Prometheus:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def get(self, path, **parameters):
        """The `data` of an answer; a refused question raises with Prometheus's own words."""
        body = urllib.parse.urlencode(parameters, doseq=True).encode()
        address = f"{self.url}/api/v1/{path}"
        request = urllib.request.Request(
            f"{address}?{body.decode()}" if path.startswith(("label/", "status", "targets", "rules")) else address
        )
        if "?" not in request.full_url:
            request.data = body
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with contextlib.suppress(ValueError):
                raise Failure(json.load(error)["error"]) from None
            raise Failure(f"{address}: {error}") from None
        except (urllib.error.URLError, OSError) as error:
            raise Failure(f"{self.url} does not answer: {error}") from None

    def range(self, expression, start, end, step):
        return self.get("query_range", query=expression, start=start, end=end, step=step)["result"]

    def instant(self, expression, at):
        return self.get("query", query=expression, time=at)["result"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, what, process=None, log=None):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process and process.poll() is not None:
            raise Failure(
                f"{what}: it ended with status {process.returncode}: {log.read_text().strip().splitlines()[-1:]}"
            )
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {PATIENCE} s")
        time.sleep(0.1)


def ended(process):
    """Ends a process that we started, kindly first."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def program(name):
    path = shutil.which(name)
    if not path:
        raise Failure(
            f"There is no {name} in PATH. On Debian: apt-get install prometheus; the server that it starts is not needed."
        )
    return path


@contextlib.contextmanager
def started(folder, *, targets=(), native=True, interval="1s", flags=()):
    """With the data in the folder, and what the targets tell from now on."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    configuration = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": "2s"},
        "rule_files": [str(path) for path in [*files.RULES, files.NATIVE_RULES]] if targets else [],
        "scrape_configs": (
            [{"job_name": "pollscope", "honor_labels": True, "static_configs": [{"targets": list(targets)}]}]
            if targets
            else []
        ),
    }
    folder = pathlib.Path(folder)
    settings, log = folder / "prometheus.json", folder / "log"
    settings.write_text(json.dumps(configuration))  # JSON is YAML
    command = [
        program("prometheus"),
        f"--config.file={settings}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--storage.tsdb.retention.time=10y",
        "--log.level=warn",
        "--query.timeout=60s",
        *flags,
    ]
    if native:
        command.append("--enable-feature=native-histograms")
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    prometheus = Prometheus(f"http://{address}")

    def is_ready():
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{prometheus.url}/-/ready", timeout=1) as answer:
            return answer.status == 200
        return False

    try:
        wait_until(is_ready, "prometheus does not start", process, log)
        yield prometheus
    finally:
        ended(process)


@contextlib.contextmanager
def with_history():
    """(a Prometheus that knows the pretended afternoon, the moment to look from)."""
    from pretended import history

    with tempfile.TemporaryDirectory(prefix="pollscope-dashboards-") as name:
        folder = pathlib.Path(name)
        start = int(time.time()) // 3600 * 3600 - 4 * 3600
        lines = folder / "history.txt"
        with open(lines, "w") as file:
            history.write(file, start)
        made = subprocess.run(
            [
                program("promtool"),
                "tsdb",
                "create-blocks-from",
                "openmetrics",
                "--quiet",
                str(lines),
                str(folder / "data"),
            ],
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise Failure(f"promtool does not take the pretended history: {made.stderr.strip()}")
        os.unlink(lines)
        with started(folder) as prometheus:
            yield prometheus, start + history.LOOK_AT * 60


@contextlib.contextmanager
def scraping(targets, *, native, seconds):
    """(a Prometheus that has scraped the targets for so long, now)."""
    with tempfile.TemporaryDirectory(prefix="pollscope-dashboards-") as name:
        with started(name, targets=targets, native=native) as prometheus:

            def are_up():
                known = prometheus.get("targets")["activeTargets"]
                return len(known) == len(targets) and all(target["health"] == "up" for target in known)

            try:
                wait_until(are_up, "not every target answers")
            except Failure as failure:
                errors = {
                    target["scrapeUrl"]: target["lastError"] for target in prometheus.get("targets")["activeTargets"]
                }
                raise Failure(f"{failure}: {errors}") from None
            time.sleep(seconds)  # the figures are rates: they need a while
            yield prometheus, time.time()
