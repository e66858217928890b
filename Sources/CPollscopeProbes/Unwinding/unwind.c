// Walks a stack frame by frame, and keeps its inner and outermost frames.
#define _GNU_SOURCE
#include "unwind.h"

#include "code_images.h"
#include "kernel.h"
#include "unwind_frame.h"
#include <string.h>

// A sanitizer may have poisoned what lies between the tables, and need not know. Nor may it make this a memcpy again.
__attribute__((no_sanitize("address", "thread"))) bool pollscope_memory_read_own(uint64_t address, void *out,
                                                                                 uint64_t bytes) {
    const volatile unsigned char *from = (const unsigned char *)(uintptr_t)address;
    unsigned char *to = out;
    for (; bytes >= sizeof(pollscope_stack_word); bytes -= sizeof(pollscope_stack_word)) {
        *(pollscope_stack_word *)to = *(const volatile pollscope_stack_word *)from;
        from += sizeof(pollscope_stack_word);
        to += sizeof(pollscope_stack_word);
    }
    while (bytes-- > 0)
        *to++ = *from++;
    return true;
}

bool pollscope_memory_read_safely(uint64_t address, void *out, uint64_t bytes) {
    return pollscope_kernel_copy(address, out, bytes);
}

void pollscope_unwind_start(void) { pollscope_code_images_start(); }

void pollscope_registers_of_signal(const ucontext_t *context, struct pollscope_registers *registers,
                                   uint64_t general[POLLSCOPE_GENERAL_REGISTERS]) {
#if defined(__x86_64__)
    static const uint8_t places[POLLSCOPE_GENERAL_REGISTERS] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
        REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
    };
    for (uint32_t i = 0; i < POLLSCOPE_GENERAL_REGISTERS; i++)
        general[i] = (uint64_t)context->uc_mcontext.gregs[places[i]];
    uint64_t pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP], lr = 0;
#elif defined(__aarch64__)
    for (uint32_t i = 0; i < 31; i++)
        general[i] = context->uc_mcontext.regs[i];
    general[POLLSCOPE_DWARF_SP] = context->uc_mcontext.sp;
    uint64_t pc = context->uc_mcontext.pc, lr = general[POLLSCOPE_DWARF_RA];
#endif
    *registers = (struct pollscope_registers){.pc = pc + 1, .sp = general[POLLSCOPE_DWARF_SP],
                                              .fp = general[POLLSCOPE_DWARF_FP], .lr = lr, .general = general};
}

// Frames past the room for them go round in its last places, so that the outermost are there at the end.
struct kept {
    uint64_t *frames;
    uint32_t inner, outer; // places
    uint64_t count;        // frames so far, kept or not
};

static void keep(struct kept *kept, uint64_t pc) {
    if (kept->count < kept->inner)
        kept->frames[kept->count] = pc;
    else if (kept->outer)
        kept->frames[kept->inner + (kept->count - kept->inner) % kept->outer] = pc;
    kept->count++;
}

// Puts the last places in order.
static void settle(struct kept *kept) {
    if (kept->count <= kept->inner + kept->outer || kept->outer == 0)
        return;
    uint64_t turned[POLLSCOPE_UNWIND_OUTERMOST];
    for (uint32_t i = 0; i < kept->outer; i++)
        turned[i] = kept->frames[kept->inner + (kept->count - kept->inner + i) % kept->outer];
    memcpy(kept->frames + kept->inner, turned, kept->outer * sizeof *turned);
}

struct pollscope_unwound pollscope_unwind(const struct pollscope_registers *registers,
                                          const struct pollscope_stack_bytes *stack, pollscope_memory_reader *read,
                                          uint64_t *frames, uint32_t frames_max) {
    struct pollscope_unwound unwound = {.cut = true};
    uint32_t outer = frames_max >= 2 * POLLSCOPE_UNWIND_OUTERMOST ? POLLSCOPE_UNWIND_OUTERMOST : 0;
    struct kept kept = {.frames = frames, .inner = frames_max - outer, .outer = outer};
    struct pollscope_frame frame = {.pc = registers->pc, .sp = registers->sp,
                                    .fp = pollscope_plain_fp(registers->fp), .lr = registers->lr,
                                    .general = registers->general, .fp_is_known = !registers->fp_is_unknown,
                                    .is_interrupted = true};
#if defined(__aarch64__)
    frame.lr_is_known = true;
#endif
    // Each step but the first brings sp nearer to the end of the stack, so there is a last one.
    while (!(pollscope_frame_is_trampoline(&frame))) {
        keep(&kept, frame.pc);
        enum pollscope_step step = pollscope_frame_step(&frame, stack, read);
        if (step == POLLSCOPE_STEP_NEEDS_FP) {
            enum pollscope_find find = pollscope_frame_find_fp(&frame, stack, read, registers->base_fp);
            unwound.approximate |= find == POLLSCOPE_FIND_GUESSED;
            if (find != POLLSCOPE_FIND_NONE)
                step = pollscope_frame_step(&frame, stack, read);
        }
        if (step == POLLSCOPE_STEP_END && registers->base_fp == 0)
            break; // the thread's own outermost frame, which is where a stack without a poll ends
        if (step != POLLSCOPE_STEP_DONE)
            goto ended;
    }
    unwound.cut = kept.count > frames_max;
ended:
    settle(&kept);
    unwound.count = kept.count < frames_max ? (uint32_t)kept.count : frames_max;
    return unwound;
}
