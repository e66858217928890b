// The way of a call of the allocator that is looked at: the first calls of a thread, those that are sampled or timed,
// frees of what was sampled, and one in a thousand to make the thread's totals visible.
#ifndef POLLSCOPE_ALLOCATION_CALL_H
#define POLLSCOPE_ALLOCATION_CALL_H

#include "visibility.h"
#include <stddef.h>
#include <stdint.h>

enum pollscope_allocator_function {
    POLLSCOPE_MALLOC,
    POLLSCOPE_CALLOC,
    POLLSCOPE_REALLOC,
    POLLSCOPE_POSIX_MEMALIGN,
    POLLSCOPE_ALIGNED_ALLOC,
    POLLSCOPE_MEMALIGN,
    POLLSCOPE_VALLOC,
    POLLSCOPE_PVALLOC,
    POLLSCOPE_FREE,
    POLLSCOPE_NO_FUNCTION, // does nothing: what the timer itself takes
};

struct pollscope_allocation_call {
    enum pollscope_allocator_function function;
    uint8_t operation; // enum pollscope_allocation_operation
    int status;        // what posix_memalign returns
    void *block;       // that is given up, or moved
    size_t bytes;      // in all
    size_t alignment;
    void *result;
};

// Carries the call out, and counts it. `frame` is the frame record of the definition that the service called. Leaves
// errno to the call.
PRIVATE void pollscope_allocation_observe(struct pollscope_allocation_call *call, uint64_t frame);

#endif
