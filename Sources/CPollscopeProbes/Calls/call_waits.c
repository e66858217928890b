// Calls that wait for descriptors to be ready, observed: in a poll as calls that block, on the thread of an event loop
// as what separates its turns.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include "loops.h"
#include "polls.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

// What a header declares in fortified programs only.
int __poll_chk(struct pollfd *descriptors, nfds_t count, int limit_ms, size_t bytes);
int __ppoll_chk(struct pollfd *descriptors, nfds_t count, const struct timespec *limit, const sigset_t *mask,
                size_t bytes);

#define FAILED(returned) pollscope_error_if_negative(returned)
#define OF_SELECTED POLLSCOPE_OBJECT(POLLSCOPE_OF_SELECTED, .number = count)

// Defines `name`, observed as `number`: a wait that may separate two turns. It does where `begin`, of loops.h, says so
// of the call that the last arguments describe; else it is observed as any other, by a jump.
#define OBSERVE_WAIT(number, name, parameters, arguments, error, object, begin, ...)                                  \
    static __typeof(name) our_##name;                                                                                 \
    POLLSCOPE_DEFINE_NEXT(int, name, parameters, arguments)                                                           \
    POLLSCOPE_DEFINE_OBSERVED(number, int, name, parameters, arguments, error, object)                                \
    POLLSCOPE_CALL_CODE static __attribute__((noinline)) int turning_##name parameters {                              \
        const struct pollscope_loop_call call = {(uintptr_t)__builtin_frame_address(0), __VA_ARGS__};                 \
        if (!begin(&call)) {                                                                                          \
            if (pollscope_call_is_outermost())                                                                        \
                __attribute__((musttail)) return observed_##name arguments;                                           \
            return next_##name arguments;                                                                             \
        }                                                                                                             \
        int returned = next_##name arguments;                                                                         \
        pollscope_loop_end_wait(&call, returned);                                                                     \
        return returned;                                                                                              \
    }                                                                                                                 \
    POLLSCOPE_CALL_CODE static int our_##name parameters {                                                            \
        if (__builtin_expect(pollscope_loops_are_observed, 1))                                                        \
            __attribute__((musttail)) return turning_##name arguments;                                                \
        if (pollscope_call_is_outermost())                                                                            \
            __attribute__((musttail)) return observed_##name arguments;                                               \
        return next_##name arguments;                                                                                 \
    }                                                                                                                 \
    extern __typeof(name) name __attribute__((weak, visibility("default"), alias("our_" #name)))

// A poll of one descriptor. What it returns is how many of the descriptors are ready, which is no number of events.
#define OBSERVE_POLL(number, name, parameters, arguments, may_sleep)                                                  \
    OBSERVE_WAIT(number, name, parameters, arguments, FAILED(returned), pollscope_of_polled(descriptors, count),      \
                 pollscope_loop_begin_poll, count == 1 && IS_IN_TURN ? descriptors->fd : -1, 0, may_sleep)

// What the caller passes by address is for the kernel to check. We look at it in a turn only, whose calls are a loop's.
#define IS_IN_TURN pollscope_poll_turn_is_innermost()
#define IS_NOT_ZERO(limit) ((limit) == NULL || !IS_IN_TURN || (limit)->tv_sec != 0 || (limit)->tv_nsec != 0)

OBSERVE_POLL(poll, poll, (struct pollfd * descriptors, nfds_t count, int limit_ms), (descriptors, count, limit_ms),
             limit_ms != 0);
OBSERVE_POLL(poll, __poll_chk, (struct pollfd * descriptors, nfds_t count, int limit_ms, size_t bytes),
             (descriptors, count, limit_ms, bytes), limit_ms != 0);
OBSERVE_POLL(ppoll, ppoll,
             (struct pollfd * descriptors, nfds_t count, const struct timespec *limit, const sigset_t *mask),
             (descriptors, count, limit, mask), IS_NOT_ZERO(limit));
OBSERVE_POLL(ppoll, __ppoll_chk,
             (struct pollfd * descriptors, nfds_t count, const struct timespec *limit, const sigset_t *mask,
              size_t bytes),
             (descriptors, count, limit, mask, bytes), IS_NOT_ZERO(limit));

POLLSCOPE_OBSERVE(select, int, select,
                  (int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *limit),
                  (count, readable, writable, exceptional, limit), FAILED(returned), OF_SELECTED);
POLLSCOPE_OBSERVE(pselect, int, pselect,
                  (int count, fd_set *readable, fd_set *writable, fd_set *exceptional, const struct timespec *limit,
                   const sigset_t *mask),
                  (count, readable, writable, exceptional, limit, mask), FAILED(returned), OF_SELECTED);

#define OBSERVE_EPOLL(name, parameters, arguments, may_sleep)                                                         \
    OBSERVE_WAIT(name, name, parameters, arguments, FAILED(returned), pollscope_of_descriptor(poll),                  \
                 pollscope_loop_begin_wait, poll, events_max, may_sleep)

OBSERVE_EPOLL(epoll_wait, (int poll, struct epoll_event *events, int events_max, int limit_ms),
              (poll, events, events_max, limit_ms), limit_ms != 0);
OBSERVE_EPOLL(epoll_pwait,
              (int poll, struct epoll_event *events, int events_max, int limit_ms, const sigset_t *mask),
              (poll, events, events_max, limit_ms, mask), limit_ms != 0);
OBSERVE_EPOLL(epoll_pwait2,
              (int poll, struct epoll_event *events, int events_max, const struct timespec *limit,
               const sigset_t *mask),
              (poll, events, events_max, limit, mask), IS_NOT_ZERO(limit));

#endif
