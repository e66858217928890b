// How much of a block can be used, which decides when Swift's arrays grow. Valgrind's allocator gives what was asked
// for, the C library's up to the next multiple of 16 less 8: a program must see the same to allocate the same.
#define _GNU_SOURCE
#include "ground_truth_c.h"

#include <dlfcn.h>

static bool like_the_c_library;

void ground_allocations_use_like_the_c_library(void) { like_the_c_library = true; }

size_t malloc_usable_size(void *block);

// A sanitizer's allocator has a definition of its own, which must come first.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

size_t malloc_usable_size(void *block) {
    static size_t (*next)(void *);
    if (!next)
        next = (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
    size_t bytes = next(block);
    if (!block || !like_the_c_library)
        return bytes;
    enum { least = 24, header = 8, multiple = 16 };
    size_t usable = (bytes + header + multiple - 1) / multiple * multiple - header;
    return usable < least ? least : usable;
}

#endif

size_t ground_allocations_usable_bytes(void *block) { return malloc_usable_size(block); }
