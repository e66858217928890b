// Keeps the nodes of works, and runs what they carry.
#include "works.h"

#include "clock.h"
#include "pollscope_layout.h"
#include "polls.h"
#include "queues.h"
#include "session.h"
#include "stacks.h"
#include "threads.h"

enum {
    nodes_max = 16384,       // works that wait at once; of memory only what was needed is touched
    timers_max = 2048,       // of these, works that wait for a time: they may wait for days
};

struct node {
    struct pollscope_work work;
    uint64_t runnable_ticks;
    _Atomic uint32_t next; // where it is free: number of the next free node
    uint16_t waker;
    uint8_t executor;
    uint8_t flags; // enum pollscope_poll_flags
};

static struct node nodes[nodes_max]; // node number n is nodes[n - 1]
static _Atomic uint32_t nodes_used;  // that were ever taken
// Number of the first free node, 0: none, and in the high half how often this word has changed: a number that is there
// again after others is told from one that has been there all the time.
static _Atomic uint64_t first_free;
static _Atomic uint32_t timers;

static inline uint64_t changed(uint64_t seen, uint32_t number) { return ((seen >> 32) + 1) << 32 | number; }

static struct node *take_node(void) {
    uint64_t seen = atomic_load_explicit(&first_free, memory_order_acquire);
    while ((uint32_t)seen != 0) {
        struct node *node = &nodes[(uint32_t)seen - 1];
        uint32_t next = atomic_load_explicit(&node->next, memory_order_relaxed);
        if (atomic_compare_exchange_weak_explicit(&first_free, &seen, changed(seen, next), memory_order_acquire,
                                                  memory_order_acquire))
            return node;
    }
    uint32_t used = atomic_load_explicit(&nodes_used, memory_order_relaxed);
    while (used < nodes_max)
        if (atomic_compare_exchange_weak_explicit(&nodes_used, &used, used + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return &nodes[used];
    return NULL;
}

static void give_node_back(struct node *node) {
    uint32_t number = (uint32_t)(node - nodes) + 1;
    uint64_t seen = atomic_load_explicit(&first_free, memory_order_relaxed);
    do
        atomic_store_explicit(&node->next, (uint32_t)seen, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&first_free, &seen, changed(seen, number), memory_order_release,
                                                  memory_order_relaxed));
}

static bool take_timer(void) {
    uint32_t seen = atomic_load_explicit(&timers, memory_order_relaxed);
    while (seen < timers_max)
        if (atomic_compare_exchange_weak_explicit(&timers, &seen, seen + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    return false;
}

static void give_timer_back(void) { atomic_fetch_sub_explicit(&timers, 1, memory_order_relaxed); }

// What names a work: its function, and behind the code that the compiler puts into every block the closure that it
// captured first.
static uint32_t stack_of(const struct pollscope_work *work) {
    struct pollscope_stack_capture capture = {.kind = POLLSCOPE_STACK_START, .count = 1};
    capture.frames[0] = (uint64_t)work->function;
    capture.hash = pollscope_stack_mix(POLLSCOPE_STACK_START, capture.frames[0]);
    const uint64_t *captures = work->release ? pollscope_block_captures(work->context) : NULL;
    if (captures)
        pollscope_stack_capture_closure(&capture, captures);
    capture.hash = pollscope_stack_fold(capture.hash);
    return pollscope_stack_intern(&pollscope_thread, &capture);
}

static void run(void *context) {
    struct node *node = context;
    struct pollscope_work work = node->work;
    struct pollscope_poll poll = {.kind = POLLSCOPE_RECORD_WORK, .executor = node->executor,
                                  .waker = node->waker >> 1, .flags = node->flags};
    uint64_t runnable_ticks = node->runnable_ticks;
    // Before the work, which may be long: a node is for one that waits.
    if (node->flags & POLLSCOPE_POLL_TIMER)
        give_timer_back();
    give_node_back(node);
    if (pollscope_is_on())
        poll.stack = stack_of(&work);
    pollscope_poll_run(&poll, runnable_ticks, work.function, work.context, work.release);
}

void pollscope_work_pass(void) {
    if (pollscope_is_on())
        __atomic_fetch_add(&pollscope_session.header->works_unobserved, 1, __ATOMIC_RELAXED);
}

bool pollscope_work_is_wrapped(void (*function)(void *)) { return function == run; }

bool pollscope_work_wrap(struct pollscope_work *work, void *queue, uint64_t due_ticks) {
    if (!pollscope_is_on() || !work->function)
        return false;
    struct node *node = NULL;
    if (due_ticks == 0 || take_timer()) {
        node = take_node();
        if (!node && due_ticks != 0)
            give_timer_back();
    }
    if (!node) {
        pollscope_work_pass();
        return false;
    }
    uint16_t waker = pollscope_poll_count_enqueue();
    node->work = *work;
    node->executor = pollscope_queue_number(queue);
    node->waker = due_ticks ? POLLSCOPE_NO_SLOT << 1 : waker;
    node->flags = due_ticks ? POLLSCOPE_POLL_TIMER : waker & 1 ? POLLSCOPE_POLL_WAKER_POLL : 0;
    node->runnable_ticks = due_ticks ? due_ticks : pollscope_clock_ticks();
    *work = (struct pollscope_work){run, node, NULL};
    return true;
}
