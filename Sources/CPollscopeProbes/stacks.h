// Interns stacks: a record carries a number, the stack itself is written once.
#ifndef POLLSCOPE_STACKS_H
#define POLLSCOPE_STACKS_H

#include "runtime.h"
#include "threads.h"
#include "unwind.h"

struct pollscope_stack_capture {
    uint64_t frames[POLLSCOPE_STACK_DEPTH_MAX];
    uint64_t hash;
    uint16_t count;
    uint8_t kind; // enum pollscope_stack_kind
    bool cut;
};

// The number of the captured stack: its place in the table + 1, or 0 when the table is full.
// Any thread; lock free: a compare-and-swap where the stack is new, a load where it is not.
PRIVATE uint32_t pollscope_stack_intern_slow(const struct pollscope_stack_capture *capture);

// The same for a thread's own stack, of which a poll can have many: 0 also when these have had their share of the
// table. No more than POLLSCOPE_NATIVE_DEPTH_MAX frames.
PRIVATE uint32_t pollscope_stack_intern_native(const uint64_t *frames, uint32_t count, bool cut);

// Unwinds the calling thread's own stack from a frame record of our definition of a function that the service called,
// at `frame`: the first frame is that of the call. `base` is the frame pointer of the frame that ran the poll, where it
// ends; 0: outside polls, as far as a bound. A stack that the host has changed to is unwound no further than it can be
// read.
PRIVATE struct pollscope_unwound pollscope_stack_unwind_own(uint64_t frame, uint64_t base, uint64_t *frames,
                                                            uint32_t frames_max);

// Bits that are zero in the address of a context: contexts are aligned to 16, and in user space.
#if defined(__aarch64__)
static const uintptr_t pollscope_not_a_context = 15 | ~(uintptr_t)0 << 48;
#else
static const uintptr_t pollscope_not_a_context = 15 | ~(uintptr_t)0 << 47;
#endif

// One step of the hash; each is a bijection of the hash so far, so a difference stays one. On the way of every frame
// of every poll: one multiplication, and the folding is left to the end.
static inline uint64_t pollscope_stack_mix(uint64_t hash, uint64_t value) {
    return (hash ^ value) * 0x9E3779B97F4A7C15ull; // 2^64 / golden ratio
}

// Brings the high bits, which depend on all of the input, into the low ones, which choose the place in the table.
static inline uint64_t pollscope_stack_fold(uint64_t hash) {
    hash ^= hash >> 32;
    return hash ? hash : 1; // 0 is an unused entry
}

static inline uint32_t pollscope_stack_intern(struct pollscope_thread *thread,
                                              const struct pollscope_stack_capture *capture) {
    if (capture->hash == thread->last_stack_hash)
        return thread->last_stack;
    const struct pollscope_stack *entry = &pollscope_session.stacks[capture->hash & (POLLSCOPE_STACKS_MAX - 1)];
    uint32_t number = __atomic_load_n(&entry->hash, __ATOMIC_RELAXED) == capture->hash
                          ? (uint32_t)(entry - pollscope_session.stacks) + 1
                          : pollscope_stack_intern_slow(capture);
    thread->last_stack_hash = capture->hash;
    thread->last_stack = number;
    return number;
}

// Behind a compiler-made thunk the closure that the user wrote is among the first two captures: in optimised code
// the first, else the second, behind the type of its result. An object with captures has one word behind its header
// at least; where it has no second one, what is read is the allocator's, whose smallest pieces are 32 bytes with
// their own header or lie between others. What points into no image is data of the user's, and is not kept.
static inline __attribute__((no_sanitize("address", "memory", "hwaddress", "thread"))) void pollscope_stack_capture_closure(
    struct pollscope_stack_capture *capture, const uint64_t *object) {
    enum { header_words = 2, captures_read = 2 };
    for (int i = 0; object && i < captures_read; i++) {
        uint64_t word = object[header_words + i];
        if (!word || !pollscope_runtime_in_image(word))
            continue;
        capture->frames[capture->count++] = word;
        capture->hash = pollscope_stack_mix(capture->hash, word);
    }
}

// The outermost frames of a task, which do not change while it lives but for the await points in them.
struct pollscope_stack_root {
    uint64_t frames[POLLSCOPE_STACK_ROOT_FRAMES];
    uint32_t task; // low half of its id; 0: an unused entry
    uint32_t count; // 0: it is too deep to be walked to its end
};

// The root of a deep stack: remembered for the tasks that this thread ran last, else walked to from `context`, before
// which came the POLLSCOPE_STACK_ROOT_FRAMES frames of `before`. NULL where there is no place to remember it.
PRIVATE const struct pollscope_stack_root *pollscope_stack_find_root(struct pollscope_thread *thread, uint32_t task,
                                                                     const struct pollscope_context *context,
                                                                     const uint64_t *before);

// Captures the stack of a task that is about to resume in `function`, or has just suspended there. The task must
// be the caller's own or suspended: nobody else may change it meanwhile. `first`: set when the task has not begun.
UNANNOTATED static inline void pollscope_stack_capture_task(struct pollscope_thread *thread,
                                                struct pollscope_stack_capture *capture, uint32_t task, void *function,
                                                const struct pollscope_context *context, bool *first) {
    capture->cut = false;
    *first = pollscope_runtime_is_start(function);
    if (__builtin_expect(*first, 0)) {
        const struct pollscope_start_prefix *prefix = (const struct pollscope_start_prefix *)context - 1;
        capture->kind = POLLSCOPE_STACK_START;
        capture->frames[0] = (uint64_t)prefix->entry;
        capture->count = 1;
        capture->hash = pollscope_stack_mix(POLLSCOPE_STACK_START, capture->frames[0]);
        pollscope_stack_capture_closure(capture, prefix->closure_context);
        capture->hash = pollscope_stack_fold(capture->hash);
        return;
    }
    uint64_t hash = pollscope_stack_mix(POLLSCOPE_STACK_RESUME, (uint64_t)function);
    uint16_t count = 1;
    capture->kind = POLLSCOPE_STACK_RESUME;
    capture->frames[0] = (uint64_t)function;
    while (context) {
        uint64_t resume = (uint64_t)context->resume_parent;
        if (pollscope_runtime_is_completion(resume))
            break; // behind the first context of a task there is nothing, not even a null
        if (__builtin_expect(count == POLLSCOPE_STACK_DEPTH_MAX, 0)) {
            count -= POLLSCOPE_STACK_ROOT_FRAMES;
            const struct pollscope_stack_root *root =
                pollscope_stack_find_root(thread, task, context, &capture->frames[count]);
            capture->cut = true;
            for (uint32_t i = 0; root && i < root->count; i++) {
                capture->frames[count++] = root->frames[i];
                hash = pollscope_stack_mix(hash, root->frames[i]);
            }
            break;
        }
        capture->frames[count++] = resume;
        hash = pollscope_stack_mix(hash, resume);
        context = context->parent;
        if ((uintptr_t)context & pollscope_not_a_context) {
            capture->cut = true; // no context: a stack of a shape that we do not know
            break;
        }
    }
    capture->count = count;
    capture->hash = pollscope_stack_fold(hash);
}

#endif
