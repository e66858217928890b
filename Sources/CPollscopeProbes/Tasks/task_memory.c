// Reads pieces of memory by as few system calls as the kernel allows.
#define _GNU_SOURCE
#include "task_memory.h"

#include "kernel.h"
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// How many of the first pieces could be read by one call; where a container's rules forbid it, none, and `refused`.
static uint32_t read_first(struct pollscope_memory_piece *pieces, uint32_t count, bool *refused) {
    struct iovec ours[POLLSCOPE_MEMORY_PIECES_MAX], theirs[POLLSCOPE_MEMORY_PIECES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        ours[i] = (struct iovec){pieces[i].out, pieces[i].bytes};
        theirs[i] = (struct iovec){(void *)(uintptr_t)pieces[i].address, pieces[i].bytes};
    }
    // By this thread's id: the main thread may have ended.
    long got = syscall(SYS_process_vm_readv, syscall(SYS_gettid), ours, (long)count, theirs, (long)count, 0L);
    *refused = got < 0 && (errno == EPERM || errno == ENOSYS);
    // The kernel stops before the first piece that is not there as a whole.
    uint32_t whole = 0;
    for (long bytes = 0; whole < count && bytes + (long)pieces[whole].bytes <= got; whole++)
        bytes += (long)pieces[whole].bytes;
    return whole;
}

void pollscope_memory_read(struct pollscope_memory_piece *pieces, uint32_t count) {
    bool refused = false;
    for (uint32_t next = 0; next < count;) {
        if (refused) {
            pieces[next].is_read = pollscope_kernel_copy(pieces[next].address, pieces[next].out, pieces[next].bytes);
            next++;
            continue;
        }
        uint32_t whole = read_first(&pieces[next], count - next, &refused);
        for (uint32_t i = 0; i < whole; i++)
            pieces[next + i].is_read = true;
        next += whole;
        if (next < count && !refused)
            pieces[next++].is_read = false;
    }
}
