// Passes malloc_usable_size on to the allocator whose malloc and free the probes pass on to.
//
// The probes of a program that links Pollscope look both up behind their own, and find this library's: without this
// definition they would find one of another image, and do without.
#define _GNU_SOURCE
#include "pollscope_preload.h"

#include <dlfcn.h>

static size_t (*next)(void *);

__attribute__((constructor)) static void find_next(void) {
    void (*next_free)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    size_t (*next_size)(void *) = (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
    Dl_info image_of_free, image_of_size;
    // Another image's would know nothing of the blocks.
    if (dladdr((void *)next_free, &image_of_free) && dladdr((void *)next_size, &image_of_size) &&
        image_of_free.dli_fbase == image_of_size.dli_fbase)
        next = next_size;
}

size_t malloc_usable_size(void *block) { return next ? next(block) : 0; }
