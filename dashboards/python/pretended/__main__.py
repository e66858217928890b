"""Serves the metrics of a pretended machine on loopback, in the midst of its trouble, until it is interrupted.

Prometheus gets native histograms if it asks for them.
"""

import argparse
import http.server
import threading
import time

from .exposition import protobuf, text
from .world import MACHINES, Machine


def main():
    parser = argparse.ArgumentParser(prog="dashboards/pretend", description=__doc__)
    parser.add_argument("--port", type=int, default=9464)
    parser.add_argument("--machine", choices=MACHINES, default=next(iter(MACHINES)))
    parser.add_argument("--minute", type=float, default=135, help="of the afternoon that world.py tells of")
    parser.add_argument("--speed", type=float, default=1, help="minutes of the afternoon that pass in one of ours")
    arguments = parser.parse_args()

    machine = Machine(arguments.machine)
    machine.minute = arguments.minute - 2
    machine.advance(120, time.time())
    lock, before = threading.Lock(), [time.monotonic()]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with lock:
                now = time.monotonic()
                machine.advance((now - before[0]) * arguments.speed, time.time())
                before[0] = now
                if "io.prometheus.client.MetricFamily" in self.headers.get("Accept", ""):
                    kind, body = (
                        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
                        protobuf(machine.series),
                    )
                else:
                    kind, body = (
                        "application/openmetrics-text; version=1.0.0; charset=utf-8",
                        text(machine.series).encode(),
                    )
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    print(f"http://127.0.0.1:{server.server_port}/metrics", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


main()
