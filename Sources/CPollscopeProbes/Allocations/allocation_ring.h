// The session's ring of single allocations, which all threads write.
#ifndef POLLSCOPE_ALLOCATION_RING_H
#define POLLSCOPE_ALLOCATION_RING_H

#include "pollscope_layout.h"
#include "visibility.h"

// Writes the record, its number apart, which it gets here. It is dropped, and counted, where another thread holds the
// ring for longer than it takes to write a record: that thread does not run. Any thread, while the switch is on.
PRIVATE void pollscope_allocation_ring_write(const struct pollscope_allocation_record *record);

#endif
