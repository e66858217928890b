// The folder where sessions live: who may use it, what the dead have left there.
#ifndef POLLSCOPE_FOLDER_H
#define POLLSCOPE_FOLDER_H

#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

struct pollscope_start_result;

// All of these at start only; they allocate and make system calls.

// Makes or opens the folder, 0700 and ours. A descriptor, or -1 and the reason in `result`.
PRIVATE int pollscope_folder_open(const char *path, struct pollscope_start_result *result);

// Removes what dead processes left, but for the newest few: they may hold the moments before a crash.
PRIVATE void pollscope_folder_sweep(int folder);

// Leaves an empty file whose name says that this process could not be observed, and why: it takes no room.
PRIVATE void pollscope_folder_leave_refusal(int folder, uint64_t process_start,
                                            const struct pollscope_start_result *result);

// Field 22 of /proc/PID/stat; 0: there is no such process.
PRIVATE uint64_t pollscope_folder_process_start(uint32_t pid);
PRIVATE uint64_t pollscope_folder_pid_namespace(void);

// Whether this process has a file of that name mapped.
PRIVATE bool pollscope_folder_is_mapped(const char *name);

#endif
