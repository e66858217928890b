// Event loops, told by the calls in which their threads wait for descriptors: what a thread does between two waits is a
// turn of its loop.
//
// Everything here belongs to the calling thread.
#ifndef POLLSCOPE_LOOPS_H
#define POLLSCOPE_LOOPS_H

#include "visibility.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether waits are looked at. Set once, at start.
extern PRIVATE bool pollscope_loops_are_observed;

// Whether our definitions of epoll_wait and its kin are the ones that the service calls. False: `why` says what is in
// the way. At start.
PRIVATE bool pollscope_loops_are_interposed(char *why, size_t why_bytes);

// Lets turns be recorded. Once, at start, after the clock's and the unwinder's.
PRIVATE void pollscope_loops_start(void);

// A wait of the calling thread.
struct pollscope_loop_call {
    uintptr_t frame;   // of our definition of it
    int32_t descriptor;
    int32_t events_max; // that it can return; 0: all there are
    bool may_sleep;     // false: it returns at once, ready or not
};

// An epoll_wait, or one of its kin, begins. True: it separates two turns, or will, and the open one has ended; its
// return is to be told. False: it is a call like any other.
PRIVATE bool pollscope_loop_begin_wait(const struct pollscope_loop_call *call);

// The same for a poll of one descriptor: how some loops wait for an epoll descriptor to be ready, and then ask what is.
// It does not make a thread a loop.
PRIVATE bool pollscope_loop_begin_poll(const struct pollscope_loop_call *call);

// The wait has returned. Leaves errno as it is.
PRIVATE void pollscope_loop_end_wait(const struct pollscope_loop_call *call, int returned);

// The descriptor is about to be closed. True: the calling thread's loop waited on it, and its last turn has ended.
PRIVATE bool pollscope_loop_ends_with(int32_t descriptor);

#endif
