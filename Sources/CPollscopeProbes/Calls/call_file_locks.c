// Calls that wait for a lock on a file, observed.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define FAILED(returned) pollscope_error_if_negative(returned)

POLLSCOPE_OBSERVE(flock, int, flock, (int file, int operation), (file, operation), FAILED(returned),
                  pollscope_of_descriptor(file));
POLLSCOPE_OBSERVE(lockf, int, lockf, (int file, int operation, off_t bytes), (file, operation, bytes), FAILED(returned),
                  pollscope_of_descriptor(file));
POLLSCOPE_OBSERVE(lockf, int, lockf64, (int file, int operation, off64_t bytes), (file, operation, bytes),
                  FAILED(returned), pollscope_of_descriptor(file));

// Of what fcntl does, only this waits.
static inline bool waits(int operation) { return operation == F_SETLKW || operation == F_OFD_SETLKW; }

#define PARAMETERS (int file, int operation, void *argument)
#define ARGUMENTS (file, operation, argument)
#define OBSERVE_FCNTL(name)                                                                                           \
    POLLSCOPE_DEFINE_NEXT(int, name, PARAMETERS, ARGUMENTS)                                                           \
    POLLSCOPE_DEFINE_OBSERVED(fcntl, int, name, PARAMETERS, ARGUMENTS,                                                \
                            FAILED(returned), pollscope_of_descriptor(file))                                          \
    POLLSCOPE_CALL_CODE static int our_##name PARAMETERS {                                                            \
        if (__builtin_expect(waits(operation), 0) && pollscope_call_is_outermost())                                   \
            __attribute__((musttail)) return observed_##name ARGUMENTS;                                               \
        return next_##name ARGUMENTS;                                                                                 \
    }                                                                                                                 \
    extern __typeof(name) name __attribute__((weak, visibility("default"), alias("our_" #name)))

OBSERVE_FCNTL(fcntl);
OBSERVE_FCNTL(fcntl64);

#endif
