// The session file: what a process under observation writes and what the collector reads.
//
// This header is the one definition of the file; the writer (C) and the readers (Swift) both import it.
// All integers are in the byte order of the machine: a session file never leaves it.
//
// One process writes the file through a shared mapping, other processes read it with pread. Nobody waits for
// anybody: a field is either written once before `state` becomes RUNNING, or it has one writing thread and is
// valid at any moment, or a comment below says how a reader finds out that it read while the writer wrote.
//
//   header | modules | strings | slots | stacks | frames | samples | allocations | types | type names |
//   executors | tasks | request names | name texts | pools | ring headers | evidence rings … | event rings … | rings …
//
// The header says where each part begins, how many entries it has and how large an entry is. A reader must not
// trust any of it: the file may be cut, damaged, or somebody's bad joke.
#ifndef POLLSCOPE_LAYOUT_H
#define POLLSCOPE_LAYOUT_H

#include "pollscope_records.h"
#include <stddef.h>
#include <stdint.h>

#define POLLSCOPE_MAGIC 0x314E4F4953534550ull // "PESSION1", little-endian
#define POLLSCOPE_LAYOUT_VERSION 5u

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
    POLLSCOPE_SAMPLES_MAX = 256,     // a power of two
    POLLSCOPE_EVIDENCE_RECORDS = 256, // a ring, a power of two
    POLLSCOPE_ALLOCATION_RECORDS = 8192, // a power of two
    POLLSCOPE_TYPES_MAX = 1024,          // a power of two: the table is a hash table
    POLLSCOPE_TYPE_NAMES_BYTES = 64 * 1024,
    POLLSCOPE_TYPE_NAME_MAX = 200, // bytes; a longer name is cut
    POLLSCOPE_EXECUTORS_MAX = 224,       // with POLLSCOPE_EXECUTOR_FIRST they fit a byte
    POLLSCOPE_EXECUTOR_NAME_BYTES = 40,
    POLLSCOPE_TASKS_MAX = 8192, // a power of two: the table is a hash table; a task's place fits 16 bits
    POLLSCOPE_TASK_NAME_BYTES = 32,
    POLLSCOPE_REQUEST_NAMES_MAX = 1024, // a power of two: the table is a hash table
    POLLSCOPE_REQUEST_NAMES_BYTES = 128 * 1024,
    POLLSCOPE_REQUEST_NAME_MAX = 120, // bytes; a longer name is cut
    POLLSCOPE_POOLS_MAX = 64,
    POLLSCOPE_POOL_NAME_BYTES = 48,
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
    POLLSCOPE_PROBE_ACTORS = 10,            // jobs of actors and of custom executors, and who holds an actor
    POLLSCOPE_PROBE_EVENT_LOOPS = 11,       // turns of event loops, by epoll_wait and its kin
    POLLSCOPE_PROBE_QUEUES = 12,            // what is given to Dispatch queues by others than the Swift runtime
    POLLSCOPE_PROBE_TASKS = 13,             // the table of live tasks
    POLLSCOPE_PROBE_REQUESTS = 14,          // requests and pools, as the service tells of them
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

// The type of a Swift object: an entry of an open hash table by metadata address, with the rules of the table of
// stacks.
struct pollscope_type {
    uint64_t metadata; // claimed first; 0: unused
    uint64_t where;    // offset in type_names | bytes << 32 | 1 << 63; 0: not published
};
_Static_assert(sizeof(struct pollscope_type) == 16, "type entry");

enum pollscope_executor_kind {
    POLLSCOPE_EXECUTOR_SERIAL = 1, // a SerialExecutor of the service's own, or a library's
    POLLSCOPE_EXECUTOR_TASK = 2,   // a TaskExecutor, likewise
    POLLSCOPE_EXECUTOR_QUEUE = 3,  // a Dispatch queue
    POLLSCOPE_EXECUTOR_LOOP = 4,   // an event loop: a thread that waits for descriptors
};

// An executor beyond the global pool, the main actor and default actors. An entry is never used again; `kind` is
// published last (release).
struct pollscope_executor_entry {
    uint64_t identity; // claimed first; 0: unused. A number that tells it from others of its time
    uint32_t kind;     // enum pollscope_executor_kind; 0: not published
    uint16_t type;     // of its object: index in types + 1; 0: none, or not known
    uint16_t reserved0;
    uint64_t since_ticks;
    // The label of a queue, the kernel's name of a loop's thread, else of the thread that ran the first job.
    // NUL-terminated.
    char name[POLLSCOPE_EXECUTOR_NAME_BYTES];
};
_Static_assert(sizeof(struct pollscope_executor_entry) == 64, "executor entry");

enum pollscope_task_flags {
    POLLSCOPE_TASK_CHILD = 1 << 0, // of a group or an async let
    POLLSCOPE_TASK_GROUP_CHILD = 1 << 1,
    POLLSCOPE_TASK_CANCELLED = 1 << 2, // in look_flags
    POLLSCOPE_TASK_ASYNC_LET = 1 << 3,
    POLLSCOPE_TASK_NAMED = 1 << 4, // `name` has its name from its first poll on
    POLLSCOPE_TASK_LATE = 1 << 5,  // it had begun, or was about to, when it was first seen: who made it is not known
};

// In the place of a task's address while its entry is being filled.
#define POLLSCOPE_TASK_BEING_CLAIMED 1u

// What a live task waits for, as the runtime tells it.
enum pollscope_task_state {
    POLLSCOPE_TASK_UNKNOWN = 0, // not looked at
    POLLSCOPE_TASK_RUNNING = 1,
    POLLSCOPE_TASK_ENQUEUED = 2,
    POLLSCOPE_TASK_SUSPENDED = 3,    // for something that the runtime does not tell
    POLLSCOPE_TASK_AWAITS_TASK = 4,  // `awaited` is the low half of its id
    POLLSCOPE_TASK_AWAITS_GROUP = 5, // its children
    POLLSCOPE_TASK_AWAITS_CONTINUATION = 6,
    POLLSCOPE_TASK_HAS_ENDED = 7, // its entry is free in a moment, or its end was not seen
};

// A live task: an entry of a hash table by the task's address, in buckets of eight. An entry belongs to its task from
// when `task` is its address until that is 0 again; `generation` goes up by one with each task. What a task's polls write
// is written by the thread that runs it. The last part is written by the thread that looks, when a reader has asked:
// `look` first as 0, and last. It is this task's where look_generation is.
//
// Who makes a task and who ends it count nothing: the generations of all entries are the tasks that had one, and those
// that have one now have not ended.
struct pollscope_task_entry {
    uint64_t task; // its address; 0: free; or POLLSCOPE_TASK_BEING_CLAIMED
    uint32_t id;   // low half
    uint32_t parent; // low half of the id of the task that made it; 0: none
    uint32_t generation;
    uint32_t polls; // begun
    uint64_t created_ticks;
    uint64_t started_ticks; // its latest poll; 0: none yet
    uint64_t ended_ticks;   // the end of the latest poll that has ended; 0: none yet
    uint32_t start_stack;   // what it was made of: a stack of kind START; 0: not captured
    uint32_t spawn_stack;   // async stack of the poll that made it; 0: made outside polls
    uint8_t priority;
    uint8_t flags; // enum pollscope_task_flags
    uint16_t reserved0;
    uint32_t generation_high;             // how often `generation` has begun anew
    char name[POLLSCOPE_TASK_NAME_BYTES]; // of a task with POLLSCOPE_TASK_NAMED; NUL-terminated, may be cut

    uint32_t look;       // number of the look that the rest is of; 0: none
    uint32_t look_polls; // `polls`, then: as long as that is the same, the task has not run since
    uint32_t stack;      // where it will resume: index in stacks + 1; 0: not captured
    uint32_t awaited;    // see `state`; of an enqueued task the actor that it waits for: address / 16, low half; 0: none
    uint64_t since_ticks; // since when it runs, is enqueued, or waits; 0: not known
    uint32_t look_generation;
    uint16_t executor_type; // of an enqueued task, of the actor or executor: index in types + 1; 0: not known
    uint8_t state;          // enum pollscope_task_state
    uint8_t look_flags;     // enum pollscope_task_flags
};
_Static_assert(sizeof(struct pollscope_task_entry) == 128, "task entry");
_Static_assert(offsetof(struct pollscope_task_entry, name) == 64, "what is written of every task is in one cache line");

// What requests are called: an entry of an open hash table by text, with the rules of the table of stacks.
struct pollscope_request_name {
    uint64_t hash;  // claimed first; 0: unused
    uint64_t where; // offset in name_texts | bytes << 32 | cut << 48 | 1 << 63; 0: not published
};
_Static_assert(sizeof(struct pollscope_request_name) == 16, "request name");

enum pollscope_pool_state {
    POLLSCOPE_POOL_FREE = 0,
    POLLSCOPE_POOL_OPEN = 1,
    POLLSCOPE_POOL_CLOSED = 2,
};

// A pool of connections, or of anything else that is lent. An entry is never used again. Counters are added to by any
// thread; at any moment asked = acquired + failed + waiting and acquired = released + in_use, but for what a thread is just
// counting.
struct pollscope_pool_entry {
    uint32_t state; // enum pollscope_pool_state; published last (release)
    uint32_t capacity; // as the service says; 0: it does not
    char name[POLLSCOPE_POOL_NAME_BYTES]; // NUL-terminated, may be cut
    uint64_t opened_ticks;
    uint64_t asked, acquired, failed, released;
    uint64_t timed_out; // of `failed`
    uint64_t released_twice; // times that what had been given back was given back again: nothing else was counted
    uint64_t dropped;        // of `released`: leases that nobody gave back and nobody has any more
    uint32_t in_use, waiting;
    uint32_t in_use_peak, waiting_peak;
    uint64_t connections_opened, connections_closed;
    uint64_t after_close; // asked for when the pool was closed
    uint64_t reserved[4];
};
_Static_assert(sizeof(struct pollscope_pool_entry) == 192, "three cache lines a pool");

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
    uint16_t depth; // jobs' polls running on this thread, one inside another
    uint64_t thread_records; // how many of `head` are thread records
    uint16_t reserved_bytes_ready; // 1: the ring's space is reserved in the file
    uint16_t events_ready;         // 1: the space of its ring of events is
    uint32_t reserved0;
    uint64_t evidence_head; // evidence records ever written
    uint64_t holds;         // how many of `head` are holds
    uint64_t turns;         // how many are turns of event loops, which nobody enqueues
    uint64_t events_head;   // event records ever written

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
        uint64_t inner_ticks;   // of polls inside that have ended
        uint64_t reserved3;
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
    struct pollscope_section executors;
    struct pollscope_section tasks;
    struct pollscope_section request_names;
    struct pollscope_section name_texts; // entries of one byte
    struct pollscope_section pools;
    struct pollscope_section ring_headers;
    uint64_t evidence_offset; // the evidence of ring i is at evidence_offset + i * evidence_records * 128
    uint64_t events_offset;   // the events of ring i are at events_offset + i * events_records * 64
    uint64_t rings_offset;    // ring i is at rings_offset + i * ring_records * 64
    uint32_t evidence_records; // a power of two
    uint32_t ring_records;     // a power of two
    uint32_t events_records;   // a power of two
    uint32_t pools_used;
    uint32_t name_texts_used;
    uint32_t pools_refused;   // pools that there was no entry for
    uint32_t modules_used;
    uint32_t strings_used;
    uint32_t rings_used; // ring headers that ever had an owner
    uint32_t slots_used; // slots that ever had an owner
    uint32_t frames_used; // may exceed frames.count when the table is full
    uint32_t stacks_used;
    uint32_t types_used;
    uint32_t type_names_used; // may exceed type_names.count when the table is full
    uint32_t executors_used;

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
    uint64_t executors_refused;     // times that an executor was met that the table had no room for
    uint64_t tasks_untracked, tasks_untracked_ended; // tasks that the table had no room for: made, and ended, ever
    uint64_t names_refused;     // requests whose name the table had no room for
    uint64_t events_unrecorded; // event records of threads that got no ring for them
    uint64_t works_unobserved;      // given to Dispatch queues, and passed on as they were
    uint64_t threads_created;       // by pthread_create
    // A look at the live tasks: a reader adds one to `look_asked` and rings `bell`; the watcher looks, and stores the
    // number of the look in `look_answered` (release). Both are futexes in this shared file (pollscope_bell.h).
    uint32_t look_asked, look_answered;
    uint32_t bell;
    uint32_t reserved1;
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
