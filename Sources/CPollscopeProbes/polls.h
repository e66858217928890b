// The way of a job from enqueue to the end of its poll.
#ifndef POLLSCOPE_POLLS_H
#define POLLSCOPE_POLLS_H

#include "runtime.h"
#include "visibility.h"

// Arms a job that is runnable now: its next poll will be recorded. The job must not have reached its queue yet.
PRIVATE void pollscope_poll_arm(struct pollscope_job *job, uint8_t executor);

// Whether arming the job would do anything: asked before its due time is worked out.
PRIVATE bool pollscope_poll_may_arm(const struct pollscope_job *job);

// The same as pollscope_poll_arm for a job that becomes runnable at `due_ticks`.
PRIVATE void pollscope_poll_arm_timer(struct pollscope_job *job, uint64_t due_ticks);

// What enqueue, start and end of one poll cost here, in ticks × 1024. At start, before the probes are on.
PRIVATE uint64_t pollscope_poll_measure_cost(void);

#endif
