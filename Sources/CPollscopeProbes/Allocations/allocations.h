// Observing allocations: what the rest of the probes has to know of it.
#ifndef POLLSCOPE_ALLOCATIONS_H
#define POLLSCOPE_ALLOCATIONS_H

#include "allocation_counters.h"
#include <stddef.h>

// Whether our definitions of the allocator's functions are the ones that the service calls. False: `why` says what is
// in the way. At start.
PRIVATE bool pollscope_allocations_are_interposed(char *why, size_t why_bytes);

// Counts for the session from now on; takes samples, a byte in `sample_bytes` being picked, and times calls; 0:
// neither. Once, at start, when everything that a sample needs has been started.
PRIVATE void pollscope_allocations_start(uint64_t sample_bytes);

// The switch is on: the calling thread's next calls are looked at, and it counts for the session from then on. Others
// come to it by themselves.
PRIVATE void pollscope_allocations_notice(void);

// The calling thread has got a slot: what it allocated before is the slot's, too. Nobody else writes there.
PRIVATE void pollscope_allocations_adopt(struct pollscope_slot *slot);

// The calling thread gives its slot back, and ends. What it allocates after this counts for no thread.
PRIVATE void pollscope_allocations_leave(struct pollscope_slot *slot);

// Tells of the thread's last sample, which waits to be told.
PRIVATE void pollscope_allocations_settle_slow(void);

// At the end of a poll.
static inline void pollscope_allocations_settle(void) {
    if (__builtin_expect(pollscope_allocation_counters.has_pending, 0))
        pollscope_allocations_settle_slow();
}

#endif
