// Calls that wait for a peer, observed.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <sys/socket.h>

// What a header declares in fortified programs only.
ssize_t __recv_chk(int socket, void *bytes, size_t count, size_t room, int flags);
ssize_t __recvfrom_chk(int socket, void *bytes, size_t count, size_t room, int flags, struct sockaddr *from,
                       socklen_t *from_bytes);

#define FAILED(returned) pollscope_error_if_negative(returned)
#define OF_LISTENER POLLSCOPE_OBJECT(POLLSCOPE_OF_LISTENER, .number = socket)

POLLSCOPE_OBSERVE(connect, int, connect, (int socket, const struct sockaddr *address, socklen_t bytes),
                  (socket, address, bytes), FAILED(returned),
                  POLLSCOPE_OBJECT(POLLSCOPE_OF_SOCKET_ADDRESS, .address = address, .number = bytes));
POLLSCOPE_OBSERVE(accept, int, accept, (int socket, struct sockaddr *address, socklen_t *bytes),
                  (socket, address, bytes), FAILED(returned), OF_LISTENER);
POLLSCOPE_OBSERVE(accept4, int, accept4, (int socket, struct sockaddr *address, socklen_t *bytes, int flags),
                  (socket, address, bytes, flags), FAILED(returned), OF_LISTENER);

POLLSCOPE_OBSERVE(recv, ssize_t, recv, (int socket, void *bytes, size_t count, int flags),
                  (socket, bytes, count, flags), FAILED(returned), pollscope_of_descriptor(socket));
POLLSCOPE_OBSERVE(recv, ssize_t, __recv_chk, (int socket, void *bytes, size_t count, size_t room, int flags),
                  (socket, bytes, count, room, flags), FAILED(returned), pollscope_of_descriptor(socket));
POLLSCOPE_OBSERVE(recvfrom, ssize_t, recvfrom,
                  (int socket, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *from_bytes),
                  (socket, bytes, count, flags, from, from_bytes), FAILED(returned), pollscope_of_descriptor(socket));
POLLSCOPE_OBSERVE(recvfrom, ssize_t, __recvfrom_chk,
                  (int socket, void *bytes, size_t count, size_t room, int flags, struct sockaddr *from,
                   socklen_t *from_bytes),
                  (socket, bytes, count, room, flags, from, from_bytes), FAILED(returned),
                  pollscope_of_descriptor(socket));
POLLSCOPE_OBSERVE(recvmsg, ssize_t, recvmsg, (int socket, struct msghdr *message, int flags), (socket, message, flags),
                  FAILED(returned), pollscope_of_descriptor(socket));
POLLSCOPE_OBSERVE(recvmmsg, int, recvmmsg,
                  (int socket, struct mmsghdr *messages, unsigned count, int flags, struct timespec *limit),
                  (socket, messages, count, flags, limit), FAILED(returned), pollscope_of_descriptor(socket));

POLLSCOPE_OBSERVE(send, ssize_t, send, (int socket, const void *bytes, size_t count, int flags),
                  (socket, bytes, count, flags), FAILED(returned), pollscope_of_descriptor(socket));
POLLSCOPE_OBSERVE(sendto, ssize_t, sendto,
                  (int socket, const void *bytes, size_t count, int flags, const struct sockaddr *to,
                   socklen_t to_bytes),
                  (socket, bytes, count, flags, to, to_bytes), FAILED(returned),
                  POLLSCOPE_OBJECT(POLLSCOPE_OF_RECEIVER, .address = to, .number = to_bytes, .descriptor = socket));
POLLSCOPE_OBSERVE(sendmsg, ssize_t, sendmsg, (int socket, const struct msghdr *message, int flags),
                  (socket, message, flags), FAILED(returned), pollscope_of_descriptor(socket));
POLLSCOPE_OBSERVE(sendmmsg, int, sendmmsg, (int socket, struct mmsghdr *messages, unsigned count, int flags),
                  (socket, messages, count, flags), FAILED(returned), pollscope_of_descriptor(socket));

#endif
