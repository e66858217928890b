// Packs rows of call frame information into words.
#include "unwind_rules.h"

#include "cfi_cursor.h"

struct pollscope_unwind_entry pollscope_unwind_entries[POLLSCOPE_UNWIND_ENTRIES];

static bool packs(int64_t value, uint32_t bits) { return value >= -(1ll << (bits - 1)) && value < 1ll << (bits - 1); }

static bool packs_as_words(int64_t offset) { return offset % 8 == 0 && packs(offset / 8, 16); }

// Whether the expression is fp + offset, or what is saved there.
static bool is_from_fp(struct pollscope_cfi_expression expression, pollscope_memory_reader *read, bool saved,
                       int64_t *offset) {
    struct pollscope_cfi_cursor cursor;
    pollscope_cfi_cursor_open(&cursor, read, expression.address, expression.address + expression.bytes);
    if (pollscope_cfi_cursor_byte(&cursor) != 0x70 + POLLSCOPE_DWARF_FP) // breg
        return false;
    *offset = pollscope_cfi_cursor_sleb(&cursor);
    if (saved && pollscope_cfi_cursor_byte(&cursor) != 0x06) // deref
        return false;
    return !cursor.failed && cursor.address == cursor.end;
}

struct pollscope_unwind_rule pollscope_unwind_rule_pack(const struct pollscope_cfi_row *row,
                                                        pollscope_memory_reader *read) {
    const struct pollscope_unwind_rule does_not_fit = {.kind = POLLSCOPE_UNWIND_ASK};
    struct pollscope_unwind_rule rule = {.kind = POLLSCOPE_UNWIND_CFI};
    if (row->is_signal_frame)
        return does_not_fit;
    if (row->ra.place == POLLSCOPE_CFI_UNDEFINED)
        return (struct pollscope_unwind_rule){.kind = POLLSCOPE_UNWIND_END};

    int64_t cfa_offset = row->cfa_offset;
    if (row->cfa_expression.bytes) {
        if (!is_from_fp(row->cfa_expression, read, true, &cfa_offset))
            return does_not_fit;
        rule.cfa = POLLSCOPE_UNWIND_CFA_AT_FP;
    } else if (row->cfa_register == POLLSCOPE_DWARF_FP) {
        rule.cfa = POLLSCOPE_UNWIND_CFA_FROM_FP;
    } else if (row->cfa_register != POLLSCOPE_DWARF_SP) {
        return does_not_fit;
    }
    if (!packs(cfa_offset, 24))
        return does_not_fit;
    rule.cfa_offset = cfa_offset;

    int64_t fp_offset;
    switch (row->fp.place) {
    case POLLSCOPE_CFI_UNSPECIFIED:
    case POLLSCOPE_CFI_SAME: break;
    case POLLSCOPE_CFI_AT_OFFSET:
        if (!packs_as_words(row->fp.offset))
            return does_not_fit;
        rule.fp = POLLSCOPE_UNWIND_FP_AT_CFA;
        rule.fp_words = row->fp.offset / 8;
        break;
    case POLLSCOPE_CFI_AT_EXPRESSION:
        if (!is_from_fp(row->fp.expression, read, false, &fp_offset) || fp_offset != 0)
            return does_not_fit;
        rule.fp = POLLSCOPE_UNWIND_FP_AT_FP;
        break;
    default: return does_not_fit;
    }

    switch (row->ra.place) {
    case POLLSCOPE_CFI_UNSPECIFIED:
    case POLLSCOPE_CFI_SAME: rule.ra_is_in_lr = 1; break;
    case POLLSCOPE_CFI_AT_OFFSET:
        if (!packs_as_words(row->ra.offset))
            return does_not_fit;
        rule.ra_words = row->ra.offset / 8;
        break;
    default: return does_not_fit;
    }
    return rule;
}
