// The allocator that the service has: what comes behind our definitions in the order of look-ups.
#ifndef POLLSCOPE_NEXT_ALLOCATOR_H
#define POLLSCOPE_NEXT_ALLOCATOR_H

#include "visibility.h"
#include <stdbool.h>
#include <stddef.h>

struct pollscope_next_allocator {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    size_t (*malloc_usable_size)(void *); // NULL: it has none
};

// NULL until they have been looked up, which the first call of each thread sees to.
extern PRIVATE struct pollscope_next_allocator pollscope_next;

// Looks the functions up, at the first call of all: the dynamic linker's, before any of the service's code runs. False:
// this is a call by the look-up itself, for the text of an error, and there is no allocator yet.
PRIVATE bool pollscope_next_allocator_find(void);

#endif
