// Applies a row of call frame information to a frame. Most of it is the small stack machine of DWARF expressions
// (DWARF 5, section 2.5), which linkage stubs, signal frames and realigned stacks need.
#include "cfi.h"

#include "cfi_cursor.h"

enum {
    operations_max = 256, // of one expression; those with a loop end there
    stack_max = 16,
    expression_bytes_max = 128,
};

struct machine {
    const struct pollscope_frame *frame;
    const struct pollscope_stack_bytes *stack;
    uint64_t values[stack_max];
    uint32_t count;
    bool failed, missed_fp; // missed_fp: failed, and would not have if the frame pointer were known
};

// Whether functions may change the register without restoring it. A table that needs it in a frame other than the
// innermost says by that that the functions inside do not: assembly calling its own.
static bool is_scratch(uint64_t number) {
#if defined(__aarch64__)
    return number <= 18;
#else
    return number <= 11 && number != 3 && number != POLLSCOPE_DWARF_FP && number != POLLSCOPE_DWARF_SP; // 3: rbx
#endif
}

static uint64_t register_value(struct machine *machine, uint64_t number) {
    const struct pollscope_frame *frame = machine->frame;
    if (number == POLLSCOPE_DWARF_SP)
        return frame->sp;
    if (number == POLLSCOPE_DWARF_PC)
        return frame->pc - 1; // tables use it in linkage stubs only, and there the pc is exact
    if (number == POLLSCOPE_DWARF_FP) {
        if (frame->fp_is_known)
            return frame->fp;
        machine->missed_fp = true;
    } else if (frame->general && number < POLLSCOPE_GENERAL_REGISTERS &&
               (frame->is_interrupted || is_scratch(number))) {
        return frame->general[number];
    }
    machine->failed = true;
    return 0;
}

static void push(struct machine *machine, uint64_t value) {
    if (machine->count == stack_max)
        machine->failed = true;
    else
        machine->values[machine->count++] = value;
}

// The value `depth` below the top, which is 0.
static uint64_t peek(struct machine *machine, uint32_t depth) {
    if (depth < machine->count)
        return machine->values[machine->count - 1 - depth];
    machine->failed = true;
    return 0;
}

static uint64_t pop(struct machine *machine) {
    uint64_t value = peek(machine, 0);
    if (machine->count)
        machine->count--;
    return value;
}

static uint64_t load(struct machine *machine, uint64_t address) {
    uint64_t value = 0;
    if (!pollscope_stack_load(machine->stack, address, &value))
        machine->failed = true;
    return value;
}

// The arithmetic is the tables': modulo 2^64, comparisons with sign.
static uint64_t of_two(struct machine *machine, uint8_t operation, uint64_t left, uint64_t right) {
    int64_t signed_left = (int64_t)left, signed_right = (int64_t)right;
    switch (operation) {
    case 0x1a: return left & right;
    case 0x1c: return left - right;
    case 0x1e: return left * right;
    case 0x21: return left | right;
    case 0x22: return left + right;
    case 0x24: return right < 64 ? left << right : 0;
    case 0x25: return right < 64 ? left >> right : 0;
    case 0x26: return (uint64_t)(signed_left >> (right < 64 ? right : 63));
    case 0x27: return left ^ right;
    case 0x29: return left == right;
    case 0x2a: return signed_left >= signed_right;
    case 0x2b: return signed_left > signed_right;
    case 0x2c: return signed_left <= signed_right;
    case 0x2d: return signed_left < signed_right;
    case 0x2e: return left != right;
    default: machine->failed = true; return 0; // division is in no table
    }
}

static void jump(struct machine *machine, struct pollscope_cfi_cursor *cursor, uint64_t begin, int64_t distance) {
    uint64_t target = cursor->address + (uint64_t)distance;
    if (target < begin || target > cursor->end)
        machine->failed = true;
    else
        pollscope_cfi_cursor_open(cursor, cursor->read, target, cursor->end);
}

static void execute(struct machine *machine, struct pollscope_cfi_cursor *cursor, uint64_t begin, uint8_t operation) {
    if (operation >= 0x30 && operation <= 0x4f) // lit0 …
        return push(machine, operation - 0x30u);
    if (operation >= 0x70 && operation <= 0x8f) { // breg0 …
        uint64_t value = register_value(machine, operation - 0x70u);
        return push(machine, value + (uint64_t)pollscope_cfi_cursor_sleb(cursor));
    }
    switch (operation) {
    case 0x06: push(machine, load(machine, pop(machine))); break; // deref
    case 0x08:                                                    // const1u
    case 0x0a:                                                    // const2u
    case 0x0c:                                                    // const4u
    case 0x0e: push(machine, pollscope_cfi_cursor_unsigned(cursor, 1u << (operation - 0x08) / 2)); break; // const8u
    case 0x09:                                                                                            // const1s
    case 0x0b:                                                                                            // const2s
    case 0x0d:                                                                                            // const4s
    case 0x0f: // const8s
        push(machine, (uint64_t)pollscope_cfi_cursor_signed(cursor, 1u << (operation - 0x09) / 2));
        break;
    case 0x10: push(machine, pollscope_cfi_cursor_uleb(cursor)); break;            // constu
    case 0x11: push(machine, (uint64_t)pollscope_cfi_cursor_sleb(cursor)); break;  // consts
    case 0x12: push(machine, peek(machine, 0)); break;                             // dup
    case 0x13: (void)pop(machine); break;                                          // drop
    case 0x14: push(machine, peek(machine, 1)); break;                             // over
    case 0x15: push(machine, peek(machine, pollscope_cfi_cursor_byte(cursor))); break; // pick
    case 0x16: {                                                                   // swap
        uint64_t top = pop(machine), next = pop(machine);
        push(machine, top);
        push(machine, next);
        break;
    }
    case 0x17: { // rot
        uint64_t first = pop(machine), second = pop(machine), third = pop(machine);
        push(machine, first);
        push(machine, third);
        push(machine, second);
        break;
    }
    case 0x19: { // abs
        uint64_t value = pop(machine);
        push(machine, (int64_t)value < 0 ? 0 - value : value);
        break;
    }
    case 0x1f: push(machine, 0 - pop(machine)); break;                                  // neg
    case 0x20: push(machine, ~pop(machine)); break;                                     // not
    case 0x23: push(machine, pop(machine) + pollscope_cfi_cursor_uleb(cursor)); break;  // plus_uconst
    case 0x28:                                                                          // bra
    case 0x2f: {                                                                        // skip
        int64_t distance = pollscope_cfi_cursor_signed(cursor, 2);
        if (operation == 0x2f || pop(machine) != 0)
            jump(machine, cursor, begin, distance);
        break;
    }
    case 0x92: { // bregx
        uint64_t value = register_value(machine, pollscope_cfi_cursor_uleb(cursor));
        push(machine, value + (uint64_t)pollscope_cfi_cursor_sleb(cursor));
        break;
    }
    case 0x96: break; // nop
    default: {
        uint64_t right = pop(machine), left = pop(machine);
        push(machine, of_two(machine, operation, left, right));
    }
    }
}

static uint64_t evaluate(struct machine *machine, struct pollscope_cfi_expression expression,
                         pollscope_memory_reader *read) {
    struct pollscope_cfi_cursor cursor;
    pollscope_cfi_cursor_open(&cursor, read, expression.address, expression.address + expression.bytes);
    if (expression.bytes > expression_bytes_max)
        machine->failed = true;
    for (uint32_t i = 0; !machine->failed && pollscope_cfi_cursor_has_more(&cursor); i++) {
        if (i == operations_max)
            machine->failed = true;
        else
            execute(machine, &cursor, expression.address, pollscope_cfi_cursor_byte(&cursor));
    }
    machine->failed |= cursor.failed;
    return pop(machine);
}

// A register of the caller by its rule. false: not to be had; machine->missed_fp may say why.
static bool value_of(const struct pollscope_cfi_rule *rule, uint64_t cfa, struct machine *machine,
                     pollscope_memory_reader *read, uint64_t *value) {
    machine->count = 0;
    machine->failed = machine->missed_fp = false;
    switch (rule->place) {
    case POLLSCOPE_CFI_AT_OFFSET: *value = load(machine, cfa + (uint64_t)rule->offset); break;
    case POLLSCOPE_CFI_IS_OFFSET: *value = cfa + (uint64_t)rule->offset; break;
    case POLLSCOPE_CFI_IN_REGISTER: *value = register_value(machine, (uint64_t)rule->offset); break;
    case POLLSCOPE_CFI_AT_EXPRESSION:
    case POLLSCOPE_CFI_IS_EXPRESSION:
        push(machine, cfa);
        *value = evaluate(machine, rule->expression, read);
        if (rule->place == POLLSCOPE_CFI_AT_EXPRESSION && !machine->failed)
            *value = load(machine, *value);
        break;
    default: return false;
    }
    return !machine->failed;
}

static void find_fp(const struct pollscope_cfi_row *row, const struct pollscope_frame *frame, struct machine *machine,
                    pollscope_memory_reader *read, struct pollscope_caller *caller) {
    struct pollscope_cfi_rule address = row->fp; // where it is saved
    uint64_t value;
    caller->fp = frame->fp;
    caller->fp_is_known = frame->fp_is_known;
    switch (row->fp.place) {
    case POLLSCOPE_CFI_UNSPECIFIED:
    case POLLSCOPE_CFI_SAME: return;
    case POLLSCOPE_CFI_AT_OFFSET: address.place = POLLSCOPE_CFI_IS_OFFSET; break;
    case POLLSCOPE_CFI_AT_EXPRESSION: address.place = POLLSCOPE_CFI_IS_EXPRESSION; break;
    default: caller->fp_is_known = value_of(&row->fp, caller->cfa, machine, read, &caller->fp); return;
    }
    if (!value_of(&address, caller->cfa, machine, read, &value))
        caller->fp_is_known = false;
    else if (row->fp.place == POLLSCOPE_CFI_AT_OFFSET || value < caller->cfa) // else it is the caller's already
        pollscope_frame_load_fp(frame, machine->stack, value, caller);
}

enum pollscope_step pollscope_cfi_apply(const struct pollscope_cfi_row *row, const struct pollscope_frame *frame,
                                        const struct pollscope_stack_bytes *stack, pollscope_memory_reader *read,
                                        struct pollscope_caller *caller) {
    if (row->ra.place == POLLSCOPE_CFI_UNDEFINED)
        return POLLSCOPE_STEP_END;
    struct machine machine = {.frame = frame, .stack = stack};
    if (row->cfa_expression.bytes)
        caller->cfa = evaluate(&machine, row->cfa_expression, read);
    else
        caller->cfa = register_value(&machine, row->cfa_register) + (uint64_t)row->cfa_offset;
    if (machine.failed)
        return machine.missed_fp ? POLLSCOPE_STEP_NEEDS_FP : POLLSCOPE_STEP_STUCK;

    if (row->ra.place == POLLSCOPE_CFI_SAME || row->ra.place == POLLSCOPE_CFI_UNSPECIFIED) {
        if (!frame->lr_is_known)
            return POLLSCOPE_STEP_STUCK;
        caller->ra = frame->lr;
    } else if (!value_of(&row->ra, caller->cfa, &machine, read, &caller->ra)) {
        return machine.missed_fp ? POLLSCOPE_STEP_NEEDS_FP : POLLSCOPE_STEP_STUCK;
    }

    find_fp(row, frame, &machine, read, caller);
    return POLLSCOPE_STEP_DONE;
}
