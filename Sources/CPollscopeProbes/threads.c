// Claims slots and rings for threads, and takes them back from threads that end.
#define _GNU_SOURCE
#include "threads.h"

#include "allocations.h"
#include "clock.h"
#include "polls.h"
#include "watch.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct pollscope_thread pollscope_thread __attribute__((tls_model("initial-exec")));

static pthread_key_t exit_key;
static bool has_exit_key;

enum {
    // Values of the first 32 keys are inside the thread's own control block (glibc); beyond, setting one would
    // allocate, which a hook must not do.
    keys_without_allocation = 32,
};

static uint32_t thread_id(void) { return (uint32_t)syscall(SYS_gettid); }

// The table is searched from a place that moves, so that claims do not all begin at the same taken entries.
static uint32_t search_start(_Atomic uint32_t *place, uint32_t count) {
    return atomic_fetch_add_explicit(place, 1, memory_order_relaxed) % count;
}

static void raise_to(uint32_t *mark, uint32_t value) {
    uint32_t seen = __atomic_load_n(mark, __ATOMIC_RELAXED);
    while (seen < value && !__atomic_compare_exchange_n(mark, &seen, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

// Whether the owner of an entry is gone without having given it back: its destructor did not run.
static bool is_gone(uint32_t tid) {
    return syscall(SYS_tgkill, pollscope_session.header->pid, tid, 0) != 0 && errno == ESRCH;
}

// Takes over entry `owner` if it is free, or, in the second round, if its thread is gone.
static bool take(uint32_t *owner, uint32_t tid, bool look_for_dead) {
    uint32_t seen = __atomic_load_n(owner, __ATOMIC_RELAXED);
    // Our own id on an entry we do not hold is a thread of the past, too.
    if (seen != 0 && seen != tid && !(look_for_dead && is_gone(seen)))
        return false;
    // Claimed with a tid of all ones while the entry's other fields are written.
    return __atomic_compare_exchange_n(owner, &seen, UINT32_MAX, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void give_back(void *value) {
    struct pollscope_thread *thread = value;
    if (!pollscope_is_on())
        return;
    if (thread->turn.start_ticks != 0)
        pollscope_poll_end_turn(pollscope_clock_ticks());
    if (thread->ring) {
        __atomic_store_n(&thread->ring->running.start_ticks, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&thread->ring->owner, 0, __ATOMIC_RELEASE);
    }
    if (thread->slot) {
        pollscope_allocations_leave(thread->slot);
        __atomic_store_n(&thread->slot->tid, 0, __ATOMIC_RELEASE);
    }
    // Destructors of others may still enqueue: they claim anew, and this one is called again.
    memset(thread, 0, sizeof *thread);
}

void pollscope_threads_start(void) {
    has_exit_key = pthread_key_create(&exit_key, give_back) == 0;
    if (has_exit_key && exit_key >= keys_without_allocation) {
        pthread_key_delete(exit_key);
        has_exit_key = false; // entries of ended threads are then found when entries run short
    }
}

enum {
    rounds_all = 3,         // entries used before, all others, and then those whose threads are gone
    rounds_without_dead = 2,
};

static void claim_slot(struct pollscope_thread *thread, int rounds) {
    static _Atomic uint32_t place;
    struct pollscope_header *header = pollscope_session.header;
    uint32_t tid = thread_id(), count = header->slots.count;
    // The few slots that were used before come first, so that a reader has few to look at.
    uint32_t used = __atomic_load_n(&header->slots_used, __ATOMIC_RELAXED);
    for (int round = 0; round < rounds; round++) {
        uint32_t span = round == 0 ? used : count;
        uint32_t start = round == 0 && used ? search_start(&place, used) : round == 1 ? used : 0;
        for (uint32_t i = 0; i < span; i++) {
            uint32_t index = (start + i) % span;
            struct pollscope_slot *slot = &pollscope_session.slots[index];
            if (!take(&slot->tid, tid, round == 2))
                continue;
            prctl(PR_GET_NAME, slot->name); // 16 bytes, of this thread
            slot->claimed_ticks = pollscope_clock_ticks();
            __atomic_store_n(&slot->generation, slot->generation + 1, __ATOMIC_RELAXED);
            __atomic_store_n(&slot->tid, tid, __ATOMIC_RELEASE);
            raise_to(&header->slots_used, index + 1);
            thread->slot_number = (uint16_t)index;
            thread->slot = slot;
            pollscope_allocations_adopt(slot);
            if (has_exit_key)
                pthread_setspecific(exit_key, thread);
            return;
        }
    }
}

static void claim_ring(struct pollscope_thread *thread) {
    struct pollscope_header *header = pollscope_session.header;
    uint32_t tid = thread_id();
    int error = 0;
    for (int round = 0; round < 2 && !error; round++) {
        for (uint32_t index = 0; index < pollscope_session.rings_limit; index++) {
            struct pollscope_ring_header *ring = &pollscope_session.ring_headers[index];
            if (!take(&ring->owner, tid, round == 1))
                continue;
            if (!ring->reserved_bytes_ready) {
                error = pollscope_session_reserve_ring(index);
                if (error) {
                    __atomic_store_n(&ring->owner, 0, __ATOMIC_RELEASE);
                    break;
                }
                ring->reserved_bytes_ready = 1;
            }
            uint64_t bytes = (uint64_t)pollscope_session.ring_records * sizeof(struct pollscope_poll_record);
            thread->records = (struct pollscope_poll_record *)(pollscope_session.rings + index * bytes);
            thread->mask = pollscope_session.ring_records - 1;
            thread->head = ring->head;
            ring->slot = thread->slot_number;
            ring->depth = 0;
            __atomic_store_n(&ring->running.start_ticks, 0, __ATOMIC_RELAXED); // the watcher looks at it
            raise_to(&header->rings_used, index + 1);
            thread->ring = ring;
            thread->roots = pollscope_stack_roots(index);
            thread->watch = pollscope_watch_claim(index);
            thread->evidence = pollscope_session_evidence(index);
            thread->evidence_head = ring->evidence_head;
            thread->events = NULL; // the owner before may have had its own
            // The ring is whole up to its head before the next record is begun.
            __atomic_thread_fence(__ATOMIC_RELEASE);

            struct pollscope_thread_record *record =
                (struct pollscope_thread_record *)pollscope_thread_next_record(thread);
            memset(record, 0, sizeof *record);
            record->sequence = (uint32_t)(thread->head - ring->thread_records);
            record->kind = POLLSCOPE_RECORD_THREAD;
            record->claimed_ticks = thread->slot->claimed_ticks;
            record->tid = tid;
            record->slot = thread->slot_number;
            memcpy(record->name, thread->slot->name, sizeof record->name);
            thread->thread_records = ring->thread_records + 1;
            __atomic_store_n(&ring->thread_records, thread->thread_records, __ATOMIC_RELAXED);
            pollscope_thread_publish(thread);
            __atomic_store_n(&ring->owner, tid, __ATOMIC_RELEASE);
            return;
        }
    }
    __atomic_store_n(&header->ring_refusal_errno, (uint32_t)error, __ATOMIC_RELAXED);
    __atomic_fetch_add(&header->rings_refused, 1, __ATOMIC_RELAXED);
}

// A hook must leave errno as it was, and these make system calls.
void pollscope_thread_claim_slot(struct pollscope_thread *thread) {
    int error = errno;
    claim_slot(thread, rounds_all);
    thread->slot_refused = thread->slot == NULL;
    errno = error;
}

void pollscope_thread_claim_spare_slot(struct pollscope_thread *thread) {
    const struct pollscope_header *header = pollscope_session.header;
    if (__atomic_load_n(&header->slots_used, __ATOMIC_RELAXED) >= header->slots.count / 4 * 3)
        return;
    int error = errno;
    claim_slot(thread, rounds_without_dead);
    errno = error;
}

void pollscope_thread_claim_ring(struct pollscope_thread *thread) {
    int error = errno;
    // What was refused once may be had later; asking each time would be a burden.
    enum { refusals_between = 1024 };
    if (thread->ring_refusals++ % refusals_between == 0)
        claim_ring(thread);
    errno = error;
}
