// Counts, samples and times a call of the allocator that is looked at; start and end of that, for the process and for a
// thread.
#include "allocation_call.h"

#include "allocation_chance.h"
#include "allocation_samples.h"
#include "allocation_table.h"
#include "allocations.h"
#include "clock.h"
#include "interposing.h"
#include "next_allocator.h"
#include "threads.h"
#include <errno.h>
#include <stdlib.h>

__thread struct pollscope_allocation_counters pollscope_allocation_counters __attribute__((tls_model("initial-exec")));

#if POLLSCOPE_INTERPOSES_ALLOCATOR

// Whether, and how, the process counts. Written once, before `is_started`.
static double sample_bytes_mean; // 0: no samples
static uint64_t timing_calls_mean; // 0: no timings
static uint8_t is_started;

enum {
    // Mean distance of timed calls: far enough that timings are little beside what is counted (bench, allocation-cost),
    // near enough that a service of ten thousand calls a second has some hundred in half a minute.
    timing_calls = 1024,
    calls_between_looks = 1024, // where nothing is timed
    // Blocks that come from the kernel, or are copied, in times that an interruption cannot be told from. A look at the
    // thread's CPU time costs little beside them.
    large_bytes = 64 * 1024,
};
// Where no byte is to be picked. Requests that are larger fail at times, and are not counted then.
static const uint64_t never = 1ull << 32;
static const uint64_t bytes_between_looks_when_idle = 1 << 20;
static uint64_t cpu_timer_ns; // what a timing by CPU time shows of a call that does nothing

enum pollscope_allocation_mode {
    MODE_NEW = 0,
    MODE_IDLE = 1,     // counting for nobody: not started, or a child of fork
    MODE_COUNTING = 2,
    MODE_ENDING = 3,   // the thread has given its slot back
};

static void perform(struct pollscope_allocation_call *call) {
    switch (call->function) {
    case POLLSCOPE_MALLOC: call->result = pollscope_next.malloc(call->bytes); break;
    case POLLSCOPE_CALLOC: call->result = pollscope_next.calloc(1, call->bytes); break;
    case POLLSCOPE_REALLOC: call->result = pollscope_next.realloc(call->block, call->bytes); break;
    case POLLSCOPE_POSIX_MEMALIGN:
        call->status = pollscope_next.posix_memalign(&call->result, call->alignment, call->bytes);
        break;
    case POLLSCOPE_ALIGNED_ALLOC: call->result = pollscope_next.aligned_alloc(call->alignment, call->bytes); break;
    case POLLSCOPE_MEMALIGN: call->result = pollscope_next.memalign(call->alignment, call->bytes); break;
    case POLLSCOPE_VALLOC: call->result = pollscope_next.valloc(call->bytes); break;
    case POLLSCOPE_PVALLOC: call->result = pollscope_next.pvalloc(call->bytes); break;
    case POLLSCOPE_FREE: pollscope_next.free(call->block); break;
    case POLLSCOPE_NO_FUNCTION: __asm__ volatile("" : : "r"(call) : "memory"); break;
    }
}

static uint64_t perform_in_ticks(struct pollscope_allocation_call *call) {
    pollscope_clock_settle();
    uint64_t before = pollscope_clock_ticks();
    pollscope_clock_settle();
    perform(call);
    pollscope_clock_settle();
    uint64_t after = pollscope_clock_ticks();
    pollscope_clock_settle();
    return after > before ? after - before : 0;
}

static uint64_t perform_in_cpu_time(struct pollscope_allocation_call *call) {
    uint64_t before = pollscope_system_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    perform(call);
    uint64_t after = pollscope_system_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    return after > before ? after - before : 0;
}

// The same by a clock. Returns what it took, and of CPU time what the timer itself took less.
static __attribute__((noinline)) uint64_t perform_timed(struct pollscope_allocation_call *call, uint8_t *flags) {
    uint64_t bytes = call->bytes;
    if (call->function == POLLSCOPE_FREE && pollscope_next.malloc_usable_size)
        bytes = pollscope_next.malloc_usable_size(call->block);
    if (bytes >= large_bytes) {
        *flags = POLLSCOPE_ALLOCATION_CPU_TIME;
        uint64_t spent = perform_in_cpu_time(call);
        return spent > cpu_timer_ns ? spent - cpu_timer_ns : 0;
    }
    *flags = 0;
    return perform_in_ticks(call);
}

// Without a change of the totals.
static void set_allocations_left(struct pollscope_allocation_counters *counters, uint64_t left) {
    counters->marks.allocations += left - counters->allocations_left;
    counters->allocations_left = left;
}

static void set_bytes_left(struct pollscope_allocation_counters *counters, uint64_t left) {
    counters->marks.bytes += left - counters->bytes_left;
    counters->bytes_left = left;
}

static void set_frees_left(struct pollscope_allocation_counters *counters, uint64_t left) {
    counters->marks.frees += left - counters->frees_left;
    counters->frees_left = left;
}

static uint64_t calls_until_timed(struct pollscope_allocation_counters *counters) {
    return timing_calls_mean ? pollscope_chance_gap(&counters->random, timing_calls_mean) : calls_between_looks;
}

static uint64_t calls_until_first_timed(struct pollscope_allocation_counters *counters) {
    uint64_t one = calls_until_timed(counters), other = calls_until_timed(counters);
    return one < other ? one : other;
}

static uint64_t bytes_until_picked(struct pollscope_allocation_counters *counters) {
    return sample_bytes_mean > 0 ? pollscope_chance_distance(&counters->random, sample_bytes_mean) : never;
}

// Makes the totals visible: in the thread's slot; without one they become the process's and begin anew.
static void publish(struct pollscope_allocation_counters *counters) {
    struct pollscope_allocation_totals totals = pollscope_allocation_totals_now();
    struct pollscope_slot *slot = pollscope_thread.slot;
    if (slot) {
        pollscope_allocation_totals_publish(slot, &totals);
        return;
    }
    struct pollscope_header *header = pollscope_session.header;
    __atomic_fetch_add(&header->unslotted_allocations, totals.allocations, __ATOMIC_RELAXED);
    __atomic_fetch_add(&header->unslotted_allocated_bytes, totals.bytes, __ATOMIC_RELAXED);
    __atomic_fetch_add(&header->unslotted_frees, totals.frees, __ATOMIC_RELAXED);
    counters->marks.allocations -= totals.allocations;
    counters->marks.bytes -= totals.bytes;
    counters->marks.frees -= totals.frees;
}

// Sees to it that the counters fit what the process does by now. True: it counts, and there is a session to tell it.
static bool prepare(struct pollscope_allocation_counters *counters) {
    bool is_counting = __atomic_load_n(&is_started, __ATOMIC_ACQUIRE) && pollscope_is_on();
    if (!is_counting) {
        counters->mode = MODE_IDLE;
        counters->has_pending = false;
        set_bytes_left(counters, bytes_between_looks_when_idle);
        if (counters->allocations_left == 0)
            set_allocations_left(counters, calls_between_looks);
        if (counters->frees_left == 0)
            set_frees_left(counters, calls_between_looks);
        return false;
    }
    if (counters->mode == MODE_ENDING)
        return true;
    if (counters->mode != MODE_COUNTING) {
        counters->mode = MODE_COUNTING;
        counters->random = (pollscope_clock_ticks() ^ (uint64_t)(uintptr_t)counters) * 0x9E3779B97F4A7C15ull | 1;
        pollscope_chance_next(&counters->random);
        set_allocations_left(counters, calls_until_first_timed(counters));
        set_bytes_left(counters, bytes_until_picked(counters));
        set_frees_left(counters, calls_until_first_timed(counters));
    }
    if (!pollscope_thread.slot)
        pollscope_thread_claim_spare_slot(&pollscope_thread);
    pollscope_allocation_tell_pending(counters);
    return true;
}

// Keeps what the probes call away from being observed as the poll's calls. Returns what has to be put back.
static uint16_t begin_work(struct pollscope_allocation_counters *counters) {
    uint16_t mark = pollscope_thread.poll.call;
    counters->is_busy = true;
    if (mark == POLLSCOPE_CALL_NONE)
        pollscope_thread.poll.call = POLLSCOPE_CALL_OURS;
    atomic_signal_fence(memory_order_seq_cst);
    return mark;
}

static void end_work(struct pollscope_allocation_counters *counters, uint16_t mark) {
    atomic_signal_fence(memory_order_seq_cst);
    pollscope_thread.poll.call = mark;
    counters->is_busy = false;
}

// Adds a call that was carried out to the totals. Returns whether a byte of it was picked.
static bool count(struct pollscope_allocation_counters *counters, const struct pollscope_allocation_call *call,
                  bool is_allocation, bool is_free, bool is_counting) {
    bool is_picked = false;
    if (is_allocation) {
        if (counters->allocations_left == 0)
            set_allocations_left(counters, is_counting ? calls_until_timed(counters) : calls_between_looks);
        counters->allocations_left--;
        is_picked = is_counting && sample_bytes_mean > 0 && counters->bytes_left <= call->bytes;
        counters->marks.bytes += call->bytes;
        if (is_picked || counters->bytes_left <= call->bytes)
            set_bytes_left(counters, is_picked ? bytes_until_picked(counters) : never);
        else
            set_bytes_left(counters, counters->bytes_left - call->bytes);
    }
    if (is_free) {
        if (counters->frees_left == 0)
            set_frees_left(counters, is_counting ? calls_until_timed(counters) : calls_between_looks);
        counters->frees_left--;
    }
    return is_picked;
}

void pollscope_allocation_observe(struct pollscope_allocation_call *call, uint64_t frame) {
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    int error = errno;
    if (!pollscope_next_allocator_find()) {
        errno = call->function == POLLSCOPE_FREE ? error : ENOMEM;
        call->status = ENOMEM;
        return;
    }
    // C says that a realloc to nothing may free or not; the C library frees.
    bool is_realloc = call->function == POLLSCOPE_REALLOC;
    bool is_release = call->function == POLLSCOPE_FREE || (is_realloc && call->block && !call->bytes);
    bool is_free = call->block && (is_release || is_realloc);
    if (counters->is_busy) { // by a signal handler, or the probes' own look-ups
        errno = error;
        perform(call);
        counters->marks.allocations += !is_release;
        counters->marks.bytes += call->bytes;
        counters->marks.frees += is_free;
        return;
    }

    uint16_t mark = begin_work(counters);
    bool is_counting = prepare(counters);
    bool is_ending = counters->mode == MODE_ENDING;
    bool is_timed = is_counting && !is_ending && timing_calls_mean &&
                    (is_release ? call->block && counters->frees_left == 0 : counters->allocations_left == 0);
    struct pollscope_living_sample sample;
    bool was_sampled = is_counting && is_free && pollscope_allocation_is_sampled(call->block) &&
                       pollscope_allocation_table_take(call->block, &sample);
    if (was_sampled && is_release)
        pollscope_allocation_sample_ends(call->block, &sample);

    uint8_t flags = 0;
    uint64_t ticks = 0;
    // What the allocator itself calls, and may wait for, is the poll's.
    pollscope_thread.poll.call = mark;
    errno = error;
    if (is_timed)
        ticks = perform_timed(call, &flags);
    else
        perform(call);
    error = errno;
    mark = begin_work(counters);

    bool has_failed = call->status || (!is_release && call->bytes && !call->result);
    bool is_allocation = !is_release || call->result; // some allocators' realloc to nothing gives a block
    if (was_sampled && !is_release) {
        uint32_t place;
        uint64_t serial;
        // The block is gone, its old address is only a name now.
        sample.is_object = false;
        if (!has_failed)
            pollscope_allocation_sample_ends(call->block, &sample);
        else
            pollscope_allocation_table_enter(call->block, &sample, &place, &serial);
    }
    if (!has_failed) {
        if (is_timed)
            pollscope_allocation_timed(call->operation, call->bytes, ticks, flags);
        if (count(counters, call, is_allocation, is_free, is_counting && !is_ending) && call->result)
            pollscope_allocation_sample(call->operation, call->result, call->bytes, frame);
        if (is_counting)
            publish(counters);
    }
    if (is_ending && is_counting) { // each call is looked at
        set_allocations_left(counters, 0);
        set_frees_left(counters, 0);
    }
    end_work(counters, mark);
    errno = error;
}

// --- start and end -------------------------------------------------------------------------------------------

// What a timer shows of a call that does nothing, × 1024: the mean of the middle half of some hundred, since a few are
// interrupted, and since the counter goes on in steps.
static uint64_t measure(uint64_t (*timer)(struct pollscope_allocation_call *)) {
    enum { rounds = 256 };
    uint64_t shown[rounds], sum = 0;
    for (int i = 0; i < rounds; i++) {
        struct pollscope_allocation_call call = {.function = POLLSCOPE_NO_FUNCTION};
        uint64_t ticks = timer(&call);
        int place = i;
        for (; place > 0 && shown[place - 1] > ticks; place--)
            shown[place] = shown[place - 1];
        shown[place] = ticks;
    }
    for (int i = rounds / 4; i < rounds / 4 * 3; i++)
        sum += shown[i];
    return sum * 1024 / (rounds / 2);
}

// What counting adds to a malloc and its free, × 1024. Nothing of it is counted.
static uint64_t measure_counting(void) {
    enum { rounds = 7, pairs = 512, bytes = 32 };
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters, before = *counters;
    uint64_t best = UINT64_MAX, best_uncounted = UINT64_MAX; // interruptions only add
    for (int round = 0; round < rounds; round++) {
        counters->allocations_left = counters->bytes_left = counters->frees_left = never;
        uint64_t begun = pollscope_clock_ticks();
        for (int i = 0; i < pairs; i++) {
            void *block = malloc(bytes);
            __asm__ volatile("" : "+r"(block) : : "memory"); // or the compiler leaves the pair out
            free(block);
        }
        uint64_t counted = pollscope_clock_ticks();
        for (int i = 0; i < pairs; i++) {
            void *block = pollscope_next.malloc(bytes);
            __asm__ volatile("" : "+r"(block) : : "memory");
            pollscope_next.free(block);
        }
        uint64_t uncounted = pollscope_clock_ticks() - counted;
        counted -= begun;
        best = counted < best ? counted : best;
        best_uncounted = uncounted < best_uncounted ? uncounted : best_uncounted;
    }
    *counters = before;
    return best > best_uncounted ? (best - best_uncounted) * 1024 / pairs : 0;
}

void pollscope_allocations_start(uint64_t sample_bytes) {
    struct pollscope_header *header = pollscope_session.header;
    header->allocation_cost_ticks_x1024 = measure_counting();
    header->allocation_timer_ticks_x1024 = measure(perform_in_ticks);
    cpu_timer_ns = measure(perform_in_cpu_time) / 1024;
    header->allocation_sample_bytes = sample_bytes;
    header->allocation_timing_calls = sample_bytes ? timing_calls : 0;
    sample_bytes_mean = (double)sample_bytes;
    timing_calls_mean = header->allocation_timing_calls;
    __atomic_store_n(&is_started, 1, __ATOMIC_RELEASE);
}

void pollscope_allocations_notice(void) {
    set_allocations_left(&pollscope_allocation_counters, 0);
    set_frees_left(&pollscope_allocation_counters, 0);
}

void pollscope_allocations_leave(struct pollscope_slot *slot) {
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    bool was_busy = counters->is_busy;
    counters->is_busy = true;
    pollscope_allocation_tell_pending(counters);
    struct pollscope_allocation_totals totals = pollscope_allocation_totals_now();
    pollscope_allocation_totals_publish(slot, &totals);
    counters->mode = MODE_ENDING;
    counters->allocations_left = counters->bytes_left = counters->frees_left = 0;
    counters->marks = (struct pollscope_allocation_totals){0, 0, 0};
    counters->is_busy = was_busy;
}

void pollscope_allocations_settle_slow(void) {
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    if (counters->is_busy || !pollscope_is_on())
        return;
    int error = errno;
    uint16_t mark = begin_work(counters);
    pollscope_allocation_tell_pending(counters);
    end_work(counters, mark);
    errno = error;
}

#else

void pollscope_allocations_start(uint64_t sample_bytes) { (void)sample_bytes; }
void pollscope_allocations_notice(void) {}
void pollscope_allocations_leave(struct pollscope_slot *slot) { (void)slot; }
void pollscope_allocations_settle_slow(void) {}

#endif

void pollscope_allocations_adopt(struct pollscope_slot *slot) {
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    counters->marks.allocations += slot->allocations;
    counters->marks.bytes += slot->allocated_bytes;
    counters->marks.frees += slot->frees;
#if POLLSCOPE_INTERPOSES_ALLOCATOR
    if (counters->mode == MODE_IDLE)
        pollscope_allocations_notice();
#endif
}
