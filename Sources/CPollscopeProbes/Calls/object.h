// What a call worked on: as its arguments name it, and in words where a record is written.
#ifndef POLLSCOPE_OBJECT_H
#define POLLSCOPE_OBJECT_H

#include "pollscope_layout.h"
#include "visibility.h"
#include <stdint.h>

enum pollscope_object_source {
    POLLSCOPE_OF_NOTHING,
    POLLSCOPE_OF_PATH,           // address: a string
    POLLSCOPE_OF_PATH_AT,        // address: a string, number: the descriptor that an empty one stands for
    POLLSCOPE_OF_DESCRIPTOR,     // number
    POLLSCOPE_OF_LISTENER,       // number: a socket whose own address tells more than its peer's
    POLLSCOPE_OF_SOCKET_ADDRESS, // address, number: its bytes
    POLLSCOPE_OF_RECEIVER,       // address, number: its bytes, descriptor: the socket, where there is no address
    POLLSCOPE_OF_POLLED,         // address: descriptors as poll() takes them, number: how many
    POLLSCOPE_OF_SELECTED,       // number: one more than the highest descriptor
    POLLSCOPE_OF_SERVICE,        // address: a host's name, other: a service's; each a string or NULL
    POLLSCOPE_OF_HOST_ADDRESS,   // address, number: its bytes, as in a socket's
    POLLSCOPE_OF_HOST_NUMBER,    // address: an IPv4 or IPv6 address, number: its bytes
    POLLSCOPE_OF_LOCK,           // address
    POLLSCOPE_OF_THREAD,
    POLLSCOPE_OF_PROCESS,        // number: its id; 0 or less: not known
    POLLSCOPE_OF_COMMAND,        // address: a string for a shell
    POLLSCOPE_OF_PROGRAM,        // address: a path, or a name to be looked up
};

// Arguments of a call, as they were given: an address may lead nowhere.
struct pollscope_object {
    enum pollscope_object_source source;
    int descriptor;
    int64_t number;
    const void *address, *other;
};

#define POLLSCOPE_OBJECT(...) ((struct pollscope_object){.source = __VA_ARGS__})

static inline struct pollscope_object pollscope_of_nothing(void) { return POLLSCOPE_OBJECT(POLLSCOPE_OF_NOTHING); }

static inline struct pollscope_object pollscope_of_path(const char *path) {
    return POLLSCOPE_OBJECT(POLLSCOPE_OF_PATH, .address = path);
}
static inline struct pollscope_object pollscope_of_path_at(int folder, const char *path) {
    return POLLSCOPE_OBJECT(POLLSCOPE_OF_PATH_AT, .number = folder, .address = path);
}
static inline struct pollscope_object pollscope_of_descriptor(int descriptor) {
    return POLLSCOPE_OBJECT(POLLSCOPE_OF_DESCRIPTOR, .number = descriptor);
}
static inline struct pollscope_object pollscope_of_lock(const volatile void *lock) {
    return POLLSCOPE_OBJECT(POLLSCOPE_OF_LOCK, .address = (const void *)lock);
}
static inline struct pollscope_object pollscope_of_service(const char *host, const char *service) {
    return POLLSCOPE_OBJECT(POLLSCOPE_OF_SERVICE, .address = host, .other = service);
}
static inline struct pollscope_object pollscope_of_polled(const void *descriptors, uint64_t count) {
    return POLLSCOPE_OBJECT(POLLSCOPE_OF_POLLED, .address = descriptors, .number = (int64_t)count);
}
static inline struct pollscope_object pollscope_of_process(int process) {
    return POLLSCOPE_OBJECT(POLLSCOPE_OF_PROCESS, .number = process);
}

// Puts it in words: kind, text and flag of the record. The record's call has returned, and a descriptor may be
// another's by now. No allocation, no lock, nothing that waits for a file system or a peer. Changes errno.
PRIVATE void pollscope_object_describe(const struct pollscope_object *object, struct pollscope_call_record *record);

#endif
