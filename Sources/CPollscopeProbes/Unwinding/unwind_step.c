// From one frame to its caller's: by a remembered rule, or by call frame information.
#include "unwind_frame.h"

#include "code_images.h"
#include "unwind_rules.h"
#include <stddef.h>

enum { not_an_address = 4096 }; // the first page is never mapped

// The section of the trampolines has these bounds, from the linker. Without trampolines there are none.
extern PRIVATE const char __start_pollscope_trampolines[] __attribute__((weak));
extern PRIVATE const char __stop_pollscope_trampolines[] __attribute__((weak));

bool pollscope_frame_is_trampoline(const struct pollscope_frame *frame) {
    uint64_t start = (uintptr_t)__start_pollscope_trampolines, stop = (uintptr_t)__stop_pollscope_trampolines;
    return frame->pc - 1 - start < stop - start;
}

enum pollscope_step pollscope_frame_move(struct pollscope_frame *frame, const struct pollscope_stack_bytes *stack,
                                         const struct pollscope_caller *caller, bool was_interrupted) {
    // A function of Arm that has not pushed anything has its caller's stack pointer.
    bool has_frame = caller->cfa > frame->sp || (caller->cfa == frame->sp && frame->lr_is_known);
    if (!has_frame || caller->cfa > stack->high || caller->cfa & 7)
        return POLLSCOPE_STEP_STUCK;
    uint64_t ra = pollscope_plain_return_address(caller->ra);
    if (ra < not_an_address)
        return ra == 0 ? POLLSCOPE_STEP_END : POLLSCOPE_STEP_STUCK;
    frame->pc = was_interrupted ? ra + 1 : ra;
    frame->sp = caller->cfa;
    frame->fp = pollscope_plain_fp(caller->fp);
    frame->fp_is_known = caller->fp_is_known;
    if (was_interrupted)
        frame->general = NULL;
    frame->is_interrupted = was_interrupted;
    frame->lr_is_known = false;
    return POLLSCOPE_STEP_DONE;
}

static inline enum pollscope_step step_by_rule(struct pollscope_frame *frame,
                                               const struct pollscope_stack_bytes *stack,
                                               struct pollscope_unwind_rule rule) {
    struct pollscope_caller caller = {.fp = frame->fp, .fp_is_known = frame->fp_is_known};
    if (rule.cfa == POLLSCOPE_UNWIND_CFA_FROM_SP) {
        caller.cfa = frame->sp + (uint64_t)(int64_t)rule.cfa_offset;
    } else {
        if (!frame->fp_is_known)
            return POLLSCOPE_STEP_NEEDS_FP;
        caller.cfa = frame->fp + (uint64_t)(int64_t)rule.cfa_offset;
        if (rule.cfa == POLLSCOPE_UNWIND_CFA_AT_FP && !pollscope_stack_load(stack, caller.cfa, &caller.cfa))
            return POLLSCOPE_STEP_STUCK;
    }
    if (rule.ra_is_in_lr) {
        if (!frame->lr_is_known)
            return POLLSCOPE_STEP_STUCK;
        caller.ra = frame->lr;
    } else if (!pollscope_stack_load(stack, caller.cfa + (uint64_t)(int64_t)rule.ra_words * 8, &caller.ra)) {
        return POLLSCOPE_STEP_STUCK;
    }
    if (rule.fp == POLLSCOPE_UNWIND_FP_AT_CFA)
        pollscope_frame_load_fp(frame, stack, caller.cfa + (uint64_t)(int64_t)rule.fp_words * 8, &caller);
    else if (rule.fp == POLLSCOPE_UNWIND_FP_AT_FP && frame->fp < caller.cfa) // else it is the caller's already
        pollscope_frame_load_fp(frame, stack, frame->fp, &caller);
    return pollscope_frame_move(frame, stack, &caller, false);
}

// Whether there is no table for the code now and later: its image is known, and could be read.
static bool is_lasting(uint64_t code, pollscope_memory_reader *read) {
    struct pollscope_code_image image;
    char byte;
    return pollscope_code_image_find(code, &image) && read(image.start, &byte, 1);
}

enum pollscope_step pollscope_frame_step(struct pollscope_frame *frame, const struct pollscope_stack_bytes *stack,
                                         pollscope_memory_reader *read) {
    enum pollscope_step step;
    if (frame->is_interrupted && pollscope_frame_step_async(frame, stack, read, &step))
        return step;
    struct pollscope_unwind_rule rule = pollscope_unwind_rule_find(frame->pc);
    if (__builtin_expect(rule.kind == POLLSCOPE_UNWIND_ASK, 0)) {
        struct pollscope_cfi_row row;
        if (pollscope_cfi_find(frame->pc - 1, read, &row)) {
            rule = pollscope_unwind_rule_pack(&row, read);
            if (rule.kind == POLLSCOPE_UNWIND_ASK) {
                struct pollscope_caller caller;
                step = pollscope_cfi_apply(&row, frame, stack, read, &caller);
                return step == POLLSCOPE_STEP_DONE
                           ? pollscope_frame_move(frame, stack, &caller, row.is_signal_frame)
                           : step;
            }
        } else {
            if (!is_lasting(frame->pc - 1, read))
                return pollscope_frame_step_untabled(frame, stack, read);
            rule.kind = POLLSCOPE_UNWIND_UNTABLED;
        }
        pollscope_unwind_rule_remember(frame->pc, rule);
    }
    switch (rule.kind) {
    case POLLSCOPE_UNWIND_CFI: return step_by_rule(frame, stack, rule);
    case POLLSCOPE_UNWIND_UNTABLED: return pollscope_frame_step_untabled(frame, stack, read);
    default: return POLLSCOPE_STEP_END;
    }
}
