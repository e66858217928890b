// Starts the session: reads the settings, tests the runtime, makes the file, turns the probes on, in this order.
#include "allocations.h"
#include "annotations.h"
#include "calls.h"
#include "capture.h"
#include "clock.h"
#include "enqueue.h"
#include "loops.h"
#include "pollscope_layout.h"
#include "pollscope_probes.h"
#include "polls.h"
#include "queues.h"
#include "runtime.h"
#include "session.h"
#include "events.h"
#include "request_names.h"
#include "tasks.h"
#include "threads.h"
#include "types.h"
#include "unwind.h"
#include "watch.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Atomic int started;
static int started_in;

static uint64_t measure_clock_cost(void) {
    enum { readings = 1024 };
    uint64_t before = pollscope_clock_ticks(), last = before;
    for (int i = 0; i < readings; i++)
        last = pollscope_clock_ticks();
    return last - before;
}

static const char static_runtime_reason[] =
    "The Swift runtime is linked statically, and its calls into Dispatch cannot be seen: jobs are, but not since when a "
    "timer was due. Link it dynamically (without --static-swift-stdlib) to observe that.";

static const char other_definition_reason[] =
    "Another library or a sanitizer replaces Dispatch's functions, so the runtime's calls into it cannot be seen. Run "
    "without it to observe them.";

// How jobs are seen: by the runtime's annotations, by its calls into Dispatch, or by both.
struct sight {
    bool annotations, dispatch;
    char why_not[160]; // of the annotations
};

static void note_probes(const struct sight *sight) {
    const char *no_dispatch = sight->dispatch                       ? ""
                              : pollscope_runtime.runtime_is_shared ? other_definition_reason
                                                                    : static_runtime_reason;
    const uint16_t on = POLLSCOPE_PROBE_ON, refused = POLLSCOPE_PROBE_REFUSED;
    bool either = sight->annotations || sight->dispatch;
    const char *neither = either ? "" : sight->why_not;
    pollscope_session_note_probe(POLLSCOPE_PROBE_GLOBAL_POOL, either ? on : refused, neither);
    pollscope_session_note_probe(POLLSCOPE_PROBE_MAIN_EXECUTOR, either ? on : refused, neither);
    pollscope_session_note_probe(POLLSCOPE_PROBE_TIMERS, sight->dispatch ? on : refused, no_dispatch);
    pollscope_session_note_probe(POLLSCOPE_PROBE_YIELDS, either ? on : refused, neither);
    pollscope_session_note_probe(POLLSCOPE_PROBE_ACTORS, sight->annotations ? on : refused, sight->why_not);
}

static void start_tabling_tasks(const struct pollscope_settings *settings, const struct sight *sight) {
    const uint16_t on = POLLSCOPE_PROBE_ON, off = POLLSCOPE_PROBE_OFF, refused = POLLSCOPE_PROBE_REFUSED;
    pollscope_tasks_are_tabled = settings->tables_tasks && sight->annotations;
    pollscope_session_note_probe(POLLSCOPE_PROBE_TASKS,
                                 !settings->tables_tasks   ? off
                                 : sight->annotations ? on
                                                      : refused,
                                 settings->tables_tasks ? sight->why_not : "POLLSCOPE_TASKS says so.");
}

static void start_taking_requests(const struct pollscope_settings *settings) {
    pollscope_requests_are_taken = settings->takes_requests;
    pollscope_request_names_start();
    pollscope_session_note_probe(POLLSCOPE_PROBE_REQUESTS,
                                 settings->takes_requests ? POLLSCOPE_PROBE_ON : POLLSCOPE_PROBE_OFF,
                                 settings->takes_requests ? "" : "POLLSCOPE_REQUESTS says so.");
}

// The probes that explain long polls: the watcher, the signal by which it has stacks copied, and the calls.
static void start_explaining(const struct pollscope_settings *settings, int signal) {
    const uint16_t on = POLLSCOPE_PROBE_ON, off = POLLSCOPE_PROBE_OFF, refused = POLLSCOPE_PROBE_REFUSED;
    struct pollscope_header *header = pollscope_session.header;
    char why[160] = "";
    pollscope_unwind_start();

    // Also where none leaves a record, a signal must not cut a call short.
    bool interposes = pollscope_calls_are_interposed(why, sizeof why);
    bool samples = settings->long_poll_ns && signal;
    if (interposes && (settings->blocking_ns || samples))
        pollscope_calls_start(settings->blocking_ns);
    bool records_calls = interposes && settings->blocking_ns;
    header->blocking_ns = records_calls ? settings->blocking_ns : 0;
    pollscope_session_note_probe(POLLSCOPE_PROBE_BLOCKING_CALLS,
                                 records_calls ? on : settings->blocking_ns ? refused : off,
                                 settings->blocking_ns ? why : "POLLSCOPE_BLOCKING says so.");

    // Who names the signal knows the service; by ourselves we take no risk with it.
    bool is_safe = interposes || settings->signal > 0;
    bool has_signal = samples && is_safe && pollscope_capture_start(signal);
    why[0] = 0;
    bool watches = settings->long_poll_ns && pollscope_watch_start(settings->long_poll_ns, why, sizeof why);
    header->long_poll_ns = watches ? settings->long_poll_ns : 0;
    header->sample_signal = has_signal ? (uint32_t)signal : 0;
    pollscope_session_note_probe(POLLSCOPE_PROBE_LONG_POLLS, watches ? on : settings->long_poll_ns ? refused : off,
                                 settings->long_poll_ns ? why : "POLLSCOPE_LONG_POLL says so.");
    if (watches)
        pollscope_session_note_probe(POLLSCOPE_PROBE_CPU_STACKS,
                                     has_signal ? on : settings->signal < 0 ? off : refused,
                                     has_signal             ? ""
                                     : settings->signal < 0 ? "POLLSCOPE_SIGNAL says so."
                                     : !is_safe             ? "A signal could cut calls short that are not observed. "
                                                              "If the service can stand that, name one in "
                                                              "POLLSCOPE_SIGNAL."
                                                            : "Every signal is in use. Name one that the service can "
                                                              "do without in POLLSCOPE_SIGNAL.");
}

// The probes of what is not the Swift runtime's: event loops, and Dispatch queues.
static void start_observing_others(const struct pollscope_settings *settings) {
    const uint16_t on = POLLSCOPE_PROBE_ON, off = POLLSCOPE_PROBE_OFF, refused = POLLSCOPE_PROBE_REFUSED;
    char why[256] = "POLLSCOPE_LOOPS says so.";
    bool loops = settings->observes_loops && pollscope_loops_are_interposed(why, sizeof why);
    pollscope_session_note_probe(POLLSCOPE_PROBE_EVENT_LOOPS,
                                 loops ? on : settings->observes_loops ? refused : off, loops ? "" : why);
    if (loops)
        pollscope_loops_start();
    snprintf(why, sizeof why, "POLLSCOPE_QUEUES says so.");
    bool queues = settings->observes_queues && pollscope_queues_are_interposed(why, sizeof why);
    pollscope_session_note_probe(POLLSCOPE_PROBE_QUEUES,
                                 queues ? on : settings->observes_queues ? refused : off, queues ? "" : why);
    if (queues)
        pollscope_queues_start();
}

static void start_counting_allocations(const struct pollscope_settings *settings) {
    const uint16_t on = POLLSCOPE_PROBE_ON, off = POLLSCOPE_PROBE_OFF, refused = POLLSCOPE_PROBE_REFUSED;
    char why[160] = "POLLSCOPE_ALLOC says so.";
    if (!settings->counts_allocations || !pollscope_allocations_are_interposed(why, sizeof why)) {
        pollscope_session_note_probe(POLLSCOPE_PROBE_ALLOCATIONS, settings->counts_allocations ? refused : off, why);
        return;
    }
    pollscope_allocations_start(settings->alloc_sample_bytes);
    bool samples = settings->alloc_sample_bytes != 0;
    pollscope_session_note_probe(POLLSCOPE_PROBE_ALLOCATIONS, on, "");
    pollscope_session_note_probe(POLLSCOPE_PROBE_ALLOCATION_SAMPLES, samples ? on : off,
                                 samples ? "" : "POLLSCOPE_ALLOC_SAMPLE says so.");
}

static void fail(struct pollscope_start_result *result, int32_t code, const char *what, const char *remedy) {
    result->code = code;
    snprintf(result->what, sizeof result->what, "%s", what);
    snprintf(result->remedy, sizeof result->remedy, "%s", remedy);
}

PUBLIC void pollscope_start(struct pollscope_start_result *result) {
    memset(result, 0, sizeof *result);
    struct pollscope_settings settings;
    pollscope_settings_read(&settings);
    if (settings.off)
        return fail(result, POLLSCOPE_START_OFF, "Pollscope is off: POLLSCOPE says so.", "");
    int expected = 0;
    if (!atomic_compare_exchange_strong(&started, &expected, 1)) {
        if (started_in != getpid())
            return fail(result, POLLSCOPE_START_FORKED, "A child of an observed process, made by fork, is not observed.",
                        "Let the child call exec, or start Pollscope in the child only.");
        return fail(result, POLLSCOPE_START_ALREADY, "This process is observed already.", "Start Pollscope once.");
    }
    started_in = getpid();

    char why[160];
    bool known = pollscope_runtime_test(why, sizeof why);
    if (!known) {
        char what[256];
        snprintf(what, sizeof what, "The Swift runtime of this process is not one that Pollscope knows: %s.", why);
        fail(result, POLLSCOPE_START_RUNTIME, what, "Use the Swift version that this Pollscope was made for.");
        pollscope_session_refuse(&settings, result);
        return;
    }
    int signal = pollscope_capture_choose(&settings);
    if (!pollscope_session_open(&settings, result))
        return;
    struct pollscope_header *header = pollscope_session.header;
    struct sight sight = {.dispatch = pollscope_dispatch_is_interposed()};
    sight.annotations = pollscope_annotations_test(sight.why_not, sizeof sight.why_not);
    snprintf(header->runtime_version, sizeof header->runtime_version, "Swift concurrency layout 1, linked %s",
             pollscope_runtime.runtime_is_shared ? "dynamically" : "statically");
    note_probes(&sight);
    start_tabling_tasks(&settings, &sight);
    start_taking_requests(&settings);
    pollscope_threads_start();
    start_explaining(&settings, signal);
    pollscope_types_start();
    start_counting_allocations(&settings);
    start_observing_others(&settings);
    header->clock_cost_ticks_x1024 = measure_clock_cost();
    pollscope_session_publish();
    pollscope_allocations_notice();
    header->poll_cost_ticks_x1024 = pollscope_poll_measure_cost();
    if (sight.dispatch)
        pollscope_dispatch_start();
    if (sight.annotations)
        pollscope_annotations_start();
}
