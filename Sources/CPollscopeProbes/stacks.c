// The slow path of interning: a stack that is new, or not at its first place in the table; and native stacks.
#include "stacks.h"

#include "calls.h"
#include "kernel.h"
#include "polls.h"

enum {
    probes_max = 64,       // places looked at before the table counts as full
    roots_a_thread = 128,  // a power of two: tasks whose outermost frames are remembered
    root_walk_max = 1024,  // frames; a recursion that is deeper has no root that we would pay for
};

static struct pollscope_stack_root roots[POLLSCOPE_RINGS_MAX][roots_a_thread];

struct pollscope_stack_root *pollscope_stack_roots(uint32_t ring) { return roots[ring]; }

UNANNOTATED const struct pollscope_stack_root *pollscope_stack_find_root(struct pollscope_thread *thread, uint32_t task,
                                                             const struct pollscope_context *context,
                                                             const uint64_t *before) {
    if (!thread->roots)
        return NULL;
    struct pollscope_stack_root *root = &thread->roots[task & (roots_a_thread - 1)];
    if (root->task == task)
        return root;
    enum { kept = POLLSCOPE_STACK_ROOT_FRAMES };
    uint64_t last[kept]; // frame number n of the walk is at n % kept
    for (uint32_t i = 0; i < kept; i++)
        last[i] = before[i];
    uint32_t walked = kept;
    for (; context && walked < root_walk_max; context = context->parent, walked++) {
        if ((uintptr_t)context & pollscope_not_a_context)
            break;
        uint64_t resume = (uint64_t)context->resume_parent;
        if (pollscope_runtime_is_completion(resume))
            break;
        last[walked % kept] = resume;
    }
    root->task = task;
    root->count = walked == root_walk_max ? 0 : kept;
    for (uint32_t i = 0; i < root->count; i++)
        root->frames[i] = last[(walked + i) % kept];
    return root;
}

// A stack of any kind, wherever its frames are.
struct stack {
    uint64_t hash;
    const uint64_t *frames;
    uint32_t count;
    uint8_t kind;
    bool cut;
};

static uint32_t refuse(void) {
    __atomic_fetch_add(&pollscope_session.header->stacks_refused, 1, __ATOMIC_RELAXED);
    return 0;
}

static void publish(struct pollscope_stack *entry, const struct stack *stack) {
    struct pollscope_header *header = pollscope_session.header;
    uint32_t offset = __atomic_fetch_add(&header->frames_used, stack->count, __ATOMIC_RELAXED);
    if (offset > header->frames.count - stack->count) {
        // The number stays good for counting: its polls are told from others, but have no name.
        if (offset > UINT32_MAX / 2)
            __atomic_store_n(&header->frames_used, header->frames.count, __ATOMIC_RELAXED);
        refuse();
        return;
    }
    for (uint32_t i = 0; i < stack->count; i++)
        pollscope_session.frames[offset + i] = stack->frames[i];
    __atomic_fetch_add(&header->stacks_used, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->where, POLLSCOPE_STACK_WHERE(offset, stack->count, stack->kind, stack->cut),
                     __ATOMIC_RELEASE);
}

// Native stacks take no more than half of the table, so that there is room for those that name polls.
static bool has_room(const struct stack *stack) {
    const struct pollscope_header *header = pollscope_session.header;
    return stack->kind != POLLSCOPE_STACK_NATIVE ||
           (__atomic_load_n(&header->stacks_used, __ATOMIC_RELAXED) < POLLSCOPE_STACKS_MAX / 2 &&
            __atomic_load_n(&header->frames_used, __ATOMIC_RELAXED) < POLLSCOPE_FRAMES_MAX / 2);
}

static uint32_t intern(const struct stack *stack) {
    for (uint32_t probe = 0; probe < probes_max; probe++) {
        uint32_t place = (uint32_t)(stack->hash + probe) & (POLLSCOPE_STACKS_MAX - 1);
        struct pollscope_stack *entry = &pollscope_session.stacks[place];
        uint64_t seen = __atomic_load_n(&entry->hash, __ATOMIC_RELAXED);
        if (seen == 0 && !has_room(stack))
            return refuse();
        if (seen == 0 && __atomic_compare_exchange_n(&entry->hash, &seen, stack->hash, false, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
            publish(entry, stack);
            return place + 1;
        }
        if (seen == stack->hash)
            return place + 1;
    }
    return refuse();
}

uint32_t pollscope_stack_intern_slow(const struct pollscope_stack_capture *capture) {
    struct stack stack = {capture->hash, capture->frames, capture->count, capture->kind, capture->cut};
    return intern(&stack);
}

uint32_t pollscope_stack_intern_native(const uint64_t *frames, uint32_t count, bool cut) {
    if (count == 0)
        return 0;
    uint64_t hash = pollscope_stack_mix(POLLSCOPE_STACK_NATIVE, cut);
    for (uint32_t i = 0; i < count; i++)
        hash = pollscope_stack_mix(hash, frames[i]);
    struct stack stack = {pollscope_stack_fold(hash), frames, count, POLLSCOPE_STACK_NATIVE, cut};
    return intern(&stack);
}

struct pollscope_unwound pollscope_stack_unwind_own(uint64_t frame, uint64_t base, uint64_t *frames,
                                                    uint32_t frames_max) {
    // Up to the frame record of the frame that ran the poll, this record included; of a call on another stack no more
    // than where it was made.
    const uint64_t record_bytes = 2 * sizeof(uint64_t), outside_polls_bytes = 64 * 1024;
    uint64_t high = base ? base + record_bytes : frame + outside_polls_bytes;
    high = frame < high ? pollscope_kernel_end_of_readable(frame, high) : frame + record_bytes;
    struct pollscope_registers registers = pollscope_registers_of_caller(frame, (const uint64_t *)frame);
    registers.base_fp = pollscope_poll_turn_is_innermost() ? 0 : base;
    struct pollscope_stack_bytes stack = {frame, high, (const void *)frame};
    return pollscope_unwind(&registers, &stack, pollscope_memory_read_own, frames, frames_max);
}
