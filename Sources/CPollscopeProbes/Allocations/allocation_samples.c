// A sample is told once the Swift object that it became has its type. The runtime stores the type right after it has
// the memory, so it is there when the thread allocates or frees again, or its poll ends. What another thread has freed
// by then has told its type at its free.
#include "allocation_samples.h"

#include "allocation_ring.h"
#include "allocations.h"
#include "clock.h"
#include "stacks.h"
#include "threads.h"
#include "types.h"
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Says whose doing it is: the thread's, and its poll's.
static void describe(struct pollscope_allocation_record *record) {
    const struct pollscope_thread *thread = &pollscope_thread;
    record->at_ticks = pollscope_clock_ticks();
    record->tid = thread->slot ? thread->slot->tid : (uint32_t)syscall(SYS_gettid);
    if (thread->depth == 0)
        return;
    const struct pollscope_running *running = &thread->ring->running;
    record->poll_kind = running->kind;
    record->poll_start_ticks = running->start_ticks;
    record->task = running->task;
    record->poll_stack = running->stack;
    record->executor = running->executor;
}

void pollscope_allocation_sample(uint8_t operation, const void *block, uint64_t bytes, uint64_t frame) {
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    struct pollscope_living_sample sample = {
        .record = {.kind = POLLSCOPE_ALLOCATION_SAMPLE, .operation = operation, .bytes = bytes}};
    struct pollscope_allocation_record *record = &sample.record;
    describe(record);

    uint64_t frames[POLLSCOPE_NATIVE_DEPTH_MAX];
    const struct pollscope_thread *thread = &pollscope_thread;
    struct pollscope_unwound unwound = pollscope_stack_unwind_own(frame, thread->depth ? thread->poll.frame : 0, frames,
                                                                  POLLSCOPE_NATIVE_DEPTH_MAX);
    record->native_stack = pollscope_stack_intern_native(frames, unwound.count, unwound.cut);
    if (unwound.cut)
        record->flags |= POLLSCOPE_ALLOCATION_STACK_CUT;
    sample.is_object = pollscope_types_is_object(frames, unwound.count);

    uint32_t place;
    uint64_t serial;
    bool is_tracked = pollscope_allocation_table_enter(block, &sample, &place, &serial);
    if (is_tracked && sample.is_object) {
        counters->pending = *record;
        counters->pending_place = place;
        counters->pending_serial = serial;
        counters->pending_block = (uintptr_t)block;
        counters->has_pending = true;
        return;
    }
    if (!is_tracked) {
        record->flags |= POLLSCOPE_ALLOCATION_UNTRACKED;
        __atomic_fetch_add(&pollscope_session.header->allocations_untracked, 1, __ATOMIC_RELAXED);
    }
    pollscope_allocation_ring_write(record);
}

void pollscope_allocation_tell_pending(struct pollscope_allocation_counters *counters) {
    if (!counters->has_pending)
        return;
    counters->has_pending = false;
    const void *block = (const void *)counters->pending_block;
    uint32_t place = counters->pending_place;
    uint64_t serial = counters->pending_serial;
    // Of a block that was freed while its type was read, what was read may be anything.
    if (pollscope_allocation_table_has(block, place, serial)) {
        uint16_t type = pollscope_types_intern_object(counters->pending_block);
        if (pollscope_allocation_table_has(block, place, serial)) {
            pollscope_allocation_table_set_type(place, serial, type);
            counters->pending.type = type;
        }
    }
    pollscope_allocation_ring_write(&counters->pending);
}

// Where the block is freed, seen from the poll that allocated it.
static uint8_t place_of_free(const struct pollscope_allocation_record *allocation) {
    const struct pollscope_thread *thread = &pollscope_thread;
    if (thread->depth == 0)
        return 0;
    const struct pollscope_running *running = &thread->ring->running;
    if (running->start_ticks == allocation->poll_start_ticks && thread->slot->tid == allocation->tid)
        return POLLSCOPE_ALLOCATION_SAME_POLL;
    bool is_same_task = running->kind == POLLSCOPE_RECORD_TASK && allocation->poll_kind == POLLSCOPE_RECORD_TASK &&
                        running->task == allocation->task;
    return is_same_task ? POLLSCOPE_ALLOCATION_SAME_TASK : POLLSCOPE_ALLOCATION_OTHER_POLL;
}

void pollscope_allocation_sample_ends(const void *block, const struct pollscope_living_sample *sample) {
    struct pollscope_allocation_record record = sample->record;
    record.kind = POLLSCOPE_ALLOCATION_FREE;
    record.flags = (record.flags & POLLSCOPE_ALLOCATION_STACK_CUT) | place_of_free(&sample->record);
    record.at_ticks = pollscope_clock_ticks();
    record.ticks = record.at_ticks > sample->record.at_ticks ? record.at_ticks - sample->record.at_ticks : 0;
    record.type = sample->type;
    if (sample->is_object && !record.type)
        record.type = pollscope_types_intern_object((uint64_t)(uintptr_t)block);
    pollscope_allocation_ring_write(&record);
}

void pollscope_allocation_timed(uint8_t operation, uint64_t bytes, uint64_t ticks, uint8_t flags) {
    struct pollscope_allocation_record record = {.kind = POLLSCOPE_ALLOCATION_TIMING, .operation = operation,
                                                 .flags = flags, .bytes = bytes, .ticks = ticks};
    describe(&record);
    pollscope_allocation_ring_write(&record);
}
