// Writes the records of holds: who had which actor, and for how long.
#include "holds.h"

#include "types.h"
#include "runtime.h"

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
