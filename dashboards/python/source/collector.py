"""The collectors themselves: whether they keep up, what they cost, and what they could not keep."""

from . import expressions as ask
from .grafana import (
    ANY_IS_BAD,
    ANY_IS_UNUSUAL,
    RED,
    YELLOW,
    Column,
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

CHOSEN = 'instance=~"$machine"'
UP = f'up{{job="pollscope", {CHOSEN}}}'
LAG_LEVELS = levels((0.5, YELLOW), (2, RED))


def by_machine(metric):
    return f"max by (instance) ({metric}{{{CHOSEN}}})"


def rate(metric):
    return ask.per_second(metric, CHOSEN, ["instance"])


RUNS_SINCE = f"time() - {by_machine('pollscope_collector_start_time_seconds')}"
used = f"max by (instance) (pollscope_collector_recordings_bytes{{{CHOSEN}}}) / max by (instance) (pollscope_collector_recordings_limit_bytes{{{CHOSEN}}})"
not_saved = (
    'sum by (instance, reason) (increase(pollscope_recordings_skipped_total{%s, reason=~"disk|error"}[$__range]))'
    % CHOSEN
)

is_it_bad = [
    stat(
        "Collectors down",
        4,
        [query(f"count({UP} == 0) or vector(0)", instant=True)],
        steps=ANY_IS_BAD,
        says="Collectors that Prometheus knows and that do not answer: their services run on unseen. systemctl status pollscope-serve "
        "on the machine says why.",
    ),
    stat(
        "Latest round",
        4,
        [query(f"topk(1, {by_machine('pollscope_collector_lag_seconds')})", "{{instance}}", instant=True)],
        unit="s",
        steps=LAG_LEVELS,
        text="value_and_name",
        says="How late the last round over the sessions was. Late rounds lose records. Give that collector more CPU, or fewer sessions.",
    ),
    stat(
        "Records lost",
        4,
        [query("sum(rate(pollscope_records_lost_total{%s}[$__rate_interval]))" % CHOSEN, instant=True)],
        unit="cps",
        steps=ANY_IS_UNUSUAL,
        says="Overwritten before they were read. Below: of which service and kind. Counts of that service are too low by as much.",
    ),
    stat(
        "Names without room",
        4,
        [query("sum(increase(pollscope_collector_names_refused_total{%s}[$__range]))" % CHOSEN, instant=True)],
        steps=ANY_IS_UNUSUAL,
        defaults={"decimals": 0},
        says='Counted as "other". Mostly something unbounded is used as a name, such as an id in a path: name requests by their route.',
    ),
    stat(
        "Recordings not saved",
        4,
        [query(f"sum({not_saved})", instant=True)],
        steps=ANY_IS_BAD,
        defaults={"decimals": 0},
        says="For want of room or by an error: the moment that was worth keeping is lost. Make room; the journal says more.",
    ),
    stat(
        "Sends failed",
        4,
        [query("sum(increase(pollscope_collector_remote_write_failures_total{%s}[$__range]))" % CHOSEN, instant=True)],
        steps=ANY_IS_BAD,
        none="not used",
        defaults={"decimals": 0},
        says="Of remote write. The journal has the store's answer: address, token, certificate.",
    ),
]

which = [
    timeline(
        "Which collector was down, and when?",
        14,
        [query(f"max by (instance) ({UP})", "{{instance}}")],
        height=7,
        states=[(0, "down", "red"), (1, "up", "green")],
        says="Red: Prometheus got no answer. A gap in every graph of that machine's services is this, not their health.",
    ),
    table(
        "Collectors",
        10,
        [
            Column("Machine", label="instance"),
            Column("Runs since", expression=RUNS_SINCE, unit="s", decimals=1),
        ],
        sort=["Runs since"],
        height=7,
        says="A short time since the start, again and again: it is killed, often for its memory limit.",
    ),
]

keeps_up = [
    lines(
        "How late are rounds?",
        8,
        [query(by_machine("pollscope_collector_lag_seconds"), "{{instance}}")],
        unit="s",
        steps=LAG_LEVELS,
        says="Behind the time at which it wanted to look. Over two seconds rings may be overwritten before they are read.",
    ),
    lines(
        "How long does a round take? (P99)",
        8,
        [query(ask.quantile(0.99, "pollscope_collector_look_seconds", CHOSEN, ["instance"]), "{{instance}}")],
        unit="s",
        log=True,
        says="A round over one session. Times the number of sessions, this must stay under the time between two rounds.",
    ),
    lines(
        "How many rounds and records?",
        8,
        [
            query(rate("pollscope_collector_looks_total"), "{{instance}}: rounds"),
            query(rate("pollscope_collector_records_total"), "{{instance}}: records"),
        ],
        unit="cps",
        log=True,
        says="A second. Rounds that fall while sessions stay: it does not get its CPU time.",
    ),
    lines(
        "What do sessions do?",
        8,
        [query(f"sum by (state) (pollscope_collector_sessions{{{CHOSEN}}})", "{{state}}")],
        says="followed: read. refused: of another version, damaged, or in a folder that others can write. stale: their process is gone. GET "
        "/sessions says which, and why.",
    ),
    lines(
        "Whose records are lost?",
        8,
        [
            query(
                ask.per_second("pollscope_records_lost_total", CHOSEN, ["service", "kind"]) + " > 0",
                "{{service}}: {{kind}}",
            )
        ],
        unit="cps",
        says="A second. One service: its rings are small for its rate. All services of a machine: its collector lags.",
    ),
    lines(
        "How old are diagnoses?",
        8,
        [query(f"time() - max by (service) (pollscope_diagnosis_timestamp_seconds{{{CHOSEN}}})", "{{service}}")],
        unit="s",
        steps=levels((180, YELLOW), (600, RED)),
        says="Made once a minute of each service. Over ten minutes: what is found, or not, says nothing.",
    ),
]

cost = [
    lines(
        "How much CPU does it take?",
        8,
        [query(rate("pollscope_collector_cpu_seconds_total"), "{{instance}}")],
        unit="percentunit",
        steps=levels((0.2, YELLOW), (0.5, RED)),
        says="Of one core. A service of 100,000 polls a second may cost 5 %; a diagnosis comes on top for a moment each minute.",
    ),
    lines(
        "How much memory?",
        8,
        [query(by_machine("pollscope_collector_resident_bytes"), "{{instance}}")],
        unit="bytes",
        steps=levels((256 << 20, YELLOW), (512 << 20, RED)),
        says="Resident, with the seconds of raw events that it keeps for recordings. It must not grow for days: restart it, and tell us.",
    ),
    lines(
        "How many series?",
        8,
        [query(by_machine("pollscope_collector_series"), "{{instance}}")],
        says="In its last scrape. What your Prometheus pays for: dashboards/cost says how much. It is bounded by the caps on names.",
    ),
    lines(
        "How often is it asked?",
        8,
        [query(rate("pollscope_collector_scrapes_total"), "{{instance}}")],
        unit="cps",
        says="Scrapes a second. None: Prometheus does not come, see its page of targets. Many: more than one Prometheus does.",
    ),
    lines(
        "How long does an answer take? (P99)",
        8,
        [query(ask.quantile(0.99, "pollscope_collector_scrape_seconds", CHOSEN, ["instance"]), "{{instance}}")],
        unit="s",
        steps=levels((0.1, YELLOW), (1, RED)),
        log=True,
        says="With 50 services under 100 ms. Over the scrape timeout, Prometheus gets nothing.",
    ),
    lines(
        "What was refused a name?",
        8,
        [
            query(
                ask.per_second("pollscope_collector_names_refused_total", CHOSEN, ["instance", "kind"]) + " > 0",
                "{{instance}}: {{kind}}",
            )
        ],
        unit="cps",
        steps=ANY_IS_UNUSUAL,
        says='Names a second for which there was no room, by kind; they are counted as "other".',
    ),
]

keeps = [
    lines(
        "How full is the folder of recordings?",
        8,
        [query(used, "{{instance}}")],
        unit="percentunit",
        steps=levels((1, RED)),
        defaults={"max": 1.1},
        says="Of its budget. Full is normal after a while: the oldest go first. How far back they reach is what matters.",
    ),
    lines(
        "What is saved?",
        8,
        [
            query(
                ask.happened("pollscope_recordings_saved_total", CHOSEN, ["service", "trigger"]),
                "{{service}}: {{trigger}}",
            )
        ],
        bars=True,
        says="Recordings, by what triggered them. Each: pollscope report FILE.",
    ),
    lines(
        "What is not saved?",
        8,
        [
            query(
                ask.happened("pollscope_recordings_skipped_total", CHOSEN, ["service", "reason"]),
                "{{service}}: {{reason}}",
            )
        ],
        bars=True,
        says="distance: the last one of that service is too near, as it should be. disk: no room. error: the journal says what.",
    ),
    lines(
        "How much is sent by remote write?",
        8,
        [query(rate("pollscope_collector_remote_write_samples_total"), "{{instance}}")],
        unit="cps",
        says="Samples a second. 0 while failures rise: the store does not take them.",
    ),
    lines(
        "Does sending fail?",
        8,
        [query(rate("pollscope_collector_remote_write_failures_total"), "{{instance}}")],
        unit="cps",
        steps=ANY_IS_BAD,
        says="Sends a second that the store did not take. They are tried again while there is room in the queue.",
    ),
    lines(
        "How many samples wait to be sent?",
        8,
        [query(by_machine("pollscope_collector_remote_write_pending"), "{{instance}}")],
        says="Rising: the store is slower than the collector, or away. When the queue is full the oldest are dropped.",
    ),
]

COLLECTOR = dashboard(
    "pollscope-collector",
    "Pollscope: the collectors",
    says="Whether the collectors keep up, what they cost, and what they could not keep.",
    variables=[
        datasource_variable(),
        label_variable(
            "machine",
            "Machine",
            "label_values(pollscope_collector_start_time_seconds, instance)",
            says="Collectors: one a machine.",
        ),
    ],
    links=[link("All services", "pollscope-overview")],
    rows=[
        (None, is_it_bad),
        (None, which),
        ("Does it keep up?", keeps_up),
        ("What does it cost?", cost),
        ("Recordings and remote write", keeps),
    ],
)
