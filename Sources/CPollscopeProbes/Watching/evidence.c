// Writes the evidence of long polls.
#include "evidence.h"

#include "clock.h"
#include "watch.h"
#include <errno.h>
#include <time.h>

uint64_t pollscope_long_poll_ticks = UINT64_MAX;

void pollscope_evidence_long_poll(struct pollscope_thread *thread, uint64_t now) {
    int error = errno;
    thread->poll.call = POLLSCOPE_CALL_OURS;
    struct pollscope_long_poll_record *record = pollscope_evidence_next(thread);
    if (record) {
        const struct pollscope_running *running = &thread->ring->running;
        record->kind = POLLSCOPE_EVIDENCE_LONG_POLL;
        record->poll_flags = running->flags;
        record->poll_kind = running->kind;
        record->executor = running->executor;
        record->poll_start_ticks = running->start_ticks;
        record->duration_ticks = now - running->start_ticks;
        record->blocked_ticks = thread->poll.blocked_ticks;
        record->tid = thread->ring->owner;
        record->task = running->task;
        record->poll_stack = running->stack;
        record->calls = thread->poll.calls;
        struct pollscope_reading first;
        if (pollscope_watch_first_reading(thread->watch, running->start_ticks, &first)) {
            record->first_ticks = first.ticks;
            record->first_cpu_ns = first.cpu_ns;
            record->first_blocked_ticks = first.blocked_ticks;
            record->end_cpu_ns = pollscope_system_clock_ns(CLOCK_THREAD_CPUTIME_ID);
        }
        pollscope_evidence_publish(thread);
    }
    thread->poll.call = POLLSCOPE_CALL_NONE;
    errno = error;
}
