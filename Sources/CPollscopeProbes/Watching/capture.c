// Copies registers and stacks by a signal.
//
// What keeps the host's system calls whole: the watcher signals only threads that are on a CPU or ready for one. A
// thread may still be about to go into a call that sleeps. Before it does, our definition of the call marks the thread
// and then looks whether a signal is on its way (pollscope_watch_settle); the watcher says that one is, has every
// thread pass a memory barrier, and then looks for the mark. One of the two sees the other, whatever the order. Calls
// that are not ours to define are restarted by the kernel (SA_RESTART) or, few and for microseconds, counted.
//
// A request belongs to the watcher until it is armed; then to whoever changes its state first: the handler, to fill
// it, or the watcher, to give it up. A signal that arrives late finds its request given up, and does nothing.
#define _GNU_SOURCE
#include "capture.h"

#include "clock.h"
#include "kernel.h"
#include "polls.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    requests_count = 4, // a thread that loses its CPU in the handler keeps one busy
    spins = 500,        // before the watcher sleeps between looks: some microseconds, as a signal takes
    step_ns = 50 * 1000,
    wait_ns_max = 10 * 1000 * 1000, // a thread that is ready and gets no CPU answers when it gets one
    settle_yields_max = 200,
    settle_naps_max = 100,
};

// The state of a request: what it is now, and which use of it, so that a late signal does not fit the next one.
enum { IDLE, ARMED, FILLING, FILLED, state_bits = 2 };

struct request {
    _Atomic uint64_t state;
    struct pollscope_capture capture;
};
static struct request requests[requests_count];
static struct request *handed_out;

static int signal_number;
static struct sigaction previous;

static inline uint64_t state_of(uint64_t use, uint64_t state) { return use << state_bits | state; }

// --- in the signal handler -----------------------------------------------------------------------------------

#define UNSANITIZED __attribute__((no_sanitize("address", "thread", "memory", "undefined")))

// Other functions' frames, with all that a sanitizer has put between their variables.
UNSANITIZED static void copy_stack(uint64_t *to, uint64_t from, uint64_t words) {
    const volatile uint64_t *source = (const volatile uint64_t *)(uintptr_t)from;
    for (uint64_t i = 0; i < words; i++)
        to[i] = source[i];
}

// Whether the signal has cut a system call short that the kernel does not start again.
UNSANITIZED static bool has_cut_system_call(const ucontext_t *context) {
#if defined(__x86_64__)
    const greg_t *registers = context->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)registers[REG_RIP];
    const uint64_t page_mask = 4095;
    if (registers[REG_RAX] != -EINTR || (pc & page_mask) < 2)
        return false;
    const volatile uint8_t *code = (const volatile uint8_t *)pc;
    return code[-2] == 0x0F && code[-1] == 0x05; // syscall
#else
    (void)context;
    return false;
#endif
}

// From the red zone on, which is the interrupted function's. Where the handler has a stack of its own, the red zone
// may reach into a page that is not there.
static uint64_t start_of_copy(uint64_t sp) {
    const uint64_t page_mask = 4095, handler_bytes_max = 64 * 1024;
    uint64_t low = (sp - POLLSCOPE_RED_ZONE) & ~7ull, here = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    bool is_mapped = (low & ~page_mask) == (sp & ~page_mask) || (here < sp && sp - here < handler_bytes_max);
    return is_mapped ? low : sp & ~7ull;
}

static void fill(struct pollscope_capture *capture, const struct pollscope_thread *thread, const ucontext_t *context) {
    pollscope_registers_of_signal(context, &capture->registers, capture->general);
    capture->registers.base_fp = pollscope_poll_turn_is_innermost() ? 0 : thread->poll.frame;
    capture->poll_start_ticks = thread->depth ? thread->ring->running.start_ticks : 0;
    capture->low = capture->high = start_of_copy(capture->registers.sp);
    // The poll's own record of its caller, too. Elsewhere (on another stack) there is nothing that we could bound.
    uint64_t end = thread->poll.frame + 2 * sizeof(uint64_t);
    const uint64_t stack_bytes_max = 1ull << 30;
    if (thread->poll.frame == 0 || capture->low >= end || end - capture->low > stack_bytes_max)
        return;
    uint64_t bytes = end - capture->low;
    if (bytes > POLLSCOPE_CAPTURE_BYTES_MAX)
        bytes = POLLSCOPE_CAPTURE_BYTES_MAX;
    // On a stack of the host's making, that one may end before.
    bytes = pollscope_kernel_end_of_readable(capture->low, capture->low + bytes) - capture->low;
    copy_stack(capture->bytes, capture->low, bytes / sizeof(uint64_t));
    capture->high = capture->low + bytes;
}

// What the signal would have done without us.
static void pass_on(int signal, siginfo_t *info, void *context) {
    if (previous.sa_flags & SA_SIGINFO)
        return previous.sa_sigaction(signal, info, context);
    if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
        return previous.sa_handler(signal);
    if (previous.sa_handler == SIG_IGN || signal == SIGURG || signal == SIGWINCH)
        return;
    // Its default is to end the process: it arrives again when this handler has returned.
    struct sigaction fallback = {.sa_handler = SIG_DFL};
    sigaction(signal, &fallback, NULL);
    syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), signal);
}

static void handle(int signal, siginfo_t *info, void *context) {
    int error = errno;
    uint64_t begun = pollscope_clock_ticks();
    // Ours carry a use number and a request's place; they come from this process.
    uint64_t ticket = (uint64_t)(uintptr_t)info->si_value.sival_ptr;
    struct request *request = &requests[ticket % requests_count];
    if (info->si_code != SI_QUEUE || info->si_pid != getpid() || ticket / requests_count == 0) {
        pass_on(signal, info, context);
        errno = error;
        return;
    }
    struct pollscope_thread *thread = &pollscope_thread;
    if (pollscope_is_on()) {
        uint64_t use = ticket / requests_count, expected = state_of(use, ARMED);
        if (has_cut_system_call(context))
            __atomic_fetch_add(&pollscope_session.header->signals_in_system_calls, 1, __ATOMIC_RELAXED);
        if (thread->ring && atomic_compare_exchange_strong(&request->state, &expected, state_of(use, FILLING))) {
            fill(&request->capture, thread, context);
            request->capture.handler_ticks = pollscope_clock_ticks() - begun;
            atomic_store_explicit(&request->state, state_of(use, FILLED), memory_order_release);
        }
        if (thread->watch)
            atomic_store_explicit(&thread->watch->signal, POLLSCOPE_SIGNAL_NONE, memory_order_release);
    }
    errno = error;
}

// --- choice of the signal ------------------------------------------------------------------------------------

// Somebody handles or ignores it.
static bool is_handled(int signal) {
    struct sigaction action;
    return sigaction(signal, NULL, &action) != 0 || (action.sa_flags & SA_SIGINFO) || action.sa_handler != SIG_DFL;
}

// Or waits for it: who does that blocks it before it makes threads, so in the main thread, too. (Where this is called,
// on a thread of Dispatch's perhaps, nearly all are blocked.)
static bool is_taken(int signal) {
    return is_handled(signal) || pollscope_kernel_blocks_signal((uint32_t)getpid(), signal);
}

int pollscope_capture_choose(struct pollscope_settings *settings) {
    if (settings->signal < 0)
        return 0;
    int chosen = settings->signal;
    bool is_wanted_taken = chosen != 0 && is_taken(chosen);
    if (is_wanted_taken)
        chosen = 0;
    // The first ones and the last few are what libraries and service managers use.
    enum { kept_free = 4 };
    for (int candidate = SIGRTMAX - kept_free; chosen == 0 && candidate >= SIGRTMIN + kept_free; candidate--)
        if (!is_taken(candidate))
            chosen = candidate;
    // A main thread that blocks all of them waits for some; hardly for these.
    for (int candidate = SIGRTMAX - kept_free; chosen == 0 && candidate >= SIGRTMIN + kept_free; candidate--)
        if (!is_handled(candidate))
            chosen = candidate;
    if (is_wanted_taken && chosen)
        pollscope_settings_note(settings, "POLLSCOPE_SIGNAL: signal %d is in use by the service; %d is used.\n",
                                settings->signal, chosen);
    else if (is_wanted_taken)
        pollscope_settings_note(settings, "POLLSCOPE_SIGNAL: signal %d is in use by the service.\n", settings->signal);
    return chosen;
}

bool pollscope_capture_start(int signal) {
    // On the alternative stack, where the host's thread has one: its own may be nearly full.
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    if (sigaction(signal, &action, &previous) != 0)
        return false;
    signal_number = signal;
    return true;
}

int pollscope_capture_signal(void) { return signal_number; }

void pollscope_capture_admit(void) {
    if (!signal_number)
        return;
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
}

bool pollscope_capture_is_ours(void) {
    struct sigaction action;
    return signal_number && sigaction(signal_number, NULL, &action) == 0 && (action.sa_flags & SA_SIGINFO) &&
           action.sa_sigaction == handle;
}

// --- in the watcher ------------------------------------------------------------------------------------------

static struct request *free_request(void) {
    if (handed_out)
        atomic_store_explicit(&handed_out->state, state_of(0, IDLE), memory_order_relaxed);
    handed_out = NULL;
    for (int i = 0; i < requests_count; i++) {
        // One that was left in the handler, and is done there by now, is free, too.
        uint64_t state = atomic_load_explicit(&requests[i].state, memory_order_acquire) & ((1 << state_bits) - 1);
        if (state == IDLE || state == FILLED)
            return &requests[i];
    }
    return NULL;
}

static bool send(uint32_t tid, uint64_t ticket) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = signal_number;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)(uintptr_t)ticket;
    return syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)tid, signal_number, &info) == 0;
}

static inline void relax(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Whether the handler has filled the request; if it has not begun in time, it never will.
static bool await(struct request *request, uint64_t use) {
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(&request->state, memory_order_acquire) == state_of(use, FILLED))
            return true;
        relax();
    }
    for (uint64_t waited = 0; waited < wait_ns_max; waited += step_ns) {
        struct timespec step = {0, step_ns};
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &step, NULL);
        if (atomic_load_explicit(&request->state, memory_order_acquire) == state_of(use, FILLED))
            return true;
    }
    uint64_t expected = state_of(use, ARMED);
    atomic_compare_exchange_strong(&request->state, &expected, state_of(0, IDLE));
    return expected == state_of(use, FILLED);
}

const struct pollscope_capture *pollscope_capture_take(struct pollscope_watch *watch,
                                                      const struct pollscope_ring_header *ring, uint32_t tid,
                                                      uint64_t start) {
    static uint64_t uses;
    struct request *request = free_request();
    // A thread that has not had the CPU since the last signal need not get another. One that blocks the signal might
    // take it by sigwait.
    if (!request || atomic_load_explicit(&watch->signal, memory_order_acquire) != POLLSCOPE_SIGNAL_NONE ||
        pollscope_kernel_blocks_signal(tid, signal_number))
        return NULL;
    uint64_t use = ++uses;
    atomic_store_explicit(&request->state, state_of(use, ARMED), memory_order_release);
    atomic_store_explicit(&watch->signal, POLLSCOPE_SIGNAL_COMING, memory_order_seq_cst);
    pollscope_watch_barrier();
    // The poll goes on, outside all calls, and its thread has not given up waiting for this.
    uint32_t coming = POLLSCOPE_SIGNAL_COMING;
    if (__atomic_load_n(&ring->running.start_ticks, __ATOMIC_ACQUIRE) != start ||
        __atomic_load_n(&ring->running.call, __ATOMIC_ACQUIRE) != POLLSCOPE_CALL_NONE ||
        !atomic_compare_exchange_strong(&watch->signal, &coming, POLLSCOPE_SIGNAL_SENDING) ||
        !send(tid, use * requests_count + (uint64_t)(request - requests))) {
        atomic_store_explicit(&watch->signal, POLLSCOPE_SIGNAL_NONE, memory_order_release);
        atomic_store_explicit(&request->state, state_of(0, IDLE), memory_order_relaxed);
        return NULL;
    }
    if (!await(request, use))
        return NULL;
    handed_out = request;
    return &request->capture;
}

void pollscope_watch_settle_slow(struct pollscope_watch *watch) {
    int error = errno;
    // The watcher is about to decide; where it does not come to it, it is told that this thread does not wait longer.
    uint32_t seen = POLLSCOPE_SIGNAL_COMING;
    for (int i = 0; i < settle_yields_max && seen == POLLSCOPE_SIGNAL_COMING; i++) {
        sched_yield();
        seen = atomic_load_explicit(&watch->signal, memory_order_acquire);
    }
    if (seen == POLLSCOPE_SIGNAL_COMING)
        atomic_compare_exchange_strong(&watch->signal, &seen, POLLSCOPE_SIGNAL_OVERDUE);
    // It has decided, and is a system call away from it. Where the signal does not arrive, nobody shall wait again.
    for (int i = 0; i < settle_naps_max && seen == POLLSCOPE_SIGNAL_SENDING; i++) {
        struct timespec nap = {0, step_ns};
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &nap, NULL);
        seen = atomic_load_explicit(&watch->signal, memory_order_acquire);
    }
    if (seen == POLLSCOPE_SIGNAL_SENDING)
        atomic_compare_exchange_strong(&watch->signal, &seen, POLLSCOPE_SIGNAL_OVERDUE);
    errno = error;
}
