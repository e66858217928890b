// The table of executors: which number stands for which queue of jobs in records.
//
// Any thread, lock free; an entry is made once in the life of an executor.
#ifndef POLLSCOPE_EXECUTORS_H
#define POLLSCOPE_EXECUTORS_H

#include "runtime.h"
#include "threads.h"
#include "visibility.h"
#include <stdint.h>

// The number of the executor `identity` (a number that tells it from others; not 0): POLLSCOPE_EXECUTOR_FIRST or more, or
// POLLSCOPE_EXECUTOR_CROWDED where the table is full. `object`: the Swift object that it is, or 0. `name`: its label, or NULL for the name of the calling
// thread.
PRIVATE uint8_t pollscope_executor_number(uint32_t kind, uint64_t identity, uint64_t object, const char *name);

// The same for an executor that is a Swift object, at the start of a job of its on this thread: the main actor's is
// POLLSCOPE_EXECUTOR_MAIN.
PRIVATE uint8_t pollscope_executor_number_of_object(struct pollscope_thread *thread, uint32_t kind,
                                                    uint64_t object);

// The executor that the job at its start on this thread runs on. Of a default actor, `*actor` is the actor. `task`: NULL for
// a job that is none.
PRIVATE uint8_t pollscope_executor_of_job(struct pollscope_thread *thread, const struct pollscope_job *task,
                                          const void **actor);

#endif
