// Puts in words what a call worked on.
//
// What the arguments point at is copied by a system call that fails where there is nothing: they are the caller's, and
// may be the very reason why its call failed. Of descriptors the kernel is asked for the name that it keeps.
#define _GNU_SOURCE
#include "object.h"

#include "kernel.h"
#include "pollscope_calls.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    text_max = PATH_MAX,
    copied_at_once = 256, // of a string whose end is not known
    page_bytes = 4096,    // no smaller ones exist
};

// --- words into the record -----------------------------------------------------------------------------------

static void keep(struct pollscope_call_record *record, uint8_t kind, const char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        record->object[i] = (uint8_t)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
    record->object_kind = kind;
    record->object_bytes = (uint8_t)bytes;
}

static bool is_inside_character(char byte) { return ((uint8_t)byte & 0xC0) == 0x80; } // in UTF-8

static void keep_end(struct pollscope_call_record *record, uint8_t kind, const char *text, size_t bytes) {
    if (bytes > POLLSCOPE_OBJECT_BYTES) {
        record->flags |= POLLSCOPE_CALL_OBJECT_CUT;
        text += bytes - POLLSCOPE_OBJECT_BYTES;
        bytes = POLLSCOPE_OBJECT_BYTES;
        while (bytes && is_inside_character(*text))
            text++, bytes--;
    }
    keep(record, kind, text, bytes);
}

static void keep_beginning(struct pollscope_call_record *record, uint8_t kind, const char *text, size_t bytes) {
    if (bytes > POLLSCOPE_OBJECT_BYTES) {
        record->flags |= POLLSCOPE_CALL_OBJECT_CUT;
        bytes = POLLSCOPE_OBJECT_BYTES;
        while (bytes && is_inside_character(text[bytes]))
            bytes--;
    }
    keep(record, kind, text, bytes);
}

__attribute__((format(printf, 3, 4))) static void keep_words(struct pollscope_call_record *record, uint8_t kind,
                                                             const char *format, ...) {
    char text[POLLSCOPE_OBJECT_BYTES + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    keep(record, kind, text, strlen(text));
}

// --- the caller's memory -------------------------------------------------------------------------------------

// Copies a string, at most `bytes_max` of it. Returns its length; -1: it cannot be read.
static int64_t copy_string(const char *string, char *out, size_t bytes_max) {
    size_t copied = 0;
    while (copied < bytes_max) {
        uint64_t from = (uintptr_t)string + copied;
        size_t bytes = page_bytes - from % page_bytes; // what follows the page may not be there
        bytes = bytes < copied_at_once ? bytes : copied_at_once;
        bytes = bytes < bytes_max - copied ? bytes : bytes_max - copied;
        if (!pollscope_kernel_copy(from, out + copied, bytes))
            return -1;
        const char *end = memchr(out + copied, 0, bytes);
        if (end)
            return end - out;
        copied += bytes;
    }
    return (int64_t)copied;
}

// --- addresses -----------------------------------------------------------------------------------------------

static void keep_socket_address(struct pollscope_call_record *record, uint8_t kind,
                                const struct sockaddr_storage *address, size_t bytes) {
    char text[INET6_ADDRSTRLEN];
    if (address->ss_family == AF_INET && bytes >= sizeof(struct sockaddr_in)) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
        keep_words(record, kind, "%s:%u", text, ntohs(v4->sin_port));
    } else if (address->ss_family == AF_INET6 && bytes >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
        keep_words(record, kind, "[%s]:%u", text, ntohs(v6->sin6_port));
    } else if (address->ss_family == AF_UNIX) {
        const struct sockaddr_un *local = (const struct sockaddr_un *)address;
        size_t path_bytes = bytes > offsetof(struct sockaddr_un, sun_path)
                                ? bytes - offsetof(struct sockaddr_un, sun_path)
                                : 0;
        path_bytes = path_bytes < sizeof local->sun_path ? path_bytes : sizeof local->sun_path;
        char path[sizeof local->sun_path];
        memcpy(path, local->sun_path, path_bytes);
        if (path_bytes && path[0] == 0)
            path[0] = '@'; // as tools show names that are in no file system
        else
            path_bytes = strnlen(path, path_bytes);
        if (path_bytes)
            keep_end(record, kind, path, path_bytes);
        else
            keep_words(record, kind, "unix");
    } else {
        keep_words(record, kind, "address family %u", address->ss_family);
    }
}

static void keep_address_at(struct pollscope_call_record *record, uint8_t kind, const void *at, int64_t bytes) {
    struct sockaddr_storage address;
    memset(&address, 0, sizeof address);
    uint64_t copied = bytes < (int64_t)sizeof address ? (uint64_t)bytes : sizeof address;
    if (bytes >= (int64_t)sizeof(sa_family_t) && pollscope_kernel_copy((uintptr_t)at, &address, copied))
        keep_socket_address(record, kind, &address, copied);
}

static void keep_host_number(struct pollscope_call_record *record, const void *at, int64_t bytes) {
    char number[sizeof(struct in6_addr)], text[INET6_ADDRSTRLEN];
    if ((bytes == sizeof(struct in_addr) || bytes == sizeof(struct in6_addr)) &&
        pollscope_kernel_copy((uintptr_t)at, number, (uint64_t)bytes) &&
        inet_ntop(bytes == sizeof(struct in_addr) ? AF_INET : AF_INET6, number, text, sizeof text))
        keep_words(record, POLLSCOPE_OBJECT_HOST, "%s", text);
}

// --- descriptors ---------------------------------------------------------------------------------------------

static void keep_socket(struct pollscope_call_record *record, int socket, long which) {
    struct sockaddr_storage address;
    memset(&address, 0, sizeof address);
    socklen_t bytes = sizeof address;
    if (syscall(which, (long)socket, &address, &bytes) == 0)
        keep_socket_address(record, POLLSCOPE_OBJECT_SOCKET, &address, bytes < sizeof address ? bytes : sizeof address);
    else
        keep(record, POLLSCOPE_OBJECT_SOCKET, "", 0); // it has no peer, or none any more
}

static bool begins_with(const char *text, const char *beginning) {
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static void keep_descriptor(struct pollscope_call_record *record, int64_t descriptor, long socket_name) {
    char link[64], name[text_max + 1];
    snprintf(link, sizeof link, "/proc/thread-self/fd/%lld", (long long)descriptor);
    long bytes = syscall(SYS_readlinkat, AT_FDCWD, link, name, sizeof name - 1);
    if (bytes <= 0)
        return;
    name[bytes] = 0;
    const char anonymous[] = "anon_inode:";
    if (begins_with(name, "/dev/") && !begins_with(name, "/dev/shm/")) {
        keep_end(record, POLLSCOPE_OBJECT_DEVICE, name, (size_t)bytes);
    } else if (name[0] == '/') {
        keep_end(record, POLLSCOPE_OBJECT_FILE, name, (size_t)bytes);
    } else if (begins_with(name, "pipe:")) {
        keep_end(record, POLLSCOPE_OBJECT_PIPE, name, (size_t)bytes);
    } else if (begins_with(name, "socket:")) {
        keep_socket(record, (int)descriptor, socket_name);
    } else if (begins_with(name, anonymous)) { // "[eventpoll]", or without brackets: "inotify"
        const char *kind = name + strlen(anonymous);
        size_t length = strlen(kind);
        if (length > 2 && kind[0] == '[' && kind[length - 1] == ']')
            kind++, length -= 2;
        keep_end(record, POLLSCOPE_OBJECT_OTHER, kind, length);
    } else {
        keep_end(record, POLLSCOPE_OBJECT_OTHER, name, (size_t)bytes);
    }
}

static void keep_polled(struct pollscope_call_record *record, const void *at, int64_t count) {
    struct pollfd only;
    if (count == 1 && pollscope_kernel_copy((uintptr_t)at, &only, sizeof only))
        keep_descriptor(record, only.fd, SYS_getpeername);
    else
        keep_words(record, POLLSCOPE_OBJECT_OTHER, "%lld descriptors", (long long)count);
}

// --- strings -------------------------------------------------------------------------------------------------

static void keep_path(struct pollscope_call_record *record, uint8_t kind, const void *at, int64_t folder) {
    char path[text_max];
    int64_t bytes = copy_string(at, path, sizeof path);
    if (bytes > 0)
        keep_end(record, kind, path, (size_t)bytes);
    else if (bytes == 0 && folder >= 0)
        keep_descriptor(record, folder, SYS_getpeername);
}

static void keep_command(struct pollscope_call_record *record, const void *at) {
    char command[POLLSCOPE_OBJECT_BYTES + 1];
    int64_t bytes = copy_string(at, command, sizeof command);
    if (bytes > 0)
        keep_beginning(record, POLLSCOPE_OBJECT_PROCESS, command, (size_t)bytes);
}

static void keep_service(struct pollscope_call_record *record, const void *host, const void *service) {
    char text[NI_MAXHOST + NI_MAXSERV + 4];
    char name[NI_MAXHOST], port[NI_MAXSERV];
    int64_t name_bytes = host ? copy_string(host, name, sizeof name) : 0;
    int64_t port_bytes = service ? copy_string(service, port, sizeof port) : 0;
    if (name_bytes < 0 || port_bytes < 0)
        return;
    bool has_colons = memchr(name, ':', (size_t)name_bytes) && port_bytes;
    int bytes = snprintf(text, sizeof text, "%s%.*s%s%s%.*s", has_colons ? "[" : "", (int)name_bytes, name,
                         has_colons ? "]" : "", port_bytes ? ":" : "", (int)port_bytes, port);
    keep_end(record, POLLSCOPE_OBJECT_HOST, text, (size_t)bytes);
}

void pollscope_object_describe(const struct pollscope_object *object, struct pollscope_call_record *record) {
    switch (object->source) {
    case POLLSCOPE_OF_NOTHING:
        return;
    case POLLSCOPE_OF_PATH:
        return keep_path(record, POLLSCOPE_OBJECT_PATH, object->address, -1);
    case POLLSCOPE_OF_PATH_AT:
        return keep_path(record, POLLSCOPE_OBJECT_PATH, object->address, object->number);
    case POLLSCOPE_OF_DESCRIPTOR:
        return keep_descriptor(record, object->number, SYS_getpeername);
    case POLLSCOPE_OF_LISTENER:
        return keep_descriptor(record, object->number, SYS_getsockname);
    case POLLSCOPE_OF_SOCKET_ADDRESS:
        return keep_address_at(record, POLLSCOPE_OBJECT_SOCKET, object->address, object->number);
    case POLLSCOPE_OF_RECEIVER:
        if (object->address)
            return keep_address_at(record, POLLSCOPE_OBJECT_SOCKET, object->address, object->number);
        return keep_descriptor(record, object->descriptor, SYS_getpeername);
    case POLLSCOPE_OF_POLLED:
        return keep_polled(record, object->address, object->number);
    case POLLSCOPE_OF_SELECTED:
        return keep_words(record, POLLSCOPE_OBJECT_OTHER, "descriptors below %lld", (long long)object->number);
    case POLLSCOPE_OF_SERVICE:
        return keep_service(record, object->address, object->other);
    case POLLSCOPE_OF_HOST_ADDRESS:
        return keep_address_at(record, POLLSCOPE_OBJECT_HOST, object->address, object->number);
    case POLLSCOPE_OF_HOST_NUMBER:
        return keep_host_number(record, object->address, object->number);
    case POLLSCOPE_OF_LOCK:
        return keep_words(record, POLLSCOPE_OBJECT_LOCK, "0x%llx", (unsigned long long)(uintptr_t)object->address);
    case POLLSCOPE_OF_THREAD:
        return keep(record, POLLSCOPE_OBJECT_THREAD, "", 0);
    case POLLSCOPE_OF_PROCESS:
        if (object->number > 0)
            return keep_words(record, POLLSCOPE_OBJECT_PROCESS, "%lld", (long long)object->number);
        return keep(record, POLLSCOPE_OBJECT_PROCESS, "", 0);
    case POLLSCOPE_OF_COMMAND:
        return keep_command(record, object->address);
    case POLLSCOPE_OF_PROGRAM:
        return keep_path(record, POLLSCOPE_OBJECT_PROCESS, object->address, -1);
    }
}
