// Calls that wait for descriptors to be ready, observed.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

// What a header declares in fortified programs only.
int __poll_chk(struct pollfd *descriptors, nfds_t count, int limit_ms, size_t bytes);
int __ppoll_chk(struct pollfd *descriptors, nfds_t count, const struct timespec *limit, const sigset_t *mask,
                size_t bytes);

#define FAILED(returned) pollscope_error_if_negative(returned)
#define OF_SELECTED POLLSCOPE_OBJECT(POLLSCOPE_OF_SELECTED, .number = count)

POLLSCOPE_OBSERVE(poll, int, poll, (struct pollfd * descriptors, nfds_t count, int limit_ms),
                  (descriptors, count, limit_ms), FAILED(returned), pollscope_of_polled(descriptors, count));
POLLSCOPE_OBSERVE(poll, int, __poll_chk, (struct pollfd * descriptors, nfds_t count, int limit_ms, size_t bytes),
                  (descriptors, count, limit_ms, bytes), FAILED(returned), pollscope_of_polled(descriptors, count));
POLLSCOPE_OBSERVE(ppoll, int, ppoll,
                  (struct pollfd * descriptors, nfds_t count, const struct timespec *limit, const sigset_t *mask),
                  (descriptors, count, limit, mask), FAILED(returned), pollscope_of_polled(descriptors, count));
POLLSCOPE_OBSERVE(ppoll, int, __ppoll_chk,
                  (struct pollfd * descriptors, nfds_t count, const struct timespec *limit, const sigset_t *mask,
                   size_t bytes),
                  (descriptors, count, limit, mask, bytes), FAILED(returned), pollscope_of_polled(descriptors, count));

POLLSCOPE_OBSERVE(select, int, select,
                  (int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *limit),
                  (count, readable, writable, exceptional, limit), FAILED(returned), OF_SELECTED);
POLLSCOPE_OBSERVE(pselect, int, pselect,
                  (int count, fd_set *readable, fd_set *writable, fd_set *exceptional, const struct timespec *limit,
                   const sigset_t *mask),
                  (count, readable, writable, exceptional, limit, mask), FAILED(returned), OF_SELECTED);

POLLSCOPE_OBSERVE(epoll_wait, int, epoll_wait, (int poll, struct epoll_event *events, int events_max, int limit_ms),
                  (poll, events, events_max, limit_ms), FAILED(returned), pollscope_of_descriptor(poll));
POLLSCOPE_OBSERVE(epoll_pwait, int, epoll_pwait,
                  (int poll, struct epoll_event *events, int events_max, int limit_ms, const sigset_t *mask),
                  (poll, events, events_max, limit_ms, mask), FAILED(returned), pollscope_of_descriptor(poll));
POLLSCOPE_OBSERVE(epoll_pwait2, int, epoll_pwait2,
                  (int poll, struct epoll_event *events, int events_max, const struct timespec *limit,
                   const sigset_t *mask),
                  (poll, events, events_max, limit, mask), FAILED(returned), pollscope_of_descriptor(poll));

#endif
