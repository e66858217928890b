// The sampled allocations that live: so that their frees are noticed, by whichever thread.
//
// A free costs a look at one byte of a filter; where that is not zero, a look at the eight addresses of a bucket.
#ifndef POLLSCOPE_ALLOCATION_TABLE_H
#define POLLSCOPE_ALLOCATION_TABLE_H

#include "pollscope_layout.h"
#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    POLLSCOPE_ALLOCATION_FILTER_LOG2 = 13,
    POLLSCOPE_ALLOCATION_FILTER = 1 << POLLSCOPE_ALLOCATION_FILTER_LOG2,
    POLLSCOPE_ALLOCATION_BUCKETS_LOG2 = 10,
    POLLSCOPE_ALLOCATION_BUCKETS = 1 << POLLSCOPE_ALLOCATION_BUCKETS_LOG2,
    POLLSCOPE_ALLOCATION_WAYS = 8, // a cache line of addresses
};

// How many living samples there are with this hash.
extern PRIVATE uint8_t pollscope_allocation_filter[POLLSCOPE_ALLOCATION_FILTER];

static inline uint64_t pollscope_allocation_hash(const void *block) {
    return (uint64_t)(uintptr_t)block * 0x9E3779B97F4A7C15ull; // 2^64 / golden ratio
}

extern PRIVATE uintptr_t pollscope_allocation_addresses[POLLSCOPE_ALLOCATION_BUCKETS][POLLSCOPE_ALLOCATION_WAYS];

// By other bits of the hash than the filter's place.
static inline uint32_t pollscope_allocation_bucket(const void *block) {
    const int shift = 64 - POLLSCOPE_ALLOCATION_FILTER_LOG2 - POLLSCOPE_ALLOCATION_BUCKETS_LOG2;
    return (uint32_t)(pollscope_allocation_hash(block) >> shift) & (POLLSCOPE_ALLOCATION_BUCKETS - 1);
}

// The thread that frees a block had it from the one that allocated it, in whatever way, so it sees its entry here.
static inline bool pollscope_allocation_is_sampled(const void *block) {
    uint64_t place = pollscope_allocation_hash(block) >> (64 - POLLSCOPE_ALLOCATION_FILTER_LOG2);
    if (__builtin_expect(__atomic_load_n(&pollscope_allocation_filter[place], __ATOMIC_RELAXED) == 0, 1))
        return false;
    const uintptr_t *bucket = pollscope_allocation_addresses[pollscope_allocation_bucket(block)];
    bool is_there = false;
    for (int way = 0; way < POLLSCOPE_ALLOCATION_WAYS; way++)
        is_there |= __atomic_load_n(&bucket[way], __ATOMIC_RELAXED) == (uintptr_t)block;
    return is_there;
}

struct pollscope_living_sample {
    struct pollscope_allocation_record record; // as it was told, the type apart
    bool is_object;                            // a Swift object, by its stack
    uint16_t type;                             // 0: not known yet
};

// Enters a block that nobody else knows yet. False: there is no room. `place` and `serial` name the entry.
PRIVATE bool pollscope_allocation_table_enter(const void *block, const struct pollscope_living_sample *sample,
                                              uint32_t *place, uint64_t *serial);

// Takes a block out that is about to be freed. False: it is none of these.
PRIVATE bool pollscope_allocation_table_take(const void *block, struct pollscope_living_sample *sample);

// Whether the entry is still this block's: then the block has not been freed.
PRIVATE bool pollscope_allocation_table_has(const void *block, uint32_t place, uint64_t serial);

// Sets the entry's type if it is still the same entry.
PRIVATE void pollscope_allocation_table_set_type(uint32_t place, uint64_t serial, uint16_t type);

#endif
