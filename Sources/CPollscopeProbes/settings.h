// The settings a service gives through POLLSCOPE_*.
#ifndef POLLSCOPE_SETTINGS_H
#define POLLSCOPE_SETTINGS_H

#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

struct pollscope_settings {
    bool off;              // POLLSCOPE=off
    char directory[192];   // POLLSCOPE_DIR, default /dev/shm/pollscope-<uid>
    uint32_t ring_records; // POLLSCOPE_RING, records a thread, a power of two; 0: by the space there is
    uint32_t rings;        // POLLSCOPE_RINGS, threads with a ring at once
    bool keep;             // POLLSCOPE_KEEP=1: the session file stays after a clean exit
    uint64_t long_poll_ns; // POLLSCOPE_LONG_POLL, default 10ms; 0: off
    uint64_t blocking_ns;  // POLLSCOPE_BLOCKING, default 100us; 0: off
    int signal;            // POLLSCOPE_SIGNAL; 0: one that is free; -1: off
    bool counts_allocations;  // POLLSCOPE_ALLOC, default on
    uint64_t alloc_sample_bytes; // POLLSCOPE_ALLOC_SAMPLE, default 512KiB; 0: off
    bool tables_tasks;   // POLLSCOPE_TASKS, default on
    bool observes_loops; // POLLSCOPE_LOOPS, default on
    bool observes_queues; // POLLSCOPE_QUEUES, default on
    bool takes_requests;  // POLLSCOPE_REQUESTS, default on
    char token[32];        // POLLSCOPE_TOKEN, handed through to the session
    char notes[1024];      // what was not understood, a sentence a line
};

// Reads the environment. Never fails: what is not understood is noted, and the default is used.
PRIVATE void pollscope_settings_read(struct pollscope_settings *settings);

// Adds a sentence to the notes.
__attribute__((format(printf, 2, 3))) PRIVATE void pollscope_settings_note(struct pollscope_settings *settings,
                                                                          const char *format, ...);

#endif
