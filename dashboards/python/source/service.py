"""One service: where its P99 goes, and which line to change."""

from . import expressions as ask
from .grafana import (
    ANY_IS_BAD,
    ANY_IS_UNUSUAL,
    RED,
    YELLOW,
    Column,
    annotation,
    bars,
    colored,
    dashboard,
    dashed,
    datasource_variable,
    label_variable,
    levels,
    lines,
    link,
    query,
    split_bars,
    stat,
    table,
)

# One value, which Grafana does not make a regular expression of.
SERVICE_CHOSEN = 'service="$service"'
CHOSEN = SERVICE_CHOSEN + ', instance=~"$machine"'
EXECUTORS = CHOSEN + ', executor=~"$executor"'
REQUESTS = CHOSEN + ', request=~"$request"'
SITE = ["executor", "function", "location"]
FINDING = "kind, severity, function, location"
WAIT_LEVELS = levels((0.005, YELLOW), (0.05, RED))
REQUEST_LEVELS = levels((0.1, YELLOW), (1, RED))
PART_COLORS = {
    "cpu": "green",
    "blocked": "red",
    "executor_wait": "orange",
    "actor_wait": "yellow",
    "pool_wait": "purple",
    "timer": "blue",
    "kernel_wait": "dark-red",
    "outside": "text",
}


def finding(metric):
    return f"max by ({FINDING}) ({metric}{{{CHOSEN}}})"


is_it_bad = [
    stat(
        "Is it in trouble?",
        3,
        [query(ask.trouble(SERVICE_CHOSEN), instant=True)],
        steps=ANY_IS_BAD,
        none="not seen",
        defaults={
            "mappings": [
                {"type": "value", "options": {"0": {"text": "no", "index": 0}, "1": {"text": "yes", "index": 1}}}
            ]
        },
        says="Yes: in the last five minutes it starved for over 1 % of the time, or has a critical finding or a poll that hangs.",
    ),
    stat(
        "Since when?",
        4,
        [query(ask.began(SERVICE_CHOSEN), instant=True)],
        unit="dateTimeFromNow",
        steps=levels((0, RED)),
        none="not now",
        says="When the trouble that still goes on began. Compare with your deployments, and with the recordings marked in the graphs.",
    ),
    stat(
        "Which line costs most?",
        8,
        [query(f"topk(1, {finding('pollscope_finding_tail_seconds')})", "{{function}} {{location}}", instant=True)],
        unit="s",
        steps=WAIT_LEVELS,
        text="value_and_name",
        says="The finding that adds most to the P99, and how much. Begin to mend here. GET /findings on the collector has the proof "
        "and the advice.",
    ),
    stat(
        "Thread wait P99",
        3,
        [query(f"max({ask.quantile(0.99, 'pollscope_queue_wait_seconds', EXECUTORS, ['executor'])})", instant=True)],
        unit="s",
        steps=WAIT_LEVELS,
        says="One job in a hundred waits so long before it may run, on the worst executor. From 5 ms it can be measured, from 50 ms felt.",
    ),
    stat(
        "Request P99",
        3,
        [
            query(
                f"max({ask.quantile(0.99, 'pollscope_request_duration_seconds', REQUESTS, ['request'])})", instant=True
            )
        ],
        unit="s",
        steps=REQUEST_LEVELS,
        says="The slowest of the chosen kinds of request. The next row says what its time is made of.",
    ),
    stat(
        "Seen",
        3,
        [query(f"min(pollscope_observed_cpu_ratio{{{CHOSEN}}})", instant=True)],
        unit="percentunit",
        steps=[{"color": "red", "value": None}, {"color": "orange", "value": 0.5}, {"color": "green", "value": 0.8}],
        says="Part of the CPU time that observed polls account for. Little: what you see here is not the whole story, and green proves "
        "nothing. pollscope doctor NAME says which probe is off.",
    ),
]

tail = f"max by (request, part) (pollscope_request_tail_seconds{{{REQUESTS}}})"
worst = f"topk(1, max by (request) (max_over_time(pollscope_request_p99_seconds{{{REQUESTS}}}[$__range] @ end())))"
where_it_goes = [
    split_bars(
        "Where does the time of the slowest 1 % go?",
        12,
        tail,
        row="request",
        column="part",
        unit="s",
        height=9,
        overrides=colored(PART_COLORS),
        says="Mean of the slowest 1 % of each kind of request, by the last diagnosis. executor_wait: no thread was free, see Who made "
        "the others wait. blocked: a call that holds the thread, see Blocking calls. actor_wait: somebody else was in the actor. "
        "pool_wait: see Pools. cpu: it computes itself. kernel_wait: too few processors. outside: another service, or the client.",
    ),
    lines(
        "Where did it go? (the worst of the chosen requests)",
        12,
        [query(f"{tail} and on (request) {worst}", "{{part}}")],
        unit="s",
        stacked=True,
        height=9,
        overrides=colored(PART_COLORS),
        says="The same over time, for the request with the worst P99 in this range: the part that grew is the cause. Choose one "
        "request above to see another.",
    ),
    lines(
        "How slow is each request? (P99)",
        8,
        [
            query(
                ask.quantile(0.99, "pollscope_request_duration_seconds", REQUESTS, ["request"]),
                "{{request}}",
                exemplar=True,
            )
        ],
        unit="s",
        steps=REQUEST_LEVELS,
        log=True,
        says="Points are exemplars: slow requests with their trace or task. If one kind rises alone, look at its code; if all do, at "
        "what they share: threads, pools, an actor.",
    ),
    lines(
        "Is it all requests, or the slow ones?",
        8,
        [
            query(ask.quantile(part, "pollscope_request_duration_seconds", REQUESTS, ["service"]), name)
            for part, name in ((0.5, "P50"), (0.95, "P95"), (0.99, "P99"))
        ],
        unit="s",
        log=True,
        says="All chosen requests together. P99 alone rises: somebody is in the way now and then. P50 rises with it: there is too much "
        "work, or something all requests need has become slow.",
    ),
    lines(
        "How many requests, and how do they end?",
        8,
        [query(ask.requests(REQUESTS, ["outcome"]), "{{outcome}}")],
        unit="reqps",
        stacked=True,
        overrides=colored({"ok": "green", "error": "red", "timeout": "orange", "cancelled": "text"}),
        says="A rise of load before a rise of latency is a cause; a fall after it is a consequence. Requests that fail fast make a P99 "
        "look good.",
    ),
]

culprits = f"sum by (function, location) (increase(pollscope_starvation_blamed_seconds_total{{{EXECUTORS}}}[$__range] @ end()))"
executors = [
    bars(
        "Who made the others wait? (in this range)",
        12,
        [query(f"sort_desc(topk(8, {culprits})) / scalar(sum({culprits}))", "{{function}} {{location}}", instant=True)],
        unit="percentunit",
        steps=levels((0.1, YELLOW), (0.5, RED)),
        defaults={"max": 1},
        says="All waiting in episodes of starvation, charged to the code that held the threads meanwhile. The longest bar is the code to "
        "change: let it yield, or give it an executor of its own. scheduler: a thread was free, and the kernel did not run it: too few "
        "processors. pollscope report NAME has the advice.",
    ),
    lines(
        "How many jobs wait on whose account?",
        12,
        [
            query(
                f"sum by (function, location) (rate(pollscope_starvation_blamed_seconds_total{{{EXECUTORS}}}[$__rate_interval])) and on (function, location) topk(6, {culprits})",
                "{{function}} {{location}}",
            )
        ],
        stacked=True,
        says="Jobs that wait for a culprit in episodes of starvation, on average. Who appears when "
        "the trouble begins is its cause.",
    ),
    lines(
        "How long do jobs wait for a thread? (P99)",
        8,
        [query(ask.quantile(0.99, "pollscope_queue_wait_seconds", EXECUTORS, ["executor"]), "{{executor}}")],
        unit="s",
        steps=WAIT_LEVELS,
        log=True,
        says="Lines at 5 and 50 ms. Everything that resumes on this executor pays it, at every await.",
    ),
    lines(
        "How much of the time is there no free thread?",
        8,
        [
            query(
                f"max by (executor) (rate(pollscope_starvation_seconds_total{{{EXECUTORS}}}[$__rate_interval]))",
                "{{executor}}",
            ),
            query(f"max by (executor) (pollscope_starving{{{EXECUTORS}}}) == 1", "{{executor}} starves now"),
        ],
        unit="percentunit",
        steps=levels((0.01, YELLOW), (0.05, RED)),
        defaults={"max": 1},
        overrides=[dashed(".* starves now")],
        says="Starvation: all threads busy, a job waits over 10 ms. Episodes count when they end; the dashed line at the top is one that "
        "goes on.",
    ),
    lines(
        "How long do polls hold a thread? (P99.9)",
        8,
        [query(ask.quantile(0.999, "pollscope_poll_duration_seconds", EXECUTORS, ["executor"]), "{{executor}}")],
        unit="s",
        steps=levels((0.01, YELLOW), (0.1, RED)),
        log=True,
        says="Of a thousand polls, as long ones are rare and many wait behind each. Between two suspensions code has its thread for "
        "itself. Over 10 ms others notice, over 100 ms it is an outage for those "
        "behind it. The next row says which code.",
    ),
    lines(
        "How many threads are busy?",
        8,
        [query(f"sum by (executor) (pollscope_executor_busy_threads{{{EXECUTORS}}})", "{{executor}}")],
        says="Polls that ran when the collector looked. Flat at the number of processors: the executor is full.",
    ),
    lines(
        "How many jobs were victims?",
        8,
        [
            query(ask.per_second("pollscope_starvation_victims_total", EXECUTORS, ["executor"]), "{{executor}}: jobs"),
            query(
                ask.per_second("pollscope_starvation_episodes_total", EXECUTORS, ["executor"]), "{{executor}}: episodes"
            ),
        ],
        unit="cps",
        says="Jobs that waited in episodes, and episodes, a second. Many victims an episode: a deep queue, so a high load or long episodes.",
    ),
    lines(
        "How many jobs stand in the queue?",
        8,
        [query(ask.per_second("pollscope_starvation_wait_seconds_total", EXECUTORS, ["executor"]), "{{executor}}")],
        says="During episodes of starvation, averaged over all time. What is blamed above is "
        "this, split by culprit.",
    ),
]


def site(metric, *, per="rate"):
    return ask.per_second(f"pollscope_site_{metric}_total", EXECUTORS, SITE)


SITES = f"topk(25, {site('poll_seconds')})"


def of_sites(expression):
    """Only of the sites that have a row."""
    return f"({expression}) and on ({', '.join(SITE)}) {SITES}"


code = [
    table(
        "Which code runs?",
        24,
        [
            Column("Function", label="function", width=260),
            Column("Line", label="location", width=160),
            Column("Executor", label="executor", width=120),
            Column("Cores", expression=SITES, decimals=3, steps=levels((0.5, YELLOW), (1, RED))),
            Column("Polls", expression=of_sites(site("polls")), unit="cps", decimals=0),
            Column(
                "Mean poll",
                expression=of_sites(f"{site('poll_seconds')} / {site('polls')}"),
                unit="s",
                steps=levels((0.001, YELLOW), (0.01, RED)),
                decimals=1,
            ),
            Column(
                "Long polls",
                expression=of_sites(f"{site('long_polls')} * 60"),
                unit="cpm",
                steps=ANY_IS_UNUSUAL,
                decimals=1,
            ),
            Column(
                "Blocked",
                expression=of_sites(f"{site('blocked_seconds')} / {site('poll_seconds')}"),
                unit="percentunit",
                steps=levels((0.1, YELLOW), (0.5, RED)),
                decimals=0,
            ),
            Column(
                "Mean wait",
                expression=of_sites(f"{site('queue_wait_seconds')} / {site('polls')}"),
                unit="s",
                steps=WAIT_LEVELS,
                decimals=1,
            ),
            Column("Allocated", expression=of_sites(site("allocated_bytes")), unit="Bps", decimals=0),
            Column("Allocations", expression=of_sites(site("allocations")), unit="cps", decimals=0),
        ],
        sort=["Cores"],
        says="The 25 sites (code that polls resume at) that hold threads longest. Cores: threads held, on average. Long polls: of 10 ms "
        "and more, a minute. Blocked: part of the time in blocking calls: such code belongs off the pool. Mean wait: what this code "
        "suffers, not what it does.",
    ),
    lines(
        "How many polls are too long?",
        12,
        [
            query(
                f"{ask.per_second('pollscope_long_polls_total', EXECUTORS, ['executor', 'severity'])} * 60",
                "{{executor}}: {{severity}}",
            )
        ],
        unit="cpm",
        says="A minute; warning: 10 ms and more, critical: 100 ms and more. On an event loop a critical one stops all its connections.",
    ),
    lines(
        "How many threads stand in a blocking call?",
        12,
        [query(f"{ask.per_second('pollscope_poll_blocked_seconds_total', EXECUTORS, ['executor'])}", "{{executor}}")],
        steps=levels((0.1, YELLOW), (1, RED)),
        says="On average. Each is one the executor lacks. The next row says which call.",
    ),
]

blocking = [
    table(
        "Which calls block?",
        10,
        [
            Column("Call", label="call", width=150),
            Column(
                "Threads held",
                expression=ask.per_second("pollscope_blocking_seconds_total", CHOSEN, ["call"]),
                decimals=3,
                steps=levels((0.1, YELLOW), (1, RED)),
            ),
            Column(
                "Calls",
                expression=ask.per_second("pollscope_blocking_calls_total", CHOSEN, ["call"]),
                unit="cps",
                decimals=1,
            ),
            Column(
                "Mean",
                expression=f"({ask.per_second('pollscope_blocking_seconds_total', CHOSEN, ['call'])}) / ({ask.per_second('pollscope_blocking_calls_total', CHOSEN, ['call'])})",
                unit="s",
                decimals=1,
            ),
            Column(
                "Of 10 ms and more",
                expression=f"{ask.per_second('pollscope_long_blocking_calls_total', CHOSEN, ['call'])} * 60",
                unit="cpm",
                steps=ANY_IS_UNUSUAL,
                decimals=1,
            ),
        ],
        sort=["Threads held"],
        height=8,
        says="Calls that took over the session's threshold (100 µs), inside polls. Move them to a thread pool meant for it, or use what "
        "suspends. pollscope report NAME --findings names the lines that call them.",
    ),
    lines(
        "How many threads do they hold?",
        8,
        [query(f"topk(8, {ask.per_second('pollscope_blocking_seconds_total', CHOSEN, ['call'])})", "{{call}}")],
        stacked=True,
        unit="short",
        says="Seconds in blocking calls each second. Flat tops at the number of threads: the pool is full of blocked calls.",
    ),
    lines(
        "Does anything hang?",
        6,
        [
            query(f"sum(pollscope_hanging_polls{{{CHOSEN}}})", "hanging now"),
            query(ask.happened("pollscope_hangs_total", CHOSEN, ["service"]), "began to hang"),
        ],
        steps=ANY_IS_BAD,
        says="Polls that hold a thread for a second and more. pollscope report NAME says since when and in which function; pollscope tasks "
        "NAME who waits for whom. Look before you restart.",
    ),
]

pools = [
    lines(
        "Is a pool used up?",
        8,
        [
            query(f"sum by (pool) (pollscope_pool_in_use{{{CHOSEN}}})", "{{pool}}: in use"),
            query(f"sum by (pool) (pollscope_pool_capacity{{{CHOSEN}}})", "{{pool}}: capacity"),
        ],
        overrides=[dashed(".*: capacity")],
        says="In use at the dashed capacity while somebody waits: too small, or not given back. The finding pool-too-small says which "
        "size would do. Far below it all day: too large.",
    ),
    lines(
        "How many wait for it?",
        8,
        [
            query(f"sum by (pool) (pollscope_pool_waiting{{{CHOSEN}}})", "{{pool}}"),
            query(ask.happened("pollscope_pool_timeouts_total", CHOSEN, ["pool"]), "{{pool}}: gave up"),
            query(ask.happened("pollscope_pool_failures_total", CHOSEN, ["pool"]), "{{pool}}: refused"),
        ],
        steps=ANY_IS_UNUSUAL,
        says="Who asked and has got nothing yet; who gave up or was refused since the point before. Those are errors to users.",
    ),
    lines(
        "How long do they wait? (P99)",
        8,
        [query(ask.quantile(0.99, "pollscope_pool_wait_seconds", CHOSEN, ["pool"]), "{{pool}}")],
        unit="s",
        steps=WAIT_LEVELS,
        log=True,
        says="If it rises with the starvation above, holders wait for a thread before they give back: mend that first, not the pool.",
    ),
]

process = [
    lines(
        "How much CPU?",
        6,
        [
            query(
                f"sum by (instance) (rate(pollscope_process_cpu_seconds_total{{{CHOSEN}}}[$__rate_interval]))",
                "{{instance}}",
            )
        ],
        says="Cores, by machine. Flat at the container's limit: it is throttled, and a finding kernel-contention says so.",
    ),
    lines(
        "How much memory?",
        6,
        [query(f"sum by (instance) (pollscope_process_resident_bytes{{{CHOSEN}}})", "{{instance}}")],
        unit="bytes",
        says="Resident. Rising with live tasks: work comes in faster than it goes out.",
    ),
    lines(
        "How much is allocated?",
        6,
        [query(ask.per_second("pollscope_allocated_bytes_total", CHOSEN, ["service"]), "bytes")],
        unit="Bps",
        says="Bytes a second, garbage and all. Which code: the table above; which lines: pollscope report NAME --allocations.",
    ),
    lines(
        "How many allocations?",
        6,
        [
            query(ask.per_second("pollscope_allocations_total", CHOSEN, ["service"]), "allocations"),
            query(ask.per_second("pollscope_frees_total", CHOSEN, ["service"]), "frees"),
        ],
        unit="cps",
        says="A second. Allocations that outrun frees for long are a leak or a growing cache.",
    ),
    lines(
        "How many tasks live?",
        6,
        [
            query(f"sum(pollscope_tasks_live{{{CHOSEN}}})", "live tasks"),
            query(f"sum(pollscope_requests_open{{{CHOSEN}}})", "open requests"),
        ],
        says="Rising without end: tasks are made faster than they finish, or never do. pollscope tasks NAME lists them by what they wait for.",
    ),
    lines(
        "How many tasks and threads are made?",
        6,
        [
            query(ask.per_second("pollscope_tasks_created_total", CHOSEN, ["service"]), "tasks"),
            query(ask.per_second("pollscope_threads_created_total", CHOSEN, ["service"]), "threads"),
        ],
        unit="cps",
        says="A second. Threads that are made all the time cost 100 µs each: keep them (finding thread-churn).",
    ),
    lines(
        "How many processes?",
        6,
        [
            query(f'sum(pollscope_sessions{{{CHOSEN}, state="alive"}})', "alive"),
            query(ask.happened("pollscope_sessions_ended_total", CHOSEN, ["how"]), "ended: {{how}}"),
        ],
        says="Alive, and ended since the point before: exit is their own wish, crash a signal, silent without a word (kill -9, out of memory).",
    ),
    lines(
        "Is anything lost?",
        6,
        [query(ask.per_second("pollscope_records_lost_total", CHOSEN, ["kind"]), "{{kind}}")],
        unit="cps",
        steps=ANY_IS_UNUSUAL,
        says="Records a second that were overwritten before they were read. Counts are too low by them. Next: the collector's dashboard, lag.",
    ),
]

causes = [
    table(
        "What is wrong, and in which line?",
        14,
        [
            Column("Severity", label="severity", width=80),
            Column("Kind", label="kind", width=150),
            Column("Function", label="function", width=240),
            Column("Line", label="location", width=150),
            Column(
                "In the P99",
                expression=f"{finding('pollscope_finding_tail_seconds')} or 0 * {finding('pollscope_finding')}",
                unit="s",
                steps=WAIT_LEVELS,
                decimals=1,
            ),
            Column(
                "Of all waiting", expression=finding("pollscope_finding_wait_share"), unit="percentunit", decimals=0
            ),
        ],
        sort=["In the P99"],
        height=7,
        says="Findings of the last diagnosis, the one that costs most first. GET /findings on the collector has proof, victims and advice. "
        "0 in the P99: not known, or nothing.",
    ),
    stat(
        "Is tuning worth it?",
        4,
        [query(f"max by (verdict) (pollscope_verdict{{{CHOSEN}}}) == 1", "{{verdict}}", instant=True)],
        text="name",
        height=7,
        none="no verdict",
        says="The verdict of the last diagnosis. GET /report/NAME on the collector says which figures it rests on.",
    ),
    stat(
        "Age of the diagnosis",
        3,
        [query(f"time() - max(pollscope_diagnosis_timestamp_seconds{{{CHOSEN}}})", instant=True)],
        unit="s",
        height=7,
        steps=levels((180, YELLOW), (600, RED)),
        none="none yet",
        says="Made once a minute. Old: findings and where the P99 goes stand still; GET /healthz on the collector.",
    ),
    stat(
        "Recordings saved",
        3,
        [query(f"sum(increase(pollscope_recordings_saved_total{{{CHOSEN}}}[$__range]))", instant=True)],
        height=7,
        defaults={"decimals": 0},
        says="In this range; each holds the seconds around what triggered it, and is marked in the graphs. They lie in the collector's "
        "folder of recordings: pollscope report FILE.",
    ),
]

SERVICE = dashboard(
    "pollscope-service",
    "Pollscope: one service",
    says="Where the P99 of a service goes, who makes whom wait, and which line to change.",
    variables=[
        datasource_variable(),
        label_variable(
            "service",
            "Service",
            "label_values(pollscope_sessions, service)",
            says="The service to look at.",
            many=False,
        ),
        label_variable(
            "machine",
            "Machine",
            'label_values(pollscope_sessions{service="$service"}, instance)',
            says="Collectors that follow it: one a machine.",
        ),
        label_variable(
            "executor",
            "Executor",
            'label_values(pollscope_executor_busy_threads{service="$service"}, executor)',
            says="For executors and code.",
        ),
        label_variable(
            "request",
            "Request",
            'label_values(pollscope_request_p99_seconds{service="$service"}, request)',
            says="For the rows about requests.",
        ),
    ],
    annotations=[
        annotation(
            "Critical findings",
            f'max by (kind, function, location) (pollscope_finding{{{CHOSEN}, severity="critical"}})',
            "red",
            title="{{kind}}",
            text="{{function}} {{location}}",
        ),
        annotation(
            "Other findings",
            f'max by (kind, function, location) (pollscope_finding{{{CHOSEN}, severity!="critical"}})',
            "orange",
            title="{{kind}}",
            text="{{function}} {{location}}",
            enable=False,
        ),
        annotation(
            "Recordings",
            ask.happened("pollscope_recordings_saved_total", CHOSEN, ["trigger"]).replace("$__rate_interval", "2m"),
            "purple",
            title="recording saved",
            text="triggered by {{trigger}}",
        ),
    ],
    links=[link("All services", "pollscope-overview"), link("The collector", "pollscope-collector")],
    rows=[
        (None, is_it_bad),
        ("Where does the P99 go?", where_it_goes),
        ("What is wrong?", causes),
        ("Executors: who makes whom wait?", executors),
        ("Code: what holds the threads?", code),
        ("Blocking calls and hangs", blocking),
        ("Pools", pools),
        ("The process", process),
    ],
)
