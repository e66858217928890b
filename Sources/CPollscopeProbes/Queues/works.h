// Works: functions and blocks that are given to Dispatch queues by others than the Swift runtime. Each is wrapped in a
// node that knows since when it was runnable; Dispatch runs the node, and the node's work is a poll.
//
// Any thread, lock free. The nodes are as many as there are: a work that finds none goes as it came, and is counted.
#ifndef POLLSCOPE_WORKS_H
#define POLLSCOPE_WORKS_H

#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

// What Dispatch is given.
struct pollscope_work {
    void (*function)(void *);
    void *context;
    void (*release)(void *); // of the context, when the function has returned; NULL: not ours to release
};

// Wraps a work for `queue` that is runnable now, or at `due_ticks` where that is not 0. True: function and context are
// those to be given to Dispatch now, which runs them once or never. False: the work is as it was.
PRIVATE bool pollscope_work_wrap(struct pollscope_work *work, void *queue, uint64_t due_ticks);

// Counts a work that is passed on as it came.
PRIVATE void pollscope_work_pass(void);

// Whether the function is a node's: a work that is wrapped already.
PRIVATE bool pollscope_work_is_wrapped(void (*function)(void *));

#endif
