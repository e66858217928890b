// Short stretches of computing and short calls in turn, so that a signal to a computing thread is as likely as can be
// to meet a call: none may fail with EINTR, return early, or give another result than it gives alone.
#include "host.h"

#include <poll.h>
#include <semaphore.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <linux/futex.h>
#include <time.h>
#include <unistd.h>

enum { pause_ns = 20000 };

// What a thread's calls work on.
struct things {
    int timer, epoll, sockets[2], pipe[2];
    sem_t semaphore;
    pthread_mutex_t held, mutex;
    pthread_cond_t condition;
    uint32_t word;
};

static struct timespec relative(void) { return (struct timespec){.tv_nsec = pause_ns}; }

static struct timespec from_now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_nsec += pause_ns;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
    return time;
}

// Each: whether all is as it should be. errno is 0 before.
static bool calls_nanosleep(struct things *things) {
    (void)things;
    struct timespec time = relative();
    return nanosleep(&time, NULL) == 0;
}
static bool calls_clock_nanosleep(struct things *things) {
    (void)things;
    struct timespec time = from_now(CLOCK_MONOTONIC);
    int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    errno = error;
    return error == 0;
}
static bool calls_usleep(struct things *things) {
    (void)things;
    return usleep(pause_ns / 1000) == 0;
}
static bool calls_poll(struct things *things) {
    struct pollfd descriptor = {.fd = things->sockets[0], .events = POLLIN};
    return poll(&descriptor, 1, 1) == 0;
}
static bool calls_ppoll(struct things *things) {
    struct pollfd descriptor = {.fd = things->sockets[0], .events = POLLIN};
    struct timespec time = relative();
    return ppoll(&descriptor, 1, &time, NULL) == 0;
}
static bool calls_select(struct things *things) {
    (void)things;
    struct timeval time = {.tv_usec = pause_ns / 1000};
    return select(0, NULL, NULL, NULL, &time) == 0;
}
static bool calls_pselect(struct things *things) {
    (void)things;
    struct timespec time = relative();
    return pselect(0, NULL, NULL, NULL, &time, NULL) == 0;
}
static bool calls_epoll_wait(struct things *things) {
    struct epoll_event event;
    return epoll_wait(things->epoll, &event, 1, 1) == 0;
}
static bool calls_read_of_timer(struct things *things) {
    struct itimerspec due = {.it_value = relative()};
    uint64_t count = 0;
    return timerfd_settime(things->timer, 0, &due, NULL) == 0 &&
           read(things->timer, &count, sizeof count) == sizeof count && count >= 1;
}
static bool calls_pipe(struct things *things) {
    char byte = 'x';
    return write(things->pipe[1], &byte, 1) == 1 && read(things->pipe[0], &byte, 1) == 1 && byte == 'x';
}
// With a time limit a receive is not started again after a handler, SA_RESTART or not.
static bool calls_recv_with_limit(struct things *things) {
    char byte;
    return recv(things->sockets[0], &byte, 1, 0) == -1 && errno == EAGAIN;
}
static bool calls_read_with_limit(struct things *things) {
    char byte;
    return read(things->sockets[0], &byte, 1) == -1 && errno == EAGAIN;
}
static bool calls_sem_timedwait(struct things *things) {
    struct timespec time = from_now(CLOCK_REALTIME);
    return sem_timedwait(&things->semaphore, &time) == -1 && errno == ETIMEDOUT;
}
static bool calls_mutex_timedlock(struct things *things) {
    struct timespec time = from_now(CLOCK_REALTIME);
    errno = pthread_mutex_timedlock(&things->held, &time);
    return errno == ETIMEDOUT;
}
static bool calls_cond_timedwait(struct things *things) {
    struct timespec time = from_now(CLOCK_REALTIME);
    pthread_mutex_lock(&things->mutex);
    errno = pthread_cond_timedwait(&things->condition, &things->mutex, &time);
    pthread_mutex_unlock(&things->mutex);
    return errno == ETIMEDOUT;
}
static bool calls_futex(struct things *things) {
    struct timespec time = relative();
    return syscall(SYS_futex, &things->word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0) == -1 && errno == ETIMEDOUT;
}

enum { short_calls_count = 12 };
static const struct {
    const char *name;
    bool (*makes)(struct things *);
} calls[] = {
    // Microseconds.
    {"nanosleep", calls_nanosleep},
    {"clock_nanosleep", calls_clock_nanosleep},
    {"usleep", calls_usleep},
    {"ppoll", calls_ppoll},
    {"select", calls_select},
    {"pselect", calls_pselect},
    {"read of a timer", calls_read_of_timer},
    {"write and read of a pipe", calls_pipe},
    {"sem_timedwait", calls_sem_timedwait},
    {"pthread_mutex_timedlock", calls_mutex_timedlock},
    {"pthread_cond_timedwait", calls_cond_timedwait},
    {"futex", calls_futex},
    // Milliseconds.
    {"poll", calls_poll},
    {"epoll_wait", calls_epoll_wait},
    {"recv with a time limit", calls_recv_with_limit},
    {"read with a time limit", calls_read_with_limit},
};
enum { calls_count = sizeof calls / sizeof *calls };

static _Atomic uint64_t made[calls_count], interrupted[calls_count], wrong[calls_count];

static bool prepare(struct things *things) {
    struct timeval limit = {.tv_usec = 1000};
    pthread_mutex_init(&things->held, NULL);
    pthread_mutex_init(&things->mutex, NULL);
    pthread_cond_init(&things->condition, NULL);
    things->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    things->epoll = epoll_create1(EPOLL_CLOEXEC);
    return things->timer >= 0 && things->epoll >= 0 && pipe(things->pipe) == 0 &&
           socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, things->sockets) == 0 &&
           setsockopt(things->sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           sem_init(&things->semaphore, 0, 0) == 0 && pthread_mutex_lock(&things->held) == 0;
}

static void dispose(struct things *things) {
    pthread_mutex_unlock(&things->held);
    const int descriptors[] = {things->timer,      things->epoll,   things->sockets[0],
                               things->sockets[1], things->pipe[0], things->pipe[1]};
    for (size_t index = 0; index < sizeof descriptors / sizeof *descriptors; index++)
        close(descriptors[index]);
}

void ground_host_call_for(uint64_t nanoseconds, uint32_t seed) {
    struct things things = {0};
    if (!prepare(&things)) {
        ground_host_say("no descriptors");
        return;
    }
    prctl(PR_SET_TIMERSLACK, 1); // sleeps as short as they are asked for
    uint64_t end = ground_host_now_ns() + nanoseconds;
    while (ground_host_now_ns() < end) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t random = seed >> 8;
        uint32_t number = random % 64 == 0 ? short_calls_count + (random >> 6) % (calls_count - short_calls_count)
                                           : (random >> 6) % short_calls_count;
        ground_host_compute(random & 0x1FFFF); // up to 131 µs
        errno = 0;
        bool is_right = calls[number].makes(&things);
        made[number]++;
        if (errno == EINTR)
            interrupted[number]++;
        else if (!is_right)
            wrong[number]++;
    }
    prctl(PR_SET_TIMERSLACK, 0);
    dispose(&things);
}

void ground_host_say_interruptions(void) {
    for (int number = 0; number < calls_count; number++)
        ground_host_say("%s: %s, %lu interrupted, %lu otherwise wrong", calls[number].name,
                        made[number] > 0 ? "called" : "never called", (unsigned long)interrupted[number],
                        (unsigned long)wrong[number]);
}
