// Whether functions of the C library can be defined in this build, to come before the C library's own.
#ifndef POLLSCOPE_INTERPOSING_H
#define POLLSCOPE_INTERPOSING_H

#include "visibility.h"
#include <features.h>
#include <stdbool.h>
#include <stddef.h>

// Whether the definitions that the service calls by these names lie in [start, stop). False: `why` says what is in the
// way. At start; takes the dynamic linker's lock.
PRIVATE bool pollscope_interposing_is_first(const char *const *names, size_t count, const char *start, const char *stop,
                                            char *why, size_t why_bytes);

// The definition of `name` behind ours, where none was found at start. A program that was no Swift program then, and loads
// one as a plug-in, has its libraries outside of the order of look-ups: so it is also looked for in `library`, if that is
// loaded by now. NULL: it is nowhere. Once for each function, on a thread that calls it first; takes the dynamic linker's
// lock.
PRIVATE void *pollscope_interposing_find_late(const char *name, const char *library) __attribute__((cold));

// Sanitizers have definitions of their own, which must come first. Where the C library is linked statically there are
// no others to be found behind ours: that is a link error (Calls/calls.c).
#if defined(POLLSCOPE_WITHOUT_CALLS)
#define POLLSCOPE_INTERPOSING_REFUSAL                                                                                 \
    "This is a build with POLLSCOPE_WITHOUT_CALLS, which leaves out observing calls and allocations."
#elif __has_feature(thread_sanitizer) || __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(hwaddress_sanitizer)
#define POLLSCOPE_INTERPOSING_REFUSAL                                                                                 \
    "This build has a sanitizer, which replaces the same functions of the C library. Build without it to observe them."
#elif !defined(__GLIBC__)
#define POLLSCOPE_INTERPOSING_REFUSAL "The C library is not glibc. Its functions are observed with glibc only."
#endif

#if defined(POLLSCOPE_INTERPOSING_REFUSAL)
#define POLLSCOPE_INTERPOSES 0
#else
#define POLLSCOPE_INTERPOSES 1
#endif

// An allocator that is linked with the program, and that nothing but its definitions of malloc and its kin calls for,
// would be left out by the linker where ours are there.
#if defined(POLLSCOPE_INTERPOSING_REFUSAL)
#define POLLSCOPE_ALLOCATIONS_REFUSAL POLLSCOPE_INTERPOSING_REFUSAL
#elif defined(POLLSCOPE_WITHOUT_ALLOCATIONS)
#define POLLSCOPE_ALLOCATIONS_REFUSAL                                                                                 \
    "This is a build with POLLSCOPE_WITHOUT_ALLOCATIONS, which leaves out observing allocations."
#endif

#if defined(POLLSCOPE_ALLOCATIONS_REFUSAL)
#define POLLSCOPE_INTERPOSES_ALLOCATOR 0
#else
#define POLLSCOPE_INTERPOSES_ALLOCATOR 1
#endif

#endif
