// The session file as the process writes it: made at start, mapped for good, given back at exit.
#ifndef POLLSCOPE_SESSION_H
#define POLLSCOPE_SESSION_H

#include "pollscope_layout.h"
#include "settings.h"
#include "visibility.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pollscope_session {
    struct pollscope_header *header;
    struct pollscope_slot *slots;
    struct pollscope_stack *stacks;
    uint64_t *frames;
    struct pollscope_ring_header *ring_headers;
    struct pollscope_sample_record *samples;
    struct pollscope_allocation_record *allocations;
    struct pollscope_type *types;
    char *type_names;
    struct pollscope_executor_entry *executors;
    struct pollscope_task_entry *tasks;
    struct pollscope_request_name *request_names;
    char *name_texts;
    struct pollscope_pool_entry *pools;
    char *evidence; // of ring i once it is reserved, like the ring itself
    char *events; // of ring i once pollscope_session_reserve_events(i) has said yes
    char *rings; // mapped whole; ring i may be touched once pollscope_session_reserve_ring(i) has said yes
    uint64_t device, inode; // no descriptor is kept: a host that closes all of them would make it somebody else's
    uint32_t ring_records, events_records;
    uint32_t rings_limit;
    char path[256];
};
extern PRIVATE struct pollscope_session pollscope_session;

// In a page of its own that the kernel wipes in a child of fork: the child is not observed, whichever way it was
// made. The hooks ask it first.
extern PRIVATE const uint32_t *pollscope_switch;

// What was written before the switch went on is visible to who finds it on.
static inline bool pollscope_is_on(void) {
    const uint32_t *position = __atomic_load_n(&pollscope_switch, __ATOMIC_ACQUIRE);
    return __atomic_load_n(position, __ATOMIC_RELAXED) != 0;
}

struct pollscope_start_result;

// Makes the file. False: `result` says why. Start only.
PRIVATE bool pollscope_session_open(const struct pollscope_settings *settings,
                                    struct pollscope_start_result *result);

// Leaves word in the session folder that this process could not be observed. Start only.
PRIVATE void pollscope_session_refuse(const struct pollscope_settings *settings,
                                      const struct pollscope_start_result *result);

// Makes what was written so far visible to readers and turns the switch on.
PRIVATE void pollscope_session_publish(void);

// What a probe is, or has become. One thread at a time.
PRIVATE void pollscope_session_note_probe(uint16_t id, uint16_t state, const char *reason);

// Reserves the file's space for ring `index`, so that writing to it cannot fault. 0, or an errno. One thread at a
// time per index; a few system calls, once in the life of a ring.
PRIVATE int pollscope_session_reserve_ring(uint32_t index);

// Where the evidence records of ring `index` are. To be touched once the ring is reserved.
static inline char *pollscope_session_evidence(uint32_t index) {
    return pollscope_session.evidence +
           (uint64_t)index * POLLSCOPE_EVIDENCE_RECORDS * sizeof(struct pollscope_call_record);
}

// The same for the events of ring `index`, which most threads do not need.
PRIVATE int pollscope_session_reserve_events(uint32_t index);

// Where the event records of ring `index` are.
static inline struct pollscope_event_record *pollscope_session_events(uint32_t index) {
    return (struct pollscope_event_record *)pollscope_session.events +
           (uint64_t)index * pollscope_session.events_records;
}

// Refreshes the header's second anchor if it is older than a second. Any thread, from a hook; at most one does it.
PRIVATE void pollscope_session_refresh_anchor(uint64_t ticks);

#endif
