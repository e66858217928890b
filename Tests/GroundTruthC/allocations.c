// Each function of the allocator, called so that the counts are known.
#include "host.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// The compiler may leave out what nobody sees.
static void *seen(void *block) {
    __asm__ volatile("" : "+r"(block) : : "memory");
    return block;
}

static long of(void *block) { return seen(block) != NULL; }

static size_t unknown(size_t number) {
    __asm__ volatile("" : "+r"(number));
    return number;
}

void *ground_allocations_seen(void *block) { return seen(block); }

int64_t ground_allocations_opaque(int64_t number) { return (int64_t)unknown((size_t)number); }

struct ground_allocations_counts ground_allocations_malloc(void) {
    void *blocks[10];
    for (size_t i = 0; i < 10; i++)
        blocks[i] = seen(malloc(unknown(100 * (i + 1))));
    for (size_t i = 0; i < 10; i++)
        free(blocks[i]);
    return (struct ground_allocations_counts){10, 100 * 55, 10};
}

struct ground_allocations_counts ground_allocations_calloc(void) {
    void *first = calloc(unknown(30), 10), *second = calloc(unknown(1), 70);
    bool is_zero = !memcmp(first, (char[300]){0}, 300) && !memcmp(second, (char[70]){0}, 70);
    free(seen(first));
    free(seen(second));
    return (struct ground_allocations_counts){2, is_zero ? 370 : -2, 2};
}

struct ground_allocations_counts ground_allocations_realloc(void) {
    char *block = seen(malloc(unknown(100)));
    strcpy(block, "kept");
    block = seen(realloc(block, unknown(5000)));
    block = seen(realloc(block, unknown(200000)));
    block = seen(realloc(block, unknown(300)));
    bool is_kept = strcmp(block, "kept") == 0;
    free(block);
    return (struct ground_allocations_counts){4, is_kept ? 100 + 5000 + 200000 + 300 : -2, 4};
}

// Of nothing it is malloc, to nothing it is free.
struct ground_allocations_counts ground_allocations_realloc_edges(void) {
    void *first = seen(realloc(NULL, unknown(50)));
    void *second = realloc(first, unknown(0));
    free(seen(malloc(unknown(0))));
    return (struct ground_allocations_counts){2, second ? -2 : 50, 2};
}

struct ground_allocations_counts ground_allocations_reallocarray(void) {
    void *block = seen(reallocarray(NULL, unknown(4), 25));
    block = seen(reallocarray(block, unknown(80), 25));
    free(block);
    return (struct ground_allocations_counts){2, 100 + 2000, 2};
}

static bool is_aligned(const void *block, size_t alignment) { return ((uintptr_t)block & (alignment - 1)) == 0; }

struct ground_allocations_counts ground_allocations_posix_memalign(void) {
    void *first = NULL, *second = NULL;
    bool is_right = posix_memalign(&first, 64, unknown(200)) == 0 && posix_memalign(&second, 4096, unknown(10)) == 0 &&
                    is_aligned(first, 64) && is_aligned(second, 4096);
    free(seen(first));
    free(seen(second));
    return (struct ground_allocations_counts){2, is_right ? 210 : -2, 2};
}

struct ground_allocations_counts ground_allocations_aligned_alloc(void) {
    void *block = seen(aligned_alloc(64, unknown(256)));
    bool is_right = is_aligned(block, 64);
    free(block);
    return (struct ground_allocations_counts){1, is_right ? 256 : -2, 1};
}

struct ground_allocations_counts ground_allocations_memalign(void) {
    void *block = seen(memalign(128, unknown(150)));
    bool is_right = is_aligned(block, 128);
    free(block);
    return (struct ground_allocations_counts){1, is_right ? 150 : -2, 1};
}

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
struct ground_allocations_counts ground_allocations_valloc(void) {
    void *block = seen(valloc(unknown(300)));
    bool is_right = is_aligned(block, 4096);
    free(block);
    return (struct ground_allocations_counts){1, is_right ? 300 : -2, 1};
}

struct ground_allocations_counts ground_allocations_pvalloc(void) {
    void *block = seen(pvalloc(unknown(300)));
    bool is_right = is_aligned(block, 4096) && malloc_usable_size(block) >= 4096;
    free(block);
    return (struct ground_allocations_counts){1, is_right ? 300 : -2, 1};
}
#pragma clang diagnostic pop

struct ground_allocations_counts ground_allocations_free_nothing(void) {
    void *volatile nothing = NULL;
    for (int i = 0; i < 10; i++)
        free(nothing);
    return (struct ground_allocations_counts){0, 0, 0};
}

// What cannot be had is not allocated.
struct ground_allocations_counts ground_allocations_failing(void) {
    const size_t too_much = unknown((size_t)1 << 62), more_than_there_is = unknown((size_t)1 << 46);
    void *block = NULL, *kept = malloc(unknown(40));
    errno = 0;
    bool is_right = !of(malloc(too_much)) && errno == ENOMEM && !of(malloc(more_than_there_is)) &&
                    !of(calloc(too_much, 1)) && !of(calloc(too_much, 8)) &&
                    !of(realloc(kept, too_much)) && !of(reallocarray(kept, too_much, 8)) &&
                    !of(aligned_alloc(64, too_much)) && posix_memalign(&block, 64, too_much) == ENOMEM;
    free(seen(kept));
    return (struct ground_allocations_counts){1, is_right ? 40 : -2, 1};
}

// What a child of fork allocates is not its parent's.
struct ground_allocations_counts ground_allocations_fork(void) {
    void *block = malloc(unknown(10));
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < 1000; i++)
            free(seen(malloc(unknown(1000))));
        _exit(9);
    }
    int status = 0;
    bool is_right = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 9;
    free(seen(block));
    return (struct ground_allocations_counts){1, is_right ? 10 : -2, 1};
}

static void *early[1 << 14];
static size_t early_next;

void ground_allocations_before_start(void) {
    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++)
        early[i] = malloc(unknown(24));
}

struct ground_allocations_counts ground_allocations_free_early(void) {
    if (early_next < sizeof early / sizeof early[0])
        free(early[early_next++]);
    return (struct ground_allocations_counts){0, 0, 1};
}

// Allocations that the C library makes in its own functions.
void ground_allocations_libc(void) {
    char *text = strdup("a text that is copied"), *printed = NULL, *line = NULL;
    size_t line_bytes = 0;
    if (asprintf(&printed, "%s %d", text, 42) < 0)
        abort();
    FILE *file = fmemopen(text, strlen(text), "r");
    if (!file || getline(&line, &line_bytes, file) < 0)
        abort();
    fclose(file);
    free(line);
    free(printed);
    free(text);
}

// --- results ---------------------------------------------------------------------------------------------------

void ground_host_check_allocations(void) {
    const size_t too_much = unknown(SIZE_MAX / 2 + 1), all = unknown(SIZE_MAX);
    void *block = NULL, *kept = malloc(unknown(64));
    memset(kept, 7, 64);
    SHOW("malloc", (block = malloc(unknown(100)), of(block)));
    SHOW("free", (free(block), 0));
    SHOW("free of nothing", (free(NULL), 0));
    SHOW("malloc of nothing", (block = malloc(unknown(0)), of(block)));
    SHOW("free", (free(block), 0));
    SHOW("malloc of too much", of(malloc(too_much)));
    SHOW("malloc of all", of(malloc(all)));
    SHOW("malloc of more than there is", of(malloc(unknown((size_t)1 << 46))));
    SHOW("calloc of too much", of(calloc(too_much, 1)));
    SHOW("calloc of a product that overflows", of(calloc(too_much, 4)));
    SHOW("calloc of all", of(calloc(all, all)));
    SHOW("realloc of too much", of(realloc(kept, too_much)));
    SHOW("what realloc left", ((char *)kept)[63]);
    SHOW("realloc of nothing to too much", of(realloc(NULL, too_much)));
    SHOW("reallocarray of too much", of(reallocarray(kept, too_much, 1)));
    SHOW("reallocarray of a product that overflows", of(reallocarray(kept, too_much, 4)));
    SHOW("what reallocarray left", ((char *)kept)[63]);
    SHOW("realloc to nothing", (block = realloc(malloc(unknown(10)), unknown(0)), of(block)));
    SHOW("posix_memalign of too much", posix_memalign(&block, 64, too_much));
    SHOW("posix_memalign by three", posix_memalign(&block, 3, 64));
    SHOW("posix_memalign by nothing", posix_memalign(&block, 0, 64));
    SHOW("posix_memalign", posix_memalign(&block, 64, 64));
    SHOW("free", (free(block), 0));
    SHOW("aligned_alloc of too much", of(aligned_alloc(64, too_much)));
    SHOW("aligned_alloc", (block = aligned_alloc(64, unknown(64)), of(block)));
    SHOW("free", (free(block), 0));
    SHOW("memalign of too much", of(memalign(64, too_much)));
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    SHOW("valloc of too much", of(valloc(too_much)));
    SHOW("pvalloc of too much", of(pvalloc(too_much)));
    SHOW("pvalloc of all", of(pvalloc(all)));
#pragma clang diagnostic pop
    SHOW("malloc_usable_size", malloc_usable_size(kept) >= 64);
    free(kept);
}
