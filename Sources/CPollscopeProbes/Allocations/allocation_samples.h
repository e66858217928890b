// Tells of single allocations: samples, their frees, timings.
//
// The thread itself, while it is busy with a call of the allocator and the switch is on.
#ifndef POLLSCOPE_ALLOCATION_SAMPLES_H
#define POLLSCOPE_ALLOCATION_SAMPLES_H

#include "allocation_counters.h"
#include "allocation_table.h"

// `block` was picked. `frame` is the frame record of our definition that the service called.
PRIVATE void pollscope_allocation_sample(uint8_t operation, const void *block, uint64_t bytes, uint64_t frame);

// A sampled block, which has been taken out of the table, is about to be freed; `block` is still the service's.
PRIVATE void pollscope_allocation_sample_ends(const void *block, const struct pollscope_living_sample *sample);

// A call took `ticks`. `flags`: POLLSCOPE_ALLOCATION_CPU_TIME or 0.
PRIVATE void pollscope_allocation_timed(uint8_t operation, uint64_t bytes, uint64_t ticks, uint8_t flags);

// Tells of the sample that waits, if there is one.
PRIVATE void pollscope_allocation_tell_pending(struct pollscope_allocation_counters *counters);

#endif
