// What the kernel knows of a thread of this process, asked from another of its threads. The watcher, whose
// descriptors are its own, and the start: these make system calls.
#ifndef POLLSCOPE_KERNEL_H
#define POLLSCOPE_KERNEL_H

#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

// Gives the calling thread a table of descriptors of its own, with nothing in it: what the host does with its
// descriptors (closing all of them, expecting the lowest free number) and what the watcher does cannot meet. False:
// the kernel refuses (before Linux 5.9), and the table stays the host's.
PRIVATE bool pollscope_kernel_leave_descriptors(void);

// CPU time of a thread, nanoseconds, exact at this moment. 0: there is no such thread.
PRIVATE uint64_t pollscope_kernel_cpu_ns(uint32_t tid);

struct pollscope_kernel_account {
    uint64_t run_queue_ns; // ready and not run, ever, up to when it last got a CPU
    uint32_t minor_faults, major_faults;
    uint8_t state; // R, S, D, …; 0: not known
};
PRIVATE void pollscope_kernel_read_account(uint32_t tid, struct pollscope_kernel_account *account);

struct pollscope_kernel_place {
    bool is_known;
    bool is_running;     // on a CPU or ready for one
    int32_t system_call; // that it sleeps in; POLLSCOPE_NO_SYSTEM_CALL where it sleeps otherwise, as in a page fault
    uint64_t pc, sp;     // where it went into the kernel; of a sleeping thread
};
PRIVATE void pollscope_kernel_read_place(uint32_t tid, struct pollscope_kernel_place *place);

// Whether the thread has the signal blocked; also where that cannot be had.
PRIVATE bool pollscope_kernel_blocks_signal(uint32_t tid, int signal);

// How much of [low, high) can be read, some hundred kilobytes at most. It is a thread's own live stack, all of it, unless
// the host changes stacks: handlers on a stack of their own, coroutines. Any thread, signal safe; changes errno.
PRIVATE uint64_t pollscope_kernel_end_of_readable(uint64_t low, uint64_t high);

// Copies memory of this process that may be gone by now. False: it is. Any thread.
PRIVATE bool pollscope_kernel_copy(uint64_t address, void *out, uint64_t bytes);

#endif
