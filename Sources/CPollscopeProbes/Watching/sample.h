// One look of the watcher at a poll that runs.
#ifndef POLLSCOPE_SAMPLE_H
#define POLLSCOPE_SAMPLE_H

#include "watch.h"

// Writes a sample of the poll that began at `start` on ring `index`, unless it has ended by then. The watcher only.
PRIVATE void pollscope_sample_take(struct pollscope_watch *watch, uint32_t index, uint64_t start);

// Reads the thread's accounts, for later ones to be compared with. The watcher only.
PRIVATE void pollscope_sample_read_first(struct pollscope_watch *watch, uint32_t index, uint64_t start);

#endif
