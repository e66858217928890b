// The runtime annotates what a race detector must know to see that one thread's work comes before another's: "released"
// when a job is enqueued, "acquired" when it is about to run, and both for actors and tasks. It does so through two
// exported pointers to functions, which are null unless a race detector sets them. Ours stand in them, and call what
// stood there before.
//
// Many places annotate; which one it was tells the return address: of the enqueuing functions by their extent, of the
// function that runs jobs by what the self-test saw.
#define _GNU_SOURCE
#include "annotations.h"

#include "polls.h"
#include "runtime.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>

typedef void annotation(const void *);
RUNTIME annotation *_swift_tsan_acquire;
RUNTIME annotation *_swift_tsan_release;

RUNTIME SWIFTCALL void swift_task_enqueue(struct pollscope_job *, struct pollscope_executor_reference);
RUNTIME SWIFTCALL void swift_task_enqueueGlobal(struct pollscope_job *);
RUNTIME SWIFTCALL void swift_job_run(struct pollscope_job *, struct pollscope_executor_reference);
RUNTIME char swift_task_switch[]; // a function: only its address matters

// Code from `start` on, `bytes` long.
struct extent {
    uintptr_t start, bytes;
};
static struct extent enqueue, enqueue_global, task_switch;
static uintptr_t run; // where the function that runs jobs goes on after the annotation

static annotation *next_acquire, *next_release;

static inline bool is_in(const struct extent *code, uintptr_t address) { return address - code->start < code->bytes; }

#define CALLER() ((uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0)))

static inline void acquired(const void *what, uintptr_t caller) {
    if (__builtin_expect(caller == run, 1))
        pollscope_poll_take((struct pollscope_job *)what);
    else if (is_in(&task_switch, caller))
        pollscope_poll_take_actor(what);
}

static inline void released(const void *what, uintptr_t caller) {
    if (__builtin_expect(is_in(&enqueue, caller) || is_in(&enqueue_global, caller), 1))
        pollscope_poll_arm((struct pollscope_job *)what);
    else
        pollscope_poll_leave(what);
}

UNANNOTATED static void on_acquire(const void *what) { acquired(what, CALLER()); }
UNANNOTATED static void on_release(const void *what) { released(what, CALLER()); }

// A race detector that stands behind us is told in between: what is done to a job before its release, or after its
// acquisition, is then in order for it, too.
UNANNOTATED static void on_acquire_before(const void *what) {
    uintptr_t caller = CALLER();
    next_acquire(what);
    acquired(what, caller);
}

UNANNOTATED static void on_release_before(const void *what) {
    released(what, CALLER());
    next_release(what);
}

// --- the self-test -------------------------------------------------------------------------------------------

static struct pollscope_job test_job;
static uintptr_t test_caller;
static bool test_ran;

static void test_acquire(const void *what) {
    if (what == &test_job)
        test_caller = CALLER();
    if (next_acquire)
        next_acquire(what);
}

static SWIFTASYNC void test_run(struct pollscope_job *job) { test_ran = job == &test_job && test_caller != 0; }

// A function's extent by the dynamic symbol table; where it is not in there, `usual` bytes, the size that we know.
static struct extent extent_of(const void *function, uintptr_t usual) {
    struct extent extent = {(uintptr_t)function, usual};
    Dl_info image;
    const ElfW(Sym) *symbol = NULL;
    if (dladdr1(function, &image, (void **)&symbol, RTLD_DL_SYMENT) && symbol && image.dli_saddr == function &&
        symbol->st_size)
        extent.bytes = symbol->st_size;
    return extent;
}

bool pollscope_annotations_test(char *why, size_t why_bytes) {
    enum { enqueue_bytes = 200, enqueue_global_bytes = 60, task_switch_bytes = 755 };
    if (!&_swift_tsan_acquire || !&_swift_tsan_release || !swift_task_enqueue || !swift_task_enqueueGlobal ||
        !swift_job_run || !swift_task_switch || !swift_task_getCurrentExecutor || !swift_task_getPreferredTaskExecutor) {
        snprintf(why, why_bytes, "The Swift runtime of this process does not say when jobs are enqueued and run. Use the "
                                 "Swift version that this Pollscope was made for.");
        return false;
    }
    enqueue = extent_of((const void *)swift_task_enqueue, enqueue_bytes);
    enqueue_global = extent_of((const void *)swift_task_enqueueGlobal, enqueue_global_bytes);
    task_switch = extent_of(swift_task_switch, task_switch_bytes);

    test_job = (struct pollscope_job){.metadata = pollscope_runtime.job_metadata,
                                      .reference_count = POLLSCOPE_IMMORTAL,
                                      .flags = JOB_KIND_NULLARY_CONTINUATION,
                                      .function = (void *)test_run};
    next_acquire = _swift_tsan_acquire;
    __atomic_store_n(&_swift_tsan_acquire, test_acquire, __ATOMIC_RELEASE);
    swift_job_run(&test_job, (struct pollscope_executor_reference){0});
    __atomic_store_n(&_swift_tsan_acquire, next_acquire, __ATOMIC_RELEASE);
    run = test_caller;
    if (test_ran && pollscope_runtime_owns((const void *)run))
        return true;
    snprintf(why, why_bytes, "The Swift runtime of this process does not run jobs in the way that is known. Use the Swift "
                             "version that this Pollscope was made for.");
    return false;
}

void pollscope_annotations_start(void) {
    // The runtime would call what is no longer there, if a plugin that links us were unloaded.
    Dl_info image;
    if (dladdr((void *)on_acquire, &image))
        (void)dlopen(image.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    next_acquire = _swift_tsan_acquire;
    next_release = _swift_tsan_release;
    __atomic_store_n(&_swift_tsan_acquire, next_acquire ? on_acquire_before : on_acquire, __ATOMIC_RELEASE);
    __atomic_store_n(&_swift_tsan_release, next_release ? on_release_before : on_release, __ATOMIC_RELEASE);
}
