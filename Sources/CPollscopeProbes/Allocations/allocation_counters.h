// What the calling thread has allocated and freed, counted in thread-local variables.
//
// Counters run backwards: what is left until something has to be looked at. So the way of an allocation has one
// subtraction and one comparison for counting, sampling and timing alike, and the totals are what the counters are
// short of their marks.
#ifndef POLLSCOPE_ALLOCATION_COUNTERS_H
#define POLLSCOPE_ALLOCATION_COUNTERS_H

#include "pollscope_layout.h"
#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

// Totals since the thread began; of a thread with a slot, and its predecessors in the slot.
struct pollscope_allocation_totals {
    uint64_t allocations, bytes, frees;
};

struct pollscope_allocation_counters {
    // Until an allocation or a free is looked at, and until a byte is picked. All zero at first: the first call of a
    // thread is looked at.
    uint64_t allocations_left, bytes_left, frees_left;
    struct pollscope_allocation_totals marks; // totals + left

    uint64_t random; // state of the generator
    uint8_t mode;    // enum pollscope_allocation_mode
    bool is_busy;    // looking at a call: those that are made meanwhile are counted only
    // A sample that waits to be told, until the object that it became has its type.
    bool has_pending;
    uint32_t pending_place;
    uint64_t pending_serial;
    uintptr_t pending_block;
    struct pollscope_allocation_record pending;
};

extern PRIVATE __thread struct pollscope_allocation_counters pollscope_allocation_counters
    __attribute__((tls_model("initial-exec")));

// Modulo 2^64, like the counters.
static inline struct pollscope_allocation_totals pollscope_allocation_totals_now(void) {
    const struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    // One by one, as an allocation has stored them just now: a load of two at once would have to wait until both stores
    // have reached the cache.
    return (struct pollscope_allocation_totals){
        counters->marks.allocations - __atomic_load_n(&counters->allocations_left, __ATOMIC_RELAXED),
        counters->marks.bytes - __atomic_load_n(&counters->bytes_left, __ATOMIC_RELAXED),
        counters->marks.frees - __atomic_load_n(&counters->frees_left, __ATOMIC_RELAXED)};
}

// Makes the thread's totals visible in its slot.
static inline void pollscope_allocation_totals_publish(struct pollscope_slot *slot,
                                                       const struct pollscope_allocation_totals *totals) {
    __atomic_store_n(&slot->allocations, totals->allocations, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->allocated_bytes, totals->bytes, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->frees, totals->frees, __ATOMIC_RELAXED);
}

#endif
