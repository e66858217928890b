// The writer's side: what a service links. Everything here is called by the service's own code (through the
// Swift target Pollscope), never from a hook; the hooks are private to this target.
#ifndef POLLSCOPE_PROBES_H
#define POLLSCOPE_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Why pollscope_start did not start. The service runs on unobserved in every case.
enum pollscope_start_code {
    POLLSCOPE_START_OK = 0,
    POLLSCOPE_START_OFF = 1,             // POLLSCOPE=off: nothing was installed
    POLLSCOPE_START_ALREADY = 2,         // this process is observed already
    POLLSCOPE_START_FOLDER = 3,          // the session folder cannot be used
    POLLSCOPE_START_FILE = 4,            // the session file cannot be made
    POLLSCOPE_START_NO_SPACE = 5,        // no room for it
    POLLSCOPE_START_RUNTIME = 6,         // no Swift concurrency in this program, or one that is not known
    POLLSCOPE_START_FORKED = 7,          // a child of an observed process, made by fork without exec
};

struct pollscope_start_result {
    int32_t code; // enum pollscope_start_code
    int32_t system_error; // errno where the system refused, else 0
    char what[320];   // what happened, one sentence
    char remedy[320]; // what can be done about it, one sentence; may be empty
    char path[256];   // the session file, when there is one
};

// Makes the session file and turns on the probes that pass their self-test. Settings come from POLLSCOPE_*.
// Thread: any, once; takes a few milliseconds; allocates. A second call answers POLLSCOPE_START_ALREADY.
void pollscope_start(struct pollscope_start_result *result);

// --- requests and pools: called by the service's own code, on any thread, at any time, started or not. Nothing here blocks,
// allocates or fails: what cannot be recorded is counted. A number of 0 stands for what is not observed, and does no harm.

// Now, on the session's clock; 0: nothing is observed.
uint64_t pollscope_now(void);

// A request: its number, and when it began.
struct pollscope_request {
    uint64_t number, begun_ticks;
};

// Begins a request that is called `name` (of `bytes` bytes, which need not be text; what looks like an identifier in it is
// replaced, and what is too long is cut). `role`: enum pollscope_request_role. `parent`: number of the request that it is
// part of; 0: of the one that the task is in. `arrived_ticks`: pollscope_now() when it arrived; 0: it arrived now.
struct pollscope_request pollscope_request_begin(const uint8_t *name, uint64_t bytes, uint8_t role, uint64_t parent,
                                                 uint64_t arrived_ticks);

// Ends it, in any task, on any thread. `outcome`: enum pollscope_outcome.
void pollscope_request_end(struct pollscope_request request, uint8_t outcome);

// Ends it, and says what it turned out to be called: its route may have been found only after it began.
void pollscope_request_end_named(struct pollscope_request request, uint8_t outcome, const uint8_t *name, uint64_t bytes);

// Says which trace and span of a tracing system it is.
void pollscope_request_trace(uint64_t number, uint64_t trace_high, uint64_t trace_low, uint64_t span);

// Makes a pool known. Returns its number; 0: nothing is observed yet, ask again later; POLLSCOPE_POOL_REFUSED: there is no
// room for another. `capacity` 0: it is not known.
#define POLLSCOPE_POOL_REFUSED UINT32_MAX
uint32_t pollscope_pool_open(const uint8_t *name, uint64_t bytes, uint32_t capacity);
void pollscope_pool_resize(uint32_t pool, uint32_t capacity);
void pollscope_pool_close(uint32_t pool);

// A wait for a pool: since when, and what its poll had been blocked by then.
struct pollscope_pool_wait {
    uint64_t since_ticks, poll_start_ticks, blocked_ticks;
};
struct pollscope_pool_wait pollscope_pool_ask(uint32_t pool);

// What is lent: its number, and since when.
struct pollscope_pool_lease {
    uint64_t number, since_ticks;
};
// The wait has ended. `outcome` OK: what is lent is returned; its number is 0 if it could not be recorded.
struct pollscope_pool_lease pollscope_pool_answer(uint32_t pool, struct pollscope_pool_wait wait, uint8_t outcome,
                                                  uint64_t connection);

// What was lent is given back. `dropped`: nobody gave it back, and nobody has it any more. Once for each lease.
void pollscope_pool_release(uint32_t pool, struct pollscope_pool_lease lease, uint64_t connection, bool dropped);
void pollscope_pool_released_twice(uint32_t pool);

// The pool has opened or closed a connection.
void pollscope_pool_connection(uint32_t pool, uint64_t connection, bool opened);

// Whether another image of this process has the probes in it, too: a program that links Pollscope, and runs under the
// preloaded library. Thread: any; takes the dynamic linker's lock.
bool pollscope_image_is_marked_elsewhere(void) __attribute__((visibility("hidden")));

#pragma clang assume_nonnull end

#endif
