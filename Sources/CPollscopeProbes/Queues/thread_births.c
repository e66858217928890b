// Counts the threads that the process makes: pools that grow and shrink under load show by it.
//
// The C library's own threads (timers with a notification by thread) and those made by system calls are not seen.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <pthread.h>

static __typeof(pthread_create) our_pthread_create;

POLLSCOPE_DEFINE_NEXT(int, pthread_create,
                      (pthread_t * thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument),
                      (thread, attributes, start, argument))

static int our_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                              void *argument) {
    int error = next_pthread_create(thread, attributes, start, argument);
    if (error == 0 && pollscope_is_on())
        __atomic_fetch_add(&pollscope_session.header->threads_created, 1, __ATOMIC_RELAXED);
    return error;
}

extern __typeof(pthread_create) pthread_create __attribute__((weak, visibility("default"),
                                                              alias("our_pthread_create")));

#endif
