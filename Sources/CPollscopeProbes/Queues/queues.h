// Dispatch queues: the calls by which works get there, and which executor a queue is.
#ifndef POLLSCOPE_QUEUES_H
#define POLLSCOPE_QUEUES_H

#include "visibility.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether works are wrapped. Set once, at start.
extern PRIVATE bool pollscope_queues_are_observed;

// Whether our definitions of the calls are the ones that the service makes, and all is there that they need. False:
// `why` says what is in the way. At start.
PRIVATE bool pollscope_queues_are_interposed(char *why, size_t why_bytes);

// Lets works be wrapped. Once, at start, after pollscope_queues_are_interposed has said yes.
PRIVATE void pollscope_queues_start(void);

// The number of the executor that the queue is. The queue must be alive.
PRIVATE uint8_t pollscope_queue_number(void *queue);

// Whether it is one of the queues that the Swift runtime makes for its global pool.
PRIVATE bool pollscope_queue_is_global_pool(void *queue);

// Two words before what a block captured, as if it were an object with a header. NULL: it captured less than two words.
PRIVATE const uint64_t *pollscope_block_captures(const void *block);

#endif
