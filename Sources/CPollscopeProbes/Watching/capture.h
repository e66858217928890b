// Has a thread that is on a CPU copy its own registers and stack, by a signal.
#ifndef POLLSCOPE_CAPTURE_H
#define POLLSCOPE_CAPTURE_H

#include "settings.h"
#include "unwind.h"
#include "watch.h"

enum { POLLSCOPE_CAPTURE_BYTES_MAX = 64 * 1024 }; // of the innermost end of the stack

struct pollscope_capture {
    struct pollscope_registers registers;
    uint64_t general[POLLSCOPE_GENERAL_REGISTERS];
    uint64_t poll_start_ticks; // the poll that the thread was in then
    uint64_t low, high;        // the stack that was copied; may be empty
    uint64_t handler_ticks;    // what the handler took
    uint64_t bytes[POLLSCOPE_CAPTURE_BYTES_MAX / sizeof(uint64_t)];
};

// The signal that the settings ask for, or, where they ask for none or somebody uses it, one that nobody uses. What
// stands in the way of the wanted one is noted in the settings. 0: there is none. Once, at start.
PRIVATE int pollscope_capture_choose(struct pollscope_settings *settings);

// Installs the handler. Once, at start, before any thread is admitted.
PRIVATE bool pollscope_capture_start(int signal);

// The signal's number; 0: there is none. Any thread.
PRIVATE int pollscope_capture_signal(void);

// Lets the signal in on the calling thread: Dispatch's threads block all that they need not have.
PRIVATE void pollscope_capture_admit(void);

// Whether the handler is still ours. The host may have put its own in its place, which must not get our signals.
PRIVATE bool pollscope_capture_is_ours(void);

// The watcher only. Signals the ring's thread `tid`, which must be on a CPU or ready for one, in the poll that began at
// `start` and in no observed call, and waits for its copy, within a bound. NULL: it did not come, or the thread has gone
// into a call or ended the poll meanwhile. Valid until the next call.
PRIVATE const struct pollscope_capture *pollscope_capture_take(struct pollscope_watch *watch,
                                                              const struct pollscope_ring_header *ring,
                                                              uint32_t tid, uint64_t start);

#endif
