// One frame while a stack is unwound, and the words of its stack.
#ifndef POLLSCOPE_UNWIND_FRAME_H
#define POLLSCOPE_UNWIND_FRAME_H

#include "unwind.h"

// Numbers of registers in unwind tables.
enum pollscope_dwarf_register {
#if defined(__aarch64__)
    POLLSCOPE_DWARF_FP = 29,
    POLLSCOPE_DWARF_RA = 30,
    POLLSCOPE_DWARF_SP = 31,
    POLLSCOPE_DWARF_PC = 32, // has no number; 32 is in no table
#else
    POLLSCOPE_DWARF_FP = 6,
    POLLSCOPE_DWARF_SP = 7,
    POLLSCOPE_DWARF_RA = 16,
    POLLSCOPE_DWARF_PC = 16,
#endif
};

struct pollscope_frame {
    uint64_t pc, sp, fp, lr;
    const uint64_t *general; // those of the innermost frame, or NULL
    bool fp_is_known;
    bool is_interrupted; // may be at any instruction: the innermost frame, and one that a signal interrupted
    bool lr_is_known;
};

// What a step finds out.
struct pollscope_caller {
    uint64_t cfa; // its stack pointer after the call will have returned
    uint64_t ra, fp;
    bool fp_is_known;
};

enum pollscope_step {
    POLLSCOPE_STEP_DONE,     // the frame is now its caller's
    POLLSCOPE_STEP_END,      // it has no caller
    POLLSCOPE_STEP_STUCK,    // its caller cannot be found
    POLLSCOPE_STEP_NEEDS_FP, // its caller could be found if its frame pointer were known
};

// From a frame to its caller's.
PRIVATE enum pollscope_step pollscope_frame_step(struct pollscope_frame *frame,
                                                 const struct pollscope_stack_bytes *stack,
                                                 pollscope_memory_reader *read);

// The same for code that no table covers.
PRIVATE enum pollscope_step pollscope_frame_step_untabled(struct pollscope_frame *frame,
                                                          const struct pollscope_stack_bytes *stack,
                                                          pollscope_memory_reader *read);

// The same where the table of an asynchronous function is wrong. false: it is not, and nothing was done.
PRIVATE bool pollscope_frame_step_async(struct pollscope_frame *frame, const struct pollscope_stack_bytes *stack,
                                        pollscope_memory_reader *read, enum pollscope_step *step);

// The last part of each step: goes to the caller if what was found makes sense. was_interrupted: the return address is
// an exact pc.
PRIVATE enum pollscope_step pollscope_frame_move(struct pollscope_frame *frame,
                                                 const struct pollscope_stack_bytes *stack,
                                                 const struct pollscope_caller *caller, bool was_interrupted);

// Whether it is the frame that ran the poll.
PRIVATE bool pollscope_frame_is_trampoline(const struct pollscope_frame *frame);

// Finds the frame pointer that the step needs. base_fp as in struct pollscope_registers. The find is a guess unless
// something in the code of the function or of its caller says that it is right.
enum pollscope_find { POLLSCOPE_FIND_NONE, POLLSCOPE_FIND_GUESSED, POLLSCOPE_FIND_SURE };
PRIVATE enum pollscope_find pollscope_frame_find_fp(struct pollscope_frame *frame,
                                                    const struct pollscope_stack_bytes *stack,
                                                    pollscope_memory_reader *read, uint64_t base_fp);

// Other frames' memory, under whatever type they use it. A sanitizer may have poisoned it, and need not know.
typedef uint64_t __attribute__((may_alias, aligned(1))) pollscope_stack_word;

__attribute__((no_sanitize("address", "thread"))) static inline bool
pollscope_stack_load(const struct pollscope_stack_bytes *stack, uint64_t address, uint64_t *value) {
    if (address & 7 || address < stack->low || stack->high < 8 || address > stack->high - 8)
        return false;
    *value = *(const volatile pollscope_stack_word *)((const char *)stack->bytes + (address - stack->low));
    return true;
}

// The caller's frame pointer, of which the tables say that it is saved at `address`. They say so until the function
// has returned, but from its last instructions on it is back in its register, and its place may be gone.
static inline void pollscope_frame_load_fp(const struct pollscope_frame *frame,
                                           const struct pollscope_stack_bytes *stack, uint64_t address,
                                           struct pollscope_caller *caller) {
    caller->fp_is_known = pollscope_stack_load(stack, address, &caller->fp);
    if (!caller->fp_is_known && address < frame->sp) {
        caller->fp = frame->fp;
        caller->fp_is_known = frame->fp_is_known;
    }
}

// Async functions mark their frame by bit 60 of the frame pointer that they save, and Arm may sign a return address
// in the bits above the address.
static inline uint64_t pollscope_plain_fp(uint64_t fp) { return fp & ~(1ull << 60); }

static inline uint64_t pollscope_plain_return_address(uint64_t address) {
#if defined(__aarch64__)
    return address & ((1ull << 48) - 1);
#else
    return address;
#endif
}

#endif
