// Reads /proc for the watcher.
#define _GNU_SOURCE
#include "kernel.h"

#include "pollscope_counter.h"
#include "pollscope_layout.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#if __has_include(<linux/close_range.h>)
#include <linux/close_range.h>
#endif

bool pollscope_kernel_leave_descriptors(void) {
#if defined(SYS_close_range) && defined(CLOSE_RANGE_UNSHARE)
    return syscall(SYS_close_range, 0u, ~0u, CLOSE_RANGE_UNSHARE) == 0;
#else
    return false;
#endif
}

uint64_t pollscope_kernel_cpu_ns(uint32_t tid) {
    // The kernel's number for the CPU clock of a thread: its id inverted, and the kind of clock in three bits.
    enum { per_thread_scheduler_clock = 6 };
    clockid_t clock = (clockid_t)(~tid << 3 | per_thread_scheduler_clock);
    struct timespec time;
    if (syscall(SYS_clock_gettime, clock, &time) != 0)
        return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// The beginning of a file of the thread's folder in /proc; the length, 0 where it cannot be read. System calls, not
// libc's functions: the host may have replaced those, and we have.
static size_t read_file(uint32_t tid, const char *name, char *text, size_t bytes) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%u/%s", tid, name);
    long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    long count = syscall(SYS_read, file, text, bytes - 1);
    syscall(SYS_close, file);
    text[count > 0 ? count : 0] = 0;
    return count > 0 ? (size_t)count : 0;
}

void pollscope_kernel_read_account(uint32_t tid, struct pollscope_kernel_account *account) {
    *account = (struct pollscope_kernel_account){0};
    char text[512];
    // CPU time, run-queue wait, and how often it got a CPU.
    if (read_file(tid, "schedstat", text, sizeof text)) {
        char *end;
        strtoull(text, &end, 10);
        account->run_queue_ns = strtoull(end, NULL, 10);
    }
    if (!read_file(tid, "stat", text, sizeof text))
        return;
    const char *field = strrchr(text, ')'); // field 2 is the name, which may contain anything
    if (!field || field[1] != ' ')
        return;
    account->state = (uint8_t)field[2];
    const char *minor = NULL, *major = NULL; // fields 10 and 12
    for (int number = 2; field && number < 12; number++) {
        field = strchr(field + 1, ' ');
        if (number + 1 == 10)
            minor = field;
        if (number + 1 == 12)
            major = field;
    }
    account->minor_faults = minor ? (uint32_t)strtoull(minor, NULL, 10) : 0;
    account->major_faults = major ? (uint32_t)strtoull(major, NULL, 10) : 0;
}

void pollscope_kernel_read_place(uint32_t tid, struct pollscope_kernel_place *place) {
    *place = (struct pollscope_kernel_place){.system_call = POLLSCOPE_UNKNOWN_SYSTEM_CALL};
    // "running"; or the number, six arguments, stack pointer and program counter; or -1 and the last two.
    char text[256];
    if (!read_file(tid, "syscall", text, sizeof text))
        return;
    place->is_known = true;
    if (strncmp(text, "running", 7) == 0) {
        place->is_running = true;
        place->system_call = POLLSCOPE_NO_SYSTEM_CALL;
        return;
    }
    char *next = text;
    place->system_call = (int32_t)strtoll(text, &next, 10);
    for (int argument = 0; place->system_call >= 0 && argument < 6; argument++)
        strtoull(next, &next, 16);
    place->sp = strtoull(next, &next, 16);
    place->pc = strtoull(next, &next, 16);
}

bool pollscope_kernel_blocks_signal(uint32_t tid, int signal) {
    char text[2048];
    if (!read_file(tid, "status", text, sizeof text))
        return true;
    const char *line = strstr(text, "\nSigBlk:");
    return !line || (strtoull(line + sizeof "\nSigBlk:" - 1, NULL, 16) >> (signal - 1) & 1);
}

uint64_t pollscope_kernel_end_of_readable(uint64_t low, uint64_t high) {
    // The kernel says EFAULT where it cannot read a set of signals, and does nothing with one that it can read, for
    // there is no such operation.
    enum { page_bytes = 4096, bytes_max = 256 * 1024, set_bytes = 8, no_such_operation = -1 };
    if (high > low + bytes_max)
        high = low + bytes_max;
    for (uint64_t page = low & -(uint64_t)page_bytes; page < high; page += page_bytes)
        if (syscall(SYS_rt_sigprocmask, no_such_operation, page, NULL, set_bytes) != 0 && errno == EFAULT)
            return page > low ? page : low;
    return high;
}

bool pollscope_kernel_copy(uint64_t address, void *out, uint64_t bytes) {
    // By this thread's id: the main thread may have ended.
    struct iovec ours = {out, bytes}, theirs = {(void *)(uintptr_t)address, bytes};
    long count = syscall(SYS_process_vm_readv, syscall(SYS_gettid), &ours, 1L, &theirs, 1L, 0L);
    if (count < 0 && (errno == EPERM || errno == ENOSYS)) { // a container's rules; the file needs none
        long memory = syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDONLY | O_CLOEXEC);
        if (memory < 0)
            return false;
        count = syscall(SYS_pread64, memory, out, bytes, (off_t)address);
        syscall(SYS_close, memory);
    }
    return count >= 0 && (uint64_t)count == bytes;
}
