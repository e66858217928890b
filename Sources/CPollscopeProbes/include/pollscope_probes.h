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

// Whether another image of this process has the probes in it, too: a program that links Pollscope, and runs under the
// preloaded library. Thread: any; takes the dynamic linker's lock.
bool pollscope_image_is_marked_elsewhere(void) __attribute__((visibility("hidden")));

#pragma clang assume_nonnull end

#endif
