// Arms jobs when they are enqueued: the job's function is replaced by a trampoline and the original kept in the job's
// unused words, with the moment and the waker.
#include "armed_jobs.h"

#include "clock.h"
#include "stacks.h"

static void *_Atomic plain_functions[pollscope_plain_functions_max]; // [0] stays empty: an armed word is never 0

static uint32_t plain_function_number(void *function) {
    for (uint32_t i = 1; i < pollscope_plain_functions_max; i++) {
        void *seen = atomic_load_explicit(&plain_functions[i], memory_order_relaxed);
        if (seen == NULL && atomic_compare_exchange_strong(&plain_functions[i], &seen, function))
            return i;
        if (seen == function)
            return i;
    }
    return 0;
}

void *pollscope_plain_function(uint64_t armed) {
    return atomic_load_explicit(&plain_functions[armed & (pollscope_plain_functions_max - 1)], memory_order_relaxed);
}

// The linker's names for the section's ends.
extern PRIVATE const char __start_pollscope_trampolines[], __stop_pollscope_trampolines[];

static inline bool is_trampoline(const void *function) {
    uintptr_t start = (uintptr_t)__start_pollscope_trampolines;
    return (uintptr_t)function - start < (uintptr_t)__stop_pollscope_trampolines - start;
}

static void count_enqueue(struct pollscope_thread *thread) {
    if (thread->slot)
        __atomic_store_n(&thread->slot->enqueues, thread->slot->enqueues + 1, __ATOMIC_RELEASE);
    else
        __atomic_fetch_add(&pollscope_session.header->enqueues_unslotted, 1, __ATOMIC_RELEASE);
}

static void refuse(void) { __atomic_fetch_add(&pollscope_session.header->jobs_refused, 1, __ATOMIC_RELAXED); }

// A job that is enqueued in two steps is armed once: the first moment was right. A reserved word that is in use without
// a trampoline is somebody else's.
static inline bool is_armed(const struct pollscope_job *job) {
    if (job->reserved == 0)
        return false;
    if (!is_trampoline(job->function))
        refuse();
    return true;
}

static __attribute__((noinline)) void arm_plain(struct pollscope_thread *thread, struct pollscope_job *job,
                                                uint64_t ticks, uint64_t origin, void *trampoline) {
    uint32_t number = plain_function_number(job->function);
    if (number == 0)
        return refuse();
    uint64_t kept = ticks >> pollscope_plain_ticks_shift & pollscope_plain_ticks_mask;
    job->reserved = number | origin << pollscope_plain_function_bits | kept << (pollscope_plain_function_bits + 16);
    job->function = trampoline;
    count_enqueue(thread);
}

void pollscope_arm(struct pollscope_thread *thread, struct pollscope_job *job, uint64_t ticks, uint64_t origin,
                   void *task_trampoline, void *job_trampoline) {
    uint64_t function = (uint64_t)job->function;
    if (__builtin_expect(pollscope_job_kind(job) == JOB_KIND_TASK, 1)) {
        if (__builtin_expect(function & ~pollscope_function_mask, 0))
            return refuse();
        uint64_t place = pollscope_task_place(thread, job, ticks);
        job->reserved = function | origin << pollscope_function_bits;
        job->reserved64 = (ticks & pollscope_ticks_mask) | place << pollscope_task_place_shift;
        job->function = task_trampoline;
        count_enqueue(thread);
    } else {
        arm_plain(thread, job, ticks, origin, job_trampoline);
    }
}

static inline uint64_t waker_origin(struct pollscope_thread *thread) {
    uint64_t slot = pollscope_thread_has_slot(thread) ? thread->slot_number : POLLSCOPE_NO_SLOT;
    return slot << 1 | (thread->depth != 0);
}

static __attribute__((noinline)) void arm_now(struct pollscope_job *job, void *task_trampoline, void *job_trampoline) {
    struct pollscope_thread *thread = &pollscope_thread;
    uint64_t origin = waker_origin(thread);
    pollscope_arm(thread, job, pollscope_clock_ticks(), origin, task_trampoline, job_trampoline);
}

UNANNOTATED void pollscope_poll_arm(struct pollscope_job *job) {
    if (pollscope_is_on() && !is_armed(job))
        arm_now(job, (void *)pollscope_task_on_any, (void *)pollscope_job_on_any);
}

// Of a job that is armed already only the executor is news.
static inline void arm_on(struct pollscope_job *job, void *task_trampoline, void *job_trampoline) {
    if (!pollscope_is_on())
        return;
    if (__builtin_expect(job->function == (void *)pollscope_task_on_any, 1))
        job->function = task_trampoline;
    else if (__builtin_expect(job->function == (void *)pollscope_job_on_any, 1))
        job->function = job_trampoline;
    else if (!is_armed(job))
        arm_now(job, task_trampoline, job_trampoline);
}

UNANNOTATED void pollscope_poll_arm_on_global(struct pollscope_job *job) {
    arm_on(job, (void *)pollscope_task_on_global, (void *)pollscope_job_on_global);
}

UNANNOTATED void pollscope_poll_arm_on_main(struct pollscope_job *job) {
    arm_on(job, (void *)pollscope_task_on_main, (void *)pollscope_job_on_main);
}

UNANNOTATED void pollscope_poll_take(struct pollscope_job *job) {
    if (__builtin_expect(job->reserved != 0, 1) || !pollscope_is_on())
        return;
    const uint64_t unknown_ticks = 0, no_origin = POLLSCOPE_NO_SLOT << 1;
    struct pollscope_thread *thread = &pollscope_thread;
    (void)pollscope_thread_has_slot(thread);
    pollscope_arm(thread, job, unknown_ticks, no_origin, (void *)pollscope_task_on_any, (void *)pollscope_job_on_any);
}

uint16_t pollscope_poll_count_enqueue(void) {
    struct pollscope_thread *thread = &pollscope_thread;
    uint16_t origin = (uint16_t)waker_origin(thread);
    count_enqueue(thread);
    return origin;
}

// Whether the job is the helper task that the runtime's own sleep makes to wake the sleeper: one that has not begun,
// and whose entry function is the runtime's.
UNANNOTATED static bool is_sleep_helper(const struct pollscope_job *job) {
    if (!pollscope_runtime.runtime_is_shared || pollscope_job_kind(job) != JOB_KIND_TASK ||
        !pollscope_runtime_is_start(job->function))
        return false;
    const struct pollscope_start_prefix *prefix = (const struct pollscope_start_prefix *)job->resume_context - 1;
    return pollscope_runtime_owns(prefix->entry);
}

UNANNOTATED bool pollscope_poll_may_arm(const struct pollscope_job *job) { return pollscope_is_on() && !is_armed(job); }

UNANNOTATED void pollscope_poll_arm_timer(struct pollscope_job *job, uint64_t due_ticks) {
    if (!pollscope_poll_may_arm(job))
        return;
    struct pollscope_thread *thread = &pollscope_thread;
    (void)pollscope_thread_has_slot(thread);
    // Who sleeps is the task that runs here. Inside the runtime's sleep it has suspended at its await point already,
    // so its stack is the one that it will resume with. Of a task that merely enqueues a delayed job the resume
    // context is an old one, and gone.
    uint64_t origin = 0;
    struct pollscope_job *sleeper = is_sleep_helper(job) ? swift_task_getCurrent() : NULL;
    if (sleeper && sleeper != job && !is_trampoline(sleeper->function)) {
        struct pollscope_stack_capture capture;
        bool first;
        pollscope_stack_capture_task(thread, &capture, sleeper->id, sleeper->function, sleeper->resume_context, &first);
        if (!first)
            origin = pollscope_stack_intern(thread, &capture);
    }
    pollscope_arm(thread, job, due_ticks, origin, (void *)pollscope_task_on_timer, (void *)pollscope_job_on_timer);
}
