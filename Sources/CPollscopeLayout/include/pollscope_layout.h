// The session file: what a process under observation writes and what the collector reads.
//
// This header is the one definition of the file; the writer (C) and the readers (Swift) both import it.
// All integers are in the byte order of the machine: a session file never leaves it.
//
// One process writes the file through a shared mapping, other processes read it with pread. Nobody waits for
// anybody: a field is either written once before `state` becomes RUNNING, or it has one writing thread and is
// valid at any moment, or a comment below says how a reader finds out that it read while the writer wrote.
//
//   header | modules | strings | slots | stacks | frames | samples | allocations | types | type names | ring headers |
//   evidence rings … | rings …
//
// The header says where each part begins, how many entries it has and how large an entry is. A reader must not
// trust any of it: the file may be cut, damaged, or somebody's bad joke.
#ifndef POLLSCOPE_LAYOUT_H
#define POLLSCOPE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define POLLSCOPE_MAGIC 0x314E4F4953534550ull // "PESSION1", little-endian
#define POLLSCOPE_LAYOUT_VERSION 3u

// Where things are in the file.
enum {
    POLLSCOPE_HEADER_BYTES = 4096,
    POLLSCOPE_MODULES_MAX = 512,
    POLLSCOPE_STRINGS_BYTES = 128 * 1024,
    POLLSCOPE_SLOTS_MAX = 4096,
    POLLSCOPE_STACKS_MAX = 16384, // a power of two: the table is a hash table
    POLLSCOPE_FRAMES_MAX = 262144,
    POLLSCOPE_RINGS_MAX = 512,
    POLLSCOPE_PROBES_MAX = 16,
    POLLSCOPE_BUILD_ID_MAX = 20,
    POLLSCOPE_NAME_BYTES = 16,
    POLLSCOPE_TOKEN_BYTES = 32,
    POLLSCOPE_VERSION_BYTES = 64,
    // An async stack deeper than this is cut, and says so: frames in its middle are left out. The outermost frames,
    // which tell where the task was spawned, are its last ones. In a service each frame that is read at each poll is a
    // cache line that the poll itself would not have touched.
    POLLSCOPE_STACK_DEPTH_MAX = 16,
    POLLSCOPE_STACK_ROOT_FRAMES = 4, // a closure, and what the compiler wraps around it
    // Native stacks: of a call or an allocation at most this many frames, of a sample as many as its record has room
    // for.
    POLLSCOPE_NATIVE_DEPTH_MAX = 64,
    POLLSCOPE_SAMPLE_FRAMES_MAX = 110,
    POLLSCOPE_SAMPLES_MAX = 256,     // a power of two
    POLLSCOPE_EVIDENCE_RECORDS = 256, // a ring, a power of two
    POLLSCOPE_OBJECT_BYTES = 72,
    POLLSCOPE_ALLOCATION_RECORDS = 8192, // a power of two
    POLLSCOPE_TYPES_MAX = 1024,          // a power of two: the table is a hash table
    POLLSCOPE_TYPE_NAMES_BYTES = 64 * 1024,
    POLLSCOPE_TYPE_NAME_MAX = 200, // bytes; a longer name is cut
};

// A slot number that stands for no slot: nobody woke the job, or the table of slots was full.
#define POLLSCOPE_NO_SLOT 0x7FFFu

// The state of the whole session.
enum pollscope_session_state {
    POLLSCOPE_SESSION_STARTING = 0, // the header is not complete yet
    POLLSCOPE_SESSION_RUNNING = 1,
    POLLSCOPE_SESSION_ENDED = 2, // the process ended by itself; what is in the rings is all there is
};

// What `ticks` count.
enum pollscope_clock {
    POLLSCOPE_CLOCK_TSC = 1,       // x86-64 time stamp counter, invariant
    POLLSCOPE_CLOCK_CNTVCT = 2,    // arm64 virtual counter
    POLLSCOPE_CLOCK_MONOTONIC = 3, // CLOCK_MONOTONIC, a tick is a nanosecond
};

// A moment on two clocks. Two anchors give the length of a tick.
struct pollscope_anchor {
    uint64_t ticks;
    uint64_t monotonic_ns;
};

// Probes are independent: each is on, off by choice, or refused for a reason that a person can read.
enum pollscope_probe_id {
    POLLSCOPE_PROBE_GLOBAL_POOL = 1,
    POLLSCOPE_PROBE_MAIN_EXECUTOR = 2,
    POLLSCOPE_PROBE_TIMERS = 3,
    POLLSCOPE_PROBE_YIELDS = 4,
    POLLSCOPE_PROBE_BLOCKING_CALLS = 5, // calls that can block, interposed
    POLLSCOPE_PROBE_LONG_POLLS = 6,     // the watcher, which samples polls past the threshold while they run
    POLLSCOPE_PROBE_CPU_STACKS = 7,     // native stacks of threads that are on a CPU, by a signal
    POLLSCOPE_PROBE_ALLOCATIONS = 8,    // allocations, counted
    POLLSCOPE_PROBE_ALLOCATION_SAMPLES = 9, // where they are made, by samples, and what the allocator takes, by timing
};

enum pollscope_probe_state {
    POLLSCOPE_PROBE_ABSENT = 0, // an unused entry of the table
    POLLSCOPE_PROBE_ON = 1,
    POLLSCOPE_PROBE_OFF = 2,     // by configuration
    POLLSCOPE_PROBE_REFUSED = 3, // by the self-test, or by what this build lacks; `reason` says which
};

struct pollscope_probe {
    uint16_t id;    // enum pollscope_probe_id
    uint16_t state; // enum pollscope_probe_state
    uint32_t reason_offset; // in strings
    uint32_t reason_bytes;
    uint32_t reserved;
};
_Static_assert(sizeof(struct pollscope_probe) == 16, "probe entry");

// One loaded ELF image.
struct pollscope_module {
    uint64_t start;     // first mapped address
    uint64_t end;       // past the last mapped address
    uint64_t load_bias; // run-time address minus the address in the ELF file
    uint32_t path_offset; // in strings
    uint32_t path_bytes;
    uint32_t build_id_bytes; // 0: the image has none
    uint8_t build_id[POLLSCOPE_BUILD_ID_MAX];
    uint64_t reserved;
};
_Static_assert(sizeof(struct pollscope_module) == 64, "module entry");

// A thread that enqueues or runs jobs, or allocates. A slot of a dead thread is used again, with the next generation.
// Identity is written by the claiming thread: `tid` last; a reader that finds the same generation before and
// after has read one thread's identity. The counters have one writer and go on over generations.
struct pollscope_slot {
    uint32_t tid; // 0: free
    uint32_t generation;
    uint64_t claimed_ticks; // since when this thread has the slot
    char name[POLLSCOPE_NAME_BYTES]; // the kernel's name of the thread, NUL-terminated unless full
    uint64_t enqueues;               // jobs this slot's threads have armed
    // What this slot's threads have allocated and freed: up to date when a poll ends, two thousand calls behind at most
    // while none does. Of small requests those that failed may be counted.
    uint64_t allocations, allocated_bytes, frees;
};
_Static_assert(sizeof(struct pollscope_slot) == 64, "one cache line a slot");

// A logical async stack, interned: an entry of an open hash table. `hash` is claimed first, `where` is published
// last (release); an entry with a hash and no `where` is being written, or its writer was killed at it.
struct pollscope_stack {
    uint64_t hash;  // of kind, cut and frames; 0: unused
    uint64_t where; // see POLLSCOPE_STACK_WHERE; 0: not published
};
_Static_assert(sizeof(struct pollscope_stack) == 16, "stack entry");

// frames_offset (in frames, not bytes) | count << 32 | kind << 48 | cut << 56 | 1 << 63
#define POLLSCOPE_STACK_WHERE(offset, count, kind, cut)                                                       \
    ((uint64_t)(offset) | (uint64_t)(count) << 32 | (uint64_t)(kind) << 48 | (uint64_t)(cut) << 56 | 1ull << 63)

enum pollscope_stack_kind {
    // frames[0] is the function the poll resumes in, the others are the resume functions of its callers.
    POLLSCOPE_STACK_RESUME = 1,
    // A task's first poll: frames[0] is its entry function; the others, two at most, are the words its closure
    // captured first, where they point into a module: behind a compiler-made thunk one of them is the async function
    // pointer of the closure the user wrote.
    POLLSCOPE_STACK_START = 2,
    // An actor's drain: frames[0] is the actor's type metadata.
    POLLSCOPE_STACK_ACTOR = 3,
    // A thread's own stack, innermost first, up to the frame that ran the poll. Every frame is a return address: the
    // code that it stands for is the one before it.
    POLLSCOPE_STACK_NATIVE = 4,
};

// The kinds of record in a ring, one cache line each.
enum pollscope_record_kind {
    POLLSCOPE_RECORD_THREAD = 1, // the ring has a new owner: struct pollscope_thread_record
    POLLSCOPE_RECORD_TASK = 2,   // a poll of a task: struct pollscope_poll_record, like all below
    POLLSCOPE_RECORD_ACTOR = 3,  // an actor's drain of its queue
    POLLSCOPE_RECORD_YIELD = 4,  // the runtime's helper job that resumes a task after Task.yield()
    POLLSCOPE_RECORD_OTHER = 5,  // a job of a kind that we have no name for
};

enum pollscope_executor {
    POLLSCOPE_EXECUTOR_GLOBAL = 1,
    POLLSCOPE_EXECUTOR_MAIN = 2,
};

enum pollscope_poll_flags {
    // Runnable since its timer was due. A task poll with this flag is the runtime's helper that wakes a sleeper;
    // `stack` is then the sleeper's.
    POLLSCOPE_POLL_TIMER = 1 << 0,
    POLLSCOPE_POLL_FIRST = 1 << 1,      // the task's first poll
    POLLSCOPE_POLL_WAKER_POLL = 1 << 2, // the waker was inside a poll when it enqueued; else an outside thread
    POLLSCOPE_POLL_NESTED = 1 << 3,     // ran inside another poll of the same thread (a run loop inside a job)
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

// The type of a Swift object: an entry of an open hash table by metadata address, with the rules of the table of
// stacks.
struct pollscope_type {
    uint64_t metadata; // claimed first; 0: unused
    uint64_t where;    // offset in type_names | bytes << 32 | 1 << 63; 0: not published
};
_Static_assert(sizeof(struct pollscope_type) == 16, "type entry");

// The head of one ring, and what its thread runs at this moment.
//
// Ring: record number n is at n % ring_records. The writer writes record `head`, then stores head + 1 (release).
// A reader loads head (h1), copies records, loads head again (h2): of what it copied, numbers <= h2 -
// ring_records may have been overwritten meanwhile and are lost; the rest is whole.
//
// Running: `start_ticks` is stored last when a poll begins (release) and is set to 0 first when it ends. A reader
// that finds the same value other than 0 before and after copying the line has copied one poll's. For a nested
// poll the line shows the inner one, and the outer one again when that has ended.
struct pollscope_ring_header {
    uint64_t head;  // records ever written
    uint32_t owner; // tid; 0: free; all ones: being claimed, `head` and `thread_records` may not fit each other
    uint16_t slot;  // the owner's slot
    uint16_t depth; // polls running on this thread, one inside another
    uint64_t thread_records; // how many of `head` are thread records
    uint32_t reserved_bytes_ready; // 1: the ring's space is reserved in the file
    uint32_t reserved0;
    uint64_t evidence_head; // evidence records ever written
    uint64_t reserved1[3];

    struct pollscope_running {
        uint64_t start_ticks; // 0: nothing runs
        uint64_t wait_ticks;
        uint32_t task;
        uint32_t stack;
        uint16_t waker;
        uint8_t kind;
        uint8_t executor;
        uint8_t priority;
        uint8_t flags;
        uint16_t call; // enum pollscope_call that the poll is in; 0: in none
        uint64_t call_start_ticks;
        uint64_t blocked_ticks; // in observed calls that have returned
        uint64_t reserved3[2];
    } running;
};
_Static_assert(sizeof(struct pollscope_ring_header) == 128, "two cache lines a ring header");
_Static_assert(offsetof(struct pollscope_ring_header, running) == 64, "running has a line of its own");

// A part of the file: `count` entries of `entry_bytes` each.
struct pollscope_section {
    uint64_t offset;
    uint32_t count;
    uint32_t entry_bytes;
};

struct pollscope_header {
    uint64_t magic; // stored last of all that is written before RUNNING
    uint32_t layout_version;
    uint32_t header_bytes;
    uint32_t state; // enum pollscope_session_state
    uint32_t pid;
    uint64_t process_start; // field 22 of /proc/PID/stat: tells this process from a later one with its pid
    uint64_t pid_namespace; // inode of /proc/self/ns/pid: in another one, `pid` says nothing
    uint32_t uid;
    uint32_t clock; // enum pollscope_clock

    // Clock. first: at start. last: refreshed about once a second by a polling thread; odd sequence: being
    // written. nominal_hz is what the process itself used to turn due times into ticks at first.
    struct pollscope_anchor anchor_first;
    uint64_t wall_ns; // CLOCK_REALTIME at anchor_first
    uint64_t nominal_hz;
    uint32_t anchor_sequence;
    uint32_t processors; // that the process may run on
    struct pollscope_anchor anchor_last;

    // Where the parts are.
    struct pollscope_section modules;
    struct pollscope_section strings; // entries of one byte
    struct pollscope_section slots;
    struct pollscope_section stacks;
    struct pollscope_section frames; // entries of eight bytes
    struct pollscope_section samples;
    struct pollscope_section allocations; // records of single allocations
    struct pollscope_section types;
    struct pollscope_section type_names; // entries of one byte
    struct pollscope_section ring_headers;
    uint64_t evidence_offset; // the evidence of ring i is at evidence_offset + i * evidence_records * 128
    uint64_t rings_offset;    // ring i is at rings_offset + i * ring_records * 64
    uint32_t evidence_records; // a power of two
    uint32_t ring_records;     // a power of two
    uint32_t modules_used;
    uint32_t strings_used;
    uint32_t rings_used; // ring headers that ever had an owner
    uint32_t slots_used; // slots that ever had an owner
    uint32_t frames_used; // may exceed frames.count when the table is full
    uint32_t stacks_used;
    uint32_t types_used;
    uint32_t type_names_used; // may exceed type_names.count when the table is full

    // What was not seen, and why; each is added to by any thread.
    uint32_t stacks_refused;      // stacks not captured: the table was full
    uint64_t enqueues_unslotted;  // jobs armed by threads that found no free slot
    uint64_t polls_unrecorded;    // polls that ran on threads without a ring
    uint64_t jobs_refused;        // jobs left alone: not in the shape the self-test knows
    uint64_t rings_refused;       // times a thread asked for a ring and got none
    uint32_t ring_refusal_errno;  // why, the last time; 0: all rings in use
    uint32_t probes_count;
    uint64_t samples_head;          // samples ever written
    uint64_t samples_without_stack; // of these
    uint64_t signals_in_system_calls; // sampling signals that cut a system call short in spite of all care
    uint64_t allocations_head;      // records of single allocations ever written
    uint64_t allocations_dropped;   // records that were not written: another thread was just writing one
    uint64_t allocations_untracked; // samples whose free is not waited for: the table was full
    uint64_t types_refused;         // samples of objects whose type's name was not kept: the table was full
    // What threads without a slot have allocated and freed.
    uint64_t unslotted_allocations, unslotted_allocated_bytes, unslotted_frees;
    struct pollscope_probe probes[POLLSCOPE_PROBES_MAX];

    // What Pollscope itself costs, measured at start in this process.
    uint64_t poll_cost_ticks_x1024; // one poll: enqueue, start, end
    uint64_t clock_cost_ticks_x1024;
    uint64_t allocation_timer_ticks_x1024; // what a timing of a call that does nothing shows
    uint64_t allocation_cost_ticks_x1024;  // counting an allocation and its free

    uint32_t executable_offset, executable_bytes; // in strings
    uint32_t notes_offset, notes_bytes; // in strings: settings that were not understood, a sentence a line
    uint32_t keep; // 1: the file stays when the process ends
    uint32_t rings_limit; // rings that may be in use at once, by configuration
    uint64_t long_poll_ns; // polls at or over it are sampled and leave evidence; 0: off
    uint64_t blocking_ns;  // calls at or over it leave evidence; 0: off
    uint32_t sample_signal; // 0: none
    uint32_t watcher_tid;   // the thread that samples; 0: there is none
    uint64_t allocation_sample_bytes; // mean distance of picked bytes; 0: no samples
    uint32_t allocation_timing_calls; // mean distance of timed calls; 0: none
    uint32_t reserved0;
    char runtime_version[POLLSCOPE_VERSION_BYTES];
    char token[POLLSCOPE_TOKEN_BYTES]; // set by `pollscope record -- COMMAND` to know its own
};
_Static_assert(sizeof(struct pollscope_header) <= POLLSCOPE_HEADER_BYTES, "the header fits its page");

#endif
