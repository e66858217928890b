// Which actor a poll has, and the record of it.
#ifndef POLLSCOPE_HOLDS_H
#define POLLSCOPE_HOLDS_H

#include "threads.h"

// Writes the record of the hold of the innermost poll, which has one, and takes it from it.
PRIVATE void pollscope_hold_end(struct pollscope_thread *thread, uint64_t now_ticks);

#endif
