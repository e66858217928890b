// Defines the allocator's functions, to come before the C library's or another allocator's: counts calls and bytes, and
// calls on what comes next.
//
// Most calls are two comparisons, two subtractions and a jump. The others have a frame of their own, from which their
// stack is unwound, and take the way of allocation_call.h.
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include "allocation_call.h"
#include "allocation_table.h"
#include "allocations.h"
#include "interposing.h"
#include "next_allocator.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if POLLSCOPE_INTERPOSES_ALLOCATOR

// A call of function `name` that is looked at; the names of its fields and their values follow.
#define OBSERVE(name, kind, ...)                                                                                      \
    struct pollscope_allocation_call call = {                                                                         \
        .function = POLLSCOPE_##name, .operation = POLLSCOPE_ALLOCATION_##kind, __VA_ARGS__};                         \
    pollscope_allocation_observe(&call, (uint64_t)(uintptr_t)__builtin_frame_address(0))

#define OBSERVED static __attribute__((noinline))

OBSERVED void *observed_malloc(size_t bytes) {
    OBSERVE(MALLOC, MALLOC, .bytes = bytes);
    return call.result;
}

static void *too_much(void) {
    errno = ENOMEM;
    return NULL;
}

OBSERVED void *observed_calloc(size_t number, size_t bytes) {
    size_t all;
    if (__builtin_mul_overflow(number, bytes, &all))
        return too_much();
    OBSERVE(CALLOC, CALLOC, .bytes = all);
    return call.result;
}

OBSERVED void *observed_realloc(void *block, size_t bytes) {
    OBSERVE(REALLOC, REALLOC, .block = block, .bytes = bytes);
    return call.result;
}

OBSERVED int observed_posix_memalign(void **block, size_t alignment, size_t bytes) {
    OBSERVE(POSIX_MEMALIGN, ALIGNED, .bytes = bytes, .alignment = alignment);
    if (call.status == 0)
        *block = call.result;
    return call.status;
}

OBSERVED void *observed_aligned_alloc(size_t alignment, size_t bytes) {
    OBSERVE(ALIGNED_ALLOC, ALIGNED, .bytes = bytes, .alignment = alignment);
    return call.result;
}

OBSERVED void *observed_memalign(size_t alignment, size_t bytes) {
    OBSERVE(MEMALIGN, ALIGNED, .bytes = bytes, .alignment = alignment);
    return call.result;
}

OBSERVED void *observed_valloc(size_t bytes) {
    OBSERVE(VALLOC, ALIGNED, .bytes = bytes);
    return call.result;
}

OBSERVED void *observed_pvalloc(size_t bytes) {
    OBSERVE(PVALLOC, ALIGNED, .bytes = bytes);
    return call.result;
}

OBSERVED void observed_free(void *block) {
    OBSERVE(FREE, RELEASE, .block = block);
}

// --- definitions ---------------------------------------------------------------------------------------------

// Next to one another, so that an address tells whether it is one of ours.
#define ALLOCATOR_CODE __attribute__((section("pollscope_allocator"))) static
#define ALLOCATOR(name) extern __typeof(name) name __attribute__((weak, visibility("default"), alias("our_" #name)))
#define JUMP __attribute__((musttail)) return

// Counts an allocation that needs no look; false: it does.
static inline __attribute__((always_inline)) bool is_counted(size_t bytes) {
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    if (__builtin_expect(counters->allocations_left == 0, 0))
        return false;
    if (__builtin_expect(counters->bytes_left <= bytes, 0))
        return false;
    counters->allocations_left--;
    counters->bytes_left -= bytes;
    return true;
}

ALLOCATOR_CODE void *our_malloc(size_t bytes) {
    if (is_counted(bytes))
        JUMP pollscope_next.malloc(bytes);
    JUMP observed_malloc(bytes);
}

ALLOCATOR_CODE void *our_calloc(size_t number, size_t bytes) {
    size_t all;
    if (!__builtin_mul_overflow(number, bytes, &all) && is_counted(all))
        JUMP pollscope_next.calloc(number, bytes);
    JUMP observed_calloc(number, bytes);
}

ALLOCATOR_CODE void *our_realloc(void *block, size_t bytes) {
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    if (__builtin_expect(bytes == 0 || counters->frees_left == 0, 0) || pollscope_allocation_is_sampled(block) ||
        !is_counted(bytes))
        JUMP observed_realloc(block, bytes);
    counters->frees_left -= block != NULL;
    JUMP pollscope_next.realloc(block, bytes);
}

// What the C library's does: allocators that have none of their own rely on it to call whatever realloc there is. That
// may be one that is linked statically, and not ours.
ALLOCATOR_CODE void *our_reallocarray(void *block, size_t number, size_t bytes) {
    size_t all;
    return __builtin_mul_overflow(number, bytes, &all) ? too_much() : realloc(block, all);
}

ALLOCATOR_CODE int our_posix_memalign(void **block, size_t alignment, size_t bytes) {
    // Of another alignment it allocates nothing.
    bool is_possible = alignment % sizeof(void *) == 0 && (alignment & (alignment - 1)) == 0 && alignment != 0;
    if (is_possible && is_counted(bytes))
        JUMP pollscope_next.posix_memalign(block, alignment, bytes);
    JUMP observed_posix_memalign(block, alignment, bytes);
}

ALLOCATOR_CODE void *our_aligned_alloc(size_t alignment, size_t bytes) {
    if (is_counted(bytes))
        JUMP pollscope_next.aligned_alloc(alignment, bytes);
    JUMP observed_aligned_alloc(alignment, bytes);
}

ALLOCATOR_CODE void *our_memalign(size_t alignment, size_t bytes) {
    if (is_counted(bytes))
        JUMP pollscope_next.memalign(alignment, bytes);
    JUMP observed_memalign(alignment, bytes);
}

ALLOCATOR_CODE void *our_valloc(size_t bytes) {
    if (is_counted(bytes))
        JUMP pollscope_next.valloc(bytes);
    JUMP observed_valloc(bytes);
}

ALLOCATOR_CODE void *our_pvalloc(size_t bytes) {
    if (is_counted(bytes))
        JUMP pollscope_next.pvalloc(bytes);
    JUMP observed_pvalloc(bytes);
}

ALLOCATOR_CODE void our_free(void *block) {
    struct pollscope_allocation_counters *counters = &pollscope_allocation_counters;
    if (__builtin_expect(counters->frees_left == 0, 0) || pollscope_allocation_is_sampled(block))
        JUMP observed_free(block);
    counters->frees_left -= block != NULL;
    JUMP pollscope_next.free(block);
}

void *memalign(size_t alignment, size_t bytes);
void *pvalloc(size_t bytes);
ALLOCATOR(malloc);
ALLOCATOR(calloc);
ALLOCATOR(realloc);
ALLOCATOR(reallocarray);
ALLOCATOR(free);
ALLOCATOR(posix_memalign);
ALLOCATOR(aligned_alloc);
ALLOCATOR(memalign);
ALLOCATOR(valloc);
ALLOCATOR(pvalloc);

extern PRIVATE const char __start_pollscope_allocator[], __stop_pollscope_allocator[];

bool pollscope_allocations_are_interposed(char *why, size_t why_bytes) {
    // Its definitions come after ours, and it counts by itself, much slower than we could add to.
    const char *preloaded = getenv("LD_PRELOAD");
    if (preloaded && strstr(preloaded, "vgpreload_")) {
        snprintf(why, why_bytes, "The process runs under valgrind, which counts allocations itself.");
        return false;
    }
    static const char *const names[] = {"malloc",        "calloc",   "realloc", "reallocarray", "free", "posix_memalign",
                                        "aligned_alloc", "memalign", "valloc",  "pvalloc"};
    return pollscope_interposing_is_first(names, sizeof names / sizeof names[0], __start_pollscope_allocator,
                                          __stop_pollscope_allocator, why, why_bytes);
}

#else

bool pollscope_allocations_are_interposed(char *why, size_t why_bytes) {
    snprintf(why, why_bytes, "%s", POLLSCOPE_ALLOCATIONS_REFUSAL);
    return false;
}

#endif
