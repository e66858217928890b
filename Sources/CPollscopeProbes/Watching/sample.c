// Gathers what can be known of a thread that runs a long poll, and where its stack can be had from.
//
// Everything is read while the thread goes on. What belongs together is read between two looks at something that
// changes when it does: the start of the poll, the start of the call, the place where the thread sleeps.
#include "sample.h"

#include "calls.h"
#include "capture.h"
#include "clock.h"
#include "kernel.h"
#include "unwind.h"
#include <string.h>

// What a thread shows of its poll: its line in the session file, and its state in the process.
struct view {
    struct pollscope_running running;
    struct pollscope_poll_state poll;
    uint32_t tid;
};

static bool is_same_poll(const struct pollscope_ring_header *ring, uint64_t start) {
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&ring->running.start_ticks, __ATOMIC_RELAXED) == start;
}

static bool view_poll(struct pollscope_watch *watch, const struct pollscope_ring_header *ring, uint64_t start,
                      struct view *view) {
    view->tid = __atomic_load_n(&ring->owner, __ATOMIC_RELAXED);
    // A call may begin or end during the copy: its time is either in the account or in the mark, not in both.
    enum { attempts = 8 };
    struct pollscope_running again;
    memcpy(&view->running, &ring->running, sizeof view->running);
    for (int i = 0; i < attempts; i++) {
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        memcpy(&again, &ring->running, sizeof again);
        if (memcmp(&again, &view->running, sizeof again) == 0)
            break;
        view->running = again;
    }
    const struct pollscope_thread *thread = atomic_load_explicit(&watch->thread, memory_order_acquire);
    uint64_t state = (uint64_t)(uintptr_t)thread + offsetof(struct pollscope_thread, poll);
    if (!pollscope_kernel_copy(state, &view->poll, sizeof view->poll))
        view->poll = (struct pollscope_poll_state){0};
    return view->running.start_ticks == start && is_same_poll(ring, start);
}

static struct pollscope_reading read_accounts(const struct view *view, uint8_t *state) {
    struct pollscope_kernel_account account;
    pollscope_kernel_read_account(view->tid, &account);
    // The CPU time is of one moment: where the watcher itself lost the CPU around the reading, it reads again.
    enum { attempts = 4 };
    const uint64_t apart_max = pollscope_clock_hz() / 10000; // 100 µs
    uint64_t before, cpu_ns, ticks;
    for (int i = 0; i < attempts; i++) {
        before = pollscope_clock_ticks();
        cpu_ns = pollscope_kernel_cpu_ns(view->tid);
        ticks = pollscope_clock_ticks();
        if (ticks - before <= apart_max)
            break;
    }
    struct pollscope_reading reading = {
        .cpu_ns = cpu_ns,
        .ticks = ticks,
        .run_queue_ns = account.run_queue_ns,
        .minor_faults = account.minor_faults,
        .major_faults = account.major_faults,
        .blocked_ticks = view->running.blocked_ticks,
    };
    const struct pollscope_running *running = &view->running;
    if (running->call != POLLSCOPE_CALL_NONE && reading.ticks > running->call_start_ticks)
        reading.blocked_ticks += reading.ticks - running->call_start_ticks;
    if (state)
        *state = account.state;
    return reading;
}

static void keep_first(struct pollscope_watch *watch, uint64_t start, const struct pollscope_reading *reading) {
    // The poll's own thread, which reads it when the poll ends, finds it whole or not at all.
    atomic_store_explicit(&watch->first_of_poll, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    watch->first = *reading;
    atomic_store_explicit(&watch->first_of_poll, start, memory_order_release);
}

void pollscope_sample_read_first(struct pollscope_watch *watch, uint32_t index, uint64_t start) {
    const struct pollscope_ring_header *ring = &pollscope_session.ring_headers[index];
    struct view view;
    if (!view_poll(watch, ring, start, &view))
        return;
    struct pollscope_reading reading = read_accounts(&view, NULL);
    if (is_same_poll(ring, start))
        keep_first(watch, start, &reading);
}

// --- the stack -----------------------------------------------------------------------------------------------

static uint64_t copy_of_stack[POLLSCOPE_CAPTURE_BYTES_MAX / sizeof(uint64_t)];

// Copies the innermost end of a stack that reaches from `low` to a poll's frame.
static bool copy_stack(uint64_t low, uint64_t frame, struct pollscope_stack_bytes *stack) {
    uint64_t high = frame + 2 * sizeof(uint64_t);
    if (frame == 0 || low >= high || low & 7)
        return false;
    if (high - low > sizeof copy_of_stack)
        high = low + sizeof copy_of_stack;
    *stack = (struct pollscope_stack_bytes){.low = low, .high = high, .bytes = copy_of_stack};
    return pollscope_kernel_copy(low, copy_of_stack, high - low);
}

static void unwind(struct pollscope_sample_record *sample, uint8_t source, const struct pollscope_registers *registers,
                   const struct pollscope_stack_bytes *stack) {
    struct pollscope_unwound unwound = pollscope_unwind(registers, stack, pollscope_memory_read_safely, sample->frames,
                                                        POLLSCOPE_SAMPLE_FRAMES_MAX);
    if (unwound.count == 0)
        return;
    sample->source = source;
    sample->frame_count = unwound.count;
    sample->flags = (unwound.cut ? POLLSCOPE_SAMPLE_CUT : 0) | (unwound.approximate ? POLLSCOPE_SAMPLE_APPROXIMATE : 0);
}

// A thread in one of our definitions: from its frame on, all is known.
static void take_from_call(struct pollscope_sample_record *sample, const struct view *view,
                           const struct pollscope_ring_header *ring) {
    struct pollscope_stack_bytes stack;
    if (!copy_stack(view->poll.call_frame, view->poll.frame, &stack))
        return;
    // The copy is of this call if the thread has not left it since.
    if (__atomic_load_n(&ring->running.call_start_ticks, __ATOMIC_RELAXED) != view->running.call_start_ticks ||
        __atomic_load_n(&ring->running.call, __ATOMIC_RELAXED) != view->running.call)
        return;
    struct pollscope_registers registers = pollscope_registers_of_caller(view->poll.call_frame, copy_of_stack);
    unwind(sample, POLLSCOPE_SAMPLE_CALL, &registers, &stack);
}

// A thread that sleeps elsewhere: the kernel tells where it went in, but not its frame pointer.
static void take_from_outside(struct pollscope_sample_record *sample, const struct view *view,
                              const struct pollscope_kernel_place *place) {
    struct pollscope_stack_bytes stack;
    if (!copy_stack(place->sp & ~7ull, view->poll.frame, &stack))
        return;
    struct pollscope_kernel_place later;
    pollscope_kernel_read_place(view->tid, &later);
    if (later.is_running || later.sp != place->sp || later.pc != place->pc)
        return;
    // A turn has no frame of its own: its stack ends where the thread's does.
    uint64_t base_fp = view->running.kind == POLLSCOPE_RECORD_TURN ? 0 : view->poll.frame;
    struct pollscope_registers registers = {
        .pc = place->pc, .sp = place->sp, .fp_is_unknown = true, .base_fp = base_fp};
    if (place->system_call < 0)
        registers.pc++; // it faulted at this instruction; after a system call the address is behind it already
    unwind(sample, POLLSCOPE_SAMPLE_OUTSIDE, &registers, &stack);
}

static void take_by_signal(struct pollscope_sample_record *sample, struct pollscope_watch *watch,
                           const struct pollscope_ring_header *ring, uint32_t tid, uint64_t start) {
    static bool is_given_up;
    if (is_given_up || pollscope_session.header->sample_signal == 0)
        return;
    if (!pollscope_capture_is_ours()) {
        is_given_up = true;
        pollscope_session_note_probe(POLLSCOPE_PROBE_CPU_STACKS, POLLSCOPE_PROBE_REFUSED,
                                     "The service has put its own handler in the place of ours. Name a signal that it "
                                     "does not use in POLLSCOPE_SIGNAL.");
        return;
    }
    if (!pollscope_watch_has_barrier()) {
        is_given_up = true;
        pollscope_session_note_probe(POLLSCOPE_PROBE_CPU_STACKS, POLLSCOPE_PROBE_REFUSED,
                                     "The kernel refuses membarrier, without which a signal could cut a call short.");
        return;
    }
    const struct pollscope_capture *capture = pollscope_capture_take(watch, ring, tid, start);
    if (!capture || capture->poll_start_ticks != start)
        return;
    sample->handler_ticks = capture->handler_ticks;
    struct pollscope_stack_bytes stack = {.low = capture->low, .high = capture->high, .bytes = capture->bytes};
    unwind(sample, POLLSCOPE_SAMPLE_SIGNAL, &capture->registers, &stack);
}

// --- the sample ----------------------------------------------------------------------------------------------

static void publish(struct pollscope_sample_record *sample) {
    struct pollscope_header *header = pollscope_session.header;
    uint64_t head = header->samples_head;
    sample->sequence = head;
    if (sample->source == POLLSCOPE_SAMPLE_NO_STACK)
        __atomic_store_n(&header->samples_without_stack, header->samples_without_stack + 1, __ATOMIC_RELAXED);
    // What is not frames of it is not copied.
    size_t bytes = offsetof(struct pollscope_sample_record, frames) + sample->frame_count * sizeof sample->frames[0];
    memcpy(&pollscope_session.samples[head & (POLLSCOPE_SAMPLES_MAX - 1)], sample, bytes);
    __atomic_store_n(&header->samples_head, head + 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE); // before the next one is begun
}

void pollscope_sample_take(struct pollscope_watch *watch, uint32_t index, uint64_t start) {
    static struct pollscope_sample_record record; // one thread takes samples; its stack is small
    struct pollscope_sample_record *sample = &record;
    const struct pollscope_ring_header *ring = &pollscope_session.ring_headers[index];
    // First where it is, then what it says of itself: a thread that sleeps in a call has said so before.
    struct pollscope_kernel_place place;
    pollscope_kernel_read_place(__atomic_load_n(&ring->owner, __ATOMIC_RELAXED), &place);
    struct view view;
    if (!view_poll(watch, ring, start, &view))
        return;
    memset(sample, 0, offsetof(struct pollscope_sample_record, frames));
    struct pollscope_reading reading = read_accounts(&view, &sample->state);
    const struct pollscope_running *running = &view.running;
    bool is_in_call = running->call != POLLSCOPE_CALL_NONE;
    if (is_in_call)
        take_from_call(sample, &view, ring);
    else if (place.is_known && !place.is_running)
        take_from_outside(sample, &view, &place);
    else if (place.is_running || sample->state == 'R')
        take_by_signal(sample, watch, ring, view.tid, start);

    struct pollscope_reading first = {0};
    bool has_first = pollscope_watch_first_reading(watch, start, &first);
    if (!is_same_poll(ring, start))
        return; // it ended meanwhile: what was read may be another's
    sample->at_ticks = reading.ticks;
    sample->poll_start_ticks = start;
    sample->blocked_ticks = running->blocked_ticks;
    sample->call_start_ticks = is_in_call ? running->call_start_ticks : 0;
    sample->cpu_ns = reading.cpu_ns;
    sample->run_queue_ns = reading.run_queue_ns;
    sample->minor_faults = reading.minor_faults;
    sample->major_faults = reading.major_faults;
    sample->first_ticks = first.ticks;
    sample->first_cpu_ns = first.cpu_ns;
    sample->first_run_queue_ns = first.run_queue_ns;
    sample->first_blocked_ticks = first.blocked_ticks;
    sample->first_minor_faults = first.minor_faults;
    sample->first_major_faults = first.major_faults;
    sample->tid = view.tid;
    sample->ring = index;
    sample->task = running->task;
    sample->poll_stack = running->stack;
    sample->call = running->call;
    sample->poll_kind = running->kind;
    sample->executor = running->executor;
    sample->system_call = place.system_call;
    sample->poll_flags = running->flags;
    publish(sample);
    if (!has_first)
        keep_first(watch, start, &reading);
}
