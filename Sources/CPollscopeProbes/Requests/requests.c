// Requests, as the service tells of them.
#include "clock.h"
#include "events.h"
#include "pollscope_probes.h"
#include "request_names.h"

uint64_t pollscope_now(void) { return pollscope_is_on() ? pollscope_clock_ticks() : 0; }

UNANNOTATED struct pollscope_request pollscope_request_begin(const uint8_t *name, uint64_t bytes, uint8_t role,
                                                             uint64_t parent, uint64_t arrived_ticks) {
    struct pollscope_request request = {0};
    if (!pollscope_is_on() || !pollscope_requests_are_taken)
        return request;
    if (!__atomic_load_n(&pollscope_events_are_wanted, __ATOMIC_RELAXED))
        __atomic_store_n(&pollscope_events_are_wanted, true, __ATOMIC_RELAXED);
    struct pollscope_thread *thread = &pollscope_thread;
    struct pollscope_event_record *record = pollscope_event_next(thread, POLLSCOPE_EVENT_REQUEST_BEGAN);
    if (!record)
        return request;
    request = (struct pollscope_request){pollscope_event_number(thread), record->at_ticks};
    record->detail = role;
    record->number = request.number;
    record->other = parent;
    record->since_ticks = arrived_ticks < record->at_ticks ? arrived_ticks : 0;
    record->subject = pollscope_request_name(thread, name, bytes);
    pollscope_event_note_blocked(thread, record);
    pollscope_event_publish(thread);
    return request;
}

// `name` NULL: it is called as it was when it began.
static inline void end(struct pollscope_request request, uint8_t outcome, const uint8_t *_Nullable name,
                       uint64_t bytes) {
    if (request.number == 0 || !pollscope_is_on())
        return;
    struct pollscope_thread *thread = &pollscope_thread;
    struct pollscope_event_record *record = pollscope_event_next(thread, POLLSCOPE_EVENT_REQUEST_ENDED);
    if (!record)
        return;
    record->detail = outcome;
    record->number = request.number;
    record->since_ticks = request.begun_ticks;
    if (name)
        record->subject = pollscope_request_name(thread, name, bytes);
    pollscope_event_note_blocked(thread, record);
    pollscope_event_publish(thread);
}

UNANNOTATED void pollscope_request_end(struct pollscope_request request, uint8_t outcome) {
    end(request, outcome, NULL, 0);
}

UNANNOTATED void pollscope_request_end_named(struct pollscope_request request, uint8_t outcome, const uint8_t *name,
                                             uint64_t bytes) {
    end(request, outcome, name, bytes);
}

UNANNOTATED void pollscope_request_trace(uint64_t number, uint64_t trace_high, uint64_t trace_low, uint64_t span) {
    if (number == 0 || !pollscope_is_on())
        return;
    struct pollscope_thread *thread = &pollscope_thread;
    struct pollscope_event_record *record = pollscope_event_next(thread, POLLSCOPE_EVENT_REQUEST_TRACED);
    if (!record)
        return;
    record->number = number;
    record->other = trace_high;
    record->since_ticks = trace_low;
    record->blocked_ticks = span;
    pollscope_event_publish(thread);
}
