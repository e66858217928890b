// What an armed job carries, and the trampolines that take its function's place.
//
// Who may touch what: from the arming until the job is handed to its queue, the job is the enqueuing thread's; from
// the trampoline's entry it is the running thread's. The queue itself orders the two.
#ifndef POLLSCOPE_ARMED_JOBS_H
#define POLLSCOPE_ARMED_JOBS_H

#include "polls.h"
#include "tasks.h"

// A task: reserved = function | origin << 48, reserved64 = ticks | place << 48. Origin is the waker's slot × 2 + whether
// it was in a poll; of a timer it is the number of the sleeper's stack. Place is the task's in the table of tasks, and
// stays. Of the ticks the low 48 bits are kept, which is enough for a day.
// A plain job has one word: a number for its function (there are few such functions), the origin, and the ticks
// in units of four, of which 43 bits are enough for hours.
// Ticks of 0: when the job became runnable is not known.

enum {
    pollscope_function_bits = 48,
    pollscope_plain_function_bits = 5,
    pollscope_plain_functions_max = 1 << pollscope_plain_function_bits,
    pollscope_plain_ticks_shift = 2,
    pollscope_plain_ticks_bits = 43,
};
static const uint64_t pollscope_function_mask = (1ull << pollscope_function_bits) - 1;
static const uint64_t pollscope_ticks_mask = (1ull << pollscope_task_place_shift) - 1;
static const uint64_t pollscope_plain_ticks_mask = (1ull << pollscope_plain_ticks_bits) - 1;

// The function of an armed plain job.
PRIVATE void *pollscope_plain_function(uint64_t armed);

// The trampolines: one for each thing that need not be stored because the address tells it. They have a section of their
// own, by which the unwinder knows where a poll's native stack begins.
#define TRAMPOLINE_SECTION __attribute__((section("pollscope_trampolines"), noinline))
#define TRAMPOLINE UNANNOTATED SWIFTASYNC TRAMPOLINE_SECTION

PRIVATE TRAMPOLINE void pollscope_task_on_any(void);
PRIVATE TRAMPOLINE void pollscope_task_on_global(void);
PRIVATE TRAMPOLINE void pollscope_task_on_main(void);
PRIVATE TRAMPOLINE void pollscope_task_on_timer(void);
PRIVATE TRAMPOLINE void pollscope_job_on_any(struct pollscope_job *job);
PRIVATE TRAMPOLINE void pollscope_job_on_global(struct pollscope_job *job);
PRIVATE TRAMPOLINE void pollscope_job_on_main(struct pollscope_job *job);
PRIVATE TRAMPOLINE void pollscope_job_on_timer(struct pollscope_job *job);

// Arms a job that is not, by this thread. `origin`: what its words keep of who woke it.
PRIVATE void pollscope_arm(struct pollscope_thread *thread, struct pollscope_job *job, uint64_t ticks, uint64_t origin,
                           void *task_trampoline, void *job_trampoline);

#endif
