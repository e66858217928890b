// The rings of events: what a service tells of its requests and pools, and which task made which.
//
// A thread has one from the first time on that it has something to tell. The service's own code writes there, and the
// enqueuing of a new task; never two at once on a thread.
#ifndef POLLSCOPE_EVENTS_H
#define POLLSCOPE_EVENTS_H

#include "runtime.h"
#include "session.h"
#include "threads.h"
#include "visibility.h"

// Whether requests and pools are to be recorded. Set once, at start.
extern PRIVATE bool pollscope_requests_are_taken;

// Whether this process has requests: set by the first.
extern PRIVATE bool pollscope_events_are_wanted;

// Slow path: the first time on a thread, and now and then after a refusal. Leaves errno as it was.
PRIVATE bool pollscope_events_claim(struct pollscope_thread *thread);

// The next event record to fill, with its sequence, kind, thread, task and the time now; all else is 0. NULL: the thread has no ring
// for it, which is counted.
PRIVATE struct pollscope_event_record *pollscope_event_next(struct pollscope_thread *thread, uint8_t kind);

// The number of what the record that is being filled begins: never 0, never another's in this session.
static inline uint64_t pollscope_event_number(const struct pollscope_thread *thread) {
    uint64_t ring = (uint64_t)(thread->ring - pollscope_session.ring_headers);
    return ring << 48 | (thread->events_head + 1);
}

static inline void pollscope_event_publish(struct pollscope_thread *thread) {
    __atomic_store_n(&thread->ring->events_head, ++thread->events_head, __ATOMIC_RELEASE);
}

// What the poll that runs on this thread was blocked until now, for a record that is being filled.
static inline void pollscope_event_note_blocked(const struct pollscope_thread *thread,
                                                struct pollscope_event_record *record) {
    if (thread->depth == 0)
        return;
    record->flags |= POLLSCOPE_EVENT_IN_POLL;
    record->blocked_ticks = thread->poll.blocked_ticks;
}

// This thread makes a task: tells of it, if it does so in another task. `runs_at_once`: without being enqueued.
PRIVATE void pollscope_event_task_made(struct pollscope_thread *thread, const struct pollscope_job *task,
                                       bool runs_at_once);

#endif
