// Calls that wait for a file system to find, make, move or remove a file, observed.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include "loops.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

// What a header declares in fortified programs only.
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
char *__realpath_chk(const char *path, char *resolved, size_t room);
ssize_t __readlink_chk(const char *path, char *target, size_t bytes, size_t room);
ssize_t __readlinkat_chk(int folder, const char *path, char *target, size_t bytes, size_t room);

// What programs are linked to that were built with a C library before 2.33. They begin with a version.
int __xstat(int version, const char *path, struct stat *status);
int __xstat64(int version, const char *path, struct stat64 *status);
int __lxstat(int version, const char *path, struct stat *status);
int __lxstat64(int version, const char *path, struct stat64 *status);
int __fxstat(int version, int file, struct stat *status);
int __fxstat64(int version, int file, struct stat64 *status);
int __fxstatat(int version, int folder, const char *path, struct stat *status, int flags);
int __fxstatat64(int version, int folder, const char *path, struct stat64 *status, int flags);

#define FAILED(returned) pollscope_error_if_negative(returned)
#define FAILED_NULL(returned) pollscope_error_if_null(returned)
#define OF_PATH pollscope_of_path(path)
#define OF_PATH_AT pollscope_of_path_at(folder, path)

POLLSCOPE_OBSERVE_VARIADIC(open, int, open, (const char *path, int flags, mode_t mode), (path, flags, mode),
                           FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE_VARIADIC(open, int, open64, (const char *path, int flags, mode_t mode), (path, flags, mode),
                           FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE_VARIADIC(openat, int, openat, (int folder, const char *path, int flags, mode_t mode),
                           (folder, path, flags, mode), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE_VARIADIC(openat, int, openat64, (int folder, const char *path, int flags, mode_t mode),
                           (folder, path, flags, mode), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(open, int, __open_2, (const char *path, int flags), (path, flags), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(open, int, __open64_2, (const char *path, int flags), (path, flags), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(openat, int, __openat_2, (int folder, const char *path, int flags), (folder, path, flags),
                  FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(openat, int, __openat64_2, (int folder, const char *path, int flags), (folder, path, flags),
                  FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(creat, int, creat, (const char *path, mode_t mode), (path, mode), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(creat, int, creat64, (const char *path, mode_t mode), (path, mode), FAILED(returned), OF_PATH);
// What the descriptor stood for is gone when it has returned.
static __typeof(close) our_close;
POLLSCOPE_DEFINE_NEXT(int, close, (int file), (file))
POLLSCOPE_DEFINE_OBSERVED(close, int, close, (int file), (file), FAILED(returned), pollscope_of_nothing())
POLLSCOPE_CALL_CODE static int our_close(int file) {
    // An event loop ends with its descriptor.
    if (pollscope_call_is_outermost() && !pollscope_loop_ends_with(file))
        __attribute__((musttail)) return observed_close(file);
    return next_close(file);
}
extern __typeof(close) close __attribute__((weak, visibility("default"), alias("our_close")));

POLLSCOPE_OBSERVE(stat, int, stat, (const char *path, struct stat *status), (path, status), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(lstat, int, lstat, (const char *path, struct stat *status), (path, status), FAILED(returned),
                  OF_PATH);
POLLSCOPE_OBSERVE(fstat, int, fstat, (int file, struct stat *status), (file, status), FAILED(returned),
                  pollscope_of_descriptor(file));
POLLSCOPE_OBSERVE(fstatat, int, fstatat, (int folder, const char *path, struct stat *status, int flags),
                  (folder, path, status, flags), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(stat, int, stat64, (const char *path, struct stat64 *status), (path, status), FAILED(returned),
                  OF_PATH);
POLLSCOPE_OBSERVE(lstat, int, lstat64, (const char *path, struct stat64 *status), (path, status), FAILED(returned),
                  OF_PATH);
POLLSCOPE_OBSERVE(fstat, int, fstat64, (int file, struct stat64 *status), (file, status), FAILED(returned),
                  pollscope_of_descriptor(file));
POLLSCOPE_OBSERVE(fstatat, int, fstatat64, (int folder, const char *path, struct stat64 *status, int flags),
                  (folder, path, status, flags), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(stat, int, __xstat, (int version, const char *path, struct stat *status), (version, path, status),
                  FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(lstat, int, __lxstat, (int version, const char *path, struct stat *status), (version, path, status),
                  FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(fstat, int, __fxstat, (int version, int file, struct stat *status), (version, file, status),
                  FAILED(returned), pollscope_of_descriptor(file));
POLLSCOPE_OBSERVE(fstatat, int, __fxstatat, (int version, int folder, const char *path, struct stat *status, int flags),
                  (version, folder, path, status, flags), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(stat, int, __xstat64, (int version, const char *path, struct stat64 *status), (version, path, status),
                  FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(lstat, int, __lxstat64, (int version, const char *path, struct stat64 *status),
                  (version, path, status), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(fstat, int, __fxstat64, (int version, int file, struct stat64 *status), (version, file, status),
                  FAILED(returned), pollscope_of_descriptor(file));
POLLSCOPE_OBSERVE(fstatat, int, __fxstatat64,
                  (int version, int folder, const char *path, struct stat64 *status, int flags),
                  (version, folder, path, status, flags), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(statx, int, statx, (int folder, const char *path, int flags, unsigned mask, struct statx *status),
                  (folder, path, flags, mask, status), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(access, int, access, (const char *path, int mode), (path, mode), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(faccessat, int, faccessat, (int folder, const char *path, int mode, int flags),
                  (folder, path, mode, flags), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(statfs, int, statfs, (const char *path, struct statfs *status), (path, status), FAILED(returned),
                  OF_PATH);
POLLSCOPE_OBSERVE(statfs, int, statfs64, (const char *path, struct statfs64 *status), (path, status), FAILED(returned),
                  OF_PATH);
POLLSCOPE_OBSERVE(statfs, int, fstatfs, (int file, struct statfs *status), (file, status), FAILED(returned),
                  pollscope_of_descriptor(file));
POLLSCOPE_OBSERVE(statfs, int, fstatfs64, (int file, struct statfs64 *status), (file, status), FAILED(returned),
                  pollscope_of_descriptor(file));

POLLSCOPE_OBSERVE(opendir, DIR *, opendir, (const char *path), (path), FAILED_NULL(returned), OF_PATH);
// At a folder's end errno is what it was before.
POLLSCOPE_OBSERVE(readdir, struct dirent *, readdir, (DIR *folder), (folder), 0,
                  pollscope_of_descriptor(dirfd(folder)));
POLLSCOPE_OBSERVE(readdir, struct dirent64 *, readdir64, (DIR *folder), (folder), 0,
                  pollscope_of_descriptor(dirfd(folder)));

POLLSCOPE_OBSERVE(mkdir, int, mkdir, (const char *path, mode_t mode), (path, mode), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(mkdirat, int, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode),
                  FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(rmdir, int, rmdir, (const char *path), (path), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(unlink, int, unlink, (const char *path), (path), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(unlinkat, int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags),
                  FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(rename, int, rename, (const char *path, const char *new_path), (path, new_path), FAILED(returned),
                  OF_PATH);
POLLSCOPE_OBSERVE(renameat, int, renameat, (int folder, const char *path, int new_folder, const char *new_path),
                  (folder, path, new_folder, new_path), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(renameat, int, renameat2,
                  (int folder, const char *path, int new_folder, const char *new_path, unsigned flags),
                  (folder, path, new_folder, new_path, flags), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(link, int, link, (const char *path, const char *new_path), (path, new_path), FAILED(returned),
                  OF_PATH);
POLLSCOPE_OBSERVE(link, int, linkat, (int folder, const char *path, int new_folder, const char *new_path, int flags),
                  (folder, path, new_folder, new_path, flags), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(symlink, int, symlink, (const char *target, const char *path), (target, path), FAILED(returned),
                  OF_PATH);
POLLSCOPE_OBSERVE(symlink, int, symlinkat, (const char *target, int folder, const char *path), (target, folder, path),
                  FAILED(returned), OF_PATH_AT);

POLLSCOPE_OBSERVE(readlink, ssize_t, readlink, (const char *path, char *target, size_t bytes), (path, target, bytes),
                  FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(readlink, ssize_t, readlinkat, (int folder, const char *path, char *target, size_t bytes),
                  (folder, path, target, bytes), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(readlink, ssize_t, __readlink_chk, (const char *path, char *target, size_t bytes, size_t room),
                  (path, target, bytes, room), FAILED(returned), OF_PATH);
POLLSCOPE_OBSERVE(readlink, ssize_t, __readlinkat_chk,
                  (int folder, const char *path, char *target, size_t bytes, size_t room),
                  (folder, path, target, bytes, room), FAILED(returned), OF_PATH_AT);
POLLSCOPE_OBSERVE(realpath, char *, realpath, (const char *path, char *resolved), (path, resolved),
                  FAILED_NULL(returned), OF_PATH);
POLLSCOPE_OBSERVE(realpath, char *, __realpath_chk, (const char *path, char *resolved, size_t room),
                  (path, resolved, room), FAILED_NULL(returned), OF_PATH);

#endif
