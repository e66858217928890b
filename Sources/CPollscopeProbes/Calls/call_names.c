// Calls that wait for a resolver, observed.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

// Of the resolver's own errors none is an errno.
#define FAILED(returned) ((returned) == EAI_SYSTEM ? errno : 0)
#define OF_HOST_NUMBER POLLSCOPE_OBJECT(POLLSCOPE_OF_HOST_NUMBER, .address = address, .number = bytes)

POLLSCOPE_OBSERVE(getaddrinfo, int, getaddrinfo,
                  (const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found),
                  (host, service, hints, found), FAILED(returned), pollscope_of_service(host, service));
POLLSCOPE_OBSERVE(getnameinfo, int, getnameinfo,
                  (const struct sockaddr *address, socklen_t bytes, char *host, socklen_t host_bytes, char *service,
                   socklen_t service_bytes, int flags),
                  (address, bytes, host, host_bytes, service, service_bytes, flags), FAILED(returned),
                  POLLSCOPE_OBJECT(POLLSCOPE_OF_HOST_ADDRESS, .address = address, .number = bytes));

POLLSCOPE_OBSERVE(gethostbyname, struct hostent *, gethostbyname, (const char *host), (host), 0,
                  pollscope_of_service(host, NULL));
POLLSCOPE_OBSERVE(gethostbyname2, struct hostent *, gethostbyname2, (const char *host, int family), (host, family), 0,
                  pollscope_of_service(host, NULL));
POLLSCOPE_OBSERVE(gethostbyaddr, struct hostent *, gethostbyaddr, (const void *address, socklen_t bytes, int family),
                  (address, bytes, family), 0, OF_HOST_NUMBER);
POLLSCOPE_OBSERVE(gethostbyname_r, int, gethostbyname_r,
                  (const char *host, struct hostent *entry, char *space, size_t space_bytes, struct hostent **found,
                   int *error),
                  (host, entry, space, space_bytes, found, error), returned, pollscope_of_service(host, NULL));
POLLSCOPE_OBSERVE(gethostbyname2_r, int, gethostbyname2_r,
                  (const char *host, int family, struct hostent *entry, char *space, size_t space_bytes,
                   struct hostent **found, int *error),
                  (host, family, entry, space, space_bytes, found, error), returned, pollscope_of_service(host, NULL));
POLLSCOPE_OBSERVE(gethostbyaddr_r, int, gethostbyaddr_r,
                  (const void *address, socklen_t bytes, int family, struct hostent *entry, char *space,
                   size_t space_bytes, struct hostent **found, int *error),
                  (address, bytes, family, entry, space, space_bytes, found, error), returned, OF_HOST_NUMBER);

#endif
