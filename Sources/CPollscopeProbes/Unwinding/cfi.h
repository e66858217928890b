// Call frame information: where, at one instruction, a function keeps what its caller needs back. This is the table
// .eh_frame of an image, found by its index .eh_frame_hdr, and interpreted (DWARF 5, section 6.4; Linux Standard
// Base, "Exception Frames").
#ifndef POLLSCOPE_CFI_H
#define POLLSCOPE_CFI_H

#include "unwind_frame.h"

// A DWARF expression in a table. bytes 0: none.
struct pollscope_cfi_expression {
    uint64_t address;
    uint32_t bytes;
};

enum pollscope_cfi_place {
    POLLSCOPE_CFI_UNSPECIFIED, // nothing said: as it is, by convention
    POLLSCOPE_CFI_SAME,
    POLLSCOPE_CFI_UNDEFINED,      // lost; of the return address: there is no caller
    POLLSCOPE_CFI_AT_OFFSET,      // saved at CFA + offset
    POLLSCOPE_CFI_IS_OFFSET,      // is CFA + offset
    POLLSCOPE_CFI_IN_REGISTER,    // the register whose number is in offset
    POLLSCOPE_CFI_AT_EXPRESSION,  // saved at what the expression gives
    POLLSCOPE_CFI_IS_EXPRESSION,  // is what the expression gives
};

struct pollscope_cfi_rule {
    enum pollscope_cfi_place place;
    int64_t offset;
    struct pollscope_cfi_expression expression;
};

// What holds at one instruction. The CFA is the stack pointer as it was before the call.
struct pollscope_cfi_row {
    uint64_t function; // the first instruction that its entry is for
    struct pollscope_cfi_expression cfa_expression; // if there is one, that; else the register and the offset
    uint64_t cfa_register;
    int64_t cfa_offset;
    struct pollscope_cfi_rule fp, ra;
    bool is_signal_frame; // its caller was interrupted: the return address is an exact pc
};

// What holds at the instruction `code`. false: no table says.
PRIVATE bool pollscope_cfi_find(uint64_t code, pollscope_memory_reader *read, struct pollscope_cfi_row *row);

// Applies a row to a frame.
PRIVATE enum pollscope_step pollscope_cfi_apply(const struct pollscope_cfi_row *row,
                                                const struct pollscope_frame *frame,
                                                const struct pollscope_stack_bytes *stack,
                                                pollscope_memory_reader *read, struct pollscope_caller *caller);

#endif
