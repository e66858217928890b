// Decides when a poll is looked at.
//
// A poll is due for samples at the threshold and at every doubling of its age. While polls come and go, the watcher
// scans the rings every three quarters of the threshold, and when one that it has seen is due: so each poll is seen
// once at least before its first sample, and read then, to have something to compare with. Each scan is a wake-up,
// which costs more than all that is done in it. When nothing has begun or ended for a few scans the watcher sleeps
// until a poll begins, or until one that it knows is due.
//
// It sleeps on the bell in the session file, so that a reader in another process can wake it, too: to look at the live
// tasks. It does so between its scans, a few tasks at a time.
#define _GNU_SOURCE
#include "watch.h"

#include "capture.h"
#include "clock.h"
#include "evidence.h"
#include "kernel.h"
#include "pollscope_bell.h"
#include "sample.h"
#include "tasks.h"
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    stack_bytes = 256 * 1024,
    quiet_scans = 4, // without anything new, before it sleeps until something is
};

_Atomic uint32_t pollscope_watch_sleeps;

static struct pollscope_watch watches[POLLSCOPE_RINGS_MAX];
static uint64_t threshold_ticks;
static bool has_barrier;
static _Atomic uint32_t readiness;
enum { STARTING, READY, REFUSED }; // the watcher's thread

// --- the side of the threads ---------------------------------------------------------------------------------

struct pollscope_watch *pollscope_watch_claim(uint32_t index) {
    struct pollscope_watch *watch = &watches[index];
    atomic_store_explicit(&watch->signal, POLLSCOPE_SIGNAL_NONE, memory_order_relaxed);
    atomic_store_explicit(&watch->thread, &pollscope_thread, memory_order_release);
    pollscope_capture_admit();
    return watch;
}

bool pollscope_watch_first_reading(struct pollscope_watch *watch, uint64_t poll_start_ticks,
                                   struct pollscope_reading *reading) {
    if (!watch || atomic_load_explicit(&watch->first_of_poll, memory_order_acquire) != poll_start_ticks)
        return false;
    // The watcher writes the reading of another poll of this thread only when that poll runs.
    *reading = watch->first;
    return true;
}

void pollscope_watch_wake_slow(void) {
    int error = errno;
    if (atomic_exchange_explicit(&pollscope_watch_sleeps, 0, memory_order_relaxed))
        pollscope_bell_ring(pollscope_session.header);
    errno = error;
}

// --- the watcher ---------------------------------------------------------------------------------------------

bool pollscope_watch_has_barrier(void) { return has_barrier; }

void pollscope_watch_barrier(void) {
    if (has_barrier)
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    else
        atomic_thread_fence(memory_order_seq_cst);
}

static struct timespec duration(uint64_t ticks) {
    uint64_t ns = (uint64_t)((double)ticks * 1e9 / (double)pollscope_clock_hz());
    return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

// What one scan of the rings found.
struct scan {
    bool is_new;        // a poll has begun or ended since the last scan
    uint64_t due_ticks; // when the next of the polls that run is due; UINT64_MAX: none runs
};

// Looks at the poll that runs on a ring. Returns when it is due next.
static uint64_t look_at(struct pollscope_watch *watch, uint32_t index, uint64_t start, uint64_t now) {
    if (watch->poll_start_ticks != start) {
        watch->poll_start_ticks = start;
        watch->next_age_ticks = threshold_ticks;
    }
    // The time of polls inside was theirs, and they were looked at.
    uint64_t own_start = start + __atomic_load_n(&pollscope_session.ring_headers[index].running.inner_ticks,
                                                 __ATOMIC_RELAXED);
    uint64_t age = now > own_start ? now - own_start : 0;
    bool has_first = atomic_load_explicit(&watch->first_of_poll, memory_order_relaxed) == start;
    if (age >= watch->next_age_ticks) {
        pollscope_sample_take(watch, index, start);
        while (watch->next_age_ticks <= age)
            watch->next_age_ticks *= 2;
    } else if (!has_first && age >= threshold_ticks / 4) {
        // Of a younger one there will be a scan before it is due.
        pollscope_sample_read_first(watch, index, start);
    }
    return own_start + watch->next_age_ticks;
}

static struct scan scan_rings(void) {
    struct scan scan = {.due_ticks = UINT64_MAX};
    uint32_t used = __atomic_load_n(&pollscope_session.header->rings_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used; i++) {
        struct pollscope_watch *watch = &watches[i];
        const struct pollscope_ring_header *ring = &pollscope_session.ring_headers[i];
        uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
        uint64_t start = __atomic_load_n(&ring->running.start_ticks, __ATOMIC_ACQUIRE);
        if (head != watch->head || (start && start != watch->poll_start_ticks))
            scan.is_new = true;
        watch->head = head;
        if (!start)
            continue;
        uint64_t due = look_at(watch, i, start, pollscope_clock_ticks());
        scan.due_ticks = due < scan.due_ticks ? due : scan.due_ticks;
    }
    return scan;
}

// Sleeps until `due_ticks`, until a poll begins, or until the bell rings more often than `rings`. What began before this
// could be seen to sleep is found by the scan in between: then it does not sleep, and returns true.
static bool sleep_until_poll(uint64_t due_ticks, uint32_t rings) {
    atomic_store_explicit(&pollscope_watch_sleeps, 1, memory_order_relaxed);
    pollscope_watch_barrier();
    struct scan scan = scan_rings();
    if (scan.is_new) {
        atomic_store_explicit(&pollscope_watch_sleeps, 0, memory_order_relaxed);
        return true;
    }
    uint64_t now = pollscope_clock_ticks();
    due_ticks = scan.due_ticks < due_ticks ? scan.due_ticks : due_ticks;
    // Without the barrier a beginning can have been missed.
    if (!has_barrier && due_ticks > now + pollscope_clock_hz())
        due_ticks = now + pollscope_clock_hz();
    struct timespec limit = duration(due_ticks > now ? due_ticks - now : 0);
    struct timespec *bound = due_ticks == UINT64_MAX ? NULL : &limit;
    pollscope_bell_wait(pollscope_session.header, rings, bound);
    atomic_store_explicit(&pollscope_watch_sleeps, 0, memory_order_relaxed);
    return false;
}

static void *watch(void *ignored) {
    pthread_setname_np(pthread_self(), "pollscope");
    has_barrier = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    // Among the host's descriptors it would take numbers that the host expects to get, and close what became the host's.
    bool is_apart = pollscope_kernel_leave_descriptors();
    if (is_apart) // else the thread ends, and its id may be a thread's of the host
        __atomic_store_n(&pollscope_session.header->watcher_tid, (uint32_t)syscall(SYS_gettid), __ATOMIC_RELAXED);
    atomic_store_explicit(&readiness, is_apart ? READY : REFUSED, memory_order_release);
    if (!is_apart)
        return ignored;
    for (int quiet = 0;;) {
        // Before it is asked for anything, or what it is asked for meanwhile would be slept through.
        uint32_t rings = pollscope_bell_rings(pollscope_session.header);
        struct scan scan = scan_rings();
        if (pollscope_look_is_asked(pollscope_session.header)) {
            pollscope_tasks_look();
            continue;
        }
        quiet = scan.is_new ? 0 : quiet + 1;
        uint64_t now = pollscope_clock_ticks();
        if (quiet >= quiet_scans) {
            quiet = sleep_until_poll(scan.due_ticks, rings) ? 0 : quiet;
            continue;
        }
        uint64_t due = now + threshold_ticks / 4 * 3;
        due = scan.due_ticks < due ? scan.due_ticks : due;
        // Not busier than this, however the polls' ages fall.
        uint64_t shortest = threshold_ticks / 16;
        struct timespec pause = duration(due > now + shortest ? due - now : shortest);
        pollscope_bell_wait(pollscope_session.header, rings, &pause);
    }
    return ignored;
}

bool pollscope_watch_start(uint64_t long_poll_ns, char *why, size_t why_bytes) {
    threshold_ticks = (uint64_t)((double)long_poll_ns * 1e-9 * (double)pollscope_clock_hz());
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    // The host's signals are for the host's threads. One is let in, as Dispatch does: by it Swift's crash handler stops
    // a thread to show its stack.
    sigdelset(&all, SIGPROF);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_attr_init(&attributes);
    if (!error) {
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, stack_bytes);
        error = pthread_create(&thread, &attributes, watch, NULL);
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        snprintf(why, why_bytes, "The watcher's thread cannot be made: %s.", strerror(error));
        return false;
    }
    enum { naps_max = 10000 }; // half a second
    for (int i = 0; i < naps_max && atomic_load_explicit(&readiness, memory_order_acquire) == STARTING; i++) {
        struct timespec nap = {0, 50 * 1000};
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &nap, NULL);
    }
    if (atomic_load_explicit(&readiness, memory_order_acquire) == REFUSED) {
        snprintf(why, why_bytes, "The kernel refuses the watcher a table of descriptors of its own; Linux 5.9 has it.");
        return false;
    }
    pollscope_long_poll_ticks = threshold_ticks;
    return true;
}
