// Calls under the names that compilers give them, and variadic ones that Swift does not import.
#define _GNU_SOURCE
#include "ground_truth_c.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// Of glibc, not in its headers for all compilers: what read becomes in code that is compiled with _FORTIFY_SOURCE,
// where the buffer's size is known and the count is not.
ssize_t __read_chk(int descriptor, void *buffer, size_t bytes, size_t buffer_bytes);

ssize_t ground_library_read_checked(int descriptor, void *buffer, size_t bytes) {
    char block[64];
    ssize_t count = __read_chk(descriptor, block, bytes, sizeof block);
    if (count > 0)
        memcpy(buffer, block, (size_t)count);
    return count;
}

int ground_library_open_for_writing(const char *path) { return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); }

int ground_library_lock_file(int descriptor) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLKW, &lock) == -1 ? -1 : 0;
}

int ground_library_unlock_file(int descriptor) {
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLKW, &lock) == -1 ? -1 : 0;
}

uint64_t ground_library_preemptions(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0;
}
