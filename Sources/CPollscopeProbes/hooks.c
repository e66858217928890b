// The runtime's enqueue hooks: jobs for the global pool, delayed jobs, jobs for the main executor.
//
// They are used where Dispatch's functions cannot be interposed, and where somebody has set one before us: that one is
// called in the place of the original and gets the original. SwiftNIO's executor takeover finds a hook of ours taken
// and gives up, so ours are set only where they are needed.
#include "clock.h"
#include "enqueue.h"
#include "pollscope_layout.h"
#include "polls.h"

static pollscope_enqueue_hook *next_global, *next_main;
static pollscope_enqueue_delay_hook *next_delay;
static pollscope_enqueue_deadline_hook *next_deadline;

static SWIFTCALL void enqueue_global(struct pollscope_job *job, pollscope_enqueue_function *original) {
    pollscope_poll_arm(job, POLLSCOPE_EXECUTOR_GLOBAL);
    if (next_global)
        next_global(job, original);
    else
        original(job);
}

static SWIFTCALL void enqueue_main(struct pollscope_job *job, pollscope_enqueue_function *original) {
    pollscope_poll_arm(job, POLLSCOPE_EXECUTOR_MAIN);
    if (next_main)
        next_main(job, original);
    else
        original(job);
}

static SWIFTCALL void enqueue_delay(unsigned long long delay_ns, struct pollscope_job *job,
                                    pollscope_enqueue_delay_function *original) {
    if (pollscope_poll_may_arm(job)) {
        uint64_t now = pollscope_system_clock_ns(CLOCK_MONOTONIC);
        uint64_t due = delay_ns > UINT64_MAX - now ? UINT64_MAX : now + delay_ns;
        pollscope_poll_arm_timer(job, pollscope_clock_due_ticks(CLOCK_MONOTONIC, due));
    }
    if (next_delay)
        next_delay(delay_ns, job, original);
    else
        original(delay_ns, job);
}

enum {
    swift_clock_continuous = 1, // goes on while the machine sleeps
    swift_clock_suspending = 2,
};

static SWIFTCALL void enqueue_deadline(long long seconds, long long nanoseconds, long long tolerance_seconds,
                                       long long tolerance_nanoseconds, int clock, struct pollscope_job *job,
                                       pollscope_enqueue_deadline_function *original) {
    clockid_t id = clock == swift_clock_suspending ? CLOCK_MONOTONIC : CLOCK_BOOTTIME;
    uint64_t due = 0; // before 0 counts as 0
    if (seconds > (long long)(UINT64_MAX / 1000000000u / 2))
        due = UINT64_MAX;
    else if (seconds >= 0 && nanoseconds >= 0)
        due = (uint64_t)seconds * 1000000000u + (uint64_t)nanoseconds;
    if (pollscope_poll_may_arm(job))
        pollscope_poll_arm_timer(job, pollscope_clock_due_ticks(id, due));
    if (next_deadline)
        next_deadline(seconds, nanoseconds, tolerance_seconds, tolerance_nanoseconds, clock, job, original);
    else
        original(seconds, nanoseconds, tolerance_seconds, tolerance_nanoseconds, clock, job);
}

bool pollscope_hooks_are_taken(void) {
    return swift_task_enqueueGlobal_hook || swift_task_enqueueMainExecutor_hook ||
           swift_task_enqueueGlobalWithDelay_hook || swift_task_enqueueGlobalWithDeadline_hook;
}

void pollscope_hooks_install(void) {
    next_global = swift_task_enqueueGlobal_hook;
    next_main = swift_task_enqueueMainExecutor_hook;
    next_delay = swift_task_enqueueGlobalWithDelay_hook;
    next_deadline = swift_task_enqueueGlobalWithDeadline_hook;
    // Others may enqueue while this runs: what follows a hook is known before the hook can be called.
    __atomic_store_n(&swift_task_enqueueGlobal_hook, enqueue_global, __ATOMIC_RELEASE);
    __atomic_store_n(&swift_task_enqueueMainExecutor_hook, enqueue_main, __ATOMIC_RELEASE);
    __atomic_store_n(&swift_task_enqueueGlobalWithDelay_hook, enqueue_delay, __ATOMIC_RELEASE);
    __atomic_store_n(&swift_task_enqueueGlobalWithDeadline_hook, enqueue_deadline, __ATOMIC_RELEASE);
}
