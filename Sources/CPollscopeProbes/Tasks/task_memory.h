// Reads memory of tasks that may be gone at any moment: many pieces in one system call.
#ifndef POLLSCOPE_TASK_MEMORY_H
#define POLLSCOPE_TASK_MEMORY_H

#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

enum { POLLSCOPE_MEMORY_PIECES_MAX = 64 };

struct pollscope_memory_piece {
    uint64_t address;
    void *out;
    uint32_t bytes;
    bool is_read; // the result: false where there is no such memory, and what is at `out` is of no use
};

// Reads up to POLLSCOPE_MEMORY_PIECES_MAX pieces of this process's memory. One does not stand in another's way. The
// watcher; changes errno.
PRIVATE void pollscope_memory_read(struct pollscope_memory_piece *pieces, uint32_t count);

#endif
