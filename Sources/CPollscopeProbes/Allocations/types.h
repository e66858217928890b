// Which Swift type an allocated block became: found out without the Swift runtime, which may be in the middle of
// something, or hold its locks.
//
// No lock, no allocation, no Swift call. It reads by system calls, and puts errno back. Any thread, several at once,
// also inside malloc.
#ifndef POLLSCOPE_TYPES_H
#define POLLSCOPE_TYPES_H

#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

// Once, at start, after pollscope_unwind_start: finds the runtime's functions that allocate objects. Where there are
// none, or no table says how long they are, no block is an object.
PRIVATE void pollscope_types_start(void);

// Whether these innermost frames (return addresses; the first is malloc's caller's) are those of the allocation of a
// Swift object.
PRIVATE bool pollscope_types_is_object(const uint64_t *frames, uint32_t count);

// The number of the type with this metadata, where it is known already; 0: it is not. No system call.
PRIVATE uint16_t pollscope_types_find(uint64_t metadata);

// The number of the type of the Swift object at `object`, which lives and whose allocation is over: its place in the
// session's table + 1. 0: it is not known, or the table is full. A new type costs some dozen system calls, a known one
// two. Memory that is no object, or is gone, does no harm.
PRIVATE uint16_t pollscope_types_intern_object(uint64_t object);

#endif
