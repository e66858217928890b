// Calls that wait for another thread, observed.
//
// A lock that is free is taken without a look at the clock: what the waiting function would do first, the function that
// does not wait does as well, and where that finds the lock taken, by this thread or another, the waiting one is called
// after all. Functions with a time limit look at the limit first, and are called as they are.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <pthread.h>
#include <semaphore.h>

// `take` is the function that does not wait. What it says other than EBUSY is what the waiting one would say.
#define OBSERVE_LOCK(name, lock_type, take)                                                                           \
    static __typeof(name) our_##name;                                                                                 \
    POLLSCOPE_DEFINE_NEXT(int, name, (lock_type * lock), (lock))                                                      \
    POLLSCOPE_DEFINE_OBSERVED(name, int, name, (lock_type * lock), (lock), returned, pollscope_of_lock(lock))         \
    POLLSCOPE_CALL_CODE static int our_##name(lock_type *lock) {                                                      \
        if (pollscope_call_is_outermost()) {                                                                          \
            int taken = take(lock);                                                                                   \
            if (__builtin_expect(taken != EBUSY, 1))                                                                  \
                return taken;                                                                                         \
            __attribute__((musttail)) return observed_##name(lock);                                                   \
        }                                                                                                             \
        return next_##name(lock);                                                                                     \
    }                                                                                                                 \
    extern __typeof(name) name __attribute__((weak, visibility("default"), alias("our_" #name)))

OBSERVE_LOCK(pthread_mutex_lock, pthread_mutex_t, pthread_mutex_trylock);
OBSERVE_LOCK(pthread_rwlock_rdlock, pthread_rwlock_t, pthread_rwlock_tryrdlock);
OBSERVE_LOCK(pthread_rwlock_wrlock, pthread_rwlock_t, pthread_rwlock_trywrlock);

// Most functions on threads return errno.
#define OBSERVE(number, name, parameters, arguments, object)                                                          \
    POLLSCOPE_OBSERVE(number, int, name, parameters, arguments, returned, object)

OBSERVE(pthread_mutex_timedlock, pthread_mutex_timedlock, (pthread_mutex_t * lock, const struct timespec *until),
        (lock, until), pollscope_of_lock(lock));
OBSERVE(pthread_mutex_clocklock, pthread_mutex_clocklock,
        (pthread_mutex_t * lock, clockid_t clock, const struct timespec *until), (lock, clock, until),
        pollscope_of_lock(lock));
OBSERVE(pthread_rwlock_timedrdlock, pthread_rwlock_timedrdlock,
        (pthread_rwlock_t * lock, const struct timespec *until), (lock, until), pollscope_of_lock(lock));
OBSERVE(pthread_rwlock_timedrdlock, pthread_rwlock_clockrdlock,
        (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *until), (lock, clock, until),
        pollscope_of_lock(lock));
OBSERVE(pthread_rwlock_timedwrlock, pthread_rwlock_timedwrlock,
        (pthread_rwlock_t * lock, const struct timespec *until), (lock, until), pollscope_of_lock(lock));
OBSERVE(pthread_rwlock_timedwrlock, pthread_rwlock_clockwrlock,
        (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *until), (lock, clock, until),
        pollscope_of_lock(lock));

OBSERVE(pthread_cond_wait, pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t *lock), (condition, lock),
        pollscope_of_lock(condition));
OBSERVE(pthread_cond_timedwait, pthread_cond_timedwait,
        (pthread_cond_t * condition, pthread_mutex_t *lock, const struct timespec *until), (condition, lock, until),
        pollscope_of_lock(condition));
OBSERVE(pthread_cond_clockwait, pthread_cond_clockwait,
        (pthread_cond_t * condition, pthread_mutex_t *lock, clockid_t clock, const struct timespec *until),
        (condition, lock, clock, until), pollscope_of_lock(condition));

OBSERVE(pthread_join, pthread_join, (pthread_t thread, void **result), (thread, result),
        POLLSCOPE_OBJECT(POLLSCOPE_OF_THREAD));
OBSERVE(pthread_timedjoin_np, pthread_timedjoin_np, (pthread_t thread, void **result, const struct timespec *until),
        (thread, result, until), POLLSCOPE_OBJECT(POLLSCOPE_OF_THREAD));
OBSERVE(pthread_timedjoin_np, pthread_clockjoin_np,
        (pthread_t thread, void **result, clockid_t clock, const struct timespec *until),
        (thread, result, clock, until), POLLSCOPE_OBJECT(POLLSCOPE_OF_THREAD));
POLLSCOPE_OBSERVE(pthread_barrier_wait, int, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier),
                  returned == PTHREAD_BARRIER_SERIAL_THREAD ? 0 : returned, pollscope_of_lock(barrier));

// A thread can be cancelled in these also where they do not wait, so the functions that never wait will not do.
#define FAILED(returned) pollscope_error_if_negative(returned)
POLLSCOPE_OBSERVE(sem_wait, int, sem_wait, (sem_t * semaphore), (semaphore), FAILED(returned),
                  pollscope_of_lock(semaphore));
POLLSCOPE_OBSERVE(sem_timedwait, int, sem_timedwait, (sem_t * semaphore, const struct timespec *until),
                  (semaphore, until), FAILED(returned), pollscope_of_lock(semaphore));
POLLSCOPE_OBSERVE(sem_clockwait, int, sem_clockwait, (sem_t * semaphore, clockid_t clock, const struct timespec *until),
                  (semaphore, clock, until), FAILED(returned), pollscope_of_lock(semaphore));

#endif
