"""Two machines with five services and a bad afternoon, as `pollscope serve` would tell of them.

The scene, in minutes: at 70 `reports` hangs for four minutes and crashes. At 125 somebody deploys a slower RiskModel to
`quotes`: its polls take 60 ms, the global pool starves, and `orders`, which asks it for quotes, gets slow and holds its
connections longer. `checkout` and `gateway` are fine. At 170 the deployment is rolled back.
"""

import random

from .histogram import Histogram

HANG, CRASH = 70, 74
BEGINS, ENDS = 125, 170
MACHINES = {"machine-1:9464": ["quotes", "orders", "reports"], "machine-2:9464": ["quotes", "checkout", "gateway"]}
POOL, MAIN, LOOP = "global pool", "main actor", "event loop"


def _key(labels):
    """The same for the same labels, in whatever order they were given: one series."""
    return tuple(sorted(labels.items()))


class Machine:
    """The series of one collector: `series[name][labels]` is a number or a histogram, labels a tuple of pairs."""

    def __init__(self, name):
        self.name = name
        self.services = MACHINES[name]
        self.series = {}
        self.minute = 0.0
        self.random = random.Random(name)

    # How a figure is written down.

    def set(self, name, value, **labels):
        self.series.setdefault("pollscope_" + name, {})[_key(labels)] = value

    def add(self, name, value, **labels):
        of_name = self.series.setdefault("pollscope_" + name, {})
        key = _key(labels)
        of_name[key] = of_name.get(key, 0.0) + value

    def observe(self, name, count, median, sigma, **labels):
        of_name = self.series.setdefault("pollscope_" + name, {})
        of_name.setdefault(_key(labels), Histogram()).observe(count, median, sigma)

    def about(self, value):
        return value * self.random.uniform(0.93, 1.07)

    # How time goes on.

    def advance(self, seconds, now):
        self.minute += seconds / 60
        # 0 before, 1 two minutes after the deployment; in tenths, so that few distributions are computed.
        self.trouble = round(min(1.0, max(0.0, (self.minute - BEGINS) / 2)), 1) if self.minute < ENDS else 0.0
        for name in ("finding", "finding_tail_seconds", "finding_wait_share", "request_tail_seconds", "verdict"):
            self.series["pollscope_" + name] = {}
        for service in self.services:
            getattr(self, service)(seconds, now)
        self.collector(seconds, now)

    def service(self, service, seconds, now, *, version, cpu, resident, program, seen=0.93):
        self.set(
            "service_info",
            1,
            service=service,
            namespace="shop",
            version=version,
            environment="production",
            program=program,
        )
        self.set("sessions", 1, service=service, state="alive")
        self.add("sessions_ended_total", 0, service=service, how="exit")
        self.add("sessions_ended_total", 0, service=service, how="crash")
        self.add("process_cpu_seconds_total", self.about(cpu) * seconds, service=service)
        self.set("process_resident_bytes", int(self.about(resident)), service=service)
        self.add("threads_created_total", self.about(0.02) * seconds, service=service)
        self.add("tasks_created_total", self.about(900 * cpu) * seconds, service=service)
        self.set("tasks_live", int(self.about(60 + 700 * self.trouble * (service == "quotes"))), service=service)
        self.set("observed_cpu_ratio", round(self.about(seen), 3), service=service)
        for kind in ("poll", "evidence", "event", "allocation"):
            lost = 40 * self.trouble if (service, kind) == ("quotes", "poll") else 0
            self.add("records_lost_total", lost * seconds, service=service, kind=kind)
        self.add("hangs_total", 0, service=service)
        self.set("hanging_polls", 0, service=service)
        self.add("allocations_total", self.about(90_000 * cpu) * seconds, service=service)
        self.add("frees_total", self.about(89_900 * cpu) * seconds, service=service)
        self.add("allocated_bytes_total", self.about(14e6 * cpu) * seconds, service=service)
        self.set("diagnosis_timestamp_seconds", int(now // 60 * 60), service=service)
        self.add("recordings_saved_total", 0, service=service, trigger="manual")
        for reason in ("distance", "disk", "error"):
            self.add("recordings_skipped_total", 0, service=service, reason=reason)

    def executor(self, service, executor, seconds, *, polls, poll, wait, busy):
        labels = {"service": service, "executor": executor}
        self.observe("poll_duration_seconds", self.about(polls) * seconds, *poll, **labels)
        self.observe("queue_wait_seconds", self.about(polls) * seconds, *wait, **labels)
        self.add("poll_blocked_seconds_total", 0.01 * seconds, **labels)
        for severity in ("warning", "critical"):
            self.add("long_polls_total", 0, severity=severity, **labels)
        self.set("executor_busy_threads", busy, **labels)

    def site(
        self,
        service,
        executor,
        seconds,
        *,
        polls,
        mean,
        function,
        location,
        wait=20e-6,
        blocked=0.0,
        long=0.0,
        allocations=12,
    ):
        labels = {"service": service, "executor": executor, "function": function, "location": location}
        polls = self.about(polls) * seconds
        self.add("site_polls_total", polls, **labels)
        self.add("site_poll_seconds_total", polls * mean, **labels)
        self.add("site_blocked_seconds_total", polls * mean * blocked, **labels)
        self.add("site_queue_wait_seconds_total", polls * wait, **labels)
        self.add("site_long_polls_total", long * polls, **labels)
        self.add("site_allocations_total", polls * allocations, **labels)
        self.add("site_allocated_bytes_total", polls * allocations * 160, **labels)

    def request(self, service, request, seconds, *, rate, median, sigma, p99, parts, errors=0.0004):
        labels = {"service": service, "request": request}
        count = self.about(rate) * seconds
        self.observe("request_duration_seconds", count * (1 - errors), median, sigma, outcome="ok", **labels)
        self.observe("request_duration_seconds", count * errors, median * 2, sigma, outcome="error", **labels)
        self.set("request_p99_seconds", round(self.about(p99), 6), **labels)
        for part, value in parts.items():
            self.set("request_tail_seconds", round(self.about(value), 6), part=part, **labels)

    def blocking(self, service, call, seconds, *, rate, mean, long=0.0):
        self.add("blocking_calls_total", self.about(rate) * seconds, service=service, call=call)
        self.add("blocking_seconds_total", self.about(rate * mean) * seconds, service=service, call=call)
        self.add("long_blocking_calls_total", self.about(long) * seconds, service=service, call=call)

    def pool(self, service, pool, seconds, *, capacity, in_use, waiting, rate, median, sigma=1.0, timeouts=0.0):
        self.set("pool_capacity", capacity, service=service, pool=pool)
        self.set("pool_in_use", min(capacity, int(self.about(in_use))), service=service, pool=pool)
        self.set("pool_waiting", int(self.about(waiting)), service=service, pool=pool)
        self.observe("pool_wait_seconds", self.about(rate) * seconds, median, sigma, service=service, pool=pool)
        self.add("pool_timeouts_total", self.about(timeouts) * seconds, service=service, pool=pool)
        self.add("pool_failures_total", self.about(timeouts / 5) * seconds, service=service, pool=pool)

    def finding(self, service, kind, severity, function, location, *, tail=None, share=0.0):
        labels = {"service": service, "kind": kind, "severity": severity, "function": function, "location": location}
        self.set("finding", 1, **labels)
        self.set("finding_wait_share", share, **labels)
        if tail is not None:
            self.set("finding_tail_seconds", round(self.about(tail), 6), **labels)

    # Who is there.

    def quotes(self, seconds, now):
        it, bad = "quotes", self.trouble
        self.service(
            it,
            seconds,
            now,
            version="2.4.1" if bad else "2.4.0",
            cpu=1.1 + 2.2 * bad,
            resident=(180 + 90 * bad) * 2**20,
            program="Quotes",
            seen=0.97,
        )
        self.executor(
            it,
            POOL,
            seconds,
            polls=2600,
            poll=(90e-6, 0.9),
            wait=(20e-6 * (1 + 60 * bad), 0.9 + 1.1 * bad),
            busy=4 if bad > 0.5 else self.random.choice((0, 1, 1, 2)),
        )
        self.executor(it, MAIN, seconds, polls=4, poll=(40e-6, 0.8), wait=(15e-6, 0.8), busy=0)
        self.observe(
            "poll_duration_seconds", (8 + 14 * bad) * seconds, 0.002 + 0.055 * bad, 0.35, service=it, executor=POOL
        )
        self.site(
            it,
            POOL,
            seconds,
            polls=8 + 14 * bad,
            mean=0.0021 + 0.057 * bad,
            function="RiskModel.score(_:)",
            location="Risk.swift:24",
            long=bad,
            allocations=800,
        )
        self.site(
            it,
            POOL,
            seconds,
            polls=1500,
            mean=95e-6,
            function="QuoteHandler.handle(_:)",
            location="QuoteHandler.swift:51",
            wait=20e-6 + 0.03 * bad,
        )
        self.site(
            it,
            POOL,
            seconds,
            polls=800,
            mean=70e-6,
            function="PriceFeed.next()",
            location="PriceFeed.swift:33",
            wait=20e-6 + 0.03 * bad,
            allocations=40,
        )
        self.site(
            it,
            POOL,
            seconds,
            polls=300,
            mean=180e-6,
            function="Audit.write(_:)",
            location="Audit.swift:80",
            blocked=0.6,
            long=0.0005,
            wait=20e-6 + 0.03 * bad,
        )
        starving = {"service": it, "executor": POOL}
        blamed = {
            "RiskModel.score(_:)": ("Risk.swift:24", 0.93),
            "Audit.write(_:)": ("Audit.swift:80", 0.05),
            "scheduler": ("", 0.02),
        }
        episodes = 0.004 + 3.1 * bad
        self.add("starvation_episodes_total", self.about(episodes) * seconds, **starving)
        self.add("starvation_seconds_total", self.about(episodes * 0.12) * seconds, **starving)
        self.set("starving", int(self.random.random() < 0.4 * bad), **starving)
        self.add("starvation_victims_total", self.about(episodes * 40) * seconds, **starving)
        wait = self.about(0.01 + 34 * bad) * seconds
        self.add("starvation_wait_seconds_total", wait, **starving)
        for function, (location, share) in blamed.items():
            self.add("starvation_blamed_seconds_total", wait * share, function=function, location=location, **starving)
        self.add("long_polls_total", 12 * bad * seconds, severity="warning", **starving)
        self.add("long_polls_total", (0.002 + 0.4 * bad) * seconds, severity="critical", **starving)
        self.request(
            it,
            "GET /quote",
            seconds,
            rate=150,
            median=0.0023 + 0.012 * bad,
            sigma=0.5 + 0.7 * bad,
            p99=0.008 + 0.21 * bad,
            parts={
                "cpu": 0.0004,
                "blocked": 0.0001,
                "executor_wait": 0.0004 + 0.19 * bad,
                "actor_wait": 0.0001,
                "timer": 1e-6,
                "kernel_wait": 2e-4 + 0.003 * bad,
                "outside": 0.006,
            },
        )
        self.request(
            it,
            "POST /risk",
            seconds,
            rate=8,
            median=0.009 + 0.11 * bad,
            sigma=0.45,
            p99=0.022 + 0.36 * bad,
            parts={
                "cpu": 0.009 + 0.11 * bad,
                "blocked": 0.0002,
                "executor_wait": 0.0006 + 0.24 * bad,
                "actor_wait": 0.0002,
                "timer": 1e-6,
                "kernel_wait": 0.0004 + 0.004 * bad,
                "outside": 0.011,
            },
        )
        self.request(
            it,
            "GET /order/{id}",
            seconds,
            rate=60,
            median=0.004 + 0.011 * bad,
            sigma=0.5 + 0.6 * bad,
            p99=0.013 + 0.18 * bad,
            parts={
                "cpu": 0.0003,
                "blocked": 0.0012,
                "executor_wait": 0.0003 + 0.16 * bad,
                "actor_wait": 0.0012,
                "pool_wait": 0.001 + 0.004 * bad,
                "timer": 1e-6,
                "kernel_wait": 2e-4,
                "outside": 0.009,
            },
        )
        self.observe(
            "request_duration_seconds",
            (0.02 + 1.2 * bad) * seconds,
            2.0,
            0.05,
            service=it,
            request="GET /quote",
            outcome="timeout",
        )
        self.observe(
            "request_duration_seconds",
            (0.1 + 0.6 * bad) * seconds,
            0.4,
            0.5,
            service=it,
            request="GET /quote",
            outcome="cancelled",
        )
        self.set("requests_open", int(self.about(2 + 58 * bad)), service=it)
        self.blocking(it, "fsync", seconds, rate=2.1, mean=0.0031, long=0.02)
        self.blocking(it, "write", seconds, rate=38, mean=0.0004)
        self.pool(it, "redis", seconds, capacity=16, in_use=3 + 4 * bad, waiting=0, rate=210, median=8e-6)
        if bad:
            self.finding(it, "starvation", "critical", "RiskModel.score(_:)", "Risk.swift:24", tail=0.187, share=0.93)
            self.finding(it, "long-poll", "critical", "RiskModel.score(_:)", "Risk.swift:24", tail=0.12, share=0.93)
        self.finding(it, "blocking-call", "warning", "Audit.write(_:)", "Audit.swift:80", tail=0.0011, share=0.05)
        self.set("verdict", 1, service=it, verdict="worth-it" if bad else "not-worth-it")
        if bad and int(self.minute) % 6 == 0 and int(self.minute - seconds / 60) % 6 != 0:
            self.add("recordings_saved_total", 1, service=it, trigger="episode")
        self.add("recordings_skipped_total", self.about(0.03 * bad) * seconds, service=it, reason="distance")
        self.add(
            "recordings_skipped_total",
            0.002 * bad * seconds if self.name.startswith("machine-2") else 0,
            service=it,
            reason="disk",
        )

    def orders(self, seconds, now):
        it, bad = "orders", self.trouble
        self.service(it, seconds, now, version="5.0.2", cpu=0.6, resident=140 * 2**20, program="Orders")
        self.executor(
            it, POOL, seconds, polls=1400, poll=(70e-6, 0.8), wait=(18e-6, 0.9), busy=self.random.choice((0, 0, 1, 1))
        )
        self.site(
            it, POOL, seconds, polls=900, mean=80e-6, function="OrderRoutes.create(_:)", location="OrderRoutes.swift:88"
        )
        self.site(
            it, POOL, seconds, polls=500, mean=60e-6, function="QuoteClient.get(_:)", location="QuoteClient.swift:27"
        )
        self.request(
            it,
            "POST /order",
            seconds,
            rate=45,
            median=0.012 + 0.016 * bad,
            sigma=0.5 + 0.6 * bad,
            p99=0.041 + 0.3 * bad,
            errors=0.0006 + 0.012 * bad,
            parts={
                "cpu": 0.001,
                "blocked": 0.0001,
                "executor_wait": 0.0003,
                "actor_wait": 0.0004,
                "pool_wait": 0.001 + 0.07 * bad,
                "timer": 1e-6,
                "kernel_wait": 2e-4,
                "outside": 0.037 + 0.23 * bad,
            },
        )
        self.set("requests_open", int(self.about(1 + 9 * bad)), service=it)
        self.blocking(it, "getaddrinfo", seconds, rate=0.2, mean=0.004, long=0.004)
        self.pool(
            it,
            "postgres",
            seconds,
            capacity=10,
            in_use=3 + 8 * bad,
            waiting=6 * bad,
            rate=45,
            median=12e-6 + 0.022 * bad,
            timeouts=0.05 * bad,
        )
        if bad:
            self.finding(it, "pool-too-small", "warning", "OrderRoutes.create(_:)", "OrderRoutes.swift:88", tail=0.07)
        self.set("verdict", 1, service=it, verdict="worth-it" if bad else "healthy")

    def checkout(self, seconds, now):
        it = "checkout"
        self.service(it, seconds, now, version="1.19.0", cpu=0.35, resident=96 * 2**20, program="Checkout")
        self.executor(
            it, POOL, seconds, polls=700, poll=(60e-6, 0.8), wait=(16e-6, 0.9), busy=self.random.choice((0, 0, 1))
        )
        self.site(it, POOL, seconds, polls=700, mean=60e-6, function="Checkout.pay(_:)", location="Checkout.swift:140")
        self.request(
            it,
            "POST /pay",
            seconds,
            rate=12,
            median=0.031,
            sigma=0.4,
            p99=0.078,
            parts={
                "cpu": 0.001,
                "blocked": 0.0001,
                "executor_wait": 0.0002,
                "actor_wait": 0.0001,
                "timer": 1e-6,
                "kernel_wait": 1e-4,
                "outside": 0.076,
            },
        )
        self.set("requests_open", int(self.about(1.5)), service=it)
        self.set("verdict", 1, service=it, verdict="healthy")

    def gateway(self, seconds, now):
        it = "gateway"
        self.service(it, seconds, now, version="3.2.0", cpu=0.8, resident=120 * 2**20, program="Gateway")
        self.executor(
            it, LOOP, seconds, polls=5200, poll=(45e-6, 0.9), wait=(12e-6, 0.9), busy=self.random.choice((0, 1, 1, 2))
        )
        self.executor(it, POOL, seconds, polls=160, poll=(50e-6, 0.8), wait=(16e-6, 0.9), busy=0)
        self.site(
            it,
            LOOP,
            seconds,
            polls=5000,
            mean=48e-6,
            function="ProxyHandler.channelRead(context:data:)",
            location="ProxyHandler.swift:61",
            allocations=5,
        )
        self.site(
            it,
            LOOP,
            seconds,
            polls=3,
            mean=0.011,
            function="TokenVerifier.verify(_:)",
            location="TokenVerifier.swift:19",
            long=0.6,
        )
        self.add("long_polls_total", 1.8 * seconds, service=it, executor=LOOP, severity="warning")
        self.request(
            it,
            "* (proxied)",
            seconds,
            rate=210,
            median=0.004 + 0.006 * self.trouble,
            sigma=0.6 + 0.4 * self.trouble,
            p99=0.016 + 0.09 * self.trouble,
            parts={
                "cpu": 0.0003,
                "executor_wait": 0.002,
                "timer": 1e-6,
                "kernel_wait": 1e-4,
                "outside": 0.014 + 0.09 * self.trouble,
            },
        )
        self.set("requests_open", int(self.about(2 + 10 * self.trouble)), service=it)
        self.finding(
            it,
            "event-loop-blocked",
            "warning",
            "TokenVerifier.verify(_:)",
            "TokenVerifier.swift:19",
            tail=0.002,
            share=0.3,
        )
        self.set("verdict", 1, service=it, verdict="not-worth-it")

    def reports(self, seconds, now):
        it, hangs = "reports", HANG <= self.minute < CRASH
        self.service(
            it,
            seconds,
            now,
            version="0.9.3",
            cpu=0.02 if hangs else 0.15,
            resident=310 * 2**20,
            program="Reports",
            seen=0.74,
        )
        self.executor(
            it, POOL, seconds, polls=2 if hangs else 90, poll=(300e-6, 1.1), wait=(20e-6, 0.9), busy=int(hangs)
        )
        self.site(
            it,
            POOL,
            seconds,
            polls=90,
            mean=400e-6,
            function="Report.render()",
            location="Report.swift:210",
            allocations=2000,
        )
        self.request(
            it,
            "GET /report",
            seconds,
            rate=0.1 if hangs else 2,
            median=0.12,
            sigma=0.5,
            p99=0.41,
            parts={
                "cpu": 0.3,
                "blocked": 0.02,
                "executor_wait": 0.001,
                "timer": 1e-6,
                "kernel_wait": 0.002,
                "outside": 0.09,
            },
        )
        self.set("requests_open", 8 if hangs else 0, service=it)
        self.set("hanging_polls", int(hangs), service=it)
        self.blocking(it, "flock", seconds, rate=0.3, mean=0.002)
        self.set("verdict", 1, service=it, verdict="notEnough")
        before = self.minute - seconds / 60
        if before < HANG <= self.minute:
            self.add("hangs_total", 1, service=it)
            self.add("recordings_saved_total", 1, service=it, trigger="hang")
        if before < CRASH <= self.minute:
            self.add("sessions_ended_total", 1, service=it, how="crash")
            self.add("recordings_saved_total", 1, service=it, trigger="crash")
        if hangs:
            self.finding(it, "hang", "critical", "Report.lockFile()", "Report.swift:77")

    def collector(self, seconds, now):
        it, bad = len(self.services), self.trouble
        self.set("collector_start_time_seconds", int(now - self.minute * 60 - 86400 * 3))
        self.add("collector_cpu_seconds_total", self.about(0.012 * it + 0.02 * bad) * seconds)
        self.set("collector_resident_bytes", int(self.about(34 * 2**20 + it * 4 * 2**20)))
        for state, count in (
            ("followed", it),
            ("refused", 0),
            ("stale", int(self.minute >= CRASH and "reports" in self.services)),
        ):
            self.set("collector_sessions", count, state=state)
        self.add("collector_looks_total", 10 * it * seconds)
        self.observe("collector_look_seconds", 10 * it * seconds, 0.0004 + 0.0006 * bad, 0.5)
        self.set("collector_lag_seconds", round(self.about(0.004 + 0.05 * bad), 5))
        self.add("collector_records_total", self.about(3200 * it) * seconds)
        for kind in ("site", "request", "pool", "executor", "service", "finding"):
            self.add("collector_names_refused_total", 0.02 * bad * seconds if kind == "request" else 0, kind=kind)
        self.set("collector_recordings_bytes", int(min(1.0, 0.55 + 0.0015 * self.minute) * 2**30))
        self.set("collector_recordings_limit_bytes", 2**30)
        self.set("collector_series", sum(len(series) for series in self.series.values()))
        self.add("collector_scrapes_total", seconds / 15)
        self.observe("collector_scrape_seconds", seconds / 15, 0.011, 0.3)
        self.add("collector_remote_write_samples_total", self.about(60 * it) * seconds)
        self.add("collector_remote_write_failures_total", 0.02 * seconds if 30 < self.minute < 34 or bad else 0)
        self.set("collector_remote_write_pending", int(self.about(40 + 900 * (30 < self.minute < 34))))
