// Calls that wait for the bytes of a file, observed: reading and writing, and making sure that what was written stays.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

// What a header declares in fortified programs only.
ssize_t __read_chk(int file, void *bytes, size_t count, size_t room);
ssize_t __pread_chk(int file, void *bytes, size_t count, off_t at, size_t room);
ssize_t __pread64_chk(int file, void *bytes, size_t count, off64_t at, size_t room);

#define FAILED(returned) pollscope_error_if_negative(returned)
#define OF_FILE pollscope_of_descriptor(file)

POLLSCOPE_OBSERVE(read, ssize_t, read, (int file, void *bytes, size_t count), (file, bytes, count), FAILED(returned),
                  OF_FILE);
POLLSCOPE_OBSERVE(read, ssize_t, __read_chk, (int file, void *bytes, size_t count, size_t room),
                  (file, bytes, count, room), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(write, ssize_t, write, (int file, const void *bytes, size_t count), (file, bytes, count),
                  FAILED(returned), OF_FILE);

POLLSCOPE_OBSERVE(pread, ssize_t, pread, (int file, void *bytes, size_t count, off_t at), (file, bytes, count, at),
                  FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pread, ssize_t, pread64, (int file, void *bytes, size_t count, off64_t at), (file, bytes, count, at),
                  FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pread, ssize_t, __pread_chk, (int file, void *bytes, size_t count, off_t at, size_t room),
                  (file, bytes, count, at, room), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pread, ssize_t, __pread64_chk, (int file, void *bytes, size_t count, off64_t at, size_t room),
                  (file, bytes, count, at, room), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pwrite, ssize_t, pwrite, (int file, const void *bytes, size_t count, off_t at),
                  (file, bytes, count, at), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pwrite, ssize_t, pwrite64, (int file, const void *bytes, size_t count, off64_t at),
                  (file, bytes, count, at), FAILED(returned), OF_FILE);

POLLSCOPE_OBSERVE(readv, ssize_t, readv, (int file, const struct iovec *parts, int count), (file, parts, count),
                  FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(writev, ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count),
                  FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(preadv, ssize_t, preadv, (int file, const struct iovec *parts, int count, off_t at),
                  (file, parts, count, at), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(preadv, ssize_t, preadv64, (int file, const struct iovec *parts, int count, off64_t at),
                  (file, parts, count, at), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pwritev, ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at),
                  (file, parts, count, at), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pwritev, ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t at),
                  (file, parts, count, at), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(preadv2, ssize_t, preadv2, (int file, const struct iovec *parts, int count, off_t at, int flags),
                  (file, parts, count, at, flags), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(preadv2, ssize_t, preadv64v2, (int file, const struct iovec *parts, int count, off64_t at, int flags),
                  (file, parts, count, at, flags), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pwritev2, ssize_t, pwritev2, (int file, const struct iovec *parts, int count, off_t at, int flags),
                  (file, parts, count, at, flags), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(pwritev2, ssize_t, pwritev64v2,
                  (int file, const struct iovec *parts, int count, off64_t at, int flags),
                  (file, parts, count, at, flags), FAILED(returned), OF_FILE);

POLLSCOPE_OBSERVE(fsync, int, fsync, (int file), (file), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(fdatasync, int, fdatasync, (int file), (file), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(syncfs, int, syncfs, (int file), (file), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(sync_file_range, int, sync_file_range, (int file, off64_t at, off64_t count, unsigned flags),
                  (file, at, count, flags), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(msync, int, msync, (void *address, size_t count, int flags), (address, count, flags),
                  FAILED(returned), pollscope_of_nothing());

// This one returns nothing.
POLLSCOPE_DEFINE_NEXT(void, sync, (void), ())
POLLSCOPE_CALL_CODE static __attribute__((noinline)) void observed_sync(void) {
    struct pollscope_thread *self = &pollscope_thread;
    uint64_t start = pollscope_call_begin(self, POLLSCOPE_CALL_sync, __builtin_frame_address(0));
    next_sync();
    if (__builtin_expect(start == 0, 0))
        return;
    uint64_t duration = pollscope_call_account(self, start);
    if (__builtin_expect(duration >= pollscope_blocking_ticks, 0))
        pollscope_call_write(self, start, duration, 0, pollscope_of_nothing());
    pollscope_call_end(self);
}
POLLSCOPE_DEFINE_OURS(void, sync, (void), ());

POLLSCOPE_OBSERVE(truncate, int, truncate, (const char *path, off_t bytes), (path, bytes), FAILED(returned),
                  pollscope_of_path(path));
POLLSCOPE_OBSERVE(truncate, int, truncate64, (const char *path, off64_t bytes), (path, bytes), FAILED(returned),
                  pollscope_of_path(path));
POLLSCOPE_OBSERVE(ftruncate, int, ftruncate, (int file, off_t bytes), (file, bytes), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(ftruncate, int, ftruncate64, (int file, off64_t bytes), (file, bytes), FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(fallocate, int, fallocate, (int file, int mode, off_t at, off_t count), (file, mode, at, count),
                  FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(fallocate, int, fallocate64, (int file, int mode, off64_t at, off64_t count), (file, mode, at, count),
                  FAILED(returned), OF_FILE);
POLLSCOPE_OBSERVE(posix_fallocate, int, posix_fallocate, (int file, off_t at, off_t count), (file, at, count), returned,
                  OF_FILE);
POLLSCOPE_OBSERVE(posix_fallocate, int, posix_fallocate64, (int file, off64_t at, off64_t count), (file, at, count),
                  returned, OF_FILE);

// Of two descriptors the one that is written to: most often a peer.
POLLSCOPE_OBSERVE(sendfile, ssize_t, sendfile, (int to, int from, off_t *at, size_t count), (to, from, at, count),
                  FAILED(returned), pollscope_of_descriptor(to));
POLLSCOPE_OBSERVE(sendfile, ssize_t, sendfile64, (int to, int from, off64_t *at, size_t count), (to, from, at, count),
                  FAILED(returned), pollscope_of_descriptor(to));
POLLSCOPE_OBSERVE(copy_file_range, ssize_t, copy_file_range,
                  (int from, off64_t *from_at, int to, off64_t *to_at, size_t count, unsigned flags),
                  (from, from_at, to, to_at, count, flags), FAILED(returned), pollscope_of_descriptor(to));
POLLSCOPE_OBSERVE(splice, ssize_t, splice,
                  (int from, off64_t *from_at, int to, off64_t *to_at, size_t count, unsigned flags),
                  (from, from_at, to, to_at, count, flags), FAILED(returned), pollscope_of_descriptor(to));

#endif
