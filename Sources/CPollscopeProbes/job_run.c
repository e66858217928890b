// The functions by which a TaskExecutor runs a job, interposed: during the call the thread knows which executor it is.
// They run helper jobs, too, which prefer no executor themselves.
//
// Weak: where the runtime is linked statically its own win, and the executor is the one that the task prefers.
#define _GNU_SOURCE
#include "interposing.h"
#include "runtime.h"
#include "threads.h"

#include <dlfcn.h>

typedef SWIFTCALL void run_function(struct pollscope_job *, struct pollscope_executor_reference);
typedef SWIFTCALL void run_on_both_function(struct pollscope_job *, struct pollscope_executor_reference,
                                            struct pollscope_executor_reference);

static run_function our_run;
static run_on_both_function our_run_on_both;
#define INTERPOSES(name) __attribute__((weak, visibility("default"), alias(#name)))
INTERPOSES(our_run) run_function swift_job_run_on_task_executor;
INTERPOSES(our_run_on_both) run_on_both_function swift_job_run_on_serial_and_task_executor;

static run_function *next_run;
static run_on_both_function *next_run_on_both;
static const char runtime[] = "libswift_Concurrency.so";

__attribute__((constructor)) static void find_next(void) {
    next_run = (run_function *)dlsym(RTLD_NEXT, "swift_job_run_on_task_executor");
    next_run_on_both = (run_on_both_function *)dlsym(RTLD_NEXT, "swift_job_run_on_serial_and_task_executor");
}

static SWIFTCALL void our_run(struct pollscope_job *job, struct pollscope_executor_reference executor) {
    uintptr_t outer = pollscope_thread.task_executor;
    pollscope_thread.task_executor = executor.identity;
    if (next_run == NULL)
        next_run = (run_function *)pollscope_interposing_find_late("swift_job_run_on_task_executor", runtime);
    next_run(job, executor);
    pollscope_thread.task_executor = outer;
}

static SWIFTCALL void our_run_on_both(struct pollscope_job *job, struct pollscope_executor_reference serial,
                                      struct pollscope_executor_reference executor) {
    uintptr_t outer = pollscope_thread.task_executor;
    pollscope_thread.task_executor = executor.identity;
    if (next_run_on_both == NULL)
        next_run_on_both = (run_on_both_function *)pollscope_interposing_find_late(
            "swift_job_run_on_serial_and_task_executor", runtime);
    next_run_on_both(job, serial, executor);
    pollscope_thread.task_executor = outer;
}
