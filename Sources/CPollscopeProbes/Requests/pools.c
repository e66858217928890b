// Pools, as the service tells of them: exact counters in the table of pools, and a record for each wait and each hold.
#include "clock.h"
#include "events.h"
#include "pollscope_probes.h"

static struct pollscope_pool_entry *entry_of(uint32_t pool) {
    uint32_t index = pool - 1;
    return index < POLLSCOPE_POOLS_MAX && pollscope_is_on() ? &pollscope_session.pools[index] : NULL;
}

static void count(uint64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

static void count_up(uint32_t *number, uint32_t *peak) {
    uint32_t now = __atomic_add_fetch(number, 1, __ATOMIC_RELAXED), seen = __atomic_load_n(peak, __ATOMIC_RELAXED);
    while (seen < now && !__atomic_compare_exchange_n(peak, &seen, now, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static void count_down(uint32_t *number) { __atomic_fetch_sub(number, 1, __ATOMIC_RELAXED); }

uint32_t pollscope_pool_open(const uint8_t *name, uint64_t bytes, uint32_t capacity) {
    if (!pollscope_is_on())
        return 0;
    if (!pollscope_requests_are_taken)
        return POLLSCOPE_POOL_REFUSED;
    struct pollscope_header *header = pollscope_session.header;
    uint32_t index = __atomic_load_n(&header->pools_used, __ATOMIC_RELAXED);
    do
        if (index >= POLLSCOPE_POOLS_MAX) {
            __atomic_fetch_add(&header->pools_refused, 1, __ATOMIC_RELAXED);
            return POLLSCOPE_POOL_REFUSED;
        }
    while (!__atomic_compare_exchange_n(&header->pools_used, &index, index + 1, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
    struct pollscope_pool_entry *entry = &pollscope_session.pools[index];
    uint64_t most = sizeof entry->name - 1, count = bytes < most ? bytes : most;
    while (count < bytes && count > 0 && (name[count] & 0xC0) == 0x80)
        count--; // not within a character
    for (uint64_t i = 0; i < count; i++)
        entry->name[i] = (char)name[i];
    entry->capacity = capacity;
    entry->opened_ticks = pollscope_clock_ticks();
    __atomic_store_n(&entry->state, POLLSCOPE_POOL_OPEN, __ATOMIC_RELEASE);
    return index + 1;
}

void pollscope_pool_resize(uint32_t pool, uint32_t capacity) {
    struct pollscope_pool_entry *entry = entry_of(pool);
    if (entry)
        __atomic_store_n(&entry->capacity, capacity, __ATOMIC_RELAXED);
}

void pollscope_pool_close(uint32_t pool) {
    struct pollscope_pool_entry *entry = entry_of(pool);
    if (entry)
        __atomic_store_n(&entry->state, POLLSCOPE_POOL_CLOSED, __ATOMIC_RELAXED);
}

UNANNOTATED struct pollscope_pool_wait pollscope_pool_ask(uint32_t pool) {
    struct pollscope_pool_wait wait = {0};
    struct pollscope_pool_entry *entry = entry_of(pool);
    if (!entry)
        return wait;
    const struct pollscope_thread *thread = &pollscope_thread;
    wait.since_ticks = pollscope_clock_ticks();
    if (thread->depth != 0) {
        wait.poll_start_ticks = thread->ring->running.start_ticks;
        wait.blocked_ticks = thread->poll.blocked_ticks;
    }
    count(&entry->asked);
    if (__atomic_load_n(&entry->state, __ATOMIC_RELAXED) == POLLSCOPE_POOL_CLOSED)
        count(&entry->after_close);
    count_up(&entry->waiting, &entry->waiting_peak);
    return wait;
}

UNANNOTATED struct pollscope_pool_lease pollscope_pool_answer(uint32_t pool, struct pollscope_pool_wait wait,
                                                              uint8_t outcome, uint64_t connection) {
    struct pollscope_pool_lease lease = {0};
    struct pollscope_pool_entry *entry = entry_of(pool);
    if (!entry || wait.since_ticks == 0)
        return lease;
    bool acquired = outcome == POLLSCOPE_OUTCOME_OK;
    count_down(&entry->waiting);
    if (acquired) {
        count(&entry->acquired);
        count_up(&entry->in_use, &entry->in_use_peak);
    } else {
        count(&entry->failed);
        if (outcome == POLLSCOPE_OUTCOME_TIMED_OUT)
            count(&entry->timed_out);
    }
    struct pollscope_thread *thread = &pollscope_thread;
    struct pollscope_event_record *record = pollscope_event_next(thread, POLLSCOPE_EVENT_POOL_ACQUIRED);
    if (acquired)
        lease.since_ticks = record ? record->at_ticks : pollscope_clock_ticks();
    if (!record)
        return lease;
    if (acquired)
        record->number = lease.number = pollscope_event_number(thread);
    record->detail = outcome;
    record->other = connection;
    record->since_ticks = wait.since_ticks;
    record->subject = pool;
    if (thread->depth != 0 && thread->ring->running.start_ticks == wait.poll_start_ticks) {
        record->flags |= POLLSCOPE_EVENT_IN_POLL;
        record->blocked_ticks = thread->poll.blocked_ticks - wait.blocked_ticks;
    }
    pollscope_event_publish(thread);
    return lease;
}

UNANNOTATED void pollscope_pool_release(uint32_t pool, struct pollscope_pool_lease lease, uint64_t connection,
                                        bool dropped) {
    struct pollscope_pool_entry *entry = entry_of(pool);
    if (!entry || lease.since_ticks == 0)
        return;
    count(&entry->released);
    count_down(&entry->in_use);
    if (dropped)
        count(&entry->dropped);
    struct pollscope_thread *thread = &pollscope_thread;
    struct pollscope_event_record *record = pollscope_event_next(thread, POLLSCOPE_EVENT_POOL_RELEASED);
    if (!record)
        return;
    record->number = lease.number;
    record->flags = dropped ? POLLSCOPE_EVENT_DROPPED : 0;
    record->other = connection;
    record->since_ticks = lease.since_ticks;
    record->subject = pool;
    pollscope_event_publish(thread);
}

void pollscope_pool_released_twice(uint32_t pool) {
    struct pollscope_pool_entry *entry = entry_of(pool);
    if (entry)
        count(&entry->released_twice);
}

UNANNOTATED void pollscope_pool_connection(uint32_t pool, uint64_t connection, bool opened) {
    struct pollscope_pool_entry *entry = entry_of(pool);
    if (!entry)
        return;
    count(opened ? &entry->connections_opened : &entry->connections_closed);
    struct pollscope_thread *thread = &pollscope_thread;
    struct pollscope_event_record *record =
        pollscope_event_next(thread, opened ? POLLSCOPE_EVENT_CONNECTION_OPENED : POLLSCOPE_EVENT_CONNECTION_CLOSED);
    if (!record)
        return;
    record->other = connection;
    record->subject = pool;
    pollscope_event_publish(thread);
}
