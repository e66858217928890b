// Reads type metadata, which is mapped for good in all likelihood, without trusting that it is.
#define _GNU_SOURCE
#include "type_name.h"

#include "kernel.h"
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// How many bytes the kernel has copied; negative: none, and why is in errno.
static long copy_by_kernel(uint64_t address, void *out, uint64_t bytes) {
    struct iovec ours = {out, bytes}, theirs = {(void *)(uintptr_t)address, bytes};
    return syscall(SYS_process_vm_readv, syscall(SYS_gettid), &ours, 1L, &theirs, 1L, 0L);
}

bool pollscope_type_name_read_object(uint64_t address, uint64_t *word) {
    return copy_by_kernel(address, word, sizeof *word) == sizeof *word;
}

// Where a container's rules forbid the kernel's copy, after asking whether the memory can be read: metadata stays. No
// file is opened: the descriptors are the host's.
__attribute__((no_sanitize("address", "thread"))) static bool copy(uint64_t address, void *out, uint64_t bytes) {
    long count = copy_by_kernel(address, out, bytes);
    if (count >= 0 || (errno != EPERM && errno != ENOSYS))
        return count >= 0 && (uint64_t)count == bytes;
    if (address + bytes < address || pollscope_kernel_end_of_readable(address, address + bytes) != address + bytes)
        return false;
    for (uint64_t i = 0; i < bytes; i++)
        ((char *)out)[i] = ((const volatile char *)(uintptr_t)address)[i];
    return true;
}

bool pollscope_type_name_read(struct pollscope_type_namer *namer, uint64_t address, void *out, uint64_t bytes) {
    if (namer->reads_left == 0 || address < 4096)
        return false;
    namer->reads_left--;
    return copy(address, out, bytes);
}

uint64_t pollscope_type_name_follow(struct pollscope_type_namer *namer, uint64_t address) {
    int32_t distance;
    if (!pollscope_type_name_read(namer, address, &distance, sizeof distance) || distance == 0)
        return 0;
    // Wrapping: an address that is none is found out when it is read.
    return address + (uint64_t)(int64_t)distance;
}

uint64_t pollscope_type_name_follow_indirectable(struct pollscope_type_namer *namer, uint64_t address) {
    uint64_t target = pollscope_type_name_follow(namer, address);
    if ((target - address) & 1) {
        uint64_t pointer = target - 1;
        return pollscope_type_name_read(namer, pointer, &target, sizeof target) ? target : 0;
    }
    return target;
}

bool pollscope_type_name_read_string(struct pollscope_type_namer *namer, uint64_t address, char *out,
                                     uint32_t bytes_max) {
    enum { page_bytes = 4096, at_once = 64 };
    for (uint32_t count = 0; count < bytes_max;) {
        // Not over the end of a page: the next one may not be there.
        uint32_t bytes = page_bytes - (uint32_t)((address + count) & (page_bytes - 1));
        bytes = bytes < at_once ? bytes : at_once;
        bytes = bytes < bytes_max - count ? bytes : bytes_max - count;
        if (!pollscope_type_name_read(namer, address + count, out + count, bytes))
            return false;
        if (memchr(out + count, 0, bytes))
            return true;
        count += bytes;
    }
    return false;
}
