// What the checks of a host's behaviour share: lines for the reader, time, and other threads' sleep.
#ifndef GROUND_TRUTH_HOST_H
#define GROUND_TRUTH_HOST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ground_truth_c.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

// A line on stdout, at once.
__attribute__((format(printf, 1, 2))) void ground_host_say(const char *format, ...);

uint64_t ground_host_now_ns(void);
// Uses the CPU until so much time has passed.
void ground_host_compute(uint64_t nanoseconds);

// Until the thread sleeps in the kernel.
void ground_host_wait_until_sleeping(pid_t thread);

// `call` with an errno that no call sets, and a line of what it gave: the result, and errno if that was touched.
#define SHOW(what, call)                                                                                              \
    do {                                                                                                              \
        errno = ground_host_untouched;                                                                                \
        long result_ = (long)(call);                                                                                  \
        ground_host_show(what, result_, errno);                                                                       \
    } while (0)
enum { ground_host_untouched = 4242 };
void ground_host_show(const char *what, long result, int error);

#endif
