// Finds the frame pointer of a thread that sleeps in the kernel, of which only pc and sp are known. The function that
// needs it has saved its caller's frame pointer next to its return address, somewhere above sp, and its own points
// there. Such pairs are also left by calls that have returned; what tells them apart, best first:
//  - the place is where the function's first instructions put it,
//  - the call before the return address is one to this function,
// and less sure:
//  - the call goes where only its registers could tell,
//  - the call goes elsewhere; the one called may have jumped on to this function.
// And from the right one every frame leads to the one that ran the poll, with the frame pointer that that one has, or,
// in the turn of an event loop, to the thread's first.
#include "unwind_frame.h"

#include "call_instructions.h"
#include "cfi.h"
#include "code_images.h"

enum rank { rank_none, rank_goes_elsewhere, rank_may_go_anywhere, rank_goes_here, rank_is_predicted };

enum {
    searched_bytes_max = 64 << 10, // frames that hold more are rare
    steps_max = 20000,             // in all
};

// Whether the walk from a frame pointer comes to the frame that ran the poll.
static bool leads_to_base(const struct pollscope_frame *frame, uint64_t fp, const struct pollscope_stack_bytes *stack,
                          pollscope_memory_reader *read, uint64_t base_fp, uint32_t *steps) {
    struct pollscope_frame trial = *frame;
    trial.fp = fp;
    trial.fp_is_known = true;
    while (!pollscope_frame_is_trampoline(&trial)) {
        enum pollscope_step step = (*steps)++ < steps_max ? pollscope_frame_step(&trial, stack, read)
                                                          : POLLSCOPE_STEP_STUCK;
        if (step == POLLSCOPE_STEP_END && base_fp == 0)
            return true;
        if (step != POLLSCOPE_STEP_DONE)
            return false;
    }
    return trial.fp_is_known && (base_fp == 0 || trial.fp == base_fp);
}

static enum rank rank_of(uint64_t slot, const struct pollscope_stack_bytes *stack, pollscope_memory_reader *read,
                         uint64_t function) {
    uint64_t ra, target;
    struct pollscope_code_image image;
    if (!pollscope_stack_load(stack, slot + 8, &ra))
        return rank_none;
    ra = pollscope_plain_return_address(ra);
    if (!pollscope_code_image_find(ra - 1, &image) || !pollscope_call_is_before(ra, read, &target))
        return rank_none;
    if (target == 0 || function == 0)
        return rank_may_go_anywhere;
    return target == function ? rank_goes_here : rank_goes_elsewhere;
}

static enum pollscope_find found(struct pollscope_frame *frame, uint64_t fp, enum rank rank) {
    if (rank == rank_none)
        return POLLSCOPE_FIND_NONE;
    frame->fp = fp;
    frame->fp_is_known = true;
    return rank >= rank_goes_here ? POLLSCOPE_FIND_SURE : POLLSCOPE_FIND_GUESSED;
}

enum pollscope_find pollscope_frame_find_fp(struct pollscope_frame *frame, const struct pollscope_stack_bytes *stack,
                                            pollscope_memory_reader *read, uint64_t base_fp) {
    if (read == pollscope_memory_read_own)
        return POLLSCOPE_FIND_NONE; // what looks like code on the stack may be none
    uint32_t steps = 0;
    struct pollscope_cfi_row row;
    uint64_t function = pollscope_cfi_find(frame->pc - 1, read, &row) ? row.function : 0;
    uint64_t bytes;
    if (function && pollscope_call_frame_size(function, read, &bytes)) {
        uint64_t predicted = frame->sp + bytes;
        if (rank_of(predicted, stack, read, function) != rank_none &&
            leads_to_base(frame, predicted, stack, read, base_fp, &steps))
            return found(frame, predicted, rank_is_predicted);
    }
    enum rank best = rank_none;
    uint64_t best_slot = 0;
    uint64_t end = stack->high - frame->sp > searched_bytes_max ? frame->sp + searched_bytes_max : stack->high;
    for (uint64_t slot = frame->sp; slot < end && best < rank_goes_here; slot += 8) {
        enum rank rank = rank_of(slot, stack, read, function);
        if (rank > best && leads_to_base(frame, slot, stack, read, base_fp, &steps)) {
            best = rank;
            best_slot = slot;
        }
    }
    return found(frame, best_slot, best);
}
