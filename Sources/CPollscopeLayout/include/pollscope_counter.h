// Reads the clock of a session, in the process that writes it and in the one that reads it: the counters are the
// same on every core, so a collector can take anchors of its own.
#ifndef POLLSCOPE_COUNTER_H
#define POLLSCOPE_COUNTER_H

#include "pollscope_layout.h"
#include <stdbool.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

// `clock` in nanoseconds. No system call for the clocks used here. Signal safe.
static inline uint64_t pollscope_system_clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// The processor's counter; only where `pollscope_has_counter`. Signal safe.
static inline uint64_t pollscope_counter(void) {
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t value;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
#else
    return 0;
#endif
}

// Whether this build can read the counter that `clock` (enum pollscope_clock) names.
static inline bool pollscope_has_counter(uint32_t clock) {
#if defined(__x86_64__)
    return clock == POLLSCOPE_CLOCK_TSC;
#elif defined(__aarch64__)
    return clock == POLLSCOPE_CLOCK_CNTVCT;
#else
    return clock != clock;
#endif
}

// Both clocks at one moment: of a few readings the pair that was read closest together.
static inline struct pollscope_anchor pollscope_read_anchor(uint32_t clock) {
    struct pollscope_anchor best = {0, 0};
    uint64_t shortest = UINT64_MAX;
    for (int attempt = 0; attempt < 5; attempt++) {
        if (!pollscope_has_counter(clock)) {
            best.ticks = best.monotonic_ns = pollscope_system_clock_ns(CLOCK_MONOTONIC);
            return best;
        }
        uint64_t before = pollscope_counter();
        uint64_t ns = pollscope_system_clock_ns(CLOCK_MONOTONIC);
        uint64_t took = pollscope_counter() - before;
        if (took < shortest) {
            shortest = took;
            best.ticks = before + took / 2;
            best.monotonic_ns = ns;
        }
    }
    return best;
}

#endif
