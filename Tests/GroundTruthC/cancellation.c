// Threads that are cancelled in calls: each is ended in the call that it is in, its cleanup handlers run, and what is
// no cancellation point does not become one.
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct things {
    int pipe[2], sockets[2], listener;
    sem_t semaphore;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    pthread_t endless; // a thread that does not end by itself
    atomic_int thread, cleanups;
};

static void *sleeps_for_ever(void *unused) {
    for (;;)
        pause();
    return unused;
}

static void blocks_in_read(struct things *things) { (void)!read(things->pipe[0], (char[1]){0}, 1); }
static void blocks_in_write(struct things *things) {
    static char block[1 << 20];
    (void)!write(things->pipe[1], block, sizeof block);
}
static void blocks_in_recv(struct things *things) { (void)recv(things->sockets[0], (char[1]){0}, 1, 0); }
static void blocks_in_accept(struct things *things) { (void)accept(things->listener, NULL, NULL); }
static void blocks_in_poll(struct things *things) {
    (void)poll(&(struct pollfd){.fd = things->sockets[0], .events = POLLIN}, 1, -1);
}
static void blocks_in_select(struct things *things) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(things->sockets[0], &set);
    (void)select(things->sockets[0] + 1, &set, NULL, NULL, NULL);
}
static void blocks_in_epoll_wait(struct things *things) {
    (void)things;
    struct epoll_event event;
    (void)epoll_wait(epoll_create1(EPOLL_CLOEXEC), &event, 1, -1);
}
static void blocks_in_sleep(struct things *things) {
    (void)things;
    sleep(1000);
}
static void blocks_in_nanosleep(struct things *things) {
    (void)things;
    nanosleep(&(struct timespec){.tv_sec = 1000}, NULL);
}
static void blocks_in_clock_nanosleep(struct things *things) {
    (void)things;
    clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_sec = 1000}, NULL);
}
static void blocks_in_pause(struct things *things) {
    (void)things;
    pause();
}
static void blocks_in_sem_wait(struct things *things) { sem_wait(&things->semaphore); }
static void blocks_in_join(struct things *things) { pthread_join(things->endless, NULL); }

static void unlock(void *mutex) { pthread_mutex_unlock(mutex); }
static void blocks_in_cond_wait(struct things *things) {
    pthread_mutex_lock(&things->mutex);
    pthread_cleanup_push(unlock, &things->mutex); // the wait takes it again before it ends
    for (;;)
        pthread_cond_wait(&things->condition, &things->mutex);
    pthread_cleanup_pop(1);
}

static const struct {
    const char *name;
    void (*blocks)(struct things *);
} calls[] = {
    {"read", blocks_in_read},
    {"write", blocks_in_write},
    {"recv", blocks_in_recv},
    {"accept", blocks_in_accept},
    {"poll", blocks_in_poll},
    {"select", blocks_in_select},
    {"epoll_wait", blocks_in_epoll_wait},
    {"sleep", blocks_in_sleep},
    {"nanosleep", blocks_in_nanosleep},
    {"clock_nanosleep", blocks_in_clock_nanosleep},
    {"pause", blocks_in_pause},
    {"sem_wait", blocks_in_sem_wait},
    {"pthread_join", blocks_in_join},
    {"pthread_cond_wait", blocks_in_cond_wait},
};

struct work {
    struct things *things;
    void (*blocks)(struct things *);
};

static void count_cleanup(void *context) {
    struct things *things = context;
    things->cleanups++;
}

static void *run(void *context) {
    struct work *work = context;
    work->things->thread = gettid();
    pthread_cleanup_push(count_cleanup, work->things);
    pthread_cleanup_push(count_cleanup, work->things);
    work->blocks(work->things);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel_in(const char *name, struct things *things, void (*blocks)(struct things *)) {
    struct work work = {things, blocks};
    pthread_t thread;
    void *result = NULL;
    things->thread = things->cleanups = 0;
    if (pthread_create(&thread, NULL, run, &work) != 0)
        return;
    while (things->thread == 0)
        usleep(100);
    ground_host_wait_until_sleeping(things->thread);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    ground_host_say("%s: %s, %d cleanups", name, result == PTHREAD_CANCELED ? "cancelled" : "ran on",
                    (int)things->cleanups);
}

// Cancelled before it begins: only cancellation points may end it.
static void *makes_calls_while_cancelled(void *context) {
    struct things *things = context;
    int steps = 0, state;
    struct stat status;
    sem_t semaphore;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_cancel(pthread_self());
    steps += nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL) == 0;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    steps += pthread_mutex_lock(&things->mutex) == 0;
    steps += pthread_mutex_unlock(&things->mutex) == 0;
    steps += stat("/", &status) == 0;
    int locked = dup(things->pipe[0]);
    steps += flock(locked, LOCK_SH) == 0;
    steps += access("/", R_OK) == 0;
    sem_init(&semaphore, 0, 1);
    steps += sem_trywait(&semaphore) == 0;
    things->thread = steps;
    pthread_cleanup_push(count_cleanup, things);
    close(locked);
    things->thread = 0; // not reached
    pthread_cleanup_pop(0);
    return NULL;
}

void ground_host_check_cancellation(void) {
    static struct things things;
    struct sockaddr_un address = {.sun_family = AF_UNIX}; // one that the kernel chooses
    pthread_mutex_init(&things.mutex, NULL);
    pthread_cond_init(&things.condition, NULL);
    sem_init(&things.semaphore, 0, 0);
    things.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pipe(things.pipe) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, things.sockets) != 0 ||
        bind(things.listener, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 ||
        listen(things.listener, 1) != 0 || pthread_create(&things.endless, NULL, sleeps_for_ever, NULL) != 0)
        return;
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++)
        cancel_in(calls[index].name, &things, calls[index].blocks);

    pthread_t thread;
    void *result = NULL;
    things.cleanups = 0;
    pthread_create(&thread, NULL, makes_calls_while_cancelled, &things);
    pthread_join(thread, &result);
    ground_host_say("what is no cancellation point: %d calls, then close: %s, %d cleanups", (int)things.thread,
                    result == PTHREAD_CANCELED ? "cancelled" : "ran on", (int)things.cleanups);
    pthread_cancel(things.endless);
    pthread_join(things.endless, NULL);
}
