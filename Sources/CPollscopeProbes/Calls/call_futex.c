// The futex system call, made through `syscall`, observed: Swift's Mutex, Dispatch's groups and queues wait by it.
//
// `syscall` may make a child that returns through our frame while the parent waits to do the same (vfork, clone). So
// for all other numbers there is no frame: a jump, with registers and stack as the caller left them.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

// The seventh is on the stack, on x86-64: where it was not given, that word is a variable of the caller's, perhaps the
// futex itself. It may be read, and must not be written, not even with what it holds.
#if defined(__x86_64__)
#define PARAMETERS (long number, long word, long operation, long value, long limit, long other_word)
#define PASSED_ON (number, word, operation, value, limit, other_word)
#define SEVENTH (((const long *)__builtin_frame_address(0))[2]) // behind the frame's two words
#else
#define PARAMETERS (long number, long word, long operation, long value, long limit, long other_word, long value3)
#define PASSED_ON (number, word, operation, value, limit, other_word, value3)
#define SEVENTH value3
#endif
#define ARGUMENTS (number, word, operation, value, limit, other_word, SEVENTH)

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

static __typeof(syscall) *next_syscall;

__attribute__((constructor)) static void find_syscall(void) {
    __atomic_store_n(&next_syscall, (__typeof(syscall) *)pollscope_call_find("syscall"), __ATOMIC_RELAXED);
}

static inline bool waits(long operation) {
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return true;
    default:
        return false;
    }
}

POLLSCOPE_DEFINE_OBSERVED(futex, long, syscall, PARAMETERS, ARGUMENTS, pollscope_error_if_negative(returned),
                        pollscope_of_lock((const void *)word))

// Arguments that were not given are whatever the registers hold, as they are to the real one.
POLLSCOPE_CALL_CODE static long our_futex PARAMETERS {
    if (pollscope_call_is_outermost() && waits(operation))
        __attribute__((musttail)) return observed_syscall PASSED_ON;
    __attribute__((musttail)) return ((long(*) PARAMETERS)(void *)next_syscall)PASSED_ON;
}

// Before our constructor has run, which only constructors of other libraries can find so, the real one is looked up.
#if defined(__x86_64__)
_Static_assert(SYS_futex == 202, "the number below");
__attribute__((naked)) POLLSCOPE_CALL_CODE static long our_syscall PARAMETERS {
    __asm__("movq %0, %%r11\n\t"
            "testq %%r11, %%r11\n\t"
            "je 1f\n\t"
            "cmpq $202, %%rdi\n\t"
            "je %P1\n\t"
            "jmpq *%%r11\n"
            "1:\n\t"
            "pushq %%rdi\n\t"
            "pushq %%rsi\n\t"
            "pushq %%rdx\n\t"
            "pushq %%rcx\n\t"
            "pushq %%r8\n\t"
            "pushq %%r9\n\t"
            "subq $8, %%rsp\n\t" // aligned to 16, as at every call
            "callq %P2\n\t"
            "addq $8, %%rsp\n\t"
            "popq %%r9\n\t"
            "popq %%r8\n\t"
            "popq %%rcx\n\t"
            "popq %%rdx\n\t"
            "popq %%rsi\n\t"
            "popq %%rdi\n\t"
            "jmpq *%0"
            :
            : "m"(next_syscall), "i"(our_futex), "i"(find_syscall));
}
#elif defined(__aarch64__)
_Static_assert(SYS_futex == 98, "the number below");
__attribute__((naked)) POLLSCOPE_CALL_CODE static long our_syscall PARAMETERS {
    __asm__("adrp x16, %0\n\t"
            "ldr x16, [x16, #:lo12:%0]\n\t"
            "cbz x16, 1f\n\t"
            "cmp x0, #98\n\t"
            "b.eq 2f\n\t"
            "br x16\n"
            "1:\n\t"
            "stp x29, x30, [sp, #-80]!\n\t"
            "stp x0, x1, [sp, #16]\n\t"
            "stp x2, x3, [sp, #32]\n\t"
            "stp x4, x5, [sp, #48]\n\t"
            "str x6, [sp, #64]\n\t"
            "bl %2\n\t"
            "ldp x0, x1, [sp, #16]\n\t"
            "ldp x2, x3, [sp, #32]\n\t"
            "ldp x4, x5, [sp, #48]\n\t"
            "ldr x6, [sp, #64]\n\t"
            "ldp x29, x30, [sp], #80\n\t"
            "adrp x16, %0\n\t"
            "ldr x16, [x16, #:lo12:%0]\n\t"
            "br x16\n"
            "2:\n\t"
            "b %1"
            :
            : "S"(&next_syscall), "S"(our_futex), "S"(find_syscall));
}
#else
#error "Where a system call's number is passed is not known for this processor."
#endif

extern __typeof(syscall) syscall __attribute__((weak, visibility("default"), alias("our_syscall")));

#endif
