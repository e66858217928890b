// Native stacks: from a thread's registers to the return addresses of its frames, up to the frame that ran its poll.
// Works by the call frame information that compilers emit for exceptions, and by frame pointers where there is none.
//
// No lock, no allocation, and no system call but those of the memory reader that the caller chooses. Any thread,
// several at once. Nothing here trusts what it reads: a damaged table or stack ends the walk early, and never faults.
#ifndef POLLSCOPE_UNWIND_H
#define POLLSCOPE_UNWIND_H

#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

enum {
    POLLSCOPE_RED_ZONE = 128,
    POLLSCOPE_UNWIND_OUTERMOST = 8, // frames next to the poll's that are kept of a stack with too many
#if defined(__aarch64__)
    POLLSCOPE_GENERAL_REGISTERS = 32,
#else
    POLLSCOPE_GENERAL_REGISTERS = 16,
#endif
};

// The registers that a stack is unwound from.
struct pollscope_registers {
    uint64_t pc; // a return address: the code is the one before it. Who starts from an exact pc passes pc + 1
    uint64_t sp;
    uint64_t fp;
    uint64_t lr; // aarch64 only: where the innermost frame returns to
    // All of them by DWARF number, or NULL. The prologues of some functions need others than the above.
    const uint64_t *general;
    // Of a thread that sleeps in the kernel only pc and sp are known. `fp` is then looked for on the stack, where it
    // is needed; it is right if from there every frame leads to the one that ran the poll. Not with read_own.
    bool fp_is_unknown;
    // The frame pointer of the frame that ran the poll, by which a wrong find is told from a right one; 0: none did.
    uint64_t base_fp;
};

// Stack memory [low, high): live memory of the caller's own stack, or a copy. `bytes` points at the byte of `low`.
// Of a thread that was interrupted at any instruction, the POLLSCOPE_RED_ZONE bytes below sp belong to it: code may use
// them without moving sp.
struct pollscope_stack_bytes {
    uint64_t low, high;
    const void *bytes;
};

// Copies unwind tables and code. false: could not, and `out` is of no use.
typedef bool pollscope_memory_reader(uint64_t address, void *out, uint64_t bytes);

// For a thread that unwinds its own stack, all its registers known: the code on it is mapped, and so are its tables. A
// plain copy; nothing is read with it but the tables as the linker made them.
PRIVATE pollscope_memory_reader pollscope_memory_read_own;

// For the stack of another thread, which may unload a library meanwhile: a system call that fails instead of a fault.
PRIVATE pollscope_memory_reader pollscope_memory_read_safely;

struct pollscope_unwound {
    uint32_t count;
    bool cut;         // frames are missing: those before the poll's, or those between the inner and the outermost ones
    bool approximate; // the frame pointer was guessed; after the first frames some may be another call's
};

// The frames, innermost first, each a return address; the first is `registers->pc`. The frame that ran the poll is
// where it ends, and is not among them. Of more than `frames_max` the innermost and the outermost ones are kept.
PRIVATE struct pollscope_unwound pollscope_unwind(const struct pollscope_registers *registers,
                                                  const struct pollscope_stack_bytes *stack,
                                                  pollscope_memory_reader *read, uint64_t *frames,
                                                  uint32_t frames_max);

// The registers of code that a signal interrupted. `general` is theirs, and has to stay. Signal safe.
PRIVATE void pollscope_registers_of_signal(const ucontext_t *context, struct pollscope_registers *registers,
                                           uint64_t general[POLLSCOPE_GENERAL_REGISTERS]);

// Once, before the first use: finds what the C library offers for looking up code. Without it, frame pointers only.
PRIVATE void pollscope_unwind_start(void);

#endif
