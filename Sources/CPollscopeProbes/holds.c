// Who has which actor: holds begin and end here, and get their records.
#include "holds.h"

#include "clock.h"
#include "polls.h"
#include "runtime.h"
#include "stacks.h"
#include "tasks.h"
#include "types.h"

// The number of an actor's type. The actor lives: its job, or its task, keeps it. A type that has no number is asked for
// once in a run of holds of it, since that takes system calls.
static uint16_t type_of(struct pollscope_thread *thread, const uint64_t *actor) {
    uint64_t metadata = actor[0];
    if (metadata != thread->last_actor_metadata) {
        uint16_t number = pollscope_types_find(metadata);
        thread->last_actor_type = number ? number : pollscope_types_intern_object((uint64_t)actor);
        thread->last_actor_metadata = metadata;
    }
    return thread->last_actor_type;
}

void pollscope_hold_end(struct pollscope_thread *thread, uint64_t now_ticks) {
    const struct pollscope_hold *hold = &thread->poll.hold;
    const struct pollscope_running *running = &thread->ring->running;
    struct pollscope_hold_record *record = (struct pollscope_hold_record *)pollscope_thread_next_record(thread);
    record->sequence = (uint32_t)(thread->head - thread->thread_records);
    record->kind = POLLSCOPE_RECORD_HOLD;
    record->executor = POLLSCOPE_EXECUTOR_ACTOR;
    record->priority = running->priority;
    record->flags = hold->flags;
    record->start_ticks = hold->start_ticks;
    record->duration_ticks = now_ticks - hold->start_ticks;
    record->wait_ticks = hold->wait_ticks;
    record->task = running->task;
    record->stack = hold->stack;
    record->type = type_of(thread, hold->actor);
    record->reserved0 = 0;
    record->actor = (uint32_t)((uintptr_t)hold->actor >> 4);
    record->reserved1[0] = record->reserved1[1] = 0;
    // Counted before it can be seen: who subtracts holds from records never finds more polls than there are.
    __atomic_store_n(&thread->ring->holds, thread->ring->holds + 1, __ATOMIC_RELAXED);
    pollscope_thread_publish(thread);
    thread->poll.hold.actor = NULL;
}

// The runtime has stored where the task goes on: the code that will run on the actor.
UNANNOTATED void pollscope_poll_take_actor(const void *actor) {
    struct pollscope_thread *thread = &pollscope_thread;
    const struct pollscope_job *task = thread->poll.task;
    if (thread->depth == 0 || !task || !pollscope_is_on())
        return;
    uint64_t now = pollscope_clock_ticks();
    if (thread->poll.hold.actor)
        pollscope_hold_end(thread, now); // given up in a moment: in the other order there would be a deadlock
    struct pollscope_stack_capture capture;
    bool first;
    pollscope_stack_capture_task(thread, &capture, task->id, task->function, task->resume_context, &first);
    thread->poll.hold = (struct pollscope_hold){actor, now, 0, pollscope_stack_intern(thread, &capture),
                                                POLLSCOPE_HOLD_AT_ONCE};
}

UNANNOTATED void pollscope_poll_leave(const void *what) {
    struct pollscope_thread *thread = &pollscope_thread;
    if (what == NULL || !pollscope_is_on())
        return;
    if (thread->depth != 0 && what == thread->poll.hold.actor)
        return pollscope_hold_end(thread, pollscope_clock_ticks());
    // Of tasks only the one that runs here can have completed. In a poll that is not recorded nobody has noted which that
    // is; then a task is known by its metadata. Nothing of 16 bytes that begins at a multiple of 16 is cut by a page.
    const uintptr_t task_alignment = 16;
    if (thread->depth != 0 ? what != thread->poll.task
                           : !pollscope_tasks_are_tabled || (uintptr_t)what % task_alignment != 0 ||
                                 *(const void *const *)what != pollscope_runtime.task_metadata)
        return;
    struct pollscope_job *task = (struct pollscope_job *)what;
    uint16_t place = (uint16_t)(task->reserved64 >> pollscope_task_place_shift);
    if (task->reserved64 != pollscope_task_mark(task, place) ||
        !(__atomic_load_n(&task->status, __ATOMIC_RELAXED) & TASK_STATUS_COMPLETE))
        return;
    task->reserved64 = 0;
    if (place)
        pollscope_task_leave(place, task);
    thread->poll.task = NULL; // its memory may become something else before the poll ends
}
