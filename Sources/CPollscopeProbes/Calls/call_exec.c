// Calls that make the process another program. A signal that is pending then stays so, and the new program, which has no
// handler for it, would be ended by it: the mark of a call keeps the watcher's away.
#include "call_definition.h"

#include <sys/syscall.h>
#include <unistd.h>

#if POLLSCOPE_INTERPOSES

// A child of vfork runs with its parent's state, in which the mark would stay.
static bool is_own_thread(const struct pollscope_thread *thread) {
    return (uint32_t)syscall(SYS_gettid) == thread->ring->owner;
}

#define OBSERVE_EXEC(name, parameters, arguments)                                                                     \
    static __typeof(name) our_##name;                                                                                 \
    POLLSCOPE_DEFINE_NEXT(int, name, parameters, arguments)                                                           \
    POLLSCOPE_CALL_CODE static __attribute__((noinline)) int observed_##name parameters {                             \
        struct pollscope_thread *self = &pollscope_thread;                                                            \
        uint64_t start = 0;                                                                                           \
        if (is_own_thread(self))                                                                                      \
            start = pollscope_call_begin(self, POLLSCOPE_CALL_execve, __builtin_frame_address(0));                    \
        int returned = next_##name arguments;                                                                         \
        if (start) {                                                                                                  \
            pollscope_call_account(self, start);                                                                      \
            pollscope_call_end(self);                                                                                 \
        }                                                                                                             \
        return returned;                                                                                              \
    }                                                                                                                 \
    POLLSCOPE_DEFINE_OURS(int, name, parameters, arguments)

OBSERVE_EXEC(execve, (const char *path, char *const words[], char *const environment[]), (path, words, environment));
OBSERVE_EXEC(execv, (const char *path, char *const words[]), (path, words));
OBSERVE_EXEC(execvp, (const char *file, char *const words[]), (file, words));
OBSERVE_EXEC(execvpe, (const char *file, char *const words[], char *const environment[]), (file, words, environment));
OBSERVE_EXEC(fexecve, (int file, char *const words[], char *const environment[]), (file, words, environment));

#endif
