// The table of live tasks: which tasks there are, since when, and, when a reader asks, where each of them waits.
//
// A task's place in the table is kept in the task itself, in the high bits of its second unused word: the table's
// index + 1; POLLSCOPE_TASK_NO_PLACE for a task that is counted and has no entry; 0 for one that is not to be
// there. The runtime does not initialise that word. So while the low bits are not needed (from the start of a poll
// to the next enqueue) they hold a mark, without which the word is not ours.
#ifndef POLLSCOPE_TASKS_H
#define POLLSCOPE_TASKS_H

#include "runtime.h"
#include "session.h"
#include "threads.h"
#include "visibility.h"

#define POLLSCOPE_TASK_NO_PLACE UINT16_MAX

// Whether tasks are tabled. Set once, at start.
extern PRIVATE bool pollscope_tasks_are_tabled;

// Takes a task into the table that this thread enqueues, and that was not seen before. `now_ticks` 0: it is about
// to run, and who enqueued it is not known. Returns its place, or 0 where it is not to be there. Any thread; lock
// free; bounded by the size of two buckets.
PRIVATE uint16_t pollscope_task_enter(struct pollscope_thread *thread, const struct pollscope_job *task,
                                      uint64_t now_ticks);

// The task at `place` ends in the poll that runs now.
PRIVATE void pollscope_task_leave(uint16_t place, const struct pollscope_job *task);

// At the first poll of the task at `place`, on its thread: notes its name, if the service gave it one.
PRIVATE void pollscope_task_note_name(uint16_t place);

enum { pollscope_task_place_shift = 48 };
static const uint64_t pollscope_task_mark_mask = (1ull << pollscope_task_place_shift) - 1;

// The word of a task that is not enqueued.
UNANNOTATED static inline uint64_t pollscope_task_mark(const struct pollscope_job *task, uint64_t place) {
    const uint64_t ours = 0x706F6C6C7363; // nobody else leaves an address in this disguise
    return place << pollscope_task_place_shift | (((uintptr_t)task ^ ours) & pollscope_task_mark_mask);
}

// The place of a task that is enqueued now and was not yet; one that is new is taken into the table. One that has not
// begun is new, whatever is in its word: a task that was there before may have left it.
UNANNOTATED static inline uint16_t pollscope_task_place(struct pollscope_thread *thread,
                                                        const struct pollscope_job *task, uint64_t now_ticks) {
    uint64_t place = task->reserved64 >> pollscope_task_place_shift;
    bool is_ours = task->reserved64 == pollscope_task_mark(task, place);
    if (__builtin_expect(is_ours && !pollscope_runtime_is_start(task->function), 1))
        return (uint16_t)place;
    return pollscope_task_enter(thread, task, now_ticks);
}

// NULL for a task without an entry.
static inline struct pollscope_task_entry *pollscope_task_at(uint16_t place) {
    uint32_t index = (uint32_t)place - 1;
    return __builtin_expect(index < POLLSCOPE_TASKS_MAX, 1) ? &pollscope_session.tasks[index] : NULL;
}

// A poll of the task at `place` begins, and has ended. Its own thread; the task may be gone at the end, or run elsewhere
// already, so only the entry is touched, and only if the poll (which begin returns) is still its last.
struct pollscope_task_poll {
    uint32_t generation, polls;
};
static inline struct pollscope_task_poll pollscope_task_begin_poll(uint16_t place, uint32_t stack, bool is_first, uint64_t now_ticks) {
    struct pollscope_task_entry *entry = pollscope_task_at(place);
    struct pollscope_task_poll poll = {0};
    if (!entry)
        return poll;
    poll.generation = entry->generation;
    poll.polls = entry->polls + 1;
    // Before whatever the poll does to its task: a look that sees any of that sees that the task has run.
    __atomic_store_n(&entry->polls, poll.polls, __ATOMIC_RELEASE);
    if (is_first)
        entry->start_stack = stack;
    __atomic_store_n(&entry->started_ticks, now_ticks, __ATOMIC_RELEASE);
    return poll;
}

static inline void pollscope_task_end_poll(uint16_t place, struct pollscope_task_poll poll, uint64_t now_ticks) {
    struct pollscope_task_entry *entry = pollscope_task_at(place);
    if (entry && __atomic_load_n(&entry->generation, __ATOMIC_RELAXED) == poll.generation &&
        __atomic_load_n(&entry->polls, __ATOMIC_RELAXED) == poll.polls)
        __atomic_store_n(&entry->ended_ticks, now_ticks, __ATOMIC_RELAXED);
}

// Goes on with the look at all live tasks that a reader has asked for, for some tasks; answers when it is through.
// The watcher only, again and again while pollscope_look_is_asked.
PRIVATE void pollscope_tasks_look(void);

#endif
