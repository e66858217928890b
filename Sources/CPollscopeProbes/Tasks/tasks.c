// Takes tasks into the table when they are first enqueued, and out of it when they have ended.
#include "tasks.h"

#include "clock.h"
#include "events.h"

enum {
    bucket_entries = 8,
    buckets = POLLSCOPE_TASKS_MAX / bucket_entries,
    // Of a task's flags.
    is_child = 1 << 24,
    is_group_child = 1 << 26,
    is_async_let = 1 << 28,
    has_name = 1 << 30,
};

RUNTIME SWIFTCALL const char *swift_task_getCurrentTaskName(void);

bool pollscope_tasks_are_tabled;

// A task's first bucket is by its address, and so is the entry in it where the search begins: most tasks get the
// entry that the one before at the same address had, which is in this thread's cache. Where the first bucket is
// full there is a second one, so that the table is nearly full before a task finds no entry.
static struct pollscope_task_entry *claim(uint64_t task) {
    uint64_t hash = (task >> 4) * 0x9E3779B97F4A7C15ull; // 2^64 / golden ratio
    uint32_t bucket = (uint32_t)(hash >> 32) % buckets, other = (uint32_t)(hash >> 48) % buckets;
    uint32_t first = (uint32_t)(hash >> 44) % bucket_entries;
    for (uint32_t i = 0; i < 2 * bucket_entries; i++) {
        uint32_t index = (i < bucket_entries ? bucket : other) * bucket_entries + (first + i) % bucket_entries;
        struct pollscope_task_entry *entry = &pollscope_session.tasks[index];
        uint64_t seen = __atomic_load_n(&entry->task, __ATOMIC_RELAXED);
        if (seen == 0 && __atomic_compare_exchange_n(&entry->task, &seen, POLLSCOPE_TASK_BEING_CLAIMED, false,
                                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return entry;
    }
    return NULL;
}

// The task in which this thread makes another. What it shows of its poll is at hand; outside polls the runtime
// knows, as in the first task of a service before its first await.
UNANNOTATED static void note_maker(struct pollscope_task_entry *entry, const struct pollscope_thread *thread,
                                   const struct pollscope_job *task) {
    entry->parent = entry->spawn_stack = 0;
    if (thread->depth != 0) {
        entry->spawn_stack = thread->ring->running.stack;
        if (thread->ring->running.kind == POLLSCOPE_RECORD_TASK) {
            entry->parent = thread->ring->running.task;
            return;
        }
    }
    const struct pollscope_job *current = swift_task_getCurrent();
    if (current && current != task)
        entry->parent = current->id;
}

UNANNOTATED static uint8_t flags_of(const struct pollscope_job *task, bool has_begun, bool is_late) {
    return (uint8_t)((task->flags & is_child ? POLLSCOPE_TASK_CHILD : 0) |
                     (task->flags & is_group_child ? POLLSCOPE_TASK_GROUP_CHILD : 0) |
                     (task->flags & is_async_let ? POLLSCOPE_TASK_ASYNC_LET : 0) |
                     (task->flags & has_name && !has_begun ? POLLSCOPE_TASK_NAMED : 0) |
                     (is_late ? POLLSCOPE_TASK_LATE : 0));
}

// A task that the runtime makes for itself, such as the one that ends a sleep.
UNANNOTATED static bool is_the_runtimes(const struct pollscope_job *task) {
    const struct pollscope_start_prefix *prefix = (const struct pollscope_start_prefix *)task->resume_context - 1;
    return pollscope_runtime.runtime_is_shared && pollscope_runtime_owns(prefix->entry);
}

UNANNOTATED uint16_t pollscope_task_enter(struct pollscope_thread *thread, const struct pollscope_job *task,
                                          uint64_t now_ticks) {
    bool tells = __atomic_load_n(&pollscope_events_are_wanted, __ATOMIC_RELAXED);
    if (!pollscope_tasks_are_tabled && !tells)
        return 0;
    bool has_begun = !pollscope_runtime_is_start(task->function);
    if (!has_begun && is_the_runtimes(task))
        return 0;
    if (tells && !has_begun)
        pollscope_event_task_made(thread, task, now_ticks == 0);
    if (!pollscope_tasks_are_tabled)
        return 0;
    struct pollscope_task_entry *entry = claim((uintptr_t)task);
    if (!entry) {
        __atomic_fetch_add(&pollscope_session.header->tasks_untracked, 1, __ATOMIC_RELAXED);
        return POLLSCOPE_TASK_NO_PLACE;
    }
    bool is_late = has_begun || now_ticks == 0;
    uint32_t generation = entry->generation + 1;
    if (generation == 0)
        entry->generation_high++;
    __atomic_store_n(&entry->generation, generation, __ATOMIC_RELAXED);
    entry->id = task->id;
    entry->polls = 0;
    entry->created_ticks = now_ticks ? now_ticks : pollscope_clock_ticks();
    entry->started_ticks = entry->ended_ticks = 0;
    entry->start_stack = 0;
    entry->priority = pollscope_job_priority(task);
    entry->flags = flags_of(task, has_begun, is_late);
    if (is_late)
        entry->parent = entry->spawn_stack = 0;
    else
        note_maker(entry, thread, task);
    if (entry->flags & POLLSCOPE_TASK_NAMED)
        entry->name[0] = 0;
    __atomic_store_n(&entry->task, (uint64_t)(uintptr_t)task, __ATOMIC_RELEASE);
    return (uint16_t)(entry - pollscope_session.tasks + 1);
}

UNANNOTATED void pollscope_task_leave(uint16_t place, const struct pollscope_job *task) {
    struct pollscope_task_entry *entry = pollscope_task_at(place);
    if (entry && entry->task == (uintptr_t)task)
        __atomic_store_n(&entry->task, 0, __ATOMIC_RELEASE);
    else if (place == POLLSCOPE_TASK_NO_PLACE)
        __atomic_fetch_add(&pollscope_session.header->tasks_untracked_ended, 1, __ATOMIC_RELAXED);
}

UNANNOTATED void pollscope_task_note_name(uint16_t place) {
    struct pollscope_task_entry *entry = pollscope_task_at(place);
    if (!entry || !(entry->flags & POLLSCOPE_TASK_NAMED) || !swift_task_getCurrentTaskName)
        return;
    const char *name = swift_task_getCurrentTaskName();
    size_t count = 0;
    while (name && name[count] && count < sizeof entry->name - 1)
        count++;
    // Not within a character.
    if (count == sizeof entry->name - 1)
        while (count > 0 && ((uint8_t)name[count] & 0xC0) == 0x80)
            count--;
    entry->name[count] = 0;
    for (size_t i = 0; i < count; i++)
        entry->name[i] = name[i];
}
