// What we know of the Swift runtime: the shape of its jobs, and whether this runtime is the one we know.
//
// A job is 64 bytes; a task is a job with its resume context behind it. Two words are used by nobody: the job's
// `reserved` and the task's `reserved64`. Between enqueue and start, while no other code may touch the job, we
// keep there what the start must know.
#ifndef POLLSCOPE_RUNTIME_H
#define POLLSCOPE_RUNTIME_H

#include "visibility.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// For code that touches jobs, tasks and contexts: the runtime has an order for it that it does not annotate everywhere (a
// continuation is resumed without a word to who awaits it), so a race detector would report races that are none.
#define UNANNOTATED __attribute__((no_sanitize("thread")))

#define SWIFTCALL __attribute__((swiftcall))
#define SWIFTASYNC __attribute__((swiftasynccall))
#define ASYNC_CONTEXT __attribute__((swift_async_context))

// A frame of a logical async stack. The parent of a task's first context is not initialised by the runtime:
// pollscope_runtime_is_completion says where to stop.
struct pollscope_context {
    struct pollscope_context *parent;
    void *resume_parent;
};

struct pollscope_job {
    const void *metadata;
    uint64_t reference_count;
    void *scheduler_private[2];
    uint32_t flags; // low byte: kind; next byte: priority
    uint32_t id;    // low half of a task's id
    void *voucher;
    uint64_t reserved; // ours from enqueue to start
    void *function;    // what the executor calls: a task's resume function, or a plain job's run function
    // The rest only where the job is a task.
    struct pollscope_context *resume_context;
    // Ours: from enqueue to start when it was enqueued; the high half for as long as the task lives, its place in the
    // table of tasks.
    uint64_t reserved64;
    uint64_t private_words[2];
    uint64_t status, status_pointer; // the runtime's; changed by any thread
};
_Static_assert(offsetof(struct pollscope_job, flags) == 32, "job layout");
_Static_assert(offsetof(struct pollscope_job, reserved) == 48, "job layout");
_Static_assert(offsetof(struct pollscope_job, function) == 56, "job layout");
_Static_assert(offsetof(struct pollscope_job, resume_context) == 64, "task layout");
_Static_assert(offsetof(struct pollscope_job, reserved64) == 72, "task layout");
_Static_assert(offsetof(struct pollscope_job, status) == 96, "task layout");

// Bits of a task's status.
enum {
    TASK_STATUS_CANCELLED = 0x100,
    TASK_STATUS_RUNNING = 0x800,
    TASK_STATUS_ENQUEUED = 0x1000,
    TASK_STATUS_COMPLETE = 0x2000,
    TASK_STATUS_HAS_DEPENDENCY = 0x4000,
    TASK_STATUS_HAS_PREFERENCE = 0x8000, // prefers an executor since some point of its life
};

// Kinds of job, the low byte of `flags`.
enum {
    JOB_KIND_TASK = 0,
    JOB_KIND_ACTOR_INLINE = 192,
    JOB_KIND_ACTOR_SEPARATE = 193,
    JOB_KIND_ACTOR_OVERRIDE = 194,
    JOB_KIND_NULLARY_CONTINUATION = 195,
};

// Of a task: it prefers an executor since it was made.
static const uint32_t pollscope_task_has_preference = 1u << 29;

// The reference count of an object that is never freed.
#define POLLSCOPE_IMMORTAL 0x80000004ffffffffu

static inline uint8_t pollscope_job_kind(const struct pollscope_job *job) { return (uint8_t)job->flags; }
static inline uint8_t pollscope_job_priority(const struct pollscope_job *job) { return (uint8_t)(job->flags >> 8); }

// Behind a plain job's 64 bytes.
struct pollscope_actor_job {
    struct pollscope_job_head {
        uint64_t words[8];
    } head;
    const void *const *actor; // an object: its first word is its type metadata
};
struct pollscope_nullary_job {
    struct pollscope_job_head head;
    struct pollscope_job *task;
    struct pollscope_job *continuation; // the task that it resumes; suspended until then
};

// Before a task's first context, where its resume function is one of the start adapters.
struct pollscope_start_prefix {
    void *entry; // at context - 24
    const uint64_t *closure_context;
    uint64_t reserved;
};

// An executor as the runtime passes it: an object, and how it is one. Both 0: the global pool, or the task's preferred
// executor. Only `implementation` 0: a default actor.
struct pollscope_executor_reference {
    uintptr_t identity, implementation;
};

// Weak, so that a program without Swift concurrency links and loads: the probes then stay off.
#define RUNTIME extern __attribute__((weak))
RUNTIME SWIFTCALL struct pollscope_job *swift_task_getCurrent(void);
RUNTIME SWIFTCALL struct pollscope_executor_reference swift_task_getCurrentExecutor(void);
RUNTIME SWIFTCALL struct pollscope_executor_reference swift_task_getPreferredTaskExecutor(void);

// What the self-test found out; constant afterwards.
struct pollscope_runtime {
    bool known;
    const void *task_metadata, *job_metadata;
    void *start_adapter, *future_start_adapter; // resume functions of tasks that have not begun
    uintptr_t completion_low, completion_high;  // where the runtime's completion functions are
    uintptr_t text_low, text_high;              // the image the runtime's own code is in
    bool runtime_is_shared;                     // the runtime is a shared library: its calls can be interposed
};
extern PRIVATE struct pollscope_runtime pollscope_runtime;

// Tests the layout on a task made for it, which never runs. False: `why` says what did not fit.
PRIVATE bool pollscope_runtime_test(char *why, size_t why_bytes);

static inline bool pollscope_runtime_is_completion(uintptr_t function) {
    return function - pollscope_runtime.completion_low <
           pollscope_runtime.completion_high - pollscope_runtime.completion_low;
}

static inline bool pollscope_runtime_is_start(const void *function) {
    return function == pollscope_runtime.future_start_adapter || function == pollscope_runtime.start_adapter;
}

static inline bool pollscope_runtime_owns(const void *function) {
    return (uintptr_t)function - pollscope_runtime.text_low <
           pollscope_runtime.text_high - pollscope_runtime.text_low;
}

// Whether an address is inside one of the images that were loaded at start.
PRIVATE bool pollscope_runtime_in_image(uint64_t address);

// A pointer that a job enqueued by the runtime may have.
static inline bool pollscope_runtime_is_job(const struct pollscope_job *job) {
    return job && (job->metadata == pollscope_runtime.task_metadata ||
                   job->metadata == pollscope_runtime.job_metadata);
}

#endif
