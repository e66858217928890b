// Asks a process about its live tasks, and waits for the answer: by futexes in the session file, which both sides
// map.
#ifndef POLLSCOPE_BELL_H
#define POLLSCOPE_BELL_H

#include "pollscope_layout.h"
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// How often the bell has been rung. To be taken before looking for what it is rung for. Signal safe, as all of these;
// those that make a system call change errno.
static inline uint32_t pollscope_bell_rings(const struct pollscope_header *header) {
    return __atomic_load_n(&header->bell, __ATOMIC_SEQ_CST);
}

// Wakes who waits for the bell. Either side.
static inline void pollscope_bell_ring(struct pollscope_header *header) {
    __atomic_fetch_add(&header->bell, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &header->bell, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

// Waits until the bell has been rung more often than `rings`, at most for `limit` (NULL: without end).
static inline void pollscope_bell_wait(struct pollscope_header *header, uint32_t rings, const struct timespec *limit) {
    syscall(SYS_futex, &header->bell, FUTEX_WAIT, rings, limit, NULL, 0);
}

// A reader asks for a look. Returns its number.
static inline uint32_t pollscope_look_ask(struct pollscope_header *header) {
    uint32_t number = __atomic_add_fetch(&header->look_asked, 1, __ATOMIC_SEQ_CST);
    pollscope_bell_ring(header);
    return number;
}

// Whether a reader waits for an answer. The watcher.
static inline bool pollscope_look_is_asked(const struct pollscope_header *header) {
    return __atomic_load_n(&header->look_asked, __ATOMIC_SEQ_CST) !=
           __atomic_load_n(&header->look_answered, __ATOMIC_RELAXED);
}

// All looks up to `number` are answered: what they found is visible to who sees it. The watcher.
static inline void pollscope_look_answer(struct pollscope_header *header, uint32_t number) {
    __atomic_store_n(&header->look_answered, number, __ATOMIC_RELEASE);
    syscall(SYS_futex, &header->look_answered, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

// Waits for the answer to a reader's look, at most for `limit` each time that there is none. Whether there is one.
// False may come early.
static inline bool pollscope_look_wait(struct pollscope_header *header, uint32_t number, const struct timespec *limit) {
    uint32_t answered = __atomic_load_n(&header->look_answered, __ATOMIC_ACQUIRE);
    if ((int32_t)(answered - number) < 0) {
        syscall(SYS_futex, &header->look_answered, FUTEX_WAIT, answered, limit, NULL, 0);
        answered = __atomic_load_n(&header->look_answered, __ATOMIC_ACQUIRE);
    }
    return (int32_t)(answered - number) >= 0;
}

#endif
