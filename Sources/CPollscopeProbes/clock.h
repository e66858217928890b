// The session's clock: the processor's own counter where it is the same and steady on every core, else
// CLOCK_MONOTONIC.
#ifndef POLLSCOPE_CLOCK_H
#define POLLSCOPE_CLOCK_H

#include "pollscope_counter.h"
#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

// Set once by pollscope_clock_start, before any probe is on. true: read the processor's counter.
extern PRIVATE bool pollscope_clock_is_counter;

// Any thread, signal safe.
static inline uint64_t pollscope_clock_ticks(void) {
    return __builtin_expect(pollscope_clock_is_counter, 1) ? pollscope_counter()
                                                           : pollscope_system_clock_ns(CLOCK_MONOTONIC);
}

// Nothing after it begins before all before it is done. Without it the processor carries out short pieces of work and
// the readings around them at the same time, and they seem to take less than they do, or nothing.
static inline void pollscope_clock_settle(void) {
#if defined(__x86_64__)
    __builtin_ia32_lfence();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

// Chooses the clock and measures its rate (about 2 ms). Returns an enum pollscope_clock. Once, at start.
PRIVATE uint32_t pollscope_clock_start(void);

// Ticks a second as known so far. Any thread.
PRIVATE uint64_t pollscope_clock_hz(void);

// Makes the rate better by an anchor that is further from the first. One thread at a time.
PRIVATE void pollscope_clock_refine(struct pollscope_anchor anchor);

// The first anchor, and one taken now.
PRIVATE struct pollscope_anchor pollscope_clock_first_anchor(void);
PRIVATE struct pollscope_anchor pollscope_clock_anchor_now(void);

// The tick at which `clock` shows (or showed) `due_ns`. Any thread.
PRIVATE uint64_t pollscope_clock_due_ticks(clockid_t clock, uint64_t due_ns);

#endif
