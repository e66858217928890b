// Writes event records, and claims rings for them.
#include "events.h"

#include "clock.h"
#include <errno.h>

bool pollscope_requests_are_taken;
bool pollscope_events_are_wanted;

static void count_unrecorded(void) {
    __atomic_fetch_add(&pollscope_session.header->events_unrecorded, 1, __ATOMIC_RELAXED);
}

static bool reserve(struct pollscope_thread *thread) {
    struct pollscope_ring_header *ring = thread->ring;
    uint32_t index = (uint32_t)(ring - pollscope_session.ring_headers);
    if (!ring->events_ready) {
        if (pollscope_session_reserve_events(index) != 0)
            return false;
        __atomic_store_n(&ring->events_ready, 1, __ATOMIC_RELEASE);
    }
    thread->events_head = ring->events_head;
    thread->events = pollscope_session_events(index);
    return true;
}

bool pollscope_events_claim(struct pollscope_thread *thread) {
    // What was refused once may be had later; asking each time would be a burden.
    enum { refusals_between = 1024 };
    int error = errno;
    uint16_t call = thread->poll.call;
    thread->poll.call = POLLSCOPE_CALL_OURS; // what it takes is not the service's
    bool claimed = pollscope_thread_has_slot(thread) && pollscope_thread_has_ring(thread) &&
                   thread->event_refusals++ % refusals_between == 0 && reserve(thread);
    thread->poll.call = call;
    errno = error;
    if (claimed)
        thread->event_refusals = 0;
    return claimed;
}

// The task that runs on this thread, as far as it is one of the runtime's: the main task stays the current one while the
// main thread runs other things in its run loop.
UNANNOTATED static uint32_t current_task(const struct pollscope_thread *thread) {
    if (thread->depth != 0) {
        uint8_t kind = thread->ring->running.kind;
        if (kind == POLLSCOPE_RECORD_WORK || kind == POLLSCOPE_RECORD_TURN)
            return 0;
    }
    const struct pollscope_job *task = swift_task_getCurrent ? swift_task_getCurrent() : NULL;
    return task ? task->id : 0;
}

UNANNOTATED struct pollscope_event_record *pollscope_event_next(struct pollscope_thread *thread, uint8_t kind) {
    if (__builtin_expect(thread->events == NULL, 0) && !pollscope_events_claim(thread)) {
        count_unrecorded();
        return NULL;
    }
    struct pollscope_event_record *record =
        &thread->events[thread->events_head & (pollscope_session.events_records - 1)];
    // The head of the record before becomes visible before this one is begun.
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *record = (struct pollscope_event_record){.sequence = (uint32_t)thread->events_head,
                                              .kind = kind,
                                              .at_ticks = pollscope_clock_ticks(),
                                              .tid = thread->slot->tid,
                                              .task = current_task(thread)};
    return record;
}

UNANNOTATED void pollscope_event_task_made(struct pollscope_thread *thread, const struct pollscope_job *task,
                                           bool runs_at_once) {
    // A task that runs at once is the current one already: its maker is whose poll this is.
    bool is_in_task = thread->depth != 0 && thread->ring->running.kind == POLLSCOPE_RECORD_TASK;
    uint32_t maker = !runs_at_once ? current_task(thread) : is_in_task ? thread->ring->running.task : 0;
    if (maker == 0 || maker == task->id)
        return;
    struct pollscope_event_record *record = pollscope_event_next(thread, POLLSCOPE_EVENT_TASK_MADE);
    if (!record)
        return;
    record->task = maker;
    record->subject = task->id;
    pollscope_event_publish(thread);
}
