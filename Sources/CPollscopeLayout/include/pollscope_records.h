// The records of the session file: what a thread tells of its polls, and what is told of what happened in them. Where
// the rings are that hold them, and how they are read while somebody writes, says pollscope_layout.h.
#ifndef POLLSCOPE_RECORDS_H
#define POLLSCOPE_RECORDS_H

#include <stddef.h>
#include <stdint.h>

enum {
    POLLSCOPE_NAME_BYTES = 16,
    POLLSCOPE_OBJECT_BYTES = 72,
    POLLSCOPE_SAMPLE_FRAMES_MAX = 110,
};

// The kinds of record in a ring, one cache line each.
enum pollscope_record_kind {
    POLLSCOPE_RECORD_THREAD = 1, // the ring has a new owner: struct pollscope_thread_record
    POLLSCOPE_RECORD_TASK = 2,   // a poll of a task: struct pollscope_poll_record, like all below
    POLLSCOPE_RECORD_ACTOR = 3,  // an actor's drain of its queue
    POLLSCOPE_RECORD_YIELD = 4,  // the runtime's helper job that resumes a task after Task.yield()
    POLLSCOPE_RECORD_OTHER = 5,  // a job of a kind that we have no name for
    POLLSCOPE_RECORD_HOLD = 6,   // no poll: a task held an actor: struct pollscope_hold_record
    POLLSCOPE_RECORD_TURN = 7,   // one turn of an event loop, from the return of its wait to the next wait
    POLLSCOPE_RECORD_WORK = 8,   // a function or block that was given to a Dispatch queue
};

// Numbers from POLLSCOPE_EXECUTOR_FIRST on are places in the table of executors.
enum pollscope_executor {
    POLLSCOPE_EXECUTOR_GLOBAL = 1,
    POLLSCOPE_EXECUTOR_MAIN = 2,
    POLLSCOPE_EXECUTOR_ACTOR = 3,   // a default actor: the hold that begins with the poll says which
    POLLSCOPE_EXECUTOR_CROWDED = 4, // one that the table had no room for
    POLLSCOPE_EXECUTOR_FIRST = 16,
};

enum pollscope_poll_flags {
    // Runnable since its timer was due. A task poll with this flag is the runtime's helper that wakes a sleeper;
    // `stack` is then the sleeper's.
    POLLSCOPE_POLL_TIMER = 1 << 0,
    POLLSCOPE_POLL_FIRST = 1 << 1,      // the task's first poll
    POLLSCOPE_POLL_WAKER_POLL = 1 << 2, // the waker was inside a poll when it enqueued; else an outside thread
    // Ran inside another poll of the same thread: a job inside its actor's drain, a job inside a turn of an event loop,
    // a run loop inside a job.
    POLLSCOPE_POLL_NESTED = 1 << 3,
    POLLSCOPE_POLL_WAIT_UNKNOWN = 1 << 4, // when it became runnable is not known: `wait_ticks` is 0
    // Of a turn: its events were ready when the loop asked. They became so after the wait before had returned:
    // `wait_ticks` is the time since then, and the most that it can have been.
    POLLSCOPE_POLL_WAIT_AT_MOST = 1 << 5,
};

// Of a hold, in the place of the flags of a poll.
enum pollscope_hold_flags {
    // The task took the free actor over in the middle of its poll, without queueing: `wait_ticks` is 0.
    POLLSCOPE_HOLD_AT_ONCE = 1 << 4,
};

// One poll. Written whole before the ring's head moves over it.
struct pollscope_poll_record {
    uint32_t sequence; // low half of how many polls this ring had recorded before this one
    uint8_t kind;      // enum pollscope_record_kind
    uint8_t executor;  // enum pollscope_executor
    uint8_t priority;  // the runtime's job priority
    uint8_t flags;     // enum pollscope_poll_flags
    uint64_t start_ticks;
    uint64_t duration_ticks;
    uint64_t wait_ticks; // start - wait: when the job was runnable
    uint32_t task;       // low half of the task's id; of an actor: its address / 16
    uint32_t stack;      // index in stacks + 1; 0: not captured
    uint16_t waker;      // slot of the thread that enqueued the job, or POLLSCOPE_NO_SLOT
    uint16_t frees_high;
    uint32_t allocations; // blocks asked for in the poll, and on its thread: a realloc is one, and a free
    // Bytes asked for, not more than POLLSCOPE_ALLOCATED_BYTES_MAX, and the low half of the number of blocks freed.
    uint64_t allocated_bytes_and_frees;
    uint64_t blocked_ticks;
};
_Static_assert(sizeof(struct pollscope_poll_record) == 64, "one cache line a poll");
_Static_assert(offsetof(struct pollscope_poll_record, start_ticks) == 8, "poll record");
_Static_assert(offsetof(struct pollscope_poll_record, task) == 32, "poll record");
_Static_assert(offsetof(struct pollscope_poll_record, allocated_bytes_and_frees) == 48, "poll record");

#define POLLSCOPE_ALLOCATED_BYTES_MAX 0xFFFFFFFFFFFFull

// What a poll with others inside allocates has all that they did, too.
static inline void pollscope_poll_set_allocations(struct pollscope_poll_record *poll, uint32_t allocations,
                                                  uint64_t bytes, uint32_t frees) {
    const uint64_t most = POLLSCOPE_ALLOCATED_BYTES_MAX;
    poll->allocations = allocations;
    poll->allocated_bytes_and_frees = (bytes < most ? bytes : most) | (uint64_t)(frees & 0xFFFF) << 48;
    poll->frees_high = (uint16_t)(frees >> 16);
}

static inline uint64_t pollscope_poll_allocated_bytes(const struct pollscope_poll_record *poll) {
    return poll->allocated_bytes_and_frees & POLLSCOPE_ALLOCATED_BYTES_MAX;
}

static inline uint32_t pollscope_poll_frees(const struct pollscope_poll_record *poll) {
    return (uint32_t)(poll->allocated_bytes_and_frees >> 48) | (uint32_t)poll->frees_high << 16;
}

// A task had an actor to itself, from when it began to run on it until it left it, suspended or ended. It lies inside a
// poll of that task (or of the actor's drain, for the kinds of job that are no tasks), on the same thread, and comes
// before that poll's record. Its place in the ring is a poll's.
struct pollscope_hold_record {
    uint32_t sequence; // as in a poll's record: polls and holds are numbered together
    uint8_t kind;      // POLLSCOPE_RECORD_HOLD
    uint8_t executor;  // POLLSCOPE_EXECUTOR_ACTOR
    uint8_t priority;
    uint8_t flags; // enum pollscope_hold_flags
    uint64_t start_ticks;
    uint64_t duration_ticks;
    uint64_t wait_ticks; // start - wait: when the task asked for the actor
    uint32_t task;       // low half of its id
    uint32_t stack;      // where the task resumed on the actor: index in stacks + 1; 0: not captured
    uint16_t type;       // the actor's: index in types + 1; 0: not known
    uint16_t reserved0;
    uint32_t actor; // its address / 16, low half
    uint64_t reserved1[2];
};
_Static_assert(sizeof(struct pollscope_hold_record) == sizeof(struct pollscope_poll_record), "in a poll's place");
// A reader that takes a hold for a poll finds its type in `waker` and the actor in `allocations`.
_Static_assert(offsetof(struct pollscope_hold_record, type) == offsetof(struct pollscope_poll_record, waker), "hold");
_Static_assert(offsetof(struct pollscope_hold_record, actor) == offsetof(struct pollscope_poll_record, allocations),
               "hold");

// The ring's owner changed: polls after this record are this thread's.
struct pollscope_thread_record {
    uint32_t sequence; // as in a poll's record: that of the next poll
    uint8_t kind; // POLLSCOPE_RECORD_THREAD
    uint8_t reserved0[3];
    uint64_t claimed_ticks;
    uint32_t tid;
    uint16_t slot;
    uint16_t reserved1;
    char name[POLLSCOPE_NAME_BYTES];
    uint64_t reserved2[3];
};
_Static_assert(sizeof(struct pollscope_thread_record) == 64, "one cache line, like a poll");

// What a thread tells of its polls beyond their records: a ring of its own, with the rules of the ring of polls
// (`evidence_head` for `head`), and no thread records: each says whose it is. A poll is known by its thread and start.
enum pollscope_evidence_kind {
    POLLSCOPE_EVIDENCE_CALL = 1,      // struct pollscope_call_record
    POLLSCOPE_EVIDENCE_LONG_POLL = 2, // struct pollscope_long_poll_record
};

enum pollscope_call_flags {
    POLLSCOPE_CALL_OBJECT_CUT = 1 << 0, // the object's text is longer; its end is kept
    POLLSCOPE_CALL_STACK_CUT = 1 << 1,
};

// A call that took at least `blocking_ns`. Written when it has returned, before its poll's record.
struct pollscope_call_record {
    uint32_t sequence; // low half of how many evidence records this ring had before this one
    uint8_t kind;      // POLLSCOPE_EVIDENCE_CALL
    uint8_t flags;     // enum pollscope_call_flags
    uint8_t poll_kind; // of the poll, as in its record
    uint8_t executor;
    uint64_t poll_start_ticks;
    uint64_t start_ticks;
    uint64_t duration_ticks;
    uint32_t tid;
    uint32_t task;
    uint32_t poll_stack;   // async stack of the poll
    uint32_t native_stack; // index in stacks + 1; 0: not captured
    int32_t error;         // errno where the call failed, else 0
    uint16_t call;         // enum pollscope_call
    uint8_t object_kind;   // enum pollscope_object_kind
    uint8_t object_bytes;
    char object[POLLSCOPE_OBJECT_BYTES]; // what it worked on, in words; not terminated
};
_Static_assert(sizeof(struct pollscope_call_record) == 128, "two cache lines a call");

// A poll of at least `long_poll_ns`, written before its record. `first_` is what the watcher read while the poll ran,
// some time after its start: between that moment and the poll's end CPU time is exact.
struct pollscope_long_poll_record {
    uint32_t sequence;
    uint8_t kind; // POLLSCOPE_EVIDENCE_LONG_POLL
    uint8_t poll_flags;
    uint8_t poll_kind;
    uint8_t executor;
    uint64_t poll_start_ticks;
    uint64_t duration_ticks;
    uint64_t blocked_ticks; // in observed calls, those included that were too short for a record
    uint32_t tid;
    uint32_t task;
    uint32_t poll_stack;
    uint32_t calls;               // observed calls, outermost ones
    uint64_t first_ticks;         // 0: the watcher read nothing, and the other first_ are 0 as well
    uint64_t first_cpu_ns;        // the thread's CPU time ever
    uint64_t first_blocked_ticks; // the poll's, then; of a call that had not returned, until then
    uint64_t end_cpu_ns;          // the thread's CPU time ever; 0: not read
    uint64_t reserved[6];
};
_Static_assert(sizeof(struct pollscope_long_poll_record) == 128, "as long as a call's");

// What a service tells of its requests and pools, and which task made which: a ring of its own for each thread, with the
// rules of the ring of polls (`events_head` for `head`), and no thread records. There is one only for threads that have
// something to tell.
enum pollscope_event_kind {
    POLLSCOPE_EVENT_REQUEST_BEGAN = 1,
    POLLSCOPE_EVENT_REQUEST_ENDED = 2,
    POLLSCOPE_EVENT_REQUEST_TRACED = 3, // it belongs to a trace of a tracing system
    // A task made another, from the first request of the process on. A task works for the requests that the one that made
    // it was working for.
    POLLSCOPE_EVENT_TASK_MADE = 4,
    POLLSCOPE_EVENT_POOL_ACQUIRED = 5, // waiting for a pool has ended, one way or the other
    POLLSCOPE_EVENT_POOL_RELEASED = 6,
    POLLSCOPE_EVENT_CONNECTION_OPENED = 7,
    POLLSCOPE_EVENT_CONNECTION_CLOSED = 8,
};

// Of a request, in `detail` of its begin.
enum pollscope_request_role {
    POLLSCOPE_REQUEST_WHOLE = 1, // user-visible work; or a part of it that is of interest by itself, if it has a parent
    POLLSCOPE_REQUEST_CALL = 2,  // something asked of another process: what is waited for in it is outside
};

// In `detail` of the end of a request, and of POLLSCOPE_EVENT_POOL_ACQUIRED.
enum pollscope_outcome {
    POLLSCOPE_OUTCOME_OK = 1,
    POLLSCOPE_OUTCOME_ERROR = 2,
    POLLSCOPE_OUTCOME_CANCELLED = 3,
    POLLSCOPE_OUTCOME_TIMED_OUT = 4,
};

enum pollscope_event_flags {
    POLLSCOPE_EVENT_DROPPED = 1 << 0, // of a release: nobody gave the lease back, and nobody has it any more
    POLLSCOPE_EVENT_IN_POLL = 1 << 1, // `blocked_ticks` is known
};

// A request's number is that of its begin: its ring's index << 48 | how many event records the ring had before it, + 1.
// A lease's is made likewise.
struct pollscope_event_record {
    uint32_t sequence; // low half of how many event records this ring had before this one
    uint8_t kind;      // enum pollscope_event_kind
    uint8_t detail;
    uint16_t flags;    // enum pollscope_event_flags
    uint64_t at_ticks;
    uint64_t number;   // of the request, or the lease; 0: of none (a failed acquire, a task that was made)
    // Of a begin: the number of the request that it is part of, 0: of the one that its task is in, if it is in one. Of a
    // trace: the high half of its id. Of what a pool tells: the connection, as the service numbers them; 0: it does not.
    uint64_t other;
    // Of a begin: when the request arrived, 0: with its begin. Of an end: its begin. Of a trace: the low half of its id. Of
    // a lease: since when it was asked for, of its release: since when it was held.
    uint64_t since_ticks;
    // In observed calls, of the poll it happened in until then; of a lease: while it was waited for, if that was in one
    // poll. Of a trace: the id of its span.
    uint64_t blocked_ticks;
    uint32_t tid;
    uint32_t task;    // in which it happened; 0: in none
    uint32_t subject; // of a begin: its name, index in request names + 1, 0: not kept. Of an end: what it turned out to be
                      // called, 0: as it began. The task that was made. The pool's index + 1.
    uint32_t reserved;
};
_Static_assert(sizeof(struct pollscope_event_record) == 64, "one cache line, like a poll");

// How a sample's stack was had.
enum pollscope_sample_source {
    POLLSCOPE_SAMPLE_NO_STACK = 0,
    POLLSCOPE_SAMPLE_SIGNAL = 1,  // the thread was on a CPU, or ready for one; a signal made it copy its stack
    POLLSCOPE_SAMPLE_CALL = 2,    // it was in an observed call, and its stack was read from outside
    POLLSCOPE_SAMPLE_OUTSIDE = 3, // it slept elsewhere in the kernel; its stack was read from outside
};

enum pollscope_sample_flags {
    POLLSCOPE_SAMPLE_CUT = 1 << 0,         // the stack could not be unwound up to the poll's first frame
    POLLSCOPE_SAMPLE_APPROXIMATE = 1 << 1, // a frame was found by search; code above it may be missing or foreign
};

enum {
    POLLSCOPE_NO_SYSTEM_CALL = -1,      // in none
    POLLSCOPE_UNKNOWN_SYSTEM_CALL = -2, // the kernel would not say
};

// A poll past the threshold, seen by the watcher while it ran. Readings that begin with `first_` were made earlier in
// the same poll (first_ticks 0: there are none). Sample number n is at n % samples.count; one thread writes them, and
// a reader finds out about overwriting as in the rings, by `samples_head`.
struct pollscope_sample_record {
    uint64_t sequence; // how many samples were written before it
    uint64_t at_ticks;
    uint64_t poll_start_ticks;
    uint64_t blocked_ticks;    // the poll's, in observed calls that had returned
    uint64_t call_start_ticks; // of the observed call that it is in; 0: in none
    uint64_t cpu_ns;           // the thread's CPU time ever
    uint64_t run_queue_ns;     // ever ready and not run, up to when it last got a CPU
    uint64_t first_ticks;
    uint64_t first_cpu_ns;
    uint64_t first_run_queue_ns;
    uint64_t first_blocked_ticks; // as in struct pollscope_long_poll_record
    uint64_t handler_ticks; // what the signal handler took of the thread; 0: no signal
    uint32_t minor_faults, major_faults; // ever
    uint32_t first_minor_faults, first_major_faults;
    uint32_t tid;
    uint32_t ring;
    uint32_t task;
    uint32_t poll_stack; // async stack of the poll
    uint16_t call;       // enum pollscope_call that it is in; 0: in none
    uint8_t poll_kind;
    uint8_t executor;
    int32_t system_call; // its number, or one of the above
    uint8_t state;       // the kernel's letter: R, S, D; 0: unknown
    uint8_t source;      // enum pollscope_sample_source
    uint8_t flags;       // enum pollscope_sample_flags
    uint8_t poll_flags;
    uint32_t frame_count;
    uint64_t frames[POLLSCOPE_SAMPLE_FRAMES_MAX]; // as in a native stack
};
_Static_assert(sizeof(struct pollscope_sample_record) == 1024, "sample record");

// What is told of single allocations. All threads write into one ring, one at a time: record number n is at
// n % allocations.count, and a reader finds out about overwriting as in the rings, by `allocations_head`.
enum pollscope_allocation_kind {
    // An allocation that was sampled: each byte asked for is picked with the chance 1 / allocation_sample_bytes, and an
    // allocation with a picked byte is a sample. One of s bytes is a sample with the chance p = 1 - exp(-s / mean), and
    // stands for 1 / p allocations of its size.
    POLLSCOPE_ALLOCATION_SAMPLE = 1,
    // A sampled one was freed. The record says again what the sample said, so that it can be told without it.
    POLLSCOPE_ALLOCATION_FREE = 2,
    // One call in allocation_timing_calls, picked at random, was timed: allocations apart from frees.
    POLLSCOPE_ALLOCATION_TIMING = 3,
};

enum pollscope_allocation_operation {
    POLLSCOPE_ALLOCATION_MALLOC = 1,
    POLLSCOPE_ALLOCATION_CALLOC = 2,
    POLLSCOPE_ALLOCATION_REALLOC = 3, // reallocarray, too
    POLLSCOPE_ALLOCATION_ALIGNED = 4, // posix_memalign, aligned_alloc, memalign, valloc, pvalloc
    POLLSCOPE_ALLOCATION_RELEASE = 5, // free
};

enum pollscope_allocation_flags {
    POLLSCOPE_ALLOCATION_STACK_CUT = 1 << 0,
    // Of a sample: there was no room to wait for its free. None will be told of.
    POLLSCOPE_ALLOCATION_UNTRACKED = 1 << 1,
    // Of a free: where it happened, seen from the poll that allocated. Without a flag: outside polls.
    POLLSCOPE_ALLOCATION_SAME_POLL = 1 << 2,
    POLLSCOPE_ALLOCATION_SAME_TASK = 1 << 3,  // a later poll of the same task
    POLLSCOPE_ALLOCATION_OTHER_POLL = 1 << 4, // a poll of another task, of an actor, …
    // Of a timing: `ticks` is CPU time in nanoseconds, without the timer's own, since the call was for a large block.
    // Else ticks by the clock, which go on while the kernel runs something else.
    POLLSCOPE_ALLOCATION_CPU_TIME = 1 << 5,
};

// What was allocated, by whom. Of a free, poll and stacks are those of the allocation.
struct pollscope_allocation_record {
    uint32_t sequence; // low half of how many of these records there were before this one
    uint8_t kind;      // enum pollscope_allocation_kind
    uint8_t operation; // enum pollscope_allocation_operation; of a free: the allocation's
    uint8_t flags;     // enum pollscope_allocation_flags
    uint8_t poll_kind; // of the poll, as in its record; 0: outside polls
    uint64_t at_ticks;
    uint64_t bytes; // asked for; of a timing of `free`: 0
    uint64_t ticks; // of a free: how long it lived; of a timing: how long the call took, with the timer (see flags)
    uint64_t poll_start_ticks; // 0: outside polls, and with it `task`, `poll_stack` and `executor`
    uint32_t tid;              // of the thread that allocated; of a timing: that called
    uint32_t task;
    uint32_t poll_stack;
    // Not of a timing. Innermost frame first, up to the frame that ran the poll; outside polls as far as it could be
    // had.
    uint32_t native_stack; // index in stacks + 1; 0: not captured
    uint16_t type;         // index in types + 1 of the Swift object that it became; 0: none, or not known
    uint8_t executor;
    uint8_t reserved[5];
};
_Static_assert(sizeof(struct pollscope_allocation_record) == 64, "one cache line");

#endif
