// Calls that take signals which are blocked. They are not observed; but a host that blocks all signals and waits for
// any is not to be given the one that the watcher sends: where it is blocked it is for nobody.
#include "call_definition.h"

#include "capture.h"
#include <signal.h>

#if POLLSCOPE_INTERPOSES

// `set` without our signal.
static sigset_t without_ours(const sigset_t *set) {
    sigset_t rest = *set;
    int signal = pollscope_capture_signal();
    if (signal)
        sigdelset(&rest, signal);
    return rest;
}

#define WITHOUT_OURS(name, parameters, arguments, set)                                                                \
    static __typeof(name) our_##name;                                                                                 \
    POLLSCOPE_DEFINE_NEXT(int, name, parameters, arguments)                                                           \
    POLLSCOPE_CALL_CODE static int our_##name parameters {                                                            \
        if (pollscope_capture_signal() == 0 || !set)                                                                  \
            return next_##name arguments;                                                                             \
        sigset_t rest = without_ours(set);                                                                            \
        set = &rest;                                                                                                  \
        return next_##name arguments;                                                                                 \
    }                                                                                                                 \
    extern __typeof(name) name __attribute__((weak, visibility("default"), alias("our_" #name)))

WITHOUT_OURS(sigwait, (const sigset_t *set, int *signal), (set, signal), set);
WITHOUT_OURS(sigwaitinfo, (const sigset_t *set, siginfo_t *info), (set, info), set);
WITHOUT_OURS(sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *limit), (set, info, limit),
             set);

#endif
