// The start-up self-test: is this the runtime whose jobs we know? Everything the probes rely on is checked on a
// task that is created, looked at, and never run.
#define _GNU_SOURCE
#include "runtime.h"

#include <link.h>
#include <stdio.h>

struct pollscope_runtime pollscope_runtime;

// The runtime's own words about itself, exported for debuggers.
RUNTIME const uint32_t _swift_concurrency_debug_internal_layout_version;
RUNTIME const void *const _swift_concurrency_debug_asyncTaskMetadata;
RUNTIME const void *const _swift_concurrency_debug_jobMetadata;
RUNTIME void *const _swift_concurrency_debug_non_future_adapter;
RUNTIME void *const _swift_concurrency_debug_future_adapter;
RUNTIME SWIFTCALL uint64_t swift_task_getJobTaskId(struct pollscope_job *);
RUNTIME SWIFTCALL size_t swift_task_getJobFlags(struct pollscope_job *);

// The type (), as a task's result type. The symbol is the full metadata, which begins a word before the address
// that stands for the type.
RUNTIME const char pollscope_void_full_metadata[] __asm__("$sytN");

struct task_and_context {
    struct pollscope_job *task;
    struct pollscope_context *context;
};
// An async function pointer: where the function is, relative to this, and the size of its context.
struct async_function_pointer {
    int32_t offset;
    uint32_t context_bytes;
};
RUNTIME SWIFTCALL struct task_and_context swift_task_create(size_t flags, void *options, const void *result_type,
                                                            const struct async_function_pointer *entry,
                                                            void *closure_context);

// The entry of the tasks of the self-test, which never run.
static SWIFTASYNC void never_runs(ASYNC_CONTEXT struct pollscope_context *context) { (void)context; }

// An object with a reference count that stands for a closure's captures. Immortal: the task keeps it for ever.
static struct {
    const void *metadata;
    uint64_t reference_count;
    uint64_t captured[2];
} captures;

struct image_search {
    uintptr_t address;
    uintptr_t low, high;
    bool found, is_executable;
};

static int find_image(struct dl_phdr_info *info, size_t size, void *argument) {
    (void)size;
    struct image_search *search = argument;
    uintptr_t low = UINTPTR_MAX, high = 0;
    bool inside = false;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD)
            continue;
        uintptr_t start = info->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
        low = start < low ? start : low;
        high = end > high ? end : high;
        inside |= search->address >= start && search->address < end;
    }
    if (!inside)
        return 0;
    search->found = true;
    search->low = low;
    search->high = high;
    search->is_executable = info->dlpi_name == NULL || info->dlpi_name[0] == 0;
    return 1;
}

// The images loaded at start, the executable first: where a closure's code can be.
static struct {
    uintptr_t low, high;
} images[64];
static uint32_t images_count;

static int note_image(struct dl_phdr_info *info, size_t size, void *argument) {
    (void)argument;
    if (info->dlpi_phnum == 0 || images_count == sizeof images / sizeof images[0])
        return 0;
    struct image_search search = {.address = 0};
    for (int i = 0; i < info->dlpi_phnum && !search.found; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            search.address = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            find_image(info, size, &search);
        }
    if (search.found) {
        images[images_count].low = search.low;
        images[images_count++].high = search.high;
    }
    return 0;
}

bool pollscope_runtime_in_image(uint64_t address) {
    for (uint32_t i = 0; i < images_count; i++)
        if (address - images[i].low < images[i].high - images[i].low)
            return true;
    return false;
}

#define REFUSE(...)                                                                                             \
    do {                                                                                                        \
        snprintf(why, why_bytes, __VA_ARGS__);                                                                  \
        return false;                                                                                           \
    } while (0)

// Creates a task and holds every offset against what the runtime says of it. On success `completion` is the
// function that ends such a task.
static bool test_task(void *closure_context, uintptr_t *completion, char *why, size_t why_bytes) {
    static struct async_function_pointer entry;
    entry.offset = (int32_t)((intptr_t)&never_runs - (intptr_t)&entry);
    entry.context_bytes = 32;
    if ((intptr_t)entry.offset != (intptr_t)&never_runs - (intptr_t)&entry)
        REFUSE("the image of the service is larger than 2 GiB");
    // Priority "default", nothing else: in particular not enqueued.
    const size_t priority = 0x15;
    const void *void_type = pollscope_void_full_metadata + sizeof(void *);
    struct task_and_context made = swift_task_create(priority, NULL, void_type, &entry, closure_context);
    const struct pollscope_job *task = made.task;
    // Never run and never freed: kept where a leak checker finds them.
    static const void *volatile kept[2];
    kept[closure_context != NULL] = task;
    if (!task || ((uintptr_t)task & 15))
        REFUSE("the runtime made no task");
    if (task->metadata != pollscope_runtime.task_metadata)
        REFUSE("a task's metadata is not where it is known to be");
    // The priority is put in at enqueue; before, it is 0.
    if (task->flags != (uint32_t)swift_task_getJobFlags(made.task) || pollscope_job_kind(task) != JOB_KIND_TASK)
        REFUSE("a job's flags are not where they are known to be");
    if (task->id != (uint32_t)swift_task_getJobTaskId(made.task))
        REFUSE("a job's id is not where it is known to be");
    if (task->reserved != 0)
        REFUSE("the job's reserved word is in use");
    if (task->status & (TASK_STATUS_RUNNING | TASK_STATUS_COMPLETE))
        REFUSE("a task's status is not where it is known to be");
    if (!pollscope_runtime_is_start(task->function))
        REFUSE("a job's function is not where it is known to be");
    if (task->resume_context != made.context || !made.context)
        REFUSE("a task's resume context is not where it is known to be");
    const struct pollscope_start_prefix *prefix = (const struct pollscope_start_prefix *)made.context - 1;
    if (prefix->entry != (void *)&never_runs || prefix->closure_context != closure_context)
        REFUSE("a task's entry function is not where it is known to be");
    *completion = (uintptr_t)made.context->resume_parent;
    if (!pollscope_runtime_owns(made.context->resume_parent))
        REFUSE("a task's completion function is not where it is known to be");
    return true;
}

bool pollscope_runtime_test(char *why, size_t why_bytes) {
    if (!swift_task_getCurrent || !swift_task_create ||
        !swift_task_getJobTaskId || !swift_task_getJobFlags || !&_swift_concurrency_debug_asyncTaskMetadata ||
        !&_swift_concurrency_debug_jobMetadata || !&_swift_concurrency_debug_future_adapter ||
        !&_swift_concurrency_debug_non_future_adapter || !&_swift_concurrency_debug_internal_layout_version ||
        !&pollscope_void_full_metadata)
        REFUSE("this program does not use Swift concurrency, or uses a runtime that is not known");
    if (_swift_concurrency_debug_internal_layout_version != 1)
        REFUSE("the runtime's layout version is %u, known is 1", _swift_concurrency_debug_internal_layout_version);

    pollscope_runtime.task_metadata = _swift_concurrency_debug_asyncTaskMetadata;
    pollscope_runtime.job_metadata = _swift_concurrency_debug_jobMetadata;
    pollscope_runtime.start_adapter = _swift_concurrency_debug_non_future_adapter;
    pollscope_runtime.future_start_adapter = _swift_concurrency_debug_future_adapter;

    struct image_search search = {.address = (uintptr_t)pollscope_runtime.future_start_adapter};
    dl_iterate_phdr(find_image, &search);
    if (!search.found)
        REFUSE("the runtime's code is in no loaded image");
    pollscope_runtime.text_low = search.low;
    pollscope_runtime.text_high = search.high;
    pollscope_runtime.runtime_is_shared = !search.is_executable;

    dl_iterate_phdr(note_image, NULL);

    uintptr_t plain, with_closure;
    captures.metadata = pollscope_runtime.task_metadata;
    captures.reference_count = POLLSCOPE_IMMORTAL;
    if (!test_task(NULL, &plain, why, why_bytes) || !test_task(&captures, &with_closure, why, why_bytes))
        return false;
    // The runtime has four functions that end a task, next to each other; these are two of them. What is within
    // 256 bytes of them is one too: nothing else there is ever a caller to return to.
    uintptr_t low = plain < with_closure ? plain : with_closure, high = plain < with_closure ? with_closure : plain;
    if (high - low > 4096)
        REFUSE("the runtime's completion functions are not where they are known to be");
    pollscope_runtime.completion_low = low - 256;
    pollscope_runtime.completion_high = high + 64;
    pollscope_runtime.known = true;
    return true;
}
