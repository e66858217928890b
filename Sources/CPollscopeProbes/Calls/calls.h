// Observing calls that can block: what the rest of the probes has to know of it. The calls themselves are defined in
// files of their own, one a family, by means of call_definition.h.
#ifndef POLLSCOPE_INTERPOSED_CALLS_H
#define POLLSCOPE_INTERPOSED_CALLS_H

#include "unwind.h"
#include "visibility.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Calls of at least so many ticks leave a record; UINT64_MAX: none does. Set once, at start.
extern PRIVATE uint64_t pollscope_blocking_ticks;

// Whether calls are observed: timed for their poll's account, and marked, so that the watcher does not signal a thread
// that is in one. Set once, at start.
extern PRIVATE bool pollscope_calls_are_observed;

// Whether our definitions are the ones that the service calls. False: `why` says what is in the way. Any thread.
PRIVATE bool pollscope_calls_are_interposed(char *why, size_t why_bytes);

// Observes calls, and has those of at least `blocking_ns` leave a record; 0: none does. Once, at start, after the
// clock's.
PRIVATE void pollscope_calls_start(uint64_t blocking_ns);

// The registers of the code that made a call, at the call: `words` are those of our definition's frame record, which is
// at `frame`.
static inline struct pollscope_registers pollscope_registers_of_caller(uint64_t frame, const uint64_t words[2]) {
    const uint64_t async_frame = 1ull << 60; // set by the compiler in what an async function saves
    return (struct pollscope_registers){.pc = words[1], .sp = frame + 16, .fp = words[0] & ~async_frame};
}

#endif
