// Tells event loops from other threads that wait once, and one turn from the next.
//
// A thread is a loop from its first wait on that may sleep, outside all polls; else from the third wait in a row on one
// descriptor on, none of them inside a poll of a job. From then on a wait ends the turn before it, and its return begins
// the next one: two readings of the clock a turn. While a turn is open, a wait on another descriptor is a call like any
// other, until it is the third in a row.
#define _GNU_SOURCE
#include "loops.h"

#include "clock.h"
#include "code_images.h"
#include "executors.h"
#include "interposing.h"
#include "kernel.h"
#include "polls.h"
#include "session.h"
#include "threads.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    waits_of_a_loop = 3,
    // A wait that took less did not sleep: to sleep and to be woken takes longer on every machine that we know.
    at_once_ns = 8000,
    stack_bytes_max = 64 * 1024, // of a turn's native stack, from the loop's frame on
    record_bytes = 2 * sizeof(uint64_t),
};

bool pollscope_loops_are_observed;
static uint64_t at_once_ticks;

// A thread's loop.
static __thread struct {
    bool is_loop;
    bool is_at_work;      // a turn begins or ends: a signal handler that interrupts this must leave turns alone
    bool woke_by_poll;    // the last wait was a poll of the descriptor, and what is ready is asked next
    uint8_t executor;     // 0: not known yet
    uint32_t waits;       // in a row on `candidate`
    int32_t descriptor;   // of the loop
    int32_t candidate;    // that was waited on last
    uintptr_t stack_end;  // past what may be read of the stack
    uint64_t asked_ticks; // when the last wait began
    uint64_t empty_ticks; // when nothing was ready: events that are found at once came after it
} loop __attribute__((tls_model("initial-exec")));

// Dispatch has a thread that waits for timers and sources. It is known by the code that waits: where Dispatch is a
// library of its own, all of that; where it is linked statically, one function.
static struct pollscope_code_image dispatch_code;
extern __attribute__((weak)) void _dispatch_event_loop_drain(uint32_t flags);
enum { bytes_of_drain_max = 2048 };

void pollscope_loops_start(void) {
    at_once_ticks = (uint64_t)((double)at_once_ns * 1e-9 * (double)pollscope_clock_hz());
    uintptr_t shared = (uintptr_t)dlsym(RTLD_NEXT, "dispatch_main"), linked = (uintptr_t)_dispatch_event_loop_drain;
    if (linked)
        dispatch_code = (struct pollscope_code_image){.start = linked, .end = linked + bytes_of_drain_max};
    else if (!shared || !pollscope_code_image_find(shared, &dispatch_code))
        dispatch_code = (struct pollscope_code_image){0};
    pollscope_loops_are_observed = true;
}

#if POLLSCOPE_INTERPOSES

bool pollscope_loops_are_interposed(char *why, size_t why_bytes) {
    extern PRIVATE const char __start_pollscope_calls[], __stop_pollscope_calls[];
    static const char *const names[] = {"epoll_wait", "epoll_pwait", "poll", "ppoll", "close"};
    return pollscope_interposing_is_first(names, sizeof names / sizeof names[0], __start_pollscope_calls,
                                          __stop_pollscope_calls, why, why_bytes);
}

#else

bool pollscope_loops_are_interposed(char *why, size_t why_bytes) {
    snprintf(why, why_bytes, "%s", POLLSCOPE_INTERPOSING_REFUSAL);
    return false;
}

#endif

// --- the end of a turn ---------------------------------------------------------------------------------------

// Whether the thread is where its loop would wait: outside polls, or in an open turn and in no call of it.
static bool may_turn(void) {
    const struct pollscope_thread *thread = &pollscope_thread;
    if (!pollscope_is_on() || loop.is_at_work)
        return false;
    return thread->depth == 0 ||
           (thread->poll.call == POLLSCOPE_CALL_NONE && pollscope_poll_turn_is_innermost());
}

static void end_turn(void) {
    loop.is_at_work = true;
    atomic_signal_fence(memory_order_seq_cst);
    loop.asked_ticks = pollscope_clock_ticks();
    pollscope_poll_end_turn(loop.asked_ticks);
    atomic_signal_fence(memory_order_seq_cst);
    loop.is_at_work = false;
}

bool pollscope_loop_begin_wait(const struct pollscope_loop_call *call) {
    if (!may_turn())
        return false;
    if (loop.is_loop && call->descriptor == loop.descriptor) {
        loop.waits = 0;
        loop.candidate = call->descriptor;
        bool asks = loop.woke_by_poll && !call->may_sleep;
        loop.woke_by_poll = false;
        if (asks)
            return false;
    } else {
        loop.waits = call->descriptor == loop.candidate ? loop.waits + 1 : 1;
        loop.candidate = call->descriptor;
        bool is_sure = call->may_sleep && pollscope_thread.depth == 0;
        if (!is_sure && loop.waits < waits_of_a_loop)
            return false;
        loop.is_loop = true;
        loop.descriptor = call->descriptor;
        loop.woke_by_poll = false;
        loop.empty_ticks = 0;
    }
    end_turn();
    return true;
}

bool pollscope_loop_begin_poll(const struct pollscope_loop_call *call) {
    if (!loop.is_loop || call->descriptor != loop.descriptor || !may_turn())
        return false;
    loop.woke_by_poll = true;
    end_turn();
    return true;
}

// --- the beginning of the next -------------------------------------------------------------------------------

// Once in the life of a loop. Its thread's own name is what a person knows it by; Dispatch's has none.
static uint8_t number_of(const struct pollscope_loop_call *call) {
    uint64_t caller = ((const uint64_t *)call->frame)[1];
    bool is_dispatch = caller - dispatch_code.start < dispatch_code.end - dispatch_code.start;
    return pollscope_executor_number(POLLSCOPE_EXECUTOR_LOOP, (uint64_t)syscall(SYS_gettid), 0,
                                     is_dispatch ? "Dispatch manager" : NULL);
}

// What the turn's samples may read of the stack. The frame that waits is gone by then; the one that called it, or its
// caller, runs the turn, and the thread's first frame is where a stack ends.
static uintptr_t end_of_stack(uintptr_t frame) {
    uint64_t high = frame + stack_bytes_max;
    uintptr_t block = (uintptr_t)pthread_self(); // above the stack of a thread, but of the first one
    if (block > frame && block < high)
        high = block;
    return (uintptr_t)pollscope_kernel_end_of_readable(frame, high) & ~(uintptr_t)7;
}

static void begin_turn(const struct pollscope_loop_call *call, int returned) {
    uint64_t now = pollscope_clock_ticks(), wait = 0;
    bool at_once = !call->may_sleep || now - loop.asked_ticks < at_once_ticks;
    uint8_t flags = 0;
    if (returned > 0 && at_once) {
        flags = POLLSCOPE_POLL_WAIT_AT_MOST;
        wait = now - (loop.empty_ticks ? loop.empty_ticks : loop.asked_ticks);
    } else if (returned <= 0 && at_once) {
        flags = POLLSCOPE_POLL_WAIT_UNKNOWN; // the loop had something else to do, and knows since when
    }
    // Of more events than it had room for some are left, and are found at once the next time.
    bool is_full = call->events_max != 0 && returned == call->events_max;
    if (!is_full || !at_once)
        loop.empty_ticks = now;
    if (loop.executor == 0)
        loop.executor = number_of(call);
    if (call->frame + record_bytes >= loop.stack_end || loop.stack_end - call->frame > stack_bytes_max)
        loop.stack_end = end_of_stack(call->frame);
    pollscope_poll_begin_turn(loop.executor, now, wait, flags, loop.stack_end - record_bytes);
}

void pollscope_loop_end_wait(const struct pollscope_loop_call *call, int returned) {
    int error = errno;
    if (!pollscope_is_on())
        return; // in a child of fork, which a signal handler made in the middle of the wait
    if (returned < 0 && error != EINTR) {
        loop.is_loop = false; // the descriptor is none
        return;
    }
    loop.is_at_work = true;
    atomic_signal_fence(memory_order_seq_cst);
    begin_turn(call, returned);
    atomic_signal_fence(memory_order_seq_cst);
    loop.is_at_work = false;
    errno = error;
}

bool pollscope_loop_ends_with(int32_t descriptor) {
    if (!loop.is_loop || descriptor != loop.descriptor || !may_turn() || !pollscope_poll_turn_is_innermost())
        return false;
    end_turn();
    loop.is_loop = false;
    loop.waits = 0;
    return true;
}
