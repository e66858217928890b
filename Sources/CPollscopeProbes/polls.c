// Observes polls. At enqueue the job's function is replaced by a trampoline and the original kept in the job's
// unused words (arming.c); when an executor calls the trampoline, that is the start of the poll; when the original
// returns, its end. After that the job may be gone or running elsewhere: nothing of it is read then.
#include "polls.h"

#include "allocations.h"
#include "armed_jobs.h"
#include "clock.h"
#include "evidence.h"
#include "executors.h"
#include "holds.h"
#include "stacks.h"
#include "tasks.h"
#include "watch.h"

typedef SWIFTASYNC void task_function(ASYNC_CONTEXT struct pollscope_context *);
typedef SWIFTASYNC void job_function(struct pollscope_job *);

// --- start and end -------------------------------------------------------------------------------------------

// Shows what runs from now on. The watcher, in this process, looks at it at any moment.
static inline __attribute__((always_inline)) void show(struct pollscope_ring_header *ring,
                                                       const struct pollscope_running *line) {
    struct pollscope_running *running = &ring->running;
    running->wait_ticks = line->wait_ticks;
    running->task = line->task;
    running->stack = line->stack;
    running->waker = line->waker;
    running->kind = line->kind;
    running->executor = line->executor;
    running->priority = line->priority;
    running->flags = line->flags;
    __atomic_store_n(&running->call, line->call, __ATOMIC_RELAXED);
    __atomic_store_n(&running->call_start_ticks, line->call_start_ticks, __ATOMIC_RELAXED);
    __atomic_store_n(&running->blocked_ticks, line->blocked_ticks, __ATOMIC_RELAXED);
    __atomic_store_n(&running->inner_ticks, line->inner_ticks, __ATOMIC_RELAXED);
    __atomic_store_n(&running->start_ticks, line->start_ticks, __ATOMIC_RELEASE);
}

static inline __attribute__((always_inline)) void show_begun(struct pollscope_ring_header *ring,
                                                             const struct pollscope_poll *poll) {
    // The head and "nothing runs" of the poll before become visible before anything of this one does: its line here,
    // and later its record.
    __atomic_thread_fence(__ATOMIC_RELEASE);
    const struct pollscope_running line = {.start_ticks = poll->start_ticks, .wait_ticks = poll->wait_ticks,
                                           .task = poll->task, .stack = poll->stack, .waker = poll->waker,
                                           .kind = poll->kind, .executor = poll->executor,
                                           .priority = poll->priority, .flags = poll->flags,
                                           .call = POLLSCOPE_CALL_NONE};
    show(ring, &line);
}

// An open turn is the outermost poll of its thread, and no job.
static inline uint16_t jobs_running(const struct pollscope_thread *thread) {
    return thread->depth - (thread->turn.start_ticks != 0);
}

// `poll` has its wait already. `frame`: where the poll's native stack begins.
static inline __attribute__((always_inline)) void begin(struct pollscope_thread *thread, struct pollscope_poll *poll,
                                                        uintptr_t frame, const struct pollscope_job *task) {
    if (__builtin_expect(thread->depth++ != 0, 0))
        poll->flags |= POLLSCOPE_POLL_NESTED;
    thread->ring->depth = jobs_running(thread);
    struct pollscope_poll_state *state = &thread->poll;
    state->frame = frame;
    state->blocked_ticks = state->inner_ticks = 0;
    state->calls = 0;
    state->call = POLLSCOPE_CALL_NONE;
    state->allocated = pollscope_allocation_totals_now();
    state->task = task;
    state->hold.actor = NULL;
    show_begun(thread->ring, poll);
    pollscope_watch_wake();
}

// Two cores' counters may differ by a few ticks, and a timer may fire early by its clock's grain.
static inline __attribute__((always_inline)) void set_wait(struct pollscope_poll *poll, uint64_t runnable_ticks) {
    poll->wait_ticks = poll->start_ticks > runnable_ticks ? poll->start_ticks - runnable_ticks : 0;
}

// The same where only the low bits of the ticks were kept: the wait is their difference, modulo what they can tell. A due
// time may be ahead of the start, which modulo that would be hours.
static inline __attribute__((always_inline)) void set_wait_modulo(struct pollscope_poll *poll, uint64_t kept,
                                                                  uint32_t shift, uint64_t mask) {
    if (__builtin_expect(kept == 0, 0)) {
        poll->flags |= POLLSCOPE_POLL_WAIT_UNKNOWN;
        return;
    }
    uint64_t wait = ((poll->start_ticks >> shift) - kept) & mask;
    poll->wait_ticks = wait > mask / 2 ? 0 : wait << shift;
}

// The poll around this one.
struct outer {
    struct pollscope_running running;
    struct pollscope_poll_state poll;
};

static void go_on_with(struct pollscope_thread *thread, const struct outer *outer, uint64_t inner_ticks) {
    uint64_t inner_blocked_ticks = thread->poll.blocked_ticks;
    thread->poll = outer->poll;
    // Of a poll that ran inside a call, the call's own time has all of it.
    if (thread->poll.call == POLLSCOPE_CALL_NONE)
        thread->poll.blocked_ticks += inner_blocked_ticks;
    thread->poll.inner_ticks += inner_ticks;
    struct pollscope_running line = outer->running;
    line.blocked_ticks = thread->poll.blocked_ticks;
    line.inner_ticks = thread->poll.inner_ticks;
    show(thread->ring, &line);
}

static inline __attribute__((always_inline)) void end(struct pollscope_thread *thread, const struct pollscope_poll *poll,
                                                      const struct outer *outer, uint64_t now) {
    if (__builtin_expect(!pollscope_is_on(), 0))
        return; // in a child of fork, which left its parent inside this poll
    if (__builtin_expect(thread->poll.hold.actor != NULL, 0))
        pollscope_hold_end(thread, now);
    // Time of the polls inside is theirs.
    if (__builtin_expect(now - poll->start_ticks - thread->poll.inner_ticks >= pollscope_long_poll_ticks, 0))
        pollscope_evidence_long_poll(thread, now);
    pollscope_allocations_settle();
    struct pollscope_allocation_totals allocated = pollscope_allocation_totals_now();
    const struct pollscope_allocation_totals *before = &thread->poll.allocated;
    pollscope_allocation_totals_publish(thread->slot, &allocated);
    struct pollscope_poll_record *record = pollscope_thread_next_record(thread);
    record->sequence = (uint32_t)(thread->head - thread->thread_records);
    record->kind = poll->kind;
    record->executor = poll->executor;
    record->priority = poll->priority;
    record->flags = poll->flags;
    record->start_ticks = poll->start_ticks;
    record->duration_ticks = now - poll->start_ticks;
    record->wait_ticks = poll->wait_ticks;
    record->task = poll->task;
    record->stack = poll->stack;
    record->waker = poll->waker;
    pollscope_poll_set_allocations(record, (uint32_t)(allocated.allocations - before->allocations),
                                   allocated.bytes - before->bytes, (uint32_t)(allocated.frees - before->frees));
    record->blocked_ticks = thread->poll.blocked_ticks;
    if (__builtin_expect(poll->kind == POLLSCOPE_RECORD_TURN, 0))
        __atomic_store_n(&thread->ring->turns, thread->ring->turns + 1, __ATOMIC_RELAXED);
    // First the record, then "nothing runs": a process killed in between shows the poll twice, and a reader can
    // tell; the other way round the poll would be nowhere.
    pollscope_thread_publish(thread);
    thread->depth--;
    thread->ring->depth = jobs_running(thread);
    __atomic_store_n(&thread->ring->running.start_ticks, 0, __ATOMIC_RELEASE);
    if (__builtin_expect(thread->depth != 0, 0))
        go_on_with(thread, outer, now - poll->start_ticks);
    else if (__builtin_expect(thread->watch != NULL, 1))
        pollscope_watch_settle(thread->watch);
    enum { records_between_anchors = 256 };
    if (__builtin_expect(thread->head >= thread->next_anchor_head, 0)) {
        thread->next_anchor_head = thread->head + records_between_anchors;
        pollscope_session_refresh_anchor(now);
    }
}

static inline __attribute__((always_inline)) void save_outer(struct pollscope_thread *thread, struct outer *outer) {
    if (__builtin_expect(thread->depth != 0, 0))
        *outer = (struct outer){thread->ring->running, thread->poll};
}

static inline __attribute__((always_inline)) bool has_ring(struct pollscope_thread *thread) {
    return __builtin_expect(thread->ring != NULL, 1) ||
           (pollscope_thread_has_slot(thread) && pollscope_thread_has_ring(thread));
}

// Whether this poll can be recorded; if not it is counted.
static inline __attribute__((always_inline)) bool is_recorded(struct pollscope_thread *thread) {
    if (__builtin_expect(!pollscope_is_on(), 0))
        return false;
    if (!has_ring(thread)) {
        __atomic_fetch_add(&pollscope_session.header->polls_unrecorded, 1, __ATOMIC_RELAXED);
        return false;
    }
    return true;
}

// The poll's actor is its own from its start on, after its wait.
static inline void begin_hold_with(struct pollscope_thread *thread, const struct pollscope_poll *poll,
                                   const void *actor) {
    thread->poll.hold = (struct pollscope_hold){actor, poll->start_ticks, poll->wait_ticks, poll->stack, 0};
}

static inline __attribute__((always_inline)) void run_task(struct pollscope_context *context, uint8_t executor,
                                                           uint8_t flags) {
    struct pollscope_job *task = swift_task_getCurrent();
    uint64_t armed = task->reserved, armed64 = task->reserved64;
    task_function *function = (task_function *)(armed & pollscope_function_mask);
    uint16_t place = (uint16_t)(armed64 >> pollscope_task_place_shift);
    task->reserved = 0;
    task->reserved64 = pollscope_task_mark(task, place);
    task->function = (void *)function;

    struct pollscope_thread *thread = &pollscope_thread;
    if (!is_recorded(thread))
        return function(context);

    struct pollscope_poll poll = {.start_ticks = pollscope_clock_ticks(), .task = task->id,
                                  .kind = POLLSCOPE_RECORD_TASK, .executor = executor,
                                  .priority = pollscope_job_priority(task), .flags = flags};
    set_wait_modulo(&poll, armed64 & pollscope_ticks_mask, 0, pollscope_ticks_mask);
    const void *actor = NULL;
    if (executor == POLLSCOPE_EXECUTOR_ANY)
        poll.executor = pollscope_executor_of_job(thread, task, &actor);
    uint16_t origin = (uint16_t)(armed >> pollscope_function_bits);
    if (flags & POLLSCOPE_POLL_TIMER && origin) {
        poll.stack = origin;
        poll.waker = POLLSCOPE_NO_SLOT;
    } else {
        struct pollscope_stack_capture capture;
        bool first;
        pollscope_stack_capture_task(thread, &capture, poll.task, (void *)function, context, &first);
        poll.stack = pollscope_stack_intern(thread, &capture);
        poll.waker = flags & POLLSCOPE_POLL_TIMER ? POLLSCOPE_NO_SLOT : origin >> 1;
        if (__builtin_expect(first, 0)) {
            poll.flags |= POLLSCOPE_POLL_FIRST;
            pollscope_task_note_name(place);
        }
        if (!(flags & POLLSCOPE_POLL_TIMER) && origin & 1)
            poll.flags |= POLLSCOPE_POLL_WAKER_POLL;
    }
    struct pollscope_task_poll in_table =
        pollscope_task_begin_poll(place, poll.stack, poll.flags & POLLSCOPE_POLL_FIRST, poll.start_ticks);
    // A task that begins inside a poll, on the actor that this poll has, takes nothing.
    const void *outer_actor = thread->poll.hold.actor;
    struct outer outer;
    save_outer(thread, &outer);
    begin(thread, &poll, (uintptr_t)__builtin_frame_address(0), task);
    if (actor && outer_actor != actor)
        begin_hold_with(thread, &poll, actor);
    function(context);
    uint64_t now = pollscope_clock_ticks();
    pollscope_task_end_poll(place, in_table, now);
    end(thread, &poll, &outer, now);
}

// What a plain job works for: an actor, or the task that it will resume.
UNANNOTATED static void describe_plain_job(const struct pollscope_job *job, struct pollscope_thread *thread, struct pollscope_poll *poll) {
    struct pollscope_stack_capture capture = {.kind = 0};
    bool first;
    switch (pollscope_job_kind(job)) {
    case JOB_KIND_ACTOR_SEPARATE: {
        const struct pollscope_actor_job *actor = (const struct pollscope_actor_job *)job;
        poll->kind = POLLSCOPE_RECORD_ACTOR;
        poll->task = (uint32_t)((uintptr_t)actor->actor >> 4);
        capture.kind = POLLSCOPE_STACK_ACTOR;
        capture.cut = false;
        capture.count = 1;
        capture.frames[0] = (uint64_t)actor->actor[0];
        capture.hash = pollscope_stack_fold(pollscope_stack_mix(POLLSCOPE_STACK_ACTOR, capture.frames[0]));
        break;
    }
    case JOB_KIND_NULLARY_CONTINUATION: {
        const struct pollscope_job *task = ((const struct pollscope_nullary_job *)job)->continuation;
        poll->kind = POLLSCOPE_RECORD_YIELD;
        poll->task = task->id;
        pollscope_stack_capture_task(thread, &capture, task->id, task->function, task->resume_context, &first);
        break;
    }
    default:
        poll->kind = POLLSCOPE_RECORD_OTHER;
        poll->task = job->id;
        return;
    }
    poll->stack = pollscope_stack_intern(thread, &capture);
}

static inline __attribute__((always_inline)) void run_job(struct pollscope_job *job, uint8_t executor,
                                                          uint8_t flags) {
    uint64_t armed = job->reserved;
    job_function *function = (job_function *)pollscope_plain_function(armed);
    job->reserved = 0;
    job->function = (void *)function;

    struct pollscope_thread *thread = &pollscope_thread;
    if (!is_recorded(thread))
        return function(job);

    struct pollscope_poll poll = {.start_ticks = pollscope_clock_ticks(), .executor = executor,
                                  .priority = pollscope_job_priority(job), .flags = flags};
    uint16_t origin = (uint16_t)(armed >> pollscope_plain_function_bits);
    poll.waker = flags & POLLSCOPE_POLL_TIMER ? POLLSCOPE_NO_SLOT : origin >> 1;
    if (!(flags & POLLSCOPE_POLL_TIMER) && origin & 1)
        poll.flags |= POLLSCOPE_POLL_WAKER_POLL;
    describe_plain_job(job, thread, &poll);
    set_wait_modulo(&poll, armed >> (pollscope_plain_function_bits + 16), pollscope_plain_ticks_shift, pollscope_plain_ticks_mask);
    const void *actor = NULL;
    if (executor == POLLSCOPE_EXECUTOR_ANY)
        poll.executor = pollscope_executor_of_job(thread, NULL, &actor);
    const void *outer_actor = thread->poll.hold.actor;
    struct outer outer;
    save_outer(thread, &outer);
    begin(thread, &poll, (uintptr_t)__builtin_frame_address(0), NULL);
    if (actor && outer_actor != actor)
        begin_hold_with(thread, &poll, actor);
    function(job);
    end(thread, &poll, &outer, pollscope_clock_ticks());
}

TRAMPOLINE_SECTION void pollscope_poll_run(
    struct pollscope_poll *poll, uint64_t runnable_ticks, void (*work)(void *), void *context, void (*release)(void *)) {
    struct pollscope_thread *thread = &pollscope_thread;
    struct outer outer;
    bool records = is_recorded(thread);
    if (records) {
        poll->start_ticks = pollscope_clock_ticks();
        set_wait(poll, runnable_ticks);
        save_outer(thread, &outer);
        begin(thread, poll, (uintptr_t)__builtin_frame_address(0), NULL);
    }
    work(context);
    if (release)
        release(context);
    if (records)
        end(thread, poll, &outer, pollscope_clock_ticks());
}

// --- turns of event loops ------------------------------------------------------------------------------------

bool pollscope_poll_begin_turn(uint8_t executor, uint64_t start_ticks, uint64_t wait_ticks, uint8_t flags,
                               uintptr_t frame) {
    struct pollscope_thread *thread = &pollscope_thread;
    if (thread->depth != 0 || !pollscope_is_on() || !has_ring(thread))
        return false; // nobody has enqueued it: it is not missed
    thread->turn = (struct pollscope_poll){.start_ticks = start_ticks, .wait_ticks = wait_ticks,
                                           .waker = POLLSCOPE_NO_SLOT, .kind = POLLSCOPE_RECORD_TURN,
                                           .executor = executor, .flags = flags};
    begin(thread, &thread->turn, frame, NULL);
    return true;
}

bool pollscope_poll_turn_is_innermost(void) {
    const struct pollscope_thread *thread = &pollscope_thread;
    return thread->turn.start_ticks != 0 && thread->depth == 1;
}

void pollscope_poll_end_turn(uint64_t now_ticks) {
    struct pollscope_thread *thread = &pollscope_thread;
    if (!pollscope_poll_turn_is_innermost())
        return;
    struct pollscope_poll turn = thread->turn;
    thread->turn.start_ticks = 0;
    end(thread, &turn, NULL, now_ticks);
}

// The compiler marks the frame of a function that takes an async context, by a bit in the frame pointer that it saves.
// Unwinders other than Swift's (backtrace(), C++ exceptions, thread cancellation) take the mark for a part of the
// address, and fault. So the trampoline of a task has no frame: it jumps to a function that takes the context as
// its first argument, in the same convention otherwise.
#if defined(__x86_64__)
#define JUMP_WITH_CONTEXT(function) __asm__("movq %%r14, %%rdi\n\tjmp %P0" : : "i"(function))
#elif defined(__aarch64__)
#define JUMP_WITH_CONTEXT(function) __asm__("mov x0, x22\n\tb %0" : : "S"(function))
#endif
#define TASK_TRAMPOLINE(name, executor, flags)                                                                        \
    static TRAMPOLINE void run_##name(struct pollscope_context *context) { run_task(context, executor, flags); }             \
    TRAMPOLINE __attribute__((naked)) void name(void) { JUMP_WITH_CONTEXT(run_##name); }

TASK_TRAMPOLINE(pollscope_task_on_any, POLLSCOPE_EXECUTOR_ANY, 0)
TASK_TRAMPOLINE(pollscope_task_on_global, POLLSCOPE_EXECUTOR_GLOBAL, 0)
TASK_TRAMPOLINE(pollscope_task_on_main, POLLSCOPE_EXECUTOR_MAIN, 0)
TASK_TRAMPOLINE(pollscope_task_on_timer, POLLSCOPE_EXECUTOR_GLOBAL, POLLSCOPE_POLL_TIMER)
TRAMPOLINE void pollscope_job_on_any(struct pollscope_job *job) { run_job(job, POLLSCOPE_EXECUTOR_ANY, 0); }
TRAMPOLINE void pollscope_job_on_global(struct pollscope_job *job) { run_job(job, POLLSCOPE_EXECUTOR_GLOBAL, 0); }
TRAMPOLINE void pollscope_job_on_main(struct pollscope_job *job) { run_job(job, POLLSCOPE_EXECUTOR_MAIN, 0); }
TRAMPOLINE void pollscope_job_on_timer(struct pollscope_job *job) {
    run_job(job, POLLSCOPE_EXECUTOR_GLOBAL, POLLSCOPE_POLL_TIMER);
}

// --- what it costs -------------------------------------------------------------------------------------------

// Each part of a poll is paid in full, as it is between two pieces of a service's own work: they are settled one by
// one, or they would hide behind one another, and the figure would be too good.
uint64_t pollscope_poll_measure_cost(void) {
    enum { rounds = 7, polls_a_round = 256, frames = 8, records_count = 64 };
    static struct pollscope_poll_record records[records_count];
    static struct pollscope_ring_header ring;
    static struct pollscope_slot slot;
    struct pollscope_thread thread = {.slot = &slot, .ring = &ring, .records = records, .mask = records_count - 1};
    struct pollscope_context contexts[frames];
    for (int i = 0; i < frames; i++)
        contexts[i] = (struct pollscope_context){i + 1 < frames ? &contexts[i + 1] : NULL, (void *)(uintptr_t)(i + 1)};
    struct pollscope_job job = {.function = (void *)pollscope_poll_arm, .resume_context = contexts};
    job.reserved64 = pollscope_task_mark(&job, 0); // a task that has been seen before, as at all polls but the first

    uint64_t best = UINT64_MAX, best_settling = UINT64_MAX; // interruptions only add
    for (int round = 0; round < rounds; round++) {
        uint64_t begun = pollscope_clock_ticks();
        for (int i = 0; i < polls_a_round; i++) {
            pollscope_clock_settle();
            pollscope_clock_settle();
            pollscope_clock_settle();
            pollscope_clock_settle();
        }
        uint64_t settling = pollscope_clock_ticks() - begun;
        best_settling = settling < best_settling ? settling : best_settling;

        pollscope_clock_settle();
        uint64_t before = pollscope_clock_ticks();
        for (int i = 0; i < polls_a_round; i++) {
            pollscope_arm(&thread, &job, pollscope_clock_ticks(), 1, (void *)pollscope_task_on_global, (void *)pollscope_job_on_global);
            pollscope_clock_settle();
            (void)swift_task_getCurrent();
            job.function = (void *)(job.reserved & pollscope_function_mask);
            struct pollscope_poll poll = {.start_ticks = pollscope_clock_ticks()};
            struct pollscope_stack_capture capture;
            bool first;
            pollscope_stack_capture_task(&thread, &capture, 1, job.function, job.resume_context, &first);
            thread.last_stack_hash = capture.hash; // a stack that is known, as all but the first are
            poll.stack = pollscope_stack_intern(&thread, &capture);
            job.reserved = 0;
            set_wait_modulo(&poll, job.reserved64 & pollscope_ticks_mask, 0, pollscope_ticks_mask);
            job.reserved64 = pollscope_task_mark(&job, 0);
            begin(&thread, &poll, 0, NULL);
            pollscope_clock_settle();
            end(&thread, &poll, NULL, pollscope_clock_ticks());
            pollscope_clock_settle();
        }
        uint64_t spent = pollscope_clock_ticks() - before;
        best = spent < best ? spent : best;
    }
    return (best > best_settling ? best - best_settling : 0) * 1024 / polls_a_round;
}
