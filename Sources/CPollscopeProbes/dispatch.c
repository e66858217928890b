// The calls by which the runtime hands jobs to Dispatch, interposed.
//
// Since Swift 6.3 the hooks do not see everything: the runtime's executors are written in Swift, and Task.sleep,
// Task.yield and hops to the main actor call them directly. All of them end in dispatch_async_f, dispatch_after_f,
// or, with a tolerance, in a timer source. These definitions are found before Dispatch's own where the runtime is
// a shared library. They are weak: in a static executable Dispatch's own definitions win without a complaint from
// the linker, and the probes that need them are refused.
//
// What is no job of the runtime's passes through untouched: a call counts only if the function to be called is
// inside the runtime's image, and then only if the context has the metadata of a job.
#define _GNU_SOURCE
#include "clock.h"
#include "enqueue.h"
#include "pollscope_layout.h"
#include "polls.h"
#include "session.h"

#include <dlfcn.h>

typedef void dispatch_function(void *context);
typedef void async_function(void *queue, void *context, dispatch_function *work);
typedef void after_function(uint64_t when, void *queue, void *context, dispatch_function *work);
typedef void set_timer_function(void *source, uint64_t start, uint64_t interval, uint64_t leeway);
typedef void set_handler_function(void *source, dispatch_function *handler);
typedef void *get_context_function(void *object);

// Each has a name of its own besides, by which it is told whose definition won.
static async_function our_async;
static after_function our_after;
static set_timer_function our_set_timer;
static set_handler_function our_set_handler;
#define INTERPOSES(name) __attribute__((weak, visibility("default"), alias(#name)))
INTERPOSES(our_async) async_function dispatch_async_f;
INTERPOSES(our_after) after_function dispatch_after_f;
INTERPOSES(our_set_timer) set_timer_function dispatch_source_set_timer;
INTERPOSES(our_set_handler) set_handler_function dispatch_source_set_event_handler_f;

RUNTIME char _dispatch_main_q[];
RUNTIME get_context_function dispatch_get_context;

static async_function *next_async;
static after_function *next_after;
static set_timer_function *next_set_timer;
static set_handler_function *next_set_handler;
static _Atomic bool is_started;

// Before anything can enqueue: a library's constructors run first, and looking symbols up in a hook would be
// against the oath.
__attribute__((constructor)) static void find_next(void) {
    next_async = (async_function *)dlsym(RTLD_NEXT, "dispatch_async_f");
    next_after = (after_function *)dlsym(RTLD_NEXT, "dispatch_after_f");
    next_set_timer = (set_timer_function *)dlsym(RTLD_NEXT, "dispatch_source_set_timer");
    next_set_handler = (set_handler_function *)dlsym(RTLD_NEXT, "dispatch_source_set_event_handler_f");
}

#define NEXT(name) (__builtin_expect(next_##name == NULL, 0) ? find_next() : (void)0, next_##name)

static inline bool is_job(dispatch_function *work, const void *context) {
    return atomic_load_explicit(&is_started, memory_order_acquire) && pollscope_runtime_owns((void *)work) &&
           pollscope_runtime_is_job(context);
}

static void our_async(void *queue, void *context, dispatch_function *work) {
    if (is_job(work, context))
        pollscope_poll_arm(context, queue == (void *)_dispatch_main_q ? POLLSCOPE_EXECUTOR_MAIN
                                                                      : POLLSCOPE_EXECUTOR_GLOBAL);
    NEXT(async)(queue, context, work);
}

// The tick of a dispatch_time_t: two bits name the clock. 0 is now, all ones is never.
static uint64_t due_ticks(uint64_t when) {
    const uint64_t other_clock = 1ull << 63, wall_clock = 1ull << 62, value_mask = wall_clock - 1;
    if (when == 0)
        return pollscope_clock_ticks();
    if (!(when & other_clock))
        return pollscope_clock_due_ticks(CLOCK_MONOTONIC, when);
    if (when & wall_clock)
        return pollscope_clock_due_ticks(CLOCK_REALTIME, 0 - when);
    return pollscope_clock_due_ticks(CLOCK_BOOTTIME, when & value_mask);
}

static void our_after(uint64_t when, void *queue, void *context, dispatch_function *work) {
    if (is_job(work, context) && pollscope_poll_may_arm(context))
        pollscope_poll_arm_timer(context, due_ticks(when));
    NEXT(after)(when, queue, context, work);
}

// A delayed job with a tolerance: the runtime makes a timer source, sets its time, gives it {source, job} as
// context, and its handler last. The two calls that matter come one after the other on one thread.
static __thread struct {
    void *source;
    uint64_t start;
} last_timer __attribute__((tls_model("initial-exec")));

static void our_set_timer(void *source, uint64_t start, uint64_t interval, uint64_t leeway) {
    last_timer.source = source;
    last_timer.start = start;
    NEXT(set_timer)(source, start, interval, leeway);
}

static void our_set_handler(void *source, dispatch_function *handler) {
    if (source && source == last_timer.source && is_started && pollscope_runtime_owns((void *)handler) && dispatch_get_context) {
        struct {
            void *source;
            struct pollscope_job *job;
        } *pair = dispatch_get_context(source);
        if (pair && pair->source == source && pollscope_runtime_is_job(pair->job) && pollscope_poll_may_arm(pair->job))
            pollscope_poll_arm_timer(pair->job, due_ticks(last_timer.start));
        last_timer.source = NULL;
    }
    NEXT(set_handler)(source, handler);
}

bool pollscope_dispatch_is_interposed(void) {
    // What the runtime's own calls resolve to is what a look-up by name finds first. Sanitizers interpose, too.
    const struct {
        const char *name;
        void *ours;
    } names[] = {
        {"dispatch_async_f", (void *)our_async},
        {"dispatch_after_f", (void *)our_after},
        {"dispatch_source_set_timer", (void *)our_set_timer},
        {"dispatch_source_set_event_handler_f", (void *)our_set_handler},
    };
    if (!pollscope_runtime.runtime_is_shared || !next_async || !next_after || !next_set_timer || !next_set_handler)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (dlsym(RTLD_DEFAULT, names[i].name) != names[i].ours)
            return false;
    return true;
}

void pollscope_dispatch_start(void) { atomic_store_explicit(&is_started, true, memory_order_release); }
