// What the preloaded library defines, beside the functions that the probes interpose. Nobody calls it by this header.
#ifndef POLLSCOPE_PRELOAD_H
#define POLLSCOPE_PRELOAD_H

#include <stddef.h>

// The C library's, which runs the program: called by the program's first instructions, on its main thread.
int __libc_start_main(int (*main)(int, char **, char **), int count, char **words, void (*initialise)(void),
                      void (*finish)(void), void (*finish_linker)(void), void *stack_end);

// The allocator's. A program that links Pollscope asks for it beside `free`, and both have to be found in one image.
size_t malloc_usable_size(void *block);

#endif
