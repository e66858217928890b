// Asks the dynamic linker whose definitions it finds first.
#define _GNU_SOURCE
#include "interposing.h"

#include <dlfcn.h>
#include <stdio.h>

bool pollscope_interposing_is_first(const char *const *names, size_t count, const char *start, const char *stop,
                                    char *why, size_t why_bytes) {
    // What the calls of other libraries resolve to is what a look-up by name finds first.
    for (size_t i = 0; i < count; i++) {
        const char *found = dlsym(RTLD_DEFAULT, names[i]);
        if (found >= start && found < stop)
            continue;
        Dl_info image;
        const char *path = found && dladdr(found, &image) && image.dli_fname ? image.dli_fname : "another image";
        snprintf(why, why_bytes, "The function %s is defined by %s, before Pollscope's definition of it can be found.",
                 names[i], path);
        return false;
    }
    return true;
}

void *pollscope_interposing_find_late(const char *name, const char *library) {
    void *found = dlsym(RTLD_NEXT, name);
    void *loaded = found ? NULL : dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
    if (loaded) {
        found = dlsym(loaded, name);
        dlclose(loaded); // whoever calls it keeps it
    }
    return found;
}
