// The names of requests, each kept once in the session file.
#ifndef POLLSCOPE_REQUEST_NAMES_H
#define POLLSCOPE_REQUEST_NAMES_H

#include "threads.h"
#include "visibility.h"

// Once, at start, before the probes are on.
PRIVATE void pollscope_request_names_start(void);

// The number of a name: its index in the table + 1; 0: there is no room for it, which is counted. What is in it is not
// trusted: not to be text, nor to be short, nor to be one of few.
PRIVATE uint32_t pollscope_request_name(struct pollscope_thread *thread, const uint8_t *name, uint64_t bytes);

#endif
