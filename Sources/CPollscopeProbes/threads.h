// A thread's place in the session file: its slot (who enqueues) and its ring (who runs polls).
//
// A thread claims a slot at its first enqueue or poll, a ring at its first poll, and gives both back when it ends.
// Both claims are a compare-and-swap on an entry of a table: no lock, nobody to wait for.
#ifndef POLLSCOPE_THREADS_H
#define POLLSCOPE_THREADS_H

#include "allocation_counters.h"
#include "pollscope_calls.h"
#include "session.h"

// The actor that a poll has, if any.
struct pollscope_hold {
    const void *actor; // NULL: none
    uint64_t start_ticks, wait_ticks;
    uint32_t stack; // where the task resumed on it
    uint8_t flags;  // enum pollscope_hold_flags
};

// A poll between its start and its end.
struct pollscope_poll {
    uint64_t start_ticks, wait_ticks;
    uint32_t task, stack;
    uint16_t waker;
    uint8_t kind, executor, priority, flags;
};

// What is known of the poll that runs on a thread, beyond its line in the session file.
struct pollscope_poll_state {
    uintptr_t frame;        // frame pointer of the trampoline: where the poll's native stack begins
    uintptr_t call_frame;   // frame pointer of our definition of the call that it is in
    uint64_t blocked_ticks; // in observed calls that have returned
    uint64_t inner_ticks;   // of polls inside that have ended
    uint32_t calls;         // observed calls, outermost ones
    uint16_t call;          // enum pollscope_call that it is in; 0: in none
    struct pollscope_allocation_totals allocated; // the thread's totals when it began
    const struct pollscope_job *task; // whose poll it is; NULL: no task's
    struct pollscope_hold hold;
};

// A call that is not to be observed, because the thread is at work for the probes.
#define POLLSCOPE_CALL_OURS UINT16_MAX

// What the watcher keeps of a ring, and tells its thread. In the process only.
struct pollscope_watch;

// Names of requests that were asked for last, by a hash of what was asked with.
#define POLLSCOPE_KNOWN_NAMES 8
struct pollscope_known_name {
    uint64_t hash;
    uint32_t number;
};

struct pollscope_thread {
    struct pollscope_slot *slot; // NULL: not claimed yet
    struct pollscope_ring_header *ring;
    struct pollscope_poll_record *records;
    uint64_t head;             // the ring's, ours alone to move
    uint64_t thread_records;   // how many of `head` are thread records; the others are polls
    uint32_t mask;             // records in a ring - 1
    uint16_t slot_number;
    uint16_t depth;            // polls running on this thread, one inside another
    bool slot_refused;
    uint32_t ring_refusals;    // polls that found no ring, since the last that did
    struct pollscope_poll_state poll; // of the innermost poll
    struct pollscope_watch *watch;    // of the ring; NULL without one
    char *evidence;                   // the ring's evidence records
    uint64_t evidence_head;
    struct pollscope_stack_root *roots; // of the tasks that this thread ran last; NULL without a ring
    uint64_t last_stack_hash;  // the stack captured last: polls of one site come in runs
    uint32_t last_stack;
    uint64_t next_anchor_head; // `head` at which the clock's anchor is looked at again
    struct pollscope_poll turn; // of the thread's event loop, where it is open: start_ticks is not 0
    uint64_t last_executor;     // identity of the one whose number was asked for last, and the number
    uint8_t last_executor_number;
    uintptr_t task_executor; // the TaskExecutor that runs a job here; 0: none, or not known
    uint64_t last_actor_metadata; // of the type that was asked for last, and its number
    uint16_t last_actor_type;
    struct pollscope_event_record *events; // the ring's; NULL until there is something to tell
    uint64_t events_head;
    uint32_t event_refusals;
    struct pollscope_known_name known_names[POLLSCOPE_KNOWN_NAMES];
};

// For the thread with ring `index`. Memory that is touched only where stacks are deep.
PRIVATE struct pollscope_stack_root *pollscope_stack_roots(uint32_t ring);

extern PRIVATE __thread struct pollscope_thread pollscope_thread __attribute__((tls_model("initial-exec")));

// Once, at start.
PRIVATE void pollscope_threads_start(void);

// Slow paths: the first time, and for a ring now and then after a refusal. They leave errno as it was.
PRIVATE void pollscope_thread_claim_slot(struct pollscope_thread *thread);
PRIVATE void pollscope_thread_claim_ring(struct pollscope_thread *thread);

// For a thread that does nothing but allocate: claims a slot where there are many to spare for those that have jobs.
PRIVATE void pollscope_thread_claim_spare_slot(struct pollscope_thread *thread);

static inline bool pollscope_thread_has_slot(struct pollscope_thread *thread) {
    if (__builtin_expect(thread->slot == NULL, 0) && !thread->slot_refused)
        pollscope_thread_claim_slot(thread);
    return thread->slot != NULL;
}

static inline bool pollscope_thread_has_ring(struct pollscope_thread *thread) {
    if (__builtin_expect(thread->ring == NULL, 0))
        pollscope_thread_claim_ring(thread);
    return thread->ring != NULL;
}

// The next record to fill. Not visible to readers before pollscope_thread_publish.
static inline struct pollscope_poll_record *pollscope_thread_next_record(struct pollscope_thread *thread) {
    return &thread->records[thread->head & thread->mask];
}

static inline void pollscope_thread_publish(struct pollscope_thread *thread) {
    __atomic_store_n(&thread->ring->head, ++thread->head, __ATOMIC_RELEASE);
}

#endif
