// Looks up the next allocator by name.
#define _GNU_SOURCE
#include "next_allocator.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

struct pollscope_next_allocator pollscope_next;

bool pollscope_next_allocator_find(void) {
    static const struct {
        const char *name;
        void *place;
    } functions[] = {
        {"malloc", &pollscope_next.malloc},
        {"calloc", &pollscope_next.calloc},
        {"realloc", &pollscope_next.realloc},
        {"free", &pollscope_next.free},
        {"posix_memalign", &pollscope_next.posix_memalign},
        {"aligned_alloc", &pollscope_next.aligned_alloc},
        {"memalign", &pollscope_next.memalign},
        {"valloc", &pollscope_next.valloc},
        {"pvalloc", &pollscope_next.pvalloc},
        {"malloc_usable_size", &pollscope_next.malloc_usable_size},
    };
    static uint8_t is_found;
    static __thread bool is_looking __attribute__((tls_model("initial-exec")));
    if (__atomic_load_n(&is_found, __ATOMIC_ACQUIRE))
        return true;
    if (is_looking)
        return false;
    is_looking = true;
    // An allocator may leave out functions, and the C library's know nothing of its blocks. Those that allocate would be
    // wrong without us, too; this one is called by nobody but us.
    Dl_info image_of_free, image_of_size;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *found = dlsym(RTLD_NEXT, functions[i].name);
        memcpy(functions[i].place, &found, sizeof found);
    }
    if (!dladdr((void *)pollscope_next.free, &image_of_free) ||
        !dladdr((void *)pollscope_next.malloc_usable_size, &image_of_size) ||
        image_of_free.dli_fbase != image_of_size.dli_fbase)
        pollscope_next.malloc_usable_size = NULL;
    __atomic_store_n(&is_found, 1, __ATOMIC_RELEASE);
    is_looking = false;
    return true;
}
