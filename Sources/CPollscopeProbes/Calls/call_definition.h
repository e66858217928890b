// What the definitions of calls that can block have in common: how they are found before the C library's own, and how
// such a call is observed while a poll makes it.
//
// Each has four parts. `our_NAME` is what the service calls: a test, and a jump to the C library's function, or in a
// poll to `observed_NAME`, which has a frame of its own and measures. `next_NAME` is the C library's function; until it
// has been looked up, `first_NAME`, which does that. NAME is a weak name for the first of them.
//
// A thread that is cancelled inside a call, or jumps out of it, leaves the mark of the call behind. Nothing has to be
// undone: a poll begins without a mark.
#ifndef POLLSCOPE_CALL_DEFINITION_H
#define POLLSCOPE_CALL_DEFINITION_H

// The names defined here are to be those of the binary interface, and not what a header makes of them.
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "calls.h"
#include "clock.h"
#include "interposing.h"
#include "object.h"
#include "pollscope_calls.h"
#include "threads.h"
#include "watch.h"
#include <errno.h>

// The C library's definition of `name`: what follows our image in the order of look-ups. Not NULL: where there is none,
// a function that fails with ENOSYS.
PRIVATE void *pollscope_call_find(const char *name);

// --- the way of a call ---------------------------------------------------------------------------------------

// True on a thread that runs a poll, unless it is in a call already: what a call does inside is part of it, and a
// signal handler that interrupts one is left alone.
static inline bool pollscope_call_is_outermost(void) {
    const struct pollscope_thread *thread = &pollscope_thread;
    return __builtin_expect(thread->depth != 0, 0) && thread->poll.call == POLLSCOPE_CALL_NONE;
}

// Marks the thread as being in `call`. Returns when the call began; 0: it is not to be observed.
static inline uint64_t pollscope_call_begin(struct pollscope_thread *thread, uint16_t call, const void *frame) {
    // A child of fork has its parent's depth.
    if (__builtin_expect(!pollscope_calls_are_observed || !pollscope_is_on(), 0))
        return 0;
    // The first mark keeps away calls of signal handlers, which would leave a frame of their own behind.
    thread->poll.call = POLLSCOPE_CALL_OURS;
    atomic_signal_fence(memory_order_seq_cst);
    thread->poll.call_frame = (uintptr_t)frame;
    __atomic_store_n(&thread->poll.call, call, __ATOMIC_RELEASE);
    uint64_t start = pollscope_clock_ticks();
    struct pollscope_running *running = &thread->ring->running;
    __atomic_store_n(&running->call_start_ticks, start, __ATOMIC_RELAXED);
    __atomic_store_n(&running->call, call, __ATOMIC_RELEASE);
    pollscope_watch_settle(thread->watch);
    return start;
}

// Adds the call, which has returned, to the poll's account. Returns what it took; 0 in a child of fork, which a signal
// handler made in the middle of the call.
static inline uint64_t pollscope_call_account(struct pollscope_thread *thread, uint64_t start) {
    if (__builtin_expect(!pollscope_is_on(), 0))
        return 0;
    uint64_t duration = pollscope_clock_ticks() - start;
    thread->poll.blocked_ticks += duration;
    thread->poll.calls++;
    struct pollscope_running *running = &thread->ring->running;
    __atomic_store_n(&running->call, POLLSCOPE_CALL_NONE, __ATOMIC_RELAXED);
    __atomic_store_n(&running->blocked_ticks, thread->poll.blocked_ticks, __ATOMIC_RELAXED);
    return duration;
}

// Writes the record of a call that took long. Leaves errno as it is.
PRIVATE void pollscope_call_write(struct pollscope_thread *thread, uint64_t start, uint64_t duration, int32_t error,
                                  struct pollscope_object object) __attribute__((cold, noinline));

static inline void pollscope_call_end(struct pollscope_thread *thread) {
    atomic_signal_fence(memory_order_seq_cst); // a signal handler's calls see the account whole
    thread->poll.call = POLLSCOPE_CALL_NONE;
}

// --- what a call returned, as errno; errno is untouched since --------------------------------------------------

static inline int32_t pollscope_error_if_negative(int64_t result) { return result < 0 ? errno : 0; }
static inline int32_t pollscope_error_if_null(const void *result) { return result ? 0 : errno; }

// --- definitions ---------------------------------------------------------------------------------------------

// Next to one another, so that an address tells whether it is one of ours.
#define POLLSCOPE_CALL_CODE __attribute__((section("pollscope_calls")))

#define POLLSCOPE_DEFINE_NEXT(result, name, parameters, arguments)                                                    \
    static result first_##name parameters;                                                                            \
    static __typeof(name) *next_##name = (void *)first_##name;                                                        \
    static __attribute__((constructor)) void find_##name(void) {                                                      \
        __atomic_store_n(&next_##name, (__typeof(name) *)pollscope_call_find(#name), __ATOMIC_RELAXED);               \
    }                                                                                                                 \
    static result first_##name parameters {                                                                           \
        find_##name();                                                                                                \
        return next_##name arguments;                                                                                 \
    }

// The mark is read before the call and not again: the thread's state is the poll's, and a poll ends on its thread.
#define POLLSCOPE_DEFINE_OBSERVED(number, result, name, parameters, arguments, error, object)                         \
    POLLSCOPE_CALL_CODE static __attribute__((noinline)) result observed_##name parameters {                          \
        struct pollscope_thread *self = &pollscope_thread;                                                            \
        uint64_t start = pollscope_call_begin(self, POLLSCOPE_CALL_##number, __builtin_frame_address(0));             \
        if (__builtin_expect(start == 0, 0))                                                                          \
            return next_##name arguments;                                                                             \
        result returned = next_##name arguments;                                                                      \
        uint64_t duration = pollscope_call_account(self, start);                                                      \
        if (__builtin_expect(duration >= pollscope_blocking_ticks, 0))                                                \
            pollscope_call_write(self, start, duration, error, object);                                               \
        pollscope_call_end(self);                                                                                     \
        return returned;                                                                                              \
    }

// The frame of what is observed has to name the caller: a jump in every build, optimised or not.
#define POLLSCOPE_DEFINE_OURS(result, name, parameters, arguments)                                                    \
    POLLSCOPE_CALL_CODE static result our_##name parameters {                                                         \
        if (pollscope_call_is_outermost())                                                                            \
            __attribute__((musttail)) return observed_##name arguments;                                               \
        return next_##name arguments;                                                                                 \
    }                                                                                                                 \
    extern __typeof(name) name __attribute__((weak, visibility("default"), alias("our_" #name)))

// Defines `name`, observed as `number` (of enum pollscope_call). `error` tells errno from what was `returned`, `object`
// what the call worked on; both are evaluated where the call took long.
#define POLLSCOPE_OBSERVE(number, result, name, parameters, arguments, error, object)                                 \
    static __typeof(name) our_##name; /* the header's type is ours, too */                                            \
    POLLSCOPE_OBSERVE_VARIADIC(number, result, name, parameters, arguments, error, object)

// The same for a function with variable arguments: of integers and pointers, as many as there can be. On the platforms
// that we know they come in the same registers as named ones, and one that was not given is not looked at.
#define POLLSCOPE_OBSERVE_VARIADIC(number, result, name, parameters, arguments, error, object)                        \
    POLLSCOPE_DEFINE_NEXT(result, name, parameters, arguments)                                                        \
    POLLSCOPE_DEFINE_OBSERVED(number, result, name, parameters, arguments, error, object)                             \
    POLLSCOPE_DEFINE_OURS(result, name, parameters, arguments)

#endif
