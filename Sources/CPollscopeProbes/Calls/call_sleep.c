// Calls that wait for time to pass, observed.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <time.h>
#include <unistd.h>

POLLSCOPE_OBSERVE(sleep, unsigned, sleep, (unsigned seconds), (seconds), returned ? EINTR : 0, pollscope_of_nothing());
POLLSCOPE_OBSERVE(usleep, int, usleep, (useconds_t microseconds), (microseconds),
                  pollscope_error_if_negative(returned), pollscope_of_nothing());
POLLSCOPE_OBSERVE(nanosleep, int, nanosleep, (const struct timespec *time, struct timespec *rest), (time, rest),
                  pollscope_error_if_negative(returned), pollscope_of_nothing());
POLLSCOPE_OBSERVE(clock_nanosleep, int, clock_nanosleep,
                  (clockid_t clock, int flags, const struct timespec *time, struct timespec *rest),
                  (clock, flags, time, rest), returned, pollscope_of_nothing());
POLLSCOPE_OBSERVE(pause, int, pause, (void), (), pollscope_error_if_negative(returned), pollscope_of_nothing());

#endif
