// Gives executors their numbers.
#define _GNU_SOURCE
#include "executors.h"

#include "clock.h"
#include "runtime.h"
#include "session.h"
#include "types.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

static uint8_t refuse(void) {
    __atomic_fetch_add(&pollscope_session.header->executors_refused, 1, __ATOMIC_RELAXED);
    return POLLSCOPE_EXECUTOR_CROWDED;
}

static void describe(struct pollscope_executor_entry *entry, uint64_t object, const char *name) {
    int error = errno;
    entry->type = object ? pollscope_types_intern_object(object) : 0;
    entry->since_ticks = pollscope_clock_ticks();
    char thread_name[POLLSCOPE_NAME_BYTES + 1] = "";
    // Dispatch's workers serve everybody: their names say nothing of an executor.
    if (!name && prctl(PR_GET_NAME, thread_name) == 0 && !strstr(thread_name, "-qos"))
        name = thread_name;
    for (size_t i = 0; name && name[i] && i < sizeof entry->name - 1; i++)
        entry->name[i] = name[i];
    errno = error;
}

uint8_t pollscope_executor_number(uint32_t kind, uint64_t identity, uint64_t object, const char *name) {
    const uint64_t golden = 0x9E3779B97F4A7C15ull; // 2^64 / golden ratio
    struct pollscope_header *header = pollscope_session.header;
    uint32_t place = (uint32_t)((identity * golden) >> 32) % POLLSCOPE_EXECUTORS_MAX;
    for (uint32_t i = 0; i < POLLSCOPE_EXECUTORS_MAX; i++, place = (place + 1) % POLLSCOPE_EXECUTORS_MAX) {
        struct pollscope_executor_entry *entry = &pollscope_session.executors[place];
        uint64_t seen = __atomic_load_n(&entry->identity, __ATOMIC_RELAXED);
        if (seen == 0 && __atomic_compare_exchange_n(&entry->identity, &seen, identity, false, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
            describe(entry, object, name);
            __atomic_fetch_add(&header->executors_used, 1, __ATOMIC_RELAXED);
            __atomic_store_n(&entry->kind, kind, __ATOMIC_RELEASE);
            return (uint8_t)(POLLSCOPE_EXECUTOR_FIRST + place);
        }
        if (seen == identity)
            return (uint8_t)(POLLSCOPE_EXECUTOR_FIRST + place);
    }
    return refuse();
}

// Whether an object of the runtime's is the main actor's executor, which has a number of its own.
static bool is_main(uint64_t object, uint64_t metadata) {
    static const char name[] = "DispatchMainExecutor";
    if (!pollscope_runtime_owns((const void *)metadata))
        return false;
    int error = errno;
    uint16_t type = pollscope_types_find(metadata);
    type = type ? type : pollscope_types_intern_object(object);
    errno = error;
    uint64_t where = type ? __atomic_load_n(&pollscope_session.types[type - 1].where, __ATOMIC_ACQUIRE) : 0;
    uint32_t bytes = where >> 32 & INT32_MAX;
    const char *text = pollscope_session.type_names + (uint32_t)where;
    return bytes >= sizeof name - 1 && memcmp(text + bytes - (sizeof name - 1), name, sizeof name - 1) == 0;
}

uint8_t pollscope_executor_number_of_object(struct pollscope_thread *thread, uint32_t kind, uint64_t object) {
    // Alive while its job runs. One of another type may have had its address before.
    uint64_t metadata = *(const uint64_t *)object;
    uint64_t identity = object ^ metadata << 16;
    if (thread->last_executor == identity)
        return thread->last_executor_number;
    uint8_t number = kind == POLLSCOPE_EXECUTOR_SERIAL && is_main(object, metadata)
                         ? POLLSCOPE_EXECUTOR_MAIN
                         : pollscope_executor_number(kind, identity, object, NULL);
    thread->last_executor = identity;
    thread->last_executor_number = number;
    return number;
}

// The TaskExecutor that the job at its start runs on; 0: none. Where the functions that run such jobs are not ours, it is
// the one that the task prefers.
UNANNOTATED static uintptr_t find_task_executor(const struct pollscope_thread *thread, const struct pollscope_job *task) {
    if (thread->task_executor)
        return thread->task_executor;
    if (!task || !(task->flags & pollscope_task_has_preference ||
                   __atomic_load_n(&task->status, __ATOMIC_RELAXED) & TASK_STATUS_HAS_PREFERENCE))
        return 0;
    return swift_task_getPreferredTaskExecutor().identity;
}

UNANNOTATED uint8_t pollscope_executor_of_job(struct pollscope_thread *thread, const struct pollscope_job *task,
                                              const void **actor) {
    struct pollscope_executor_reference executor = swift_task_getCurrentExecutor();
    if (executor.identity && executor.implementation)
        return pollscope_executor_number_of_object(thread, POLLSCOPE_EXECUTOR_SERIAL, executor.identity);
    if (executor.identity) {
        *actor = (const void *)executor.identity;
        return POLLSCOPE_EXECUTOR_ACTOR;
    }
    uintptr_t task_executor = find_task_executor(thread, task);
    if (task_executor)
        return pollscope_executor_number_of_object(thread, POLLSCOPE_EXECUTOR_TASK, task_executor);
    // Not given to Dispatch's global queues by the runtime: run by who runs the poll around it, if there is one.
    bool is_inside = thread->depth != 0 && thread->ring->running.kind != POLLSCOPE_RECORD_ACTOR;
    return is_inside ? thread->ring->running.executor : POLLSCOPE_EXECUTOR_GLOBAL;
}
