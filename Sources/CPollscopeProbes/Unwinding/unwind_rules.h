// Remembers how to step from a frame to its caller's, by pc: most rows of call frame information fit in one word.
#ifndef POLLSCOPE_UNWIND_RULES_H
#define POLLSCOPE_UNWIND_RULES_H

#include "cfi.h"

enum pollscope_unwind_kind {
    POLLSCOPE_UNWIND_ASK = 0, // nothing is remembered
    POLLSCOPE_UNWIND_CFI,
    POLLSCOPE_UNWIND_UNTABLED, // no table covers the code
    POLLSCOPE_UNWIND_END,      // the outermost frame
};

enum pollscope_unwind_cfa {
    POLLSCOPE_UNWIND_CFA_FROM_SP,  // sp + offset
    POLLSCOPE_UNWIND_CFA_FROM_FP,  // fp + offset
    POLLSCOPE_UNWIND_CFA_AT_FP,    // saved at fp + offset: functions that realign their stack
};

enum pollscope_unwind_fp {
    POLLSCOPE_UNWIND_FP_SAME,
    POLLSCOPE_UNWIND_FP_AT_CFA, // saved at CFA + 8 × offset
    POLLSCOPE_UNWIND_FP_AT_FP,  // saved at fp
};

// One word, so that it is stored and loaded whole.
struct pollscope_unwind_rule {
    uint64_t kind : 2;
    uint64_t cfa : 2;
    uint64_t fp : 2;
    uint64_t ra_is_in_lr : 1;
    uint64_t unused : 1;
    int64_t cfa_offset : 24;
    int64_t fp_words : 16;
    int64_t ra_words : 16; // the return address is at CFA + 8 × this
};
_Static_assert(sizeof(struct pollscope_unwind_rule) == 8, "one word");

// Packs a row. kind is ASK where it does not fit: such code is looked up each time.
PRIVATE struct pollscope_unwind_rule pollscope_unwind_rule_pack(const struct pollscope_cfi_row *row,
                                                                pollscope_memory_reader *read);

// A pc has two places in the table, next to each other: the last rule in is first, and the one before it second. Two
// threads may write a place at once, so each of its words is needed to read the other: a mixture is a rule for no pc.
struct pollscope_unwind_entry {
    uint64_t check, rule;
};
enum {
    POLLSCOPE_UNWIND_ENTRIES_LOG2 = 12, // 64 KB; a service's hot code has some hundred call sites
    POLLSCOPE_UNWIND_ENTRIES = 1 << POLLSCOPE_UNWIND_ENTRIES_LOG2,
};
extern PRIVATE struct pollscope_unwind_entry pollscope_unwind_entries[POLLSCOPE_UNWIND_ENTRIES];

static inline struct pollscope_unwind_entry *pollscope_unwind_places_of(uint64_t pc) {
    uint64_t mixed = pc * 0x9E3779B97F4A7C15ull; // 2^64 / golden ratio
    return &pollscope_unwind_entries[mixed >> (64 - POLLSCOPE_UNWIND_ENTRIES_LOG2) & ~1ull];
}

static inline uint64_t pollscope_unwind_check(uint64_t pc, uint64_t rule) {
    return pc ^ rule * 0xD6E8FEB86659FD93ull; // odd: different rules give different products
}

union pollscope_unwind_word {
    uint64_t word;
    struct pollscope_unwind_rule rule;
};

static inline struct pollscope_unwind_rule pollscope_unwind_rule_find(uint64_t pc) {
    const struct pollscope_unwind_entry *places = pollscope_unwind_places_of(pc);
    for (int i = 0; i < 2; i++) {
        union pollscope_unwind_word found = {.word = __atomic_load_n(&places[i].rule, __ATOMIC_RELAXED)};
        if (__atomic_load_n(&places[i].check, __ATOMIC_RELAXED) == pollscope_unwind_check(pc, found.word))
            return found.rule;
    }
    return (struct pollscope_unwind_rule){.kind = POLLSCOPE_UNWIND_ASK};
}

static inline void pollscope_unwind_rule_remember(uint64_t pc, struct pollscope_unwind_rule rule) {
    struct pollscope_unwind_entry *places = pollscope_unwind_places_of(pc);
    union pollscope_unwind_word kept = {.rule = rule};
    __atomic_store_n(&places[1].rule, __atomic_load_n(&places[0].rule, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    __atomic_store_n(&places[1].check, __atomic_load_n(&places[0].check, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    __atomic_store_n(&places[0].rule, kept.word, __ATOMIC_RELAXED);
    __atomic_store_n(&places[0].check, pollscope_unwind_check(pc, kept.word), __ATOMIC_RELAXED);
}

#endif
