// Looks images up with the C library's own lookup.
#define _GNU_SOURCE
#include "code_images.h"

#include <dlfcn.h>
#include <stddef.h>

// As <dlfcn.h> has it from glibc 2.35 on; a build against an older one works with a newer one as well.
struct found_object {
    unsigned long long flags;
    void *map_start;
    void *map_end;
    void *link_map;
    void *eh_frame;
    void *reserved[16]; // more than any architecture has
};

static int (*find_object)(void *address, struct found_object *found);

void pollscope_code_images_start(void) {
    __atomic_store_n((void **)&find_object, dlsym(RTLD_DEFAULT, "_dl_find_object"), __ATOMIC_RELAXED);
}

bool pollscope_code_images_are_known(void) { return __atomic_load_n(&find_object, __ATOMIC_RELAXED) != NULL; }

bool pollscope_code_image_find(uint64_t address, struct pollscope_code_image *image) {
    int (*find)(void *, struct found_object *) = __atomic_load_n(&find_object, __ATOMIC_RELAXED);
    struct found_object found;
    if (!find || find((void *)(uintptr_t)address, &found) != 0)
        return false;
    *image = (struct pollscope_code_image){(uintptr_t)found.map_start, (uintptr_t)found.map_end,
                                           (uintptr_t)found.eh_frame};
    return address >= image->start && address < image->end;
}
