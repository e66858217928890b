// The few machine instructions that unwinding looks at: calls, the stubs that linkers make for calls into other images,
// and those that a function begins with.
#ifndef POLLSCOPE_CALL_INSTRUCTIONS_H
#define POLLSCOPE_CALL_INSTRUCTIONS_H

#include "unwind.h"

// How many words were pushed since the function was called, if the instruction at `pc` tells: in a linkage stub (some
// linkers write no table for theirs), at the beginning of a function, or at its end. Else -1.
PRIVATE int32_t pollscope_call_pushed(uint64_t pc, pollscope_memory_reader *read);

// The same, at the instructions of asynchronous Swift functions for which their tables are wrong (those that LLVM
// writes, at least up to version 21): next to the one that sets the frame pointer, and where that is put back.
PRIVATE int32_t pollscope_call_pushed_async(uint64_t pc, pollscope_memory_reader *read);

// Whether `return_address` comes after a call, and where that call went; 0: only its registers would tell.
PRIVATE bool pollscope_call_is_before(uint64_t return_address, pollscope_memory_reader *read, uint64_t *target);

// How far below its frame pointer a function's stack pointer stays, as its first instructions tell. One that moves it
// later has more.
PRIVATE bool pollscope_call_frame_size(uint64_t function, pollscope_memory_reader *read, uint64_t *bytes);

#endif
