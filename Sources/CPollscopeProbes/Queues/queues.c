// The calls by which works get to Dispatch queues, interposed. Those of functions that the Swift runtime makes as well
// are in dispatch.c.
//
// A block is copied as Dispatch would copy it, and given on as a function whose context is a node: to Dispatch that is
// the same, but for blocks with private data (of dispatch_block_create: a DispatchWorkItem, a closure with a quality of
// service or flags of its own), of which it knows more than how to run them. Those are passed on as they are.
#define _GNU_SOURCE
#include "queues.h"

#include "dispatch_time.h"
#include "executors.h"
#include "interposing.h"
#include "pollscope_layout.h"
#include "runtime.h"
#include "session.h"
#include "stacks.h"
#include "works.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef void dispatch_function(void *context);
typedef void async_function(void *queue, void *block);
typedef void async_f_function(void *queue, void *context, dispatch_function *work);
typedef void group_async_function(void *group, void *queue, void *block);
typedef void group_async_f_function(void *group, void *queue, void *context, dispatch_function *work);
typedef void after_function(uint64_t when, void *queue, void *block);
typedef void after_f_function(uint64_t when, void *queue, void *context, dispatch_function *work);

// Each has a name of its own besides, by which it is told whose definition won.
static async_function our_async, our_barrier_async;
static async_f_function our_barrier_async_f;
static group_async_function our_group_async;
static group_async_f_function our_group_async_f;
static after_function our_after;
#define INTERPOSES(name) __attribute__((weak, visibility("default"), alias(#name)))
INTERPOSES(our_async) async_function dispatch_async;
INTERPOSES(our_barrier_async) async_function dispatch_barrier_async;
INTERPOSES(our_barrier_async_f) async_f_function dispatch_barrier_async_f;
INTERPOSES(our_group_async) group_async_function dispatch_group_async;
INTERPOSES(our_group_async_f) group_async_f_function dispatch_group_async_f;
INTERPOSES(our_after) after_function dispatch_after;

RUNTIME char _dispatch_main_q[];

static struct {
    async_function *async, *barrier_async;
    async_f_function *async_f, *barrier_async_f;
    group_async_function *group_async;
    group_async_f_function *group_async_f;
    after_function *after;
    after_f_function *after_f;
    const char *(*get_label)(void *queue);
    void *(*copy_block)(const void *block);
    void (*release_block)(void *block);
    void *const *invoke_of_private; // what every block with private data is run by
} next;

bool pollscope_queues_are_observed;

static void find(void *(*look_up)(const char *name)) {
    const struct {
        void *function;
        const char *name;
    } symbols[] = {
        {&next.async, "dispatch_async"},
        {&next.barrier_async, "dispatch_barrier_async"},
        {&next.async_f, "dispatch_async_f"},
        {&next.barrier_async_f, "dispatch_barrier_async_f"},
        {&next.group_async, "dispatch_group_async"},
        {&next.group_async_f, "dispatch_group_async_f"},
        {&next.after, "dispatch_after"},
        {&next.after_f, "dispatch_after_f"},
        {&next.get_label, "dispatch_queue_get_label"},
        {&next.copy_block, "_Block_copy"},
        {&next.release_block, "_Block_release"},
        {&next.invoke_of_private, "_dispatch_block_special_invoke"},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++)
        *(void **)symbols[i].function = look_up(symbols[i].name);
}

static void *look_up_next(const char *name) { return dlsym(RTLD_NEXT, name); }
static void *look_up_late(const char *name) { return pollscope_interposing_find_late(name, "libdispatch.so"); }

// Before anything can be given to a queue: looking symbols up in a hook would be against the oath.
__attribute__((constructor)) static void find_next(void) { find(look_up_next); }
static __attribute__((cold, noinline)) void find_late(void) { find(look_up_late); }

#define NEXT(name) (__builtin_expect(next.name == NULL, 0) ? find_late() : (void)0, next.name)

// --- blocks --------------------------------------------------------------------------------------------------

struct block {
    const void *isa;
    int32_t flags, reserved;
    dispatch_function *invoke;
    const struct {
        uint64_t reserved, bytes;
    } *descriptor;
    uint64_t captures[];
};

const uint64_t *pollscope_block_captures(const void *block) {
    const struct block *known = block;
    enum { captures_read = 2 };
    if (known->descriptor->bytes < sizeof(struct block) + captures_read * sizeof(uint64_t))
        return NULL;
    return known->captures - 2;
}

// Whether a block may be wrapped, and if so, wraps a copy of it.
static bool wrap(const void *block, void *queue, uint64_t due_ticks, struct pollscope_work *work) {
    if (!pollscope_queues_are_observed || !pollscope_is_on() || !block || !queue)
        return false;
    if (((const struct block *)block)->invoke == *next.invoke_of_private) {
        pollscope_work_pass();
        return false;
    }
    void *copy = next.copy_block(block);
    if (!copy)
        return false;
    *work = (struct pollscope_work){((const struct block *)copy)->invoke, copy, next.release_block};
    if (pollscope_work_wrap(work, queue, due_ticks))
        return true;
    next.release_block(copy);
    return false;
}

static void our_async(void *queue, void *block) {
    struct pollscope_work work;
    if (wrap(block, queue, 0, &work))
        next.async_f(queue, work.context, work.function);
    else
        NEXT(async)(queue, block);
}

static void our_barrier_async(void *queue, void *block) {
    struct pollscope_work work;
    if (wrap(block, queue, 0, &work))
        next.barrier_async_f(queue, work.context, work.function);
    else
        NEXT(barrier_async)(queue, block);
}

static void our_group_async(void *group, void *queue, void *block) {
    struct pollscope_work work;
    if (wrap(block, queue, 0, &work))
        next.group_async_f(group, queue, work.context, work.function);
    else
        NEXT(group_async)(group, queue, block);
}

static void our_after(uint64_t when, void *queue, void *block) {
    struct pollscope_work work;
    bool is_due = pollscope_queues_are_observed && when != pollscope_dispatch_never;
    if (is_due && wrap(block, queue, pollscope_dispatch_due_ticks(when), &work))
        next.after_f(when, queue, work.context, work.function);
    else
        NEXT(after)(when, queue, block);
}

// --- functions -----------------------------------------------------------------------------------------------

static void our_barrier_async_f(void *queue, void *context, dispatch_function *function) {
    struct pollscope_work work = {function, context, NULL};
    if (pollscope_queues_are_observed && queue)
        pollscope_work_wrap(&work, queue, 0);
    NEXT(barrier_async_f)(queue, work.context, work.function);
}

static void our_group_async_f(void *group, void *queue, void *context, dispatch_function *function) {
    struct pollscope_work work = {function, context, NULL};
    if (pollscope_queues_are_observed && queue)
        pollscope_work_wrap(&work, queue, 0);
    NEXT(group_async_f)(group, queue, work.context, work.function);
}

// --- queues --------------------------------------------------------------------------------------------------

// A queue's address may be another's later, with another label.
static uint64_t hash_of(const char *label) {
    enum { hashed_max = 64 };
    size_t bytes = strnlen(label, hashed_max);
    uint64_t hash = pollscope_stack_mix(bytes, 0);
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, label + i, bytes - i < sizeof word ? bytes - i : sizeof word);
        hash = pollscope_stack_fold(pollscope_stack_mix(hash, word));
    }
    return hash;
}

uint8_t pollscope_queue_number(void *queue) {
    if (queue == (void *)_dispatch_main_q)
        return POLLSCOPE_EXECUTOR_MAIN;
    const char *label = next.get_label(queue);
    return pollscope_executor_number(POLLSCOPE_EXECUTOR_QUEUE, (uintptr_t)queue ^ hash_of(label), 0, label);
}

bool pollscope_queue_is_global_pool(void *queue) {
    return next.get_label && strcmp(next.get_label(queue), "Swift global concurrent queue") == 0;
}

// --- start ---------------------------------------------------------------------------------------------------

bool pollscope_queues_are_interposed(char *why, size_t why_bytes) {
    const struct {
        const char *name;
        void *ours;
    } names[] = {
        {"dispatch_async", (void *)our_async},
        {"dispatch_barrier_async", (void *)our_barrier_async},
        {"dispatch_barrier_async_f", (void *)our_barrier_async_f},
        {"dispatch_group_async", (void *)our_group_async},
        {"dispatch_group_async_f", (void *)our_group_async_f},
        {"dispatch_after", (void *)our_after},
    };
    const void *const needed[] = {next.async,         next.barrier_async, next.async_f,       next.barrier_async_f,
                                  next.group_async,   next.group_async_f, next.after,         next.after_f,
                                  next.get_label,     next.copy_block,    next.release_block, next.invoke_of_private};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!needed[i]) {
            snprintf(why, why_bytes,
                     "Dispatch is linked statically, or is not one that Pollscope knows. Link the Swift runtime "
                     "dynamically (without --static-swift-stdlib) to observe its queues.");
            return false;
        }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (dlsym(RTLD_DEFAULT, names[i].name) != names[i].ours) {
            snprintf(why, why_bytes,
                     "Another library or a sanitizer replaces Dispatch's function %s. Run without it to observe its "
                     "queues.",
                     names[i].name);
            return false;
        }
    return true;
}

void pollscope_queues_start(void) { __atomic_store_n(&pollscope_queues_are_observed, true, __ATOMIC_RELEASE); }
