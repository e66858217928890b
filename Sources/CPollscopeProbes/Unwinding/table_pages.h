// Reads unwind tables and code, and keeps what cost a system call: one costs the same for a page as for a word, and the
// frames of a stack share most pages.
#ifndef POLLSCOPE_TABLE_PAGES_H
#define POLLSCOPE_TABLE_PAGES_H

#include "unwind.h"

// Like `read`, of memory that does not change while its image is loaded. Any thread, signal safe.
PRIVATE bool pollscope_table_read(pollscope_memory_reader *read, uint64_t address, void *out, uint64_t bytes);

#endif
