// What a thread tells of its polls beyond their records: calls that blocked, and how a long poll ended.
#ifndef POLLSCOPE_EVIDENCE_H
#define POLLSCOPE_EVIDENCE_H

#include "threads.h"

// Polls of at least so many ticks leave evidence; UINT64_MAX: none does. Constant once the probes are on.
extern PRIVATE uint64_t pollscope_long_poll_ticks;

// The next record to fill, of either kind: zeroed but for its sequence. NULL where the thread has no ring. Only the
// thread itself, only while `thread->poll.call` is set, so that a signal handler of the host's, whose calls are then
// not observed, cannot come in between.
static inline void *pollscope_evidence_next(struct pollscope_thread *thread) {
    enum { record_bytes = sizeof(struct pollscope_call_record) };
    if (!thread->evidence)
        return NULL;
    char *record = thread->evidence + (thread->evidence_head & (POLLSCOPE_EVIDENCE_RECORDS - 1)) * record_bytes;
    __builtin_memset(record, 0, record_bytes);
    *(uint32_t *)(void *)record = (uint32_t)thread->evidence_head;
    return record;
}

static inline void pollscope_evidence_publish(struct pollscope_thread *thread) {
    __atomic_store_n(&thread->ring->evidence_head, ++thread->evidence_head, __ATOMIC_RELEASE);
    // The next record is not begun before this is visible.
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

// The innermost poll of the thread ends, and was long. Before its record is written. Leaves errno as it was.
PRIVATE void pollscope_evidence_long_poll(struct pollscope_thread *thread, uint64_t now);

#endif
