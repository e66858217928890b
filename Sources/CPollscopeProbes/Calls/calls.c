// Writes the records of calls that took long, and finds the C library's definitions of the calls.
#include "call_definition.h"

#include "evidence.h"
#include "stacks.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

uint64_t pollscope_blocking_ticks = UINT64_MAX;
bool pollscope_calls_are_observed;

void pollscope_calls_start(uint64_t blocking_ns) {
    double ticks = (double)blocking_ns * 1e-9 * (double)pollscope_clock_hz();
    bool is_finite = blocking_ns != 0 && ticks < (double)(UINT64_MAX / 2);
    pollscope_blocking_ticks = is_finite ? (uint64_t)ticks + 1 : UINT64_MAX;
    pollscope_calls_are_observed = true;
}

// --- records -------------------------------------------------------------------------------------------------

static void write_stack(const struct pollscope_thread *thread, struct pollscope_call_record *record) {
    uint64_t frames[POLLSCOPE_NATIVE_DEPTH_MAX];
    struct pollscope_unwound unwound =
        pollscope_stack_unwind_own(thread->poll.call_frame, thread->poll.frame, frames, POLLSCOPE_NATIVE_DEPTH_MAX);
    record->native_stack = pollscope_stack_intern_native(frames, unwound.count, unwound.cut);
    if (unwound.cut)
        record->flags |= POLLSCOPE_CALL_STACK_CUT;
}

// Apart, because it needs some kilobytes of stack.
static __attribute__((noinline)) void write_record(struct pollscope_thread *thread, uint64_t start, uint64_t duration,
                                                   int32_t error, struct pollscope_object object) {
    struct pollscope_call_record *record = pollscope_evidence_next(thread);
    if (record) {
        const struct pollscope_running *running = &thread->ring->running;
        record->kind = POLLSCOPE_EVIDENCE_CALL;
        record->poll_kind = running->kind;
        record->executor = running->executor;
        record->poll_start_ticks = running->start_ticks;
        record->start_ticks = start;
        record->duration_ticks = duration;
        record->tid = thread->ring->owner;
        record->task = running->task;
        record->poll_stack = running->stack;
        record->error = error;
        record->call = thread->poll.call;
        write_stack(thread, record);
        pollscope_object_describe(&object, record);
        pollscope_evidence_publish(thread);
    }
}

void pollscope_call_write(struct pollscope_thread *thread, uint64_t start, uint64_t duration, int32_t error,
                          struct pollscope_object object) {
    int saved = errno;
    // Threads that are made without a state of their own run with another's, on small stacks at times: what Swift's
    // crash handler starts, children of vfork.
    if ((uint32_t)syscall(SYS_gettid) == thread->ring->owner)
        write_record(thread, start, duration, error, object);
    errno = saved;
}

// --- definitions ---------------------------------------------------------------------------------------------

#if POLLSCOPE_INTERPOSES

// What a service may call without a look at it: a library that is not there has no definition of its own to be found.
static long missing(void) {
    errno = ENOSYS;
    return -1;
}

// Functions of which the C library keeps older versions; it is the newest that programs are linked to.
static const char *version_of(const char *name) {
#if defined(__x86_64__)
    static const char *const versions[][2] = {
        {"pthread_cond_wait", "GLIBC_2.3.2"}, {"pthread_cond_timedwait", "GLIBC_2.3.2"},
        {"posix_spawn", "GLIBC_2.15"},        {"posix_spawnp", "GLIBC_2.15"},
        {"realpath", "GLIBC_2.3"},            {"clock_nanosleep", "GLIBC_2.17"},
    };
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (strcmp(versions[i][0], name) == 0)
            return versions[i][1];
#else
    (void)name;
#endif
    return NULL;
}

void *pollscope_call_find(const char *name) {
    // A look-up may make calls that have to be looked up themselves, and a host's own look-up function any.
    enum { nesting_max = 8 };
    static __thread int nesting __attribute__((tls_model("initial-exec")));
    if (nesting == nesting_max)
        return (void *)missing;
    nesting++;
    int saved = errno;
    const char *version = version_of(name);
    void *found = version ? dlvsym(RTLD_NEXT, name, version) : NULL;
    if (!found)
        found = dlsym(RTLD_NEXT, name);
    errno = saved;
    nesting--;
    return found ? found : (void *)missing;
}

extern PRIVATE const char __start_pollscope_calls[], __stop_pollscope_calls[];

// In a fully static program a look-up finds nothing, and every call would fail: no such program may come to be. Its
// linker has no `_DYNAMIC`, and names this function, in which the remedy is.
static __attribute__((noinline)) void a_static_program_needs_Xcc_DPOLLSCOPE_WITHOUT_CALLS(void) {
    extern PRIVATE const char _DYNAMIC[];
    __asm__ volatile("" : : "r"(_DYNAMIC));
}

bool pollscope_calls_are_interposed(char *why, size_t why_bytes) {
    a_static_program_needs_Xcc_DPOLLSCOPE_WITHOUT_CALLS();
    static const char *const names[] = {
        "nanosleep", "open",  "read", "write", "fsync",       "stat",  "connect", "recv",
        "send",      "accept", "poll", "select", "epoll_wait", "close", "fcntl",   "getaddrinfo",
        "pthread_mutex_lock", "pthread_rwlock_rdlock", "pthread_cond_wait", "sem_wait", "pthread_join", "syscall",
        "waitpid",   "system",
    };
    return pollscope_interposing_is_first(names, sizeof names / sizeof names[0], __start_pollscope_calls,
                                          __stop_pollscope_calls, why, why_bytes);
}

#else

bool pollscope_calls_are_interposed(char *why, size_t why_bytes) {
    snprintf(why, why_bytes, "%s", POLLSCOPE_INTERPOSING_REFUSAL);
    return false;
}

#endif
