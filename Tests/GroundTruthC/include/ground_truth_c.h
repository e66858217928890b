// What the programs with known behaviour need of C and C++: code without frame pointers, variadic calls, exceptions of
// another language, and things that a host does which Swift does not import.
//
// Built optimised and without frame pointers in every build, as C libraries come.
#ifndef GROUND_TRUTH_C_H
#define GROUND_TRUTH_C_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// --- archive.c, bare_archive.c: computing, three functions deep ----------------------------------------------------

// Until so much time has passed. Calls …_fold, which calls …_mix, where the time goes.
uint64_t ground_archive_digest(uint64_t nanoseconds);
uint64_t ground_archive_fold(const uint64_t *words, uint64_t end_ns);
uint64_t ground_archive_mix(const uint64_t *words, uint64_t seed);
uint64_t ground_bare_digest(uint64_t nanoseconds);
uint64_t ground_bare_fold(const uint64_t *words, uint64_t end_ns);
uint64_t ground_bare_mix(const uint64_t *words, uint64_t seed);

// --- library.c: calls that compilers and C libraries make under other names ---------------------------------------

// read, checked for overflow: __read_chk.
ssize_t ground_library_read_checked(int descriptor, void *buffer, size_t bytes);
int ground_library_open_for_writing(const char *path);
// fcntl(F_OFD_SETLKW) of the whole file.
int ground_library_lock_file(int descriptor);
int ground_library_unlock_file(int descriptor);
// How often the calling thread lost its processor to another.
uint64_t ground_library_preemptions(void);

// The kind of a socket that streams, closed on exec. Swift finds the C library's name for it in some builds only.
static const int ground_stream_socket = SOCK_STREAM | SOCK_CLOEXEC;

// --- resolver.c ----------------------------------------------------------------------------------------------------

// Points name look-ups of the calling thread at 127.0.0.1:port, and those of the process at the domain name system.
bool ground_resolver_use(uint16_t port);
// The answer to a query: one address, or one name for an address. Its length; 0: the query is none.
size_t ground_resolver_answer(const uint8_t *query, size_t query_bytes, uint8_t *answer, size_t answer_bytes);

// --- exceptions.cpp ------------------------------------------------------------------------------------------------

// Throws so many exceptions from some calls deep, with blocking calls between, and catches them. How many it caught.
int ground_exceptions_catch(int count);

// --- allocations.c: each calls functions of the allocator and says how many blocks and bytes that were ------------

struct ground_allocations_counts {
    int64_t allocations, bytes, frees; // bytes -2: a function did not do what it must
};
struct ground_allocations_counts ground_allocations_malloc(void);
struct ground_allocations_counts ground_allocations_calloc(void);
struct ground_allocations_counts ground_allocations_realloc(void);
struct ground_allocations_counts ground_allocations_realloc_edges(void);
struct ground_allocations_counts ground_allocations_reallocarray(void);
struct ground_allocations_counts ground_allocations_posix_memalign(void);
struct ground_allocations_counts ground_allocations_aligned_alloc(void);
struct ground_allocations_counts ground_allocations_memalign(void);
struct ground_allocations_counts ground_allocations_valloc(void);
struct ground_allocations_counts ground_allocations_pvalloc(void);
struct ground_allocations_counts ground_allocations_free_nothing(void);
struct ground_allocations_counts ground_allocations_failing(void);
struct ground_allocations_counts ground_allocations_fork(void);
// Frees one of the blocks that were allocated before the start.
struct ground_allocations_counts ground_allocations_free_early(void);
void ground_allocations_before_start(void);
void ground_allocations_libc(void);
// How much of a block can be used.
size_t ground_allocations_usable_bytes(void *block);
// From now on it is what the C library's allocator would give. For valgrind, whose blocks must have room behind them.
void ground_allocations_use_like_the_c_library(void);
// The block, which must be there: the compiler does not know that nobody looks at it.
void *ground_allocations_seen(void *block);
// The number, of which the compiler knows nothing.
int64_t ground_allocations_opaque(int64_t number);

// --- host: verdicts are lines on stdout, the same whether or not somebody observes ----------------------------------

// interruptions.c: for so long computes and makes short calls in turn; what became of the calls of all threads.
void ground_host_call_for(uint64_t nanoseconds, uint32_t seed);
void ground_host_say_interruptions(void);
// errors.c
void ground_host_check_errors(void);
// allocations.c
void ground_host_check_allocations(void);
// variadic.c
void ground_host_check_variadic(void);
// children.c
void ground_host_check_children(void);
// cancellation.c
void ground_host_check_cancellation(void);
// signals.c
void ground_host_check_timers(void);
void ground_host_check_jump(void);
// A handler of the host's for every real-time signal and SIGPROF; then sends each to itself so many times.
void ground_host_install_signals(void);
void ground_host_check_signals(const char *when);
// Blocks all signals in the calling thread and those that it starts.
void ground_host_block_signals(void);
void ground_host_check_sigwait(void);
void ground_host_check_sigtimedwait(void);
// descriptors.c: closes all descriptors from 3 on, again and again, while the process computes.
void ground_host_check_descriptors(void);

// loop.c: an event loop named "ground-loop": as many turns as bytes that it reads from `input`, one each; `handle` is called in
// each turn, and once more after the last has ended.
void ground_loop_run(int input, int turns, void (*handle)(int turn));

#ifdef __cplusplus
}
#endif

#endif
