// The calls by which the runtime hands jobs to Dispatch, interposed.
//
// The annotations tell of a job's enqueue and its run, and not when a timer is due, nor which of Dispatch's queues a job
// goes to. The runtime's executors are written in Swift, and end in dispatch_async_f, dispatch_after_f, or, with a
// tolerance, in a timer source. These definitions are found before Dispatch's own where the runtime is
// a shared library. They are weak: in a static executable Dispatch's own definitions win without a complaint from
// the linker, and the probes that need them are refused.
//
// A call is of a job only if the function to be called is inside the runtime's image, and then only if the context has
// the metadata of a job. What others give to a queue by the same calls is a work (Queues/works.h).
#define _GNU_SOURCE
#include "clock.h"
#include "dispatch_time.h"
#include "enqueue.h"
#include "interposing.h"
#include "pollscope_layout.h"
#include "polls.h"
#include "queues.h"
#include "session.h"
#include "works.h"

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

static __attribute__((cold, noinline)) void find_late(void) {
    static const char library[] = "libdispatch.so";
    next_async = (async_function *)pollscope_interposing_find_late("dispatch_async_f", library);
    next_after = (after_function *)pollscope_interposing_find_late("dispatch_after_f", library);
    next_set_timer = (set_timer_function *)pollscope_interposing_find_late("dispatch_source_set_timer", library);
    next_set_handler =
        (set_handler_function *)pollscope_interposing_find_late("dispatch_source_set_event_handler_f", library);
}

#define NEXT(name) (__builtin_expect(next_##name == NULL, 0) ? find_late() : (void)0, next_##name)

static inline bool is_job(dispatch_function *work, const void *context) {
    return atomic_load_explicit(&is_started, memory_order_acquire) && pollscope_runtime_owns((void *)work) &&
           pollscope_runtime_is_job(context);
}

// The runtime has a queue for its pool at each priority, and never gives one up.
static inline void arm(struct pollscope_job *job, void *queue) {
    enum { priorities_apart = 4, queues_max = 8 };
    static void *_Atomic global_queues[queues_max];
    void *_Atomic *known = &global_queues[pollscope_job_priority(job) / priorities_apart % queues_max];
    if (__builtin_expect(atomic_load_explicit(known, memory_order_relaxed) == queue, 1))
        return pollscope_poll_arm_on_global(job);
    if (queue == (void *)_dispatch_main_q)
        return pollscope_poll_arm_on_main(job);
    if (!pollscope_queue_is_global_pool(queue))
        return pollscope_poll_arm(job);
    atomic_store_explicit(known, queue, memory_order_relaxed);
    pollscope_poll_arm_on_global(job);
}

// Whether it is a work of the service's or of a library's, and not wrapped yet: Dispatch's own calls come by here, too.
static inline bool is_work(void *queue, dispatch_function *function) {
    return pollscope_queues_are_observed && queue && !pollscope_runtime_owns((void *)function) &&
           !pollscope_work_is_wrapped(function);
}

static void our_async(void *queue, void *context, dispatch_function *function) {
    struct pollscope_work work = {function, context, NULL};
    if (is_job(function, context))
        arm(context, queue);
    else if (is_work(queue, function))
        pollscope_work_wrap(&work, queue, 0);
    NEXT(async)(queue, work.context, work.function);
}

static void our_after(uint64_t when, void *queue, void *context, dispatch_function *function) {
    struct pollscope_work work = {function, context, NULL};
    if (is_job(function, context)) {
        if (pollscope_poll_may_arm(context))
            pollscope_poll_arm_timer(context, pollscope_dispatch_due_ticks(when));
    } else if (when != pollscope_dispatch_never && is_work(queue, function)) {
        pollscope_work_wrap(&work, queue, pollscope_dispatch_due_ticks(when));
    }
    NEXT(after)(when, queue, work.context, work.function);
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
    bool is_timer = source && source == last_timer.source && is_started;
    if (is_timer && pollscope_runtime_owns((void *)handler) && dispatch_get_context) {
        struct {
            void *source;
            struct pollscope_job *job;
        } *pair = dispatch_get_context(source);
        if (pair && pair->source == source && pollscope_runtime_is_job(pair->job) && pollscope_poll_may_arm(pair->job))
            pollscope_poll_arm_timer(pair->job, pollscope_dispatch_due_ticks(last_timer.start));
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
