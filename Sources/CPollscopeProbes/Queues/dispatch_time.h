// Dispatch's points in time.
#ifndef POLLSCOPE_DISPATCH_TIME_H
#define POLLSCOPE_DISPATCH_TIME_H

#include "clock.h"

// The time that never comes.
static const uint64_t pollscope_dispatch_never = ~0ull;

// The tick of a dispatch_time_t: two bits name the clock. 0 is now.
static inline uint64_t pollscope_dispatch_due_ticks(uint64_t when) {
    const uint64_t other_clock = 1ull << 63, wall_clock = 1ull << 62, value_mask = wall_clock - 1;
    if (when == 0)
        return pollscope_clock_ticks();
    if (!(when & other_clock))
        return pollscope_clock_due_ticks(CLOCK_MONOTONIC, when);
    if (when & wall_clock)
        return pollscope_clock_due_ticks(CLOCK_REALTIME, 0 - when);
    return pollscope_clock_due_ticks(CLOCK_BOOTTIME, when & value_mask);
}

#endif
