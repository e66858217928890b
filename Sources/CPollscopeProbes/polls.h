// The way of a job from enqueue to the end of its poll.
#ifndef POLLSCOPE_POLLS_H
#define POLLSCOPE_POLLS_H

#include "runtime.h"
#include "threads.h"
#include "visibility.h"

// An executor that is found out when the job runs.
#define POLLSCOPE_EXECUTOR_ANY 0

// Arms a job that is runnable now: its next poll will be recorded. The job must not have reached its queue yet. A job
// that is armed already stays so. For the global pool and the main executor it is noted that the job goes there.
PRIVATE void pollscope_poll_arm(struct pollscope_job *job);
PRIVATE void pollscope_poll_arm_on_global(struct pollscope_job *job);
PRIVATE void pollscope_poll_arm_on_main(struct pollscope_job *job);

// A job is about to run on this thread: one that was not armed is armed now, without a wait.
PRIVATE void pollscope_poll_take(struct pollscope_job *job);

// The task that runs on this thread has taken over `actor`, and goes on there.
PRIVATE void pollscope_poll_take_actor(const void *actor);

// The task that runs on this thread has given up `what`, an actor, or has completed and is `what` itself. Anything else
// is none of ours.
PRIVATE void pollscope_poll_leave(const void *what);

// Whether arming the job would do anything: asked before its due time is worked out.
PRIVATE bool pollscope_poll_may_arm(const struct pollscope_job *job);

// The same as pollscope_poll_arm for a job that becomes runnable at `due_ticks`.
PRIVATE void pollscope_poll_arm_timer(struct pollscope_job *job, uint64_t due_ticks);

// Runs `work(context)`, and then `release(context)` where that is not NULL, as a poll, runnable since `runnable_ticks`:
// something that is no job of the Swift runtime's. `poll` says what is known of it before it starts. Where the poll cannot
// be recorded, the work runs all the same.
PRIVATE void pollscope_poll_run(struct pollscope_poll *poll, uint64_t runnable_ticks, void (*work)(void *),
                                void *context, void (*release)(void *));

// Counts an enqueue of what pollscope_poll_run will run. Returns the waker: its slot × 2 + whether it was in a poll.
PRIVATE uint16_t pollscope_poll_count_enqueue(void);

// A turn of an event loop on this thread: what runs between two waits for descriptors, on no frame of ours. `frame` is
// that of the function that waits. Begin: false where it cannot be recorded. A turn is open from then on until its end,
// on the same thread; pollscope_poll_turn_is_innermost tells whether it is what runs now.
PRIVATE bool pollscope_poll_begin_turn(uint8_t executor, uint64_t start_ticks, uint64_t wait_ticks, uint8_t flags,
                                       uintptr_t frame);
PRIVATE void pollscope_poll_end_turn(uint64_t now_ticks);
PRIVATE bool pollscope_poll_turn_is_innermost(void);

// What enqueue, start and end of one poll cost here, in ticks × 1024. At start, before the probes are on.
PRIVATE uint64_t pollscope_poll_measure_cost(void);

#endif
