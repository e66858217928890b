// The watcher: one thread of ours that looks at polls while they run.
//
// It sleeps when nothing runs; the poll that begins then wakes it. It cannot be held up by the threads that it
// watches, for it waits for none of them. A poll that it meets below the threshold is read once, so that there is
// something to compare with; from the threshold on it is sampled, at doubling intervals.
#ifndef POLLSCOPE_WATCH_H
#define POLLSCOPE_WATCH_H

#include "threads.h"

// The kernel's accounts of a thread, at a moment of a poll.
struct pollscope_reading {
    uint64_t ticks;
    uint64_t cpu_ns, run_queue_ns;
    uint64_t blocked_ticks; // the poll's in observed calls, that of one that has not returned included
    uint32_t minor_faults, major_faults;
};

enum pollscope_watch_signal {
    POLLSCOPE_SIGNAL_NONE = 0,
    POLLSCOPE_SIGNAL_COMING = 1,
    POLLSCOPE_SIGNAL_SENDING = 2, // it is decided
    POLLSCOPE_SIGNAL_OVERDUE = 3, // nobody waits for it any more
};

struct pollscope_watch {
    // The ring's thread. Its memory goes when it ends: to be read as what may be gone.
    const struct pollscope_thread *_Atomic thread;
    // COMING from before a signal to the thread, SENDING from when it is certain, until its handler has run, or until
    // none is sent after all. A thread that is about to go into a call, or has ended a poll and may go to sleep, waits
    // so long, that the signal does not cut a call short.
    _Atomic uint32_t signal; // enum pollscope_watch_signal
    // The watcher's alone, but for `first`, which it publishes by storing the poll's start behind it.
    struct pollscope_reading first;
    _Atomic uint64_t first_of_poll;
    uint64_t poll_start_ticks; // of the poll that `next_age_ticks` is of
    uint64_t next_age_ticks;   // of the poll, at its next sample
    uint64_t head;             // the ring's, at the last scan
};

// Any thread, when it gets ring `index`.
PRIVATE struct pollscope_watch *pollscope_watch_claim(uint32_t index);

// The reading made earlier in the poll that began at `poll_start_ticks`. False: there is none. The ring's own thread,
// during that poll.
PRIVATE bool pollscope_watch_first_reading(struct pollscope_watch *watch, uint64_t poll_start_ticks,
                                           struct pollscope_reading *reading);

// Starts the watcher's thread. False: `why` says why it cannot be. Once, at start.
PRIVATE bool pollscope_watch_start(uint64_t long_poll_ns, char *why, size_t why_bytes);

// Has every thread of the process pass a memory barrier. The watcher only.
PRIVATE void pollscope_watch_barrier(void);
PRIVATE bool pollscope_watch_has_barrier(void);

// Not zero while the watcher sleeps until a poll begins.
extern PRIVATE _Atomic uint32_t pollscope_watch_sleeps;
PRIVATE void pollscope_watch_wake_slow(void);

// A poll has begun.
static inline void pollscope_watch_wake(void) {
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(atomic_load_explicit(&pollscope_watch_sleeps, memory_order_relaxed) != 0, 0))
        pollscope_watch_wake_slow();
}

// Lets a signal that is on its way arrive, within a bound. Leaves errno as it was.
PRIVATE void pollscope_watch_settle_slow(struct pollscope_watch *watch);

// To be called between marking the thread as being in a call and the call itself, and after the end of a poll. No fence
// is needed between the mark and this but for the compiler: the watcher has all threads pass one between setting its
// flag and looking at the mark.
static inline void pollscope_watch_settle(struct pollscope_watch *watch) {
    atomic_signal_fence(memory_order_seq_cst);
    uint32_t signal = atomic_load_explicit(&watch->signal, memory_order_acquire);
    if (__builtin_expect(signal == POLLSCOPE_SIGNAL_COMING || signal == POLLSCOPE_SIGNAL_SENDING, 0))
        pollscope_watch_settle_slow(watch);
}

#endif
