// Calls that fail: result and errno are the caller's to see, whatever the arguments, and errno stays as it was where
// a call does not set it.
#include "host.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// An address that nothing is at. Volatile: the compiler shall not reason about it.
static void *volatile nowhere = (void *)16;

static void check_files(void) {
    char byte = 0;
    int pipes[2];
    if (pipe(pipes) != 0)
        return;
    SHOW("read of no descriptor", read(-1, &byte, 1));
    SHOW("read of the wrong end", read(pipes[1], &byte, 1));
    SHOW("write of no descriptor", write(-1, &byte, 1));
    SHOW("write from nowhere", write(pipes[1], nowhere, 1));
    SHOW("write", write(pipes[1], &byte, 1));
    SHOW("read to nowhere", read(pipes[0], nowhere, 1));
    SHOW("readv from a bad list", readv(pipes[0], nowhere, 1));
    SHOW("pread of a pipe", pread(pipes[0], &byte, 1, 0));
    SHOW("fsync of a pipe", fsync(pipes[0]));
    SHOW("fdatasync of no descriptor", fdatasync(-1));
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    SHOW("read that would block", (read(pipes[0], &byte, 1), read(pipes[0], &byte, 1)));
    SHOW("flock of no descriptor", flock(-1, LOCK_EX));
    int locked = open("/dev/null", O_RDONLY), other = open("/dev/null", O_RDONLY);
    SHOW("flock", flock(locked, LOCK_EX));
    SHOW("flock that would block", flock(other, LOCK_EX | LOCK_NB));
    SHOW("close", close(locked));
    SHOW("close", close(other));
    SHOW("close again", close(other));
    close(pipes[0]);
    signal(SIGPIPE, SIG_IGN);
    SHOW("write that nobody reads", write(pipes[1], &byte, 1));
    close(pipes[1]);

    struct stat status;
    SHOW("open of nothing", open("/nonexistent/file", O_RDONLY));
    SHOW("open of a bad path", open(nowhere, O_RDONLY));
    SHOW("open of a path that is too long", ({
             static char path[8192];
             memset(path, 'x', sizeof path - 1);
             open(path, O_RDONLY);
         }));
    SHOW("openat of no folder", openat(-1, "file", O_RDONLY));
    SHOW("creat in nothing", creat("/nonexistent/file", 0600));
    SHOW("stat of a bad path", stat(nowhere, &status));
    SHOW("stat to nowhere", stat("/", nowhere));
    SHOW("stat of nothing", stat("/nonexistent", &status));
    SHOW("lstat of nothing", lstat("/nonexistent", &status));
    SHOW("fstat of no descriptor", fstat(-1, &status));
    SHOW("access to nothing", access("/nonexistent", R_OK));
    SHOW("opendir of nothing", opendir("/nonexistent") != NULL);
    SHOW("mkdir of a bad path", mkdir(nowhere, 0700));
    SHOW("rmdir of nothing", rmdir("/nonexistent"));
    SHOW("unlink of a bad path", unlink(nowhere));
    SHOW("rename of nothing", rename("/nonexistent", "/nonexistent2"));
    SHOW("readlink of a folder", readlink("/", &byte, 1));
    SHOW("realpath of nothing", realpath("/nonexistent", NULL) != NULL);
    SHOW("truncate of nothing", truncate("/nonexistent", 0));
    SHOW("ftruncate of no descriptor", ftruncate(-1, 0));
}

static void check_sockets(void) {
    char byte = 0;
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int stream = socket(AF_INET, SOCK_STREAM, 0), datagram = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    SHOW("connect of no descriptor", connect(-1, (struct sockaddr *)&loopback, sizeof loopback));
    SHOW("connect to a bad address", connect(stream, nowhere, sizeof loopback));
    SHOW("connect to nobody", connect(stream, (struct sockaddr *)&loopback, sizeof loopback));
    SHOW("accept of no listener", accept(datagram, NULL, NULL));
    SHOW("recv that would block", recv(datagram, &byte, 1, 0));
    SHOW("recvfrom to nowhere", recvfrom(datagram, nowhere, 1, 0, NULL, NULL));
    SHOW("recvmsg of a bad message", recvmsg(datagram, nowhere, 0));
    SHOW("sendmsg of a bad message", sendmsg(datagram, nowhere, 0));
    struct msghdr message = {.msg_name = nowhere, .msg_namelen = sizeof loopback};
    SHOW("sendmsg to a bad address", sendmsg(datagram, &message, 0));
    SHOW("sendto a bad address", sendto(datagram, &byte, 1, 0, nowhere, sizeof loopback));
    SHOW("send to nobody", send(datagram, &byte, 1, 0));
    SHOW("send of no descriptor", send(-1, &byte, 1, 0));
    close(stream);
    close(datagram);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
    SHOW("getaddrinfo of no number", getaddrinfo("not.a.number", NULL, &hints, &found));
    SHOW("getaddrinfo of a number", getaddrinfo("127.0.0.1", "80", &hints, &found));
    if (found)
        freeaddrinfo(found);
    SHOW("getnameinfo without room",
         getnameinfo((struct sockaddr *)&loopback, sizeof loopback, &byte, 1, NULL, 0, NI_NUMERICHOST));
}

static void check_waits(void) {
    struct pollfd none = {.fd = -1};
    struct timespec bad = {.tv_nsec = 2000000000}, past = {0, 1}, brief = {0, 200000};
    SHOW("nanosleep of a bad time", nanosleep(&bad, NULL));
    SHOW("nanosleep of no time", nanosleep(nowhere, NULL));
    SHOW("nanosleep", nanosleep(&brief, NULL));
    SHOW("clock_nanosleep on no clock", clock_nanosleep(77, 0, &brief, NULL));
    SHOW("clock_nanosleep until the past", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL));
    SHOW("usleep", usleep(200));
    SHOW("poll of a bad list", poll(nowhere, 1, 0));
    SHOW("poll", poll(&none, 1, 1));
    SHOW("select to nowhere", select(1, nowhere, NULL, NULL, NULL));
    SHOW("epoll_wait of no descriptor", epoll_wait(-1, nowhere, 1, 0));
    SHOW("wait for no child", wait(NULL));
    SHOW("waitpid for no child", waitpid(-1, NULL, 0));
    SHOW("waitid of nothing", waitid(99, 0, NULL, WEXITED));
    SHOW("system of nothing", system(NULL));
    SHOW("popen in a bad mode", popen("true", "x") != NULL);
    pid_t child;
    char *arguments[] = {(char *)"none", NULL}, *environment[] = {NULL};
    SHOW("posix_spawn of nothing", posix_spawn(&child, "/nonexistent", NULL, NULL, arguments, environment));
}

static void check_locks(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t checked;
    pthread_mutex_init(&checked, &attributes);
    struct timespec past = {0, 1}, bad = {.tv_nsec = -1};
    SHOW("pthread_mutex_lock", pthread_mutex_lock(&checked));
    SHOW("pthread_mutex_lock again", pthread_mutex_lock(&checked));
    SHOW("pthread_mutex_timedlock again", pthread_mutex_timedlock(&checked, &past));
    SHOW("pthread_mutex_unlock", pthread_mutex_unlock(&checked));
    pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&plain);
    SHOW("pthread_mutex_timedlock until the past", pthread_mutex_timedlock(&plain, &past));
    SHOW("pthread_mutex_timedlock until a bad time", pthread_mutex_timedlock(&plain, &bad));
    SHOW("pthread_cond_timedwait until the past", pthread_cond_timedwait(&condition, &plain, &past));
    pthread_mutex_unlock(&plain);
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    SHOW("pthread_rwlock_wrlock", pthread_rwlock_wrlock(&lock));
    SHOW("pthread_rwlock_wrlock again", pthread_rwlock_wrlock(&lock));
    SHOW("pthread_rwlock_rdlock of one's own", pthread_rwlock_rdlock(&lock));
    pthread_rwlock_unlock(&lock);
    sem_t semaphore;
    sem_init(&semaphore, 0, 1);
    SHOW("sem_wait", sem_wait(&semaphore));
    SHOW("sem_trywait", sem_trywait(&semaphore));
    SHOW("sem_timedwait until the past", sem_timedwait(&semaphore, &past));
    SHOW("pthread_join of oneself", pthread_join(pthread_self(), NULL));

    uint32_t word = 7;
    struct timespec brief = {0, 200000};
    SHOW("futex of another value", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 6, NULL, NULL, 0));
    SHOW("futex nowhere", syscall(SYS_futex, nowhere, FUTEX_WAIT, 0, NULL, NULL, 0));
    SHOW("futex for a while", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 7, &brief, NULL, 0));
    SHOW("futex that wakes nobody", syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
    SHOW("no system call", syscall(100000));
    long page = syscall(SYS_mmap, NULL, 4096L, (long)PROT_READ, (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1L, 0L);
    SHOW("a system call with six arguments", page != -1 && *(volatile char *)page == 0);
    SHOW("munmap", munmap((void *)page, 4096));
}

void ground_host_check_errors(void) {
    check_files();
    check_sockets();
    check_waits();
    check_locks();
}
