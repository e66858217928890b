"""All services: is it bad, since when, who."""

from . import expressions as ask
from .grafana import (
    ANY_IS_BAD,
    ANY_IS_UNUSUAL,
    RED,
    YELLOW,
    Column,
    annotation,
    dashboard,
    datasource_variable,
    label_variable,
    levels,
    lines,
    link,
    query,
    stat,
    table,
    timeline,
)

CHOSEN = 'service=~"$service"'
SERVICE_LINK = (
    "Open this service",
    "/d/pollscope-service?var-datasource=${datasource}&var-service=${__data.fields.Service}&${__url_time_range}",
)
WAIT_LEVELS = levels((0.005, YELLOW), (0.05, RED))
REQUEST_LEVELS = levels((0.1, YELLOW), (1, RED))

queue_wait = ask.recorded("service_executor:pollscope_queue_wait_seconds:p99_rate5m", CHOSEN, "service, executor")
request_p99 = ask.recorded("service_request:pollscope_request_duration_seconds:p99_rate5m", CHOSEN, "service, request")
starved = ask.recorded("service_executor:pollscope_starvation_seconds:rate5m", CHOSEN, "service, executor")
trouble = ask.trouble(CHOSEN)

is_it_bad = [
    stat(
        "Services in trouble",
        4,
        [query(f"count({trouble} == 1) or vector(0)", instant=True)],
        steps=ANY_IS_BAD,
        says="Services that in the last five minutes starved for over 1 % of the time, or have a critical finding or a poll "
        "that hangs. Not 0: look to the right who and since when, then open that service from the table.",
    ),
    stat(
        "Who?",
        6,
        [query(f"{trouble} == 1", "{{service}}", instant=True)],
        text="name",
        steps=ANY_IS_BAD,
        none="nobody",
        says="The services in trouble. Open one from the table below; on its machine, pollscope report NAME says which line to change.",
    ),
    stat(
        "Since when?",
        4,
        [query(f"min({ask.began(CHOSEN)})", instant=True)],
        unit="dateTimeFromNow",
        steps=levels((0, RED)),
        none="not now",
        says="When the oldest trouble that still goes on began. Compare with your deployments. "
        "Below, the bars show each service for itself.",
    ),
    stat(
        "Worst wait for a thread (P99)",
        5,
        [query(f"topk(1, {queue_wait})", "{{service}}: {{executor}}", instant=True)],
        unit="s",
        steps=WAIT_LEVELS,
        text="value_and_name",
        says="How long one job in a hundred waits before it may run, on the worst executor. From 5 ms users can measure it, from "
        "50 ms they feel it. Next: that service's dashboard, Who made the others wait?",
    ),
    stat(
        "Worst request (P99)",
        5,
        [query(f"topk(1, {request_p99})", "{{service}}: {{request}}", instant=True)],
        unit="s",
        steps=REQUEST_LEVELS,
        text="value_and_name",
        says="The slowest kind of request anywhere. The service's dashboard splits that time into waiting for threads, actors and "
        "pools, blocking, computing, and what is outside.",
    ),
]

when = [
    timeline(
        "Who was in trouble, and when?",
        24,
        [query(trouble, "{{service}}")],
        height=7,
        states=[(0, "fine", "green"), (1, "in trouble", "red")],
        says="Red: starved over 1 % of the time, a critical finding, or a hanging poll. Services that turn red together often have "
        "one cause: look at the one that turned first.",
    ),
]


def findings(severity):
    return f'count by (service) (max by (service, kind, function, location) (pollscope_finding{{{CHOSEN}, severity="{severity}"}}))'


services = [
    table(
        "Services",
        24,
        [
            Column("Service", label="service", link=SERVICE_LINK, width=150),
            Column("Trouble", expression=trouble, steps=ANY_IS_BAD, mappings=[(0, "no"), (1, "yes")], width=80),
            Column(
                "Starved",
                expression=f"max by (service) ({starved})",
                unit="percentunit",
                steps=levels((0.01, YELLOW), (0.05, RED)),
                decimals=1,
            ),
            Column("Wait P99", expression=f"max by (service) ({queue_wait})", unit="s", steps=WAIT_LEVELS, decimals=1),
            Column(
                "Request P99",
                expression=f"max by (service) ({request_p99})",
                unit="s",
                steps=REQUEST_LEVELS,
                decimals=1,
            ),
            Column(
                "Errors",
                expression=ask.recorded("service:pollscope_request_errors:ratio_rate5m", CHOSEN),
                unit="percentunit",
                steps=levels((0.001, YELLOW), (0.01, RED)),
                decimals=2,
            ),
            Column(
                "Requests",
                expression=f'sum by (service) ({ask.recorded("service_request:pollscope_requests:rate5m", CHOSEN, "service, request", "sum")})',
                unit="reqps",
                decimals=0,
            ),
            Column("Critical", expression=findings("critical"), steps=ANY_IS_BAD),
            Column("Warnings", expression=findings("warning"), steps=ANY_IS_UNUSUAL),
            Column(
                "CPU, cores",
                expression=ask.recorded("service:pollscope_process_cpu_seconds:rate5m", CHOSEN, shards="sum"),
                decimals=2,
            ),
            Column(
                "Memory",
                expression=f"sum by (service) (pollscope_process_resident_bytes{{{CHOSEN}}})",
                unit="bytes",
                decimals=0,
            ),
            Column("Processes", expression=f'sum by (service) (pollscope_sessions{{{CHOSEN}, state="alive"}})'),
            Column(
                "Seen",
                expression=f"min by (service) (pollscope_observed_cpu_ratio{{{CHOSEN}}})",
                unit="percentunit",
                decimals=0,
                steps=[{"color": "orange", "value": None}, {"color": "green", "value": 0.5}],
            ),
        ],
        sort=["Trouble", "Wait P99"],
        height=8,
        says="The name opens the service. Starved: part of the time in which no thread was free while a job waited. Critical and "
        "Warnings: findings of the last diagnosis. Seen: part of the CPU time that Pollscope can explain; under half of it, green "
        "figures prove little: pollscope doctor NAME says why.",
    ),
]

figures = [
    lines(
        "How long do jobs wait for a thread? (P99)",
        12,
        [query(f"max by (service) ({queue_wait})", "{{service}}")],
        unit="s",
        steps=WAIT_LEVELS,
        log=True,
        says="The worst executor of each service. Lines at 5 and 50 ms. What rises here and does not in the request's P99 is not on "
        "the way of a request.",
    ),
    lines(
        "How long do the slowest requests take? (P99)",
        12,
        [query(f"max by (service) ({request_p99})", "{{service}}")],
        unit="s",
        steps=REQUEST_LEVELS,
        log=True,
        says="The slowest kind of request of each service. If it rises without the wait on the left, the service's dashboard says "
        "which part of the time grew.",
    ),
    lines(
        "How much of the time is there no free thread?",
        12,
        [query(f"max by (service) ({starved})", "{{service}}")],
        unit="percentunit",
        steps=levels((0.01, YELLOW), (0.05, RED)),
        defaults={"max": 1},
        says="Part of the time in which all threads of an executor were busy while a job waited over 10 ms. Over 5 % pages. An "
        "episode that still goes on counts when it ends.",
    ),
    lines(
        "How many requests fail?",
        12,
        [query(ask.recorded("service:pollscope_request_errors:ratio_rate5m", CHOSEN), "{{service}}")],
        unit="percentunit",
        steps=levels((0.001, YELLOW), (0.01, RED)),
        says="Errors and timeouts of all requests; cancelled ones are the client's wish. Requests that fail fast make a P99 look good.",
    ),
]

FINDING = "service, kind, severity, function, location"
causes = [
    table(
        "What is wrong, and in which line?",
        16,
        [
            Column("Service", label="service", link=SERVICE_LINK, width=110),
            Column("Severity", label="severity", width=80),
            Column("Kind", label="kind", width=150),
            Column("Function", label="function", width=220),
            Column("Line", label="location", width=150),
            Column(
                "In the P99",
                expression=f"max by ({FINDING}) (pollscope_finding_tail_seconds{{{CHOSEN}}}) or 0 * max by ({FINDING}) (pollscope_finding{{{CHOSEN}}})",
                unit="s",
                steps=WAIT_LEVELS,
                decimals=1,
            ),
            Column(
                "Of all waiting",
                expression=f"max by ({FINDING}) (pollscope_finding_wait_share{{{CHOSEN}}})",
                unit="percentunit",
                decimals=0,
            ),
        ],
        sort=["In the P99"],
        says="Findings of the last diagnosis, the one that costs most first. GET /findings on the collector has proof and advice, "
        "pollscope report NAME the whole story. 0 in the P99: not known, or nothing.",
    ),
    lines(
        "Who crashed, and who hung?",
        8,
        [
            query(
                ask.happened("pollscope_sessions_ended_total", CHOSEN + ', how=~"crash|silent"', ["service", "how"]),
                "{{service}}: {{how}}",
            ),
            query(ask.happened("pollscope_hangs_total", CHOSEN, ["service"]), "{{service}}: hang"),
        ],
        bars=True,
        height=9,
        says="Processes that ended by a signal or without a word, and polls that held a thread for a second and more. Each crash "
        "leaves a recording of its last seconds: pollscope report FILE.",
    ),
]

OVERVIEW = dashboard(
    "pollscope-overview",
    "Pollscope: all services",
    says="Is it bad, since when, who. Begin here when the pager rings.",
    variables=[
        datasource_variable(),
        label_variable("service", "Service", "label_values(pollscope_sessions, service)", says="Services to look at."),
    ],
    annotations=[
        annotation(
            "Recordings",
            ask.happened("pollscope_recordings_saved_total", CHOSEN, ["service", "trigger"]).replace(
                "$__rate_interval", "2m"
            ),
            "purple",
            title="recording saved",
            text="{{service}}: {{trigger}}",
            enable=False,
        ),
    ],
    links=[link("The collector", "pollscope-collector")],
    rows=[(None, is_it_bad), (None, when), (None, services), (None, figures), ("Causes", causes)],
)
