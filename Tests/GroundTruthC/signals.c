// The host's own signals: each reaches the handler that the host gave it, on the thread that it is for, as often as it
// was sent, and no signal does that the host did not send.
#include "host.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// --- timers ----------------------------------------------------------------------------------------------------

static _Atomic uint64_t alarms, profiles, thread_timers, on_other_threads, on_own_stacks, foreign_values;
static atomic_int timed_thread;
static char own_stack[64 * 1024];

static void count_alarm(int signal) {
    (void)signal;
    alarms++;
}
static void count_profile(int signal) {
    (void)signal;
    profiles++;
}
static void count_thread_timer(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    int saved = errno;
    char here;
    thread_timers++;
    on_other_threads += gettid() != timed_thread;
    on_own_stacks += &here >= own_stack && &here < own_stack + sizeof own_stack;
    foreign_values += info->si_value.sival_int != 4711;
    errno = saved;
}

// The pool's threads block what they need not have.
static void let_in(int signal) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

// A timer whose signal goes to this thread and no other.
static timer_t start_timer(int signal, struct itimerspec when) {
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal};
    event.sigev_value.sival_int = 4711;
    event._sigev_un._tid = gettid();
    timer_t timer = NULL;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &when, NULL) != 0)
        ground_host_say("no timer");
    return timer;
}

// As many as there was time for; on a busy machine fewer, but some.
static const char *plausible(uint64_t count, uint64_t elapsed_ns, uint64_t period_ns) {
    return count == 0 ? "none" : count <= elapsed_ns / period_ns + 2 ? "as many as there was time for" : "too many";
}

void ground_host_check_timers(void) {
    enum { period_ns = 1000000, length_ns = 60 * 1000 * 1000 };
    struct sigaction by_alarm = {.sa_handler = count_alarm}, by_profile = {.sa_handler = count_profile}, before;
    struct itimerval each = {{0, period_ns / 1000}, {0, period_ns / 1000}}, none = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &by_alarm, &before);
    ground_host_say("SIGALRM had %s handler", before.sa_handler == SIG_DFL ? "no" : "a");
    sigaction(SIGPROF, &by_profile, &before);
    ground_host_say("SIGPROF had %s handler", before.sa_handler == SIG_DFL ? "no" : "a");
    uint64_t begin = ground_host_now_ns();
    setitimer(ITIMER_REAL, &each, NULL);
    setitimer(ITIMER_PROF, &each, NULL);
    errno = ground_host_untouched;
    ground_host_compute(length_ns);
    int error = errno;
    // The thread that takes them may have had no processor yet.
    while ((alarms == 0 || profiles == 0) && ground_host_now_ns() - begin < 10000000000u)
        ;
    setitimer(ITIMER_REAL, &none, NULL);
    setitimer(ITIMER_PROF, &none, NULL);
    uint64_t elapsed = ground_host_now_ns() - begin;
    ground_host_say("SIGALRM: %s", plausible(alarms, elapsed, period_ns));
    ground_host_say("SIGPROF: %s", profiles ? "some" : "none");
    ground_host_say("errno is %d", error);

    // An alarm interrupts a call, as it should.
    let_in(SIGALRM);
    timer_t timer = start_timer(SIGALRM, (struct itimerspec){.it_value = {0, 3000000}});
    errno = 0;
    int result = poll(NULL, 0, 5000);
    ground_host_say("poll that an alarm interrupts: %d, %s", result, errno == EINTR ? "EINTR" : "another errno");
    timer_delete(timer);

    stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack}, stack_before;
    sigaltstack(&stack, &stack_before);
    struct sigaction by_thread = {.sa_sigaction = count_thread_timer, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigaction(SIGUSR2, &by_thread, NULL);
    timed_thread = gettid();
    let_in(SIGUSR2);
    begin = ground_host_now_ns();
    timer = start_timer(SIGUSR2, (struct itimerspec){{0, period_ns}, {0, period_ns}});
    ground_host_compute(length_ns);
    timer_delete(timer);
    elapsed = ground_host_now_ns() - begin;
    ground_host_say("a thread's timer: %s", plausible(thread_timers, elapsed, period_ns));
    ground_host_say("of these on other threads %d, not on the host's own stack %d, with another value %d",
                    (int)on_other_threads, (int)(thread_timers - on_own_stacks), (int)foreign_values);
    sigaltstack(&stack_before, NULL);
    signal(SIGALRM, SIG_DFL);
    signal(SIGPROF, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
}

// --- a handler that does not return ----------------------------------------------------------------------------

static sigjmp_buf way_out;
static void jump(int signal) {
    (void)signal;
    siglongjmp(way_out, 1);
}

void ground_host_check_jump(void) {
    int pipes[2];
    volatile int jumps = 0;
    volatile timer_t timer = NULL;
    struct sigaction by_jump = {.sa_handler = jump};
    if (pipe(pipes) != 0)
        return;
    sigaction(SIGALRM, &by_jump, NULL);
    let_in(SIGALRM);
    for (int attempt = 0; attempt < 5; attempt++) {
        char byte;
        if (sigsetjmp(way_out, 1) == 0) {
            timer = start_timer(SIGALRM, (struct itimerspec){.it_value = {0, 2000000}});
            (void)!read(pipes[0], &byte, 1);
            ground_host_say("read returned");
        } else {
            jumps++;
            timer_delete(timer);
        }
    }
    ground_host_say("jumped out of read %d times", jumps);
    ground_host_compute(15 * 1000 * 1000);
    SHOW("write", write(pipes[1], "x", 1));
    char byte;
    SHOW("read", read(pipes[0], &byte, 1));
    SHOW("poll", poll(NULL, 0, 2));
    signal(SIGALRM, SIG_DFL);
    close(pipes[0]);
    close(pipes[1]);
}

// --- a handler for every signal that is free -------------------------------------------------------------------

enum { signals_max = 65, times = 3 };
static _Atomic uint64_t received[signals_max], strays[signals_max];

static void count_any(int signal, siginfo_t *info, void *context) {
    (void)context;
    if (info->si_code == SI_QUEUE && info->si_value.sival_int == signal * 1000 && info->si_pid == getpid())
        received[signal]++;
    else
        strays[signal]++;
}

static bool is_of_interest(int number) { return number >= SIGRTMIN || number == SIGPROF || number == SIGUSR1; }

void ground_host_install_signals(void) {
    struct sigaction action = {.sa_sigaction = count_any, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (int number = 1; number <= SIGRTMAX; number++)
        if (is_of_interest(number))
            sigaction(number, &action, NULL);
}

void ground_host_check_signals(const char *when) {
    for (int number = 1; number <= SIGRTMAX; number++)
        received[number] = 0;
    ground_host_compute(30 * 1000 * 1000);
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (!is_of_interest(number))
            continue;
        for (uint64_t time = 1; time <= times; time++) {
            if (sigqueue(getpid(), number, (union sigval){.sival_int = number * 1000}) != 0)
                break;
            uint64_t end = ground_host_now_ns() + 5000000000u;
            while (received[number] < time && ground_host_now_ns() < end)
                ;
        }
    }
    ground_host_compute(30 * 1000 * 1000);
    for (int number = 1; number <= SIGRTMAX; number++) {
        struct sigaction now;
        if (is_of_interest(number) && sigaction(number, NULL, &now) == 0)
            ground_host_say("%s, signal %d: the handler is %s, %d of %d came, %d others", when, number,
                            now.sa_sigaction == count_any ? "the host's" : "another", (int)received[number], times,
                            (int)strays[number]);
    }
}

// --- no handlers at all: signals are waited for ----------------------------------------------------------------

void ground_host_block_signals(void) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static const int sent[] = {SIGUSR1, SIGHUP, SIGPROF, 40, 64, SIGUSR2, SIGTERM};
static _Atomic size_t waited_for;

// Takes any signal of the process, until the last that the host sends.
static void *wait_for_signals(void *lines) {
    char *line = lines;
    sigset_t all;
    sigfillset(&all);
    int number = 0;
    while (number != SIGTERM) {
        if (sigwait(&all, &number) != 0)
            number = -1;
        line += sprintf(line, " %d", number);
        waited_for++;
    }
    return NULL;
}

void ground_host_check_sigwait(void) {
    static char line[1024];
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setsigmask_np(&attributes, &all);
    if (pthread_create(&thread, &attributes, wait_for_signals, line) != 0)
        return;
    for (size_t index = 0; index < sizeof sent / sizeof *sent; index++) {
        ground_host_compute(12 * 1000 * 1000);
        // To the waiting thread: others of the process may let signals in that they have no handler for.
        if (pthread_kill(thread, sent[index]) != 0)
            break;
        uint64_t end = ground_host_now_ns() + 5000000000u;
        while (waited_for <= index && ground_host_now_ns() < end)
            ;
    }
    pthread_join(thread, NULL);
    ground_host_say("waited for:%s", line);
}

// In a poll: the thread blocks every signal, computes, and then asks which came.
void ground_host_check_sigtimedwait(void) {
    sigset_t all, before, pending;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int arrivals = 0, others = 0, pendings = 0;
    for (int attempt = 0; attempt < 8; attempt++) {
        struct timespec brief = {.tv_nsec = 1000000};
        siginfo_t info;
        ground_host_compute(4 * 1000 * 1000);
        sigpending(&pending);
        for (int number = 1; number <= SIGRTMAX; number++)
            pendings += sigismember(&pending, number) == 1;
        errno = 0;
        if (sigtimedwait(&all, &info, &brief) > 0)
            arrivals++;
        else
            others += errno != EAGAIN;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    ground_host_say("signals that nobody sent: %d pending, %d arrived, %d failures", pendings, arrivals, others);
}
