// The slow path of interning: a stack that is new, or not at its first place in the table.
#include "stacks.h"

enum {
    probes_max = 64, // places looked at before the table counts as full
};

static void publish(struct pollscope_stack *entry, const struct pollscope_stack_capture *capture) {
    struct pollscope_header *header = pollscope_session.header;
    uint32_t offset = __atomic_fetch_add(&header->frames_used, capture->count, __ATOMIC_RELAXED);
    if (offset > header->frames.count - capture->count) {
        // The number stays good for counting: its polls are told from others, but have no name.
        if (offset > UINT32_MAX / 2)
            __atomic_store_n(&header->frames_used, header->frames.count, __ATOMIC_RELAXED);
        __atomic_fetch_add(&header->stacks_refused, 1, __ATOMIC_RELAXED);
        return;
    }
    for (uint16_t i = 0; i < capture->count; i++)
        pollscope_session.frames[offset + i] = capture->frames[i];
    __atomic_fetch_add(&header->stacks_used, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->where, POLLSCOPE_STACK_WHERE(offset, capture->count, capture->kind, capture->cut),
                     __ATOMIC_RELEASE);
}

uint32_t pollscope_stack_intern_slow(const struct pollscope_stack_capture *capture) {
    uint64_t hash = capture->hash;
    for (uint32_t probe = 0; probe < probes_max; probe++) {
        uint32_t place = (uint32_t)(hash + probe) & (POLLSCOPE_STACKS_MAX - 1);
        struct pollscope_stack *entry = &pollscope_session.stacks[place];
        uint64_t seen = __atomic_load_n(&entry->hash, __ATOMIC_RELAXED);
        if (seen == 0 && __atomic_compare_exchange_n(&entry->hash, &seen, hash, false, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
            publish(entry, capture);
            return place + 1;
        }
        if (seen == hash)
            return place + 1;
    }
    __atomic_fetch_add(&pollscope_session.header->stacks_refused, 1, __ATOMIC_RELAXED);
    return 0;
}
