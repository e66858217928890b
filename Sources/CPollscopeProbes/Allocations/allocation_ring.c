// One writer at a time, by a lock that nobody waits for beyond a bound.
#include "allocation_ring.h"

#include "session.h"

static inline void pause_a_little(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void pollscope_allocation_ring_write(const struct pollscope_allocation_record *record) {
    static uint8_t is_held;
    enum { tries = 64 }; // with a pause each: much longer than it takes to write a record
    struct pollscope_header *header = pollscope_session.header;
    for (int i = 0; __atomic_exchange_n(&is_held, 1, __ATOMIC_ACQUIRE); i++) {
        if (i == tries) {
            __atomic_fetch_add(&header->allocations_dropped, 1, __ATOMIC_RELAXED);
            return;
        }
        pause_a_little();
    }
    uint64_t head = header->allocations_head;
    struct pollscope_allocation_record *place =
        &pollscope_session.allocations[head & (POLLSCOPE_ALLOCATION_RECORDS - 1)];
    *place = *record;
    place->sequence = (uint32_t)head;
    __atomic_store_n(&header->allocations_head, head + 1, __ATOMIC_RELEASE);
    // The next record is not begun before this is visible.
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&is_held, 0, __ATOMIC_RELEASE);
}
