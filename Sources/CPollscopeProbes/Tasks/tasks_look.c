// Looks where live tasks wait.
//
// Tasks go on, end and are freed while they are looked at. So their memory is read by system calls, which fail
// where a fault would be, and everything is read between two looks at the task's entry and at the task itself: if
// both are the same, and the task has not begun a poll in between, what was read was one moment's. (A race detector
// does not know that such reads are looked at again, hence UNANNOTATED.) A look goes through the table by some
// tasks at a time, since the watcher has polls to watch as well, and reads from all of them at once.
#include "tasks.h"

#include "clock.h"
#include "pollscope_bell.h"
#include "stacks.h"
#include "task_memory.h"
#include "types.h"
#include <string.h>

enum {
    slice_tasks = POLLSCOPE_MEMORY_PIECES_MAX,
    slice_entries = 1024, // looked through for them
    attempts_max = 3,     // to meet a task that does not move
    depth_max = 64,       // frames; of a deeper stack the innermost ones are kept
    captures_max = 2,     // as in pollscope_stack_capture_closure
    // Of a task's word in the table of armed jobs (polls.c).
    pointer_bits = 48,
};
static const uint64_t pointer_mask = (1ull << pointer_bits) - 1;

// The section of the trampolines has these bounds, from the linker.
extern PRIVATE const char __start_pollscope_trampolines[] __attribute__((weak));
extern PRIVATE const char __stop_pollscope_trampolines[] __attribute__((weak));

// The beginning of a task.
struct task_image {
    struct pollscope_job job;
    uint64_t others[6];
    uint64_t dependency; // the record below, where the status says that there is one
};
_Static_assert(offsetof(struct task_image, dependency) == 0xA0, "task layout");

// What a task depends on.
enum dependency_kind { ON_TASK = 1, ON_CONTINUATION = 2, ON_GROUP = 3, ON_EXECUTOR = 4 };
struct dependency {
    uint64_t flags, parent;
    uint64_t on[2]; // task, context, group; or the two words of an executor
    uint32_t kind;
    uint64_t task; // whose record it is
};

// A task that is looked at.
struct looked {
    struct pollscope_task_entry *entry;
    uint64_t task;
    uint32_t id, generation, polls;
    bool is_gone;
    struct task_image image;
    struct dependency dependency;
    uint64_t awaited_words; // flags and id of the awaited task
    struct pollscope_start_prefix prefix;
    uint64_t captured[captures_max];
    // The walk up its contexts.
    struct pollscope_context at;
    uint64_t next; // context to be read; 0: the walk is over
    uint64_t frames[depth_max];
    uint32_t frames_count;
    bool is_cut;
};

// The look under way. The watcher's alone.
static struct {
    uint32_t number; // 0: none
    uint32_t next;   // entry
    uint64_t last_identity;
    uint16_t last_type;
} look;

static struct looked slice[slice_tasks];
static struct pollscope_memory_piece pieces[slice_tasks];
static struct looked *readers[slice_tasks]; // whose piece it is
static uint32_t pieces_count;

static void want(struct looked *one, uint64_t address, void *out, uint32_t bytes) {
    readers[pieces_count] = one;
    pieces[pieces_count++] = (struct pollscope_memory_piece){address, out, bytes, false};
}

static void read_wanted(void) { pollscope_memory_read(pieces, pieces_count); }

// --- what a task is doing ------------------------------------------------------------------------------------

static bool is_armed(const struct pollscope_job *job) {
    uintptr_t start = (uintptr_t)__start_pollscope_trampolines, stop = (uintptr_t)__stop_pollscope_trampolines;
    return (uintptr_t)job->function - start < stop - start;
}

static void *function_of(const struct pollscope_job *job) {
    return is_armed(job) ? (void *)(uintptr_t)(job->reserved & pointer_mask) : job->function;
}

static bool is_running(const struct pollscope_job *job) {
    // One whose trampoline has just been entered is about to.
    return (uint32_t)job->status & TASK_STATUS_RUNNING || (is_armed(job) && job->reserved == 0);
}

static bool has_dependency(const struct looked *one) {
    return (uint32_t)one->image.job.status & TASK_STATUS_HAS_DEPENDENCY && !is_running(&one->image.job);
}

static bool depends(const struct looked *one, uint32_t kind) {
    return has_dependency(one) && one->dependency.task == one->task && one->dependency.kind == kind;
}

static uint8_t state_of(const struct looked *one) {
    uint32_t status = (uint32_t)one->image.job.status;
    if (status & TASK_STATUS_COMPLETE)
        return POLLSCOPE_TASK_HAS_ENDED;
    if (is_running(&one->image.job))
        return POLLSCOPE_TASK_RUNNING;
    if (is_armed(&one->image.job) || status & TASK_STATUS_ENQUEUED)
        return POLLSCOPE_TASK_ENQUEUED;
    return depends(one, ON_TASK)           ? POLLSCOPE_TASK_AWAITS_TASK
           : depends(one, ON_GROUP)        ? POLLSCOPE_TASK_AWAITS_GROUP
           : depends(one, ON_CONTINUATION) ? POLLSCOPE_TASK_AWAITS_CONTINUATION
                                           : POLLSCOPE_TASK_SUSPENDED;
}

// --- reading -------------------------------------------------------------------------------------------------

static void read_images(uint32_t count) {
    pieces_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct looked *one = &slice[i];
        one->polls = __atomic_load_n(&one->entry->polls, __ATOMIC_ACQUIRE);
        want(one, one->task, &one->image, sizeof one->image);
    }
    read_wanted();
    for (uint32_t i = 0; i < pieces_count; i++)
        readers[i]->is_gone = !pieces[i].is_read || readers[i]->image.job.metadata != pollscope_runtime.task_metadata ||
                              readers[i]->image.job.id != readers[i]->id;
}

static void read_dependencies(uint32_t count) {
    pieces_count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!slice[i].is_gone && has_dependency(&slice[i]))
            want(&slice[i], slice[i].image.dependency, &slice[i].dependency, sizeof slice[i].dependency);
    read_wanted();
    for (uint32_t i = 0; i < pieces_count; i++)
        if (!pieces[i].is_read)
            readers[i]->dependency = (struct dependency){0};

    pieces_count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!slice[i].is_gone && depends(&slice[i], ON_TASK))
            want(&slice[i], slice[i].dependency.on[0] + offsetof(struct pollscope_job, flags), &slice[i].awaited_words,
                 sizeof slice[i].awaited_words);
    read_wanted();
    for (uint32_t i = 0; i < pieces_count; i++)
        if (!pieces[i].is_read)
            readers[i]->awaited_words = 0;
}

// Of tasks that have not begun: what they will begin with.
static void read_starts(uint32_t count) {
    pieces_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct pollscope_job *job = &slice[i].image.job;
        if (slice[i].is_gone || !pollscope_runtime_is_start(function_of(job)))
            continue;
        uint64_t context = (uintptr_t)job->resume_context;
        want(&slice[i], context - sizeof slice[i].prefix, &slice[i].prefix, sizeof slice[i].prefix);
    }
    read_wanted();
    uint32_t begun_count = pieces_count;
    pieces_count = 0;
    for (uint32_t i = 0; i < begun_count; i++) { // in place: no more than were read before
        struct looked *one = readers[i];
        if (!pieces[i].is_read)
            one->prefix = (struct pollscope_start_prefix){0};
        enum { object_header_bytes = 16 };
        one->captured[0] = one->captured[1] = 0;
        uint64_t closure = (uintptr_t)one->prefix.closure_context;
        if (closure)
            want(one, closure + object_header_bytes, one->captured, sizeof one->captured);
    }
    read_wanted();
    for (uint32_t i = 0; i < pieces_count; i++)
        if (!pieces[i].is_read)
            readers[i]->captured[0] = readers[i]->captured[1] = 0;
}

// One step up the contexts of all tasks whose walk is not over. Whether there was any.
static bool climb(uint32_t count) {
    pieces_count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (slice[i].next)
            want(&slice[i], slice[i].next, &slice[i].at, sizeof slice[i].at);
    read_wanted();
    for (uint32_t i = 0; i < pieces_count; i++) {
        struct looked *one = readers[i];
        uint64_t resume = (uintptr_t)one->at.resume_parent, parent = (uintptr_t)one->at.parent;
        one->next = 0;
        if (pieces[i].is_read && pollscope_runtime_is_completion(resume))
            continue; // behind the first context of a task there is nothing, not even a null
        if (!pieces[i].is_read || one->frames_count == depth_max) {
            one->is_cut = true;
            continue;
        }
        one->frames[one->frames_count++] = resume;
        one->is_cut = (parent & pollscope_not_a_context) != 0; // a stack of a shape that we do not know
        one->next = one->is_cut ? 0 : parent;
    }
    return pieces_count != 0;
}

static void read_stacks(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct looked *one = &slice[i];
        const struct pollscope_job *job = &one->image.job;
        void *function = function_of(job);
        one->frames_count = 0;
        one->is_cut = false;
        one->next = 0;
        if (one->is_gone || is_running(job) || !function || pollscope_runtime_is_start(function))
            continue;
        one->frames[one->frames_count++] = (uintptr_t)function;
        uint64_t context = (uintptr_t)job->resume_context;
        one->is_cut = (context & pollscope_not_a_context) != 0;
        one->next = one->is_cut ? 0 : context;
    }
    while (climb(count)) {
    }
}

// --- what was read, as the table has it ----------------------------------------------------------------------

// The stack that pollscope_stack_capture_task would have captured, with the same number.
static uint32_t intern_frames(const struct looked *one) {
    enum { kept = POLLSCOPE_STACK_DEPTH_MAX, roots = POLLSCOPE_STACK_ROOT_FRAMES };
    if (one->frames_count == 0)
        return 0;
    struct pollscope_stack_capture capture = {.kind = POLLSCOPE_STACK_RESUME, .cut = one->is_cut};
    uint64_t hash = POLLSCOPE_STACK_RESUME;
    for (uint32_t i = 0; i < one->frames_count && i < kept; i++) {
        capture.frames[capture.count++] = one->frames[i];
        hash = pollscope_stack_mix(hash, one->frames[i]);
    }
    if (one->frames_count > kept || (one->frames_count == kept && one->is_cut)) {
        capture.count = kept - roots;
        for (uint32_t i = one->frames_count - roots; !one->is_cut && i < one->frames_count; i++) {
            capture.frames[capture.count++] = one->frames[i];
            hash = pollscope_stack_mix(hash, one->frames[i]);
        }
        capture.cut = true;
    }
    capture.hash = pollscope_stack_fold(hash);
    return pollscope_stack_intern_slow(&capture);
}

static uint32_t intern_start(const struct looked *one) {
    uint64_t entry = (uintptr_t)one->prefix.entry;
    if (entry == 0)
        return 0;
    struct pollscope_stack_capture capture = {.kind = POLLSCOPE_STACK_START, .count = 1, .frames = {entry}};
    uint64_t hash = pollscope_stack_mix(POLLSCOPE_STACK_START, entry);
    for (int i = 0; i < captures_max; i++) {
        uint64_t word = one->captured[i];
        if (!word || !pollscope_runtime_in_image(word))
            continue;
        capture.frames[capture.count++] = word;
        hash = pollscope_stack_mix(hash, word);
    }
    capture.hash = pollscope_stack_fold(hash);
    return pollscope_stack_intern_slow(&capture);
}

// The poll that runs the task: its stack is where the task resumed for it.
UNANNOTATED static uint32_t find_running(uint32_t id, uint64_t *since_ticks) {
    uint32_t used = __atomic_load_n(&pollscope_session.header->rings_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used; i++) {
        const struct pollscope_running *running = &pollscope_session.ring_headers[i].running;
        uint64_t start = __atomic_load_n(&running->start_ticks, __ATOMIC_ACQUIRE);
        if (start == 0 || running->kind != POLLSCOPE_RECORD_TASK || running->task != id)
            continue;
        uint32_t stack = running->stack;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&running->start_ticks, __ATOMIC_RELAXED) != start)
            continue;
        *since_ticks = start;
        return stack;
    }
    return 0;
}

// Many tasks wait for one executor.
static uint16_t type_of(uint64_t identity) {
    if (identity != look.last_identity) {
        look.last_identity = identity;
        look.last_type = pollscope_types_intern_object(identity);
    }
    return look.last_type;
}

// The end of the latest poll of a task that waits. Between its suspension and the end of that poll: now.
static uint64_t suspended_ticks(const struct pollscope_task_entry *entry) {
    uint64_t started = __atomic_load_n(&entry->started_ticks, __ATOMIC_RELAXED);
    uint64_t ended = __atomic_load_n(&entry->ended_ticks, __ATOMIC_RELAXED);
    return ended != 0 && ended >= started ? ended : pollscope_clock_ticks();
}

// When an armed task was enqueued; its low bits are kept. 0: not known.
static uint64_t enqueued_ticks(const struct pollscope_job *job, uint64_t now) {
    uint64_t kept = job->reserved64 & pointer_mask;
    if (!is_armed(job) || kept == 0)
        return 0;
    uint64_t ago = (now - kept) & pointer_mask;
    return ago > pointer_mask / 2 ? now : now - ago; // due in the future
}

UNANNOTATED static void write_down(struct looked *one, bool is_one_moment) {
    struct pollscope_task_entry *entry = one->entry;
    if (__atomic_load_n(&entry->task, __ATOMIC_RELAXED) != one->task ||
        __atomic_load_n(&entry->generation, __ATOMIC_RELAXED) != one->generation)
        return; // it has ended, and the entry may be another task's
    const struct pollscope_job *job = &one->image.job;
    uint8_t state = one->is_gone ? POLLSCOPE_TASK_HAS_ENDED : is_one_moment ? state_of(one) : POLLSCOPE_TASK_RUNNING;
    __atomic_store_n(&entry->look, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    entry->look_polls = one->polls;
    entry->look_generation = one->generation;
    entry->stack = entry->awaited = 0;
    entry->since_ticks = 0;
    entry->executor_type = 0;
    entry->state = state;
    entry->look_flags = (uint32_t)job->status & TASK_STATUS_CANCELLED ? POLLSCOPE_TASK_CANCELLED : 0;
    switch (state) {
    case POLLSCOPE_TASK_HAS_ENDED:
        break;
    case POLLSCOPE_TASK_RUNNING:
        entry->stack = find_running(one->id, &entry->since_ticks);
        break;
    case POLLSCOPE_TASK_ENQUEUED:
        entry->since_ticks = enqueued_ticks(job, pollscope_clock_ticks());
        if (depends(one, ON_EXECUTOR) && one->dependency.on[0]) {
            entry->executor_type = type_of(one->dependency.on[0]);
            if (one->dependency.on[1] == 0) // a default actor
                entry->awaited = (uint32_t)(one->dependency.on[0] >> 4);
        }
        break;
    case POLLSCOPE_TASK_AWAITS_TASK:
        entry->awaited = (uint32_t)(one->awaited_words >> 32);
        entry->since_ticks = suspended_ticks(entry);
        break;
    default:
        entry->since_ticks = suspended_ticks(entry);
        break;
    }
    if (state != POLLSCOPE_TASK_HAS_ENDED && state != POLLSCOPE_TASK_RUNNING)
        entry->stack = pollscope_runtime_is_start(function_of(job)) ? intern_start(one) : intern_frames(one);
    __atomic_store_n(&entry->look, look.number, __ATOMIC_RELEASE);
}

// --- the look ------------------------------------------------------------------------------------------------

// Takes the next tasks of the table into the slice.
UNANNOTATED static uint32_t gather(void) {
    uint32_t count = 0;
    for (uint32_t seen = 0; look.next < POLLSCOPE_TASKS_MAX && seen < slice_entries && count < slice_tasks; seen++) {
        struct pollscope_task_entry *entry = &pollscope_session.tasks[look.next++];
        uint64_t task = __atomic_load_n(&entry->task, __ATOMIC_ACQUIRE);
        if (task <= POLLSCOPE_TASK_BEING_CLAIMED)
            continue;
        struct looked *one = &slice[count];
        one->entry = entry;
        one->task = task;
        one->id = entry->id;
        one->generation = __atomic_load_n(&entry->generation, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&entry->task, __ATOMIC_RELAXED) == task)
            count++;
    }
    return count;
}

// Whether nothing has happened to the task since `image` was read, which `again` was read after everything else.
static bool is_same(const struct looked *one, const struct task_image *again) {
    const struct pollscope_job *before = &one->image.job, *after = &again->job;
    return __atomic_load_n(&one->entry->task, __ATOMIC_ACQUIRE) == one->task &&
           __atomic_load_n(&one->entry->generation, __ATOMIC_RELAXED) == one->generation &&
           __atomic_load_n(&one->entry->polls, __ATOMIC_RELAXED) == one->polls &&
           before->metadata == after->metadata && before->id == after->id && before->function == after->function &&
           before->reserved == after->reserved && before->resume_context == after->resume_context &&
           (uint32_t)before->status == (uint32_t)after->status && one->image.dependency == again->dependency;
}

// Writes down what is one moment's, and, where there is no other attempt, that the rest runs. Moves what is left to
// the front of the slice; returns how many.
static uint32_t settle(uint32_t count, bool is_last) {
    static struct task_image again[slice_tasks];
    pieces_count = 0;
    for (uint32_t i = 0; i < count; i++)
        want(&slice[i], slice[i].task, &again[i], sizeof again[i]);
    read_wanted();
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct looked *one = &slice[i];
        bool is_one_moment = !one->is_gone && pieces[i].is_read && is_same(one, &again[i]);
        if (one->is_gone || is_one_moment || is_last)
            write_down(one, is_one_moment);
        else if (__atomic_load_n(&one->entry->task, __ATOMIC_RELAXED) == one->task)
            slice[left++] = *one;
    }
    return left;
}

void pollscope_tasks_look(void) {
    struct pollscope_header *header = pollscope_session.header;
    if (look.number == 0) {
        look.number = __atomic_load_n(&header->look_asked, __ATOMIC_ACQUIRE);
        look.next = 0;
        look.last_identity = 0;
        look.last_type = 0;
    }
    uint32_t number = look.number;
    uint32_t count = number && pollscope_tasks_are_tabled ? gather() : 0;
    for (int attempt = 1; count != 0 && attempt <= attempts_max; attempt++) {
        read_images(count);
        read_dependencies(count);
        read_starts(count);
        read_stacks(count);
        count = settle(count, attempt == attempts_max);
    }
    if (look.next < POLLSCOPE_TASKS_MAX && pollscope_tasks_are_tabled && number)
        return;
    look.number = 0;
    pollscope_look_answer(header, number);
}
