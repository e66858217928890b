// The calls that are observed because they can block: one list for the probes that observe them and for the reader
// that names them.
#ifndef POLLSCOPE_CALLS_H
#define POLLSCOPE_CALLS_H

#include <stdint.h>

// What a call waits for.
enum pollscope_call_family {
    POLLSCOPE_FAMILY_NONE = 0,
    POLLSCOPE_FAMILY_SLEEP = 1,   // time to pass
    POLLSCOPE_FAMILY_FILE = 2,    // a descriptor's bytes, a file system
    POLLSCOPE_FAMILY_SOCKET = 3,  // a peer
    POLLSCOPE_FAMILY_WAIT = 4,    // descriptors to be ready
    POLLSCOPE_FAMILY_NAME = 5,    // a resolver
    POLLSCOPE_FAMILY_LOCK = 6,    // another thread
    POLLSCOPE_FAMILY_PROCESS = 7, // another process
};

// X(name, family). Numbers are in the order of the list, from 1: new ones are added at its end, because recordings
// keep them.
#define POLLSCOPE_CALLS(X)                                                                                            \
    X(sleep, SLEEP) X(usleep, SLEEP) X(nanosleep, SLEEP) X(clock_nanosleep, SLEEP) X(pause, SLEEP)                    \
    X(open, FILE) X(openat, FILE) X(creat, FILE) X(close, FILE)                                                       \
    X(read, FILE) X(write, FILE) X(pread, FILE) X(pwrite, FILE)                                                       \
    X(readv, FILE) X(writev, FILE) X(preadv, FILE) X(pwritev, FILE) X(preadv2, FILE) X(pwritev2, FILE)                \
    X(fsync, FILE) X(fdatasync, FILE) X(sync, FILE) X(syncfs, FILE) X(sync_file_range, FILE) X(msync, FILE)           \
    X(stat, FILE) X(lstat, FILE) X(fstat, FILE) X(fstatat, FILE) X(statx, FILE) X(access, FILE) X(faccessat, FILE)    \
    X(opendir, FILE) X(readdir, FILE) X(mkdir, FILE) X(mkdirat, FILE) X(rmdir, FILE)                                  \
    X(unlink, FILE) X(unlinkat, FILE) X(rename, FILE) X(renameat, FILE) X(link, FILE) X(symlink, FILE)                \
    X(readlink, FILE) X(realpath, FILE) X(truncate, FILE) X(ftruncate, FILE) X(fallocate, FILE)                       \
    X(posix_fallocate, FILE) X(sendfile, FILE) X(copy_file_range, FILE) X(splice, FILE) X(statfs, FILE)               \
    X(connect, SOCKET) X(accept, SOCKET) X(accept4, SOCKET)                                                           \
    X(recv, SOCKET) X(recvfrom, SOCKET) X(recvmsg, SOCKET) X(recvmmsg, SOCKET)                                        \
    X(send, SOCKET) X(sendto, SOCKET) X(sendmsg, SOCKET) X(sendmmsg, SOCKET)                                          \
    X(poll, WAIT) X(ppoll, WAIT) X(select, WAIT) X(pselect, WAIT)                                                     \
    X(epoll_wait, WAIT) X(epoll_pwait, WAIT) X(epoll_pwait2, WAIT)                                                    \
    X(getaddrinfo, NAME) X(getnameinfo, NAME) X(gethostbyname, NAME) X(gethostbyname2, NAME)                          \
    X(gethostbyaddr, NAME) X(gethostbyname_r, NAME) X(gethostbyname2_r, NAME) X(gethostbyaddr_r, NAME)                \
    X(pthread_mutex_lock, LOCK) X(pthread_mutex_timedlock, LOCK) X(pthread_mutex_clocklock, LOCK)                     \
    X(pthread_rwlock_rdlock, LOCK) X(pthread_rwlock_wrlock, LOCK)                                                     \
    X(pthread_rwlock_timedrdlock, LOCK) X(pthread_rwlock_timedwrlock, LOCK)                                           \
    X(pthread_cond_wait, LOCK) X(pthread_cond_timedwait, LOCK) X(pthread_cond_clockwait, LOCK)                        \
    X(sem_wait, LOCK) X(sem_timedwait, LOCK) X(sem_clockwait, LOCK)                                                   \
    X(pthread_join, LOCK) X(pthread_timedjoin_np, LOCK) X(pthread_barrier_wait, LOCK)                                 \
    X(futex, LOCK) X(flock, LOCK) X(lockf, LOCK) X(fcntl, LOCK)                                                       \
    X(wait, PROCESS) X(waitpid, PROCESS) X(waitid, PROCESS) X(wait3, PROCESS) X(wait4, PROCESS)                       \
    X(system, PROCESS) X(popen, PROCESS) X(pclose, PROCESS) X(posix_spawn, PROCESS) X(posix_spawnp, PROCESS) \
    X(execve, PROCESS)

enum pollscope_call {
    POLLSCOPE_CALL_NONE = 0,
#define POLLSCOPE_CALL_ENTRY(name, family) POLLSCOPE_CALL_##name,
    POLLSCOPE_CALLS(POLLSCOPE_CALL_ENTRY)
#undef POLLSCOPE_CALL_ENTRY
    POLLSCOPE_CALLS_COUNT // one more than the highest number
};

// What a call worked on; the record has it in words, too.
enum pollscope_object_kind {
    POLLSCOPE_OBJECT_NONE = 0,
    POLLSCOPE_OBJECT_PATH = 1,    // the argument, as the caller gave it
    POLLSCOPE_OBJECT_FILE = 2,    // a descriptor of a file: its path
    POLLSCOPE_OBJECT_PIPE = 3,
    POLLSCOPE_OBJECT_SOCKET = 4,  // the peer's address, where there is one
    POLLSCOPE_OBJECT_DEVICE = 5,
    POLLSCOPE_OBJECT_OTHER = 6,   // another kind of descriptor, by the kernel's name for it
    POLLSCOPE_OBJECT_HOST = 7,    // a name or an address to be resolved
    POLLSCOPE_OBJECT_LOCK = 8,    // its address
    POLLSCOPE_OBJECT_PROCESS = 9, // its id, or the command
    POLLSCOPE_OBJECT_THREAD = 10,
};

// The name of an enum pollscope_call in C; "" where it is none.
static inline const char *pollscope_call_name(uint16_t call) {
    static const char *const names[] = {
        "",
#define POLLSCOPE_CALL_NAME(name, family) #name,
        POLLSCOPE_CALLS(POLLSCOPE_CALL_NAME)
#undef POLLSCOPE_CALL_NAME
    };
    return call < POLLSCOPE_CALLS_COUNT ? names[call] : "";
}

// Its enum pollscope_call_family.
static inline uint8_t pollscope_call_family(uint16_t call) {
    static const uint8_t families[] = {
        POLLSCOPE_FAMILY_NONE,
#define POLLSCOPE_CALL_FAMILY(name, family) POLLSCOPE_FAMILY_##family,
        POLLSCOPE_CALLS(POLLSCOPE_CALL_FAMILY)
#undef POLLSCOPE_CALL_FAMILY
    };
    return call < POLLSCOPE_CALLS_COUNT ? families[call] : POLLSCOPE_FAMILY_NONE;
}

#endif
