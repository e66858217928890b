// Starts Pollscope in a program that knows nothing of it: just before its main.
//
// LD_PRELOAD puts this library under the program and under every program that it starts. Most of these are no Swift
// programs, and here nothing is done for them: no file, no thread, and every interposed function passes on. A program
// that links Pollscope itself is left to itself, too.
//
// A constructor of this library would be too early: the Swift runtime's own may not have run. When the C library is
// asked to run main, all images have been initialised, but for the program's own constructors, and those run before
// main is called.
#define _GNU_SOURCE
#include "pollscope_preload.h"
#include "pollscope_probes.h"

#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

// Where it is not, there is no Swift concurrency in this process, or none that can be reached: a runtime that is
// linked into the program statically does not export its functions.
extern __attribute__((weak)) const char swift_task_create[];

static main_function *program_main;

static int observed_main(int count, char **words, char **environment) {
    int error = errno;
    struct pollscope_start_result ignored; // a refusal is a note in the session folder, where the command finds it
    if (!pollscope_image_is_marked_elsewhere())
        pollscope_start(&ignored);
    errno = error;
    // No frame of ours under the program's.
    __attribute__((musttail)) return program_main(count, words, environment);
}

int __libc_start_main(main_function *main, int count, char **words, void (*initialise)(void), void (*finish)(void),
                      void (*finish_linker)(void), void *stack_end) {
    start_function *next = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");
    if (!next)
        _exit(127); // no C library that could run anything
    program_main = main;
    return next(swift_task_create ? observed_main : main, count, words, initialise, finish, finish_linker, stack_end);
}
