// Steps from a frame whose code no table covers, or wrongly: linkage stubs, assembly, what is made at run time, and the
// small functions that a compiler knows to raise nothing (in Swift code, every third). Those keep frame pointers, or
// call nothing. Of code that was interrupted it is not known whether it has set its frame up, or given it up: then the
// return address on top of the stack counts, if the call before it is one to this code.
#include "unwind_frame.h"

#include "call_instructions.h"
#include "cfi.h"
#include "code_images.h"

// Code after a call's target that is still taken for the same function.
static const uint64_t function_bytes_max = 64 << 10;

// What looks at code does so where it was interrupted, elsewhere tables and frame pointers serve. Not every address on
// a stack that looks like code is mapped, so it has to be a reader that may fail.
static bool may_read_code(const struct pollscope_frame *frame, pollscope_memory_reader *read) {
    return frame->is_interrupted && read != pollscope_memory_read_own;
}

// Whether a return address is at `address`, and where the call before it went; 0: unknown.
static bool find_call(uint64_t address, const struct pollscope_stack_bytes *stack, pollscope_memory_reader *read,
                      uint64_t *target) {
    uint64_t ra;
    struct pollscope_code_image image;
    if (!pollscope_stack_load(stack, address, &ra))
        return false;
    ra = pollscope_plain_return_address(ra);
    return pollscope_code_image_find(ra - 1, &image) && pollscope_call_is_before(ra, read, target);
}

// Whether the innermost function has no frame at this moment, so that its return address is on top of the stack.
static bool has_no_frame(const struct pollscope_frame *frame, const struct pollscope_stack_bytes *stack,
                         pollscope_memory_reader *read) {
#if defined(__aarch64__)
    (void)frame, (void)stack, (void)read, (void)find_call;
    return false; // its return address is in a register, if anywhere
#else
    uint64_t code = frame->pc - 1, target, framed_target;
    struct pollscope_cfi_row row;
    if (!find_call(frame->sp, stack, read, &target))
        return false;
    bool has_record = frame->fp_is_known && frame->fp >= frame->sp &&
                      find_call(frame->fp + 8, stack, read, &framed_target);
    if (target == 0)
        return !has_record;
    bool is_to_here = target <= code && code - target < function_bytes_max && !pollscope_cfi_find(target, read, &row);
    return is_to_here && !(has_record && framed_target == target);
#endif
}

static enum pollscope_step step_by_frame_pointer(struct pollscope_frame *frame,
                                                 const struct pollscope_stack_bytes *stack) {
    if (!frame->fp_is_known)
        return POLLSCOPE_STEP_NEEDS_FP;
    struct pollscope_caller caller = {.cfa = frame->fp + 16, .fp_is_known = true};
    if (frame->fp < frame->sp || !pollscope_stack_load(stack, frame->fp, &caller.fp) ||
        !pollscope_stack_load(stack, frame->fp + 8, &caller.ra))
        return POLLSCOPE_STEP_STUCK;
    struct pollscope_code_image image;
    uint64_t ra = pollscope_plain_return_address(caller.ra);
    if (ra && pollscope_code_images_are_known() && !pollscope_code_image_find(ra - 1, &image))
        return POLLSCOPE_STEP_STUCK; // fp held something else
    return pollscope_frame_move(frame, stack, &caller, false);
}

// On top of the stack are that many words, and then the return address. The caller's frame pointer is in its register,
// or the first of the words.
static enum pollscope_step step_by_pushed(struct pollscope_frame *frame, const struct pollscope_stack_bytes *stack,
                                          uint32_t pushed, bool is_fp_pushed) {
    struct pollscope_caller caller = {
        .cfa = frame->sp + 8 * ((uint64_t)pushed + 1), .fp = frame->fp, .fp_is_known = frame->fp_is_known};
    if (!pollscope_stack_load(stack, caller.cfa - 8, &caller.ra))
        return POLLSCOPE_STEP_STUCK;
    if (is_fp_pushed)
        caller.fp_is_known = pollscope_stack_load(stack, caller.cfa - 16, &caller.fp);
    return pollscope_frame_move(frame, stack, &caller, false);
}

enum pollscope_step pollscope_frame_step_untabled(struct pollscope_frame *frame,
                                                  const struct pollscope_stack_bytes *stack,
                                                  pollscope_memory_reader *read) {
    if (!may_read_code(frame, read))
        return step_by_frame_pointer(frame, stack);
    int32_t pushed = pollscope_call_pushed(frame->pc - 1, read);
    if (pushed >= 0)
        return step_by_pushed(frame, stack, (uint32_t)pushed, false);
    if (has_no_frame(frame, stack, read))
        return step_by_pushed(frame, stack, 0, false);
    return step_by_frame_pointer(frame, stack);
}

bool pollscope_frame_step_async(struct pollscope_frame *frame, const struct pollscope_stack_bytes *stack,
                                pollscope_memory_reader *read, enum pollscope_step *step) {
    int32_t pushed = may_read_code(frame, read) ? pollscope_call_pushed_async(frame->pc - 1, read) : -1;
    if (pushed < 0)
        return false;
    *step = step_by_pushed(frame, stack, (uint32_t)pushed, pushed > 0);
    return true;
}
