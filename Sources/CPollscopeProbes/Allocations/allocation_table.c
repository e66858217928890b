// Buckets of eight addresses, a cache line each. An entry is claimed and given up by a compare-and-swap on its address;
// in between it belongs to one thread.
#include "allocation_table.h"

#include <string.h>

enum {
    ways = POLLSCOPE_ALLOCATION_WAYS,
    filter_most = 250, // of one place of the filter; it must not overflow
};

static const uintptr_t claimed = 1; // no block is there

struct entry {
    struct pollscope_living_sample sample;
    uint64_t serial_and_type; // serial << 16 | type: a type is for one serial only
};

uint8_t pollscope_allocation_filter[POLLSCOPE_ALLOCATION_FILTER];
uintptr_t pollscope_allocation_addresses[POLLSCOPE_ALLOCATION_BUCKETS][ways] __attribute__((aligned(64)));
static struct entry entries[POLLSCOPE_ALLOCATION_BUCKETS * ways];

static uint8_t *filter_place(const void *block) {
    return &pollscope_allocation_filter[pollscope_allocation_hash(block) >> (64 - POLLSCOPE_ALLOCATION_FILTER_LOG2)];
}

bool pollscope_allocation_table_enter(const void *block, const struct pollscope_living_sample *sample, uint32_t *place,
                                      uint64_t *serial) {
    static uint64_t serials;
    // A block that was freed by a way that is not ours is still there, and its address is in use again.
    struct pollscope_living_sample stale;
    pollscope_allocation_table_take(block, &stale);
    uint32_t bucket = pollscope_allocation_bucket(block);
    for (uint32_t way = 0; way < ways; way++) {
        uintptr_t seen = 0;
        if (!__atomic_compare_exchange_n(&pollscope_allocation_addresses[bucket][way], &seen, claimed, false,
                                         __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            continue;
        uint8_t *filter = filter_place(block);
        if (__atomic_add_fetch(filter, 1, __ATOMIC_RELAXED) > filter_most) {
            __atomic_fetch_sub(filter, 1, __ATOMIC_RELAXED);
            __atomic_store_n(&pollscope_allocation_addresses[bucket][way], 0, __ATOMIC_RELEASE);
            return false;
        }
        *place = bucket * ways + way;
        *serial = __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
        entries[*place].sample = *sample;
        __atomic_store_n(&entries[*place].serial_and_type, *serial << 16 | sample->type, __ATOMIC_RELAXED);
        __atomic_store_n(&pollscope_allocation_addresses[bucket][way], (uintptr_t)block, __ATOMIC_RELEASE);
        return true;
    }
    return false;
}

bool pollscope_allocation_table_take(const void *block, struct pollscope_living_sample *sample) {
    uint32_t bucket = pollscope_allocation_bucket(block);
    for (uint32_t way = 0; way < ways; way++) {
        uintptr_t seen = (uintptr_t)block;
        if (__atomic_load_n(&pollscope_allocation_addresses[bucket][way], __ATOMIC_RELAXED) != seen ||
            !__atomic_compare_exchange_n(&pollscope_allocation_addresses[bucket][way], &seen, claimed, false,
                                         __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            continue;
        struct entry *entry = &entries[bucket * ways + way];
        *sample = entry->sample;
        sample->type = (uint16_t)__atomic_load_n(&entry->serial_and_type, __ATOMIC_RELAXED);
        __atomic_store_n(&pollscope_allocation_addresses[bucket][way], 0, __ATOMIC_RELEASE);
        __atomic_fetch_sub(filter_place(block), 1, __ATOMIC_RELAXED);
        return true;
    }
    return false;
}

bool pollscope_allocation_table_has(const void *block, uint32_t place, uint64_t serial) {
    // What was read of the block before is not read after this.
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    uintptr_t address = __atomic_load_n(&pollscope_allocation_addresses[place / ways][place % ways], __ATOMIC_RELAXED);
    return address == (uintptr_t)block &&
           __atomic_load_n(&entries[place].serial_and_type, __ATOMIC_RELAXED) >> 16 == serial;
}

void pollscope_allocation_table_set_type(uint32_t place, uint64_t serial, uint16_t type) {
    uint64_t untyped = serial << 16;
    __atomic_compare_exchange_n(&entries[place].serial_and_type, &untyped, untyped | type, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
}
