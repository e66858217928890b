// Name look-ups that ask a server of this process's own, and what that server answers.
#define _GNU_SOURCE
#include "ground_truth_c.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

// Of glibc, not in its headers: which sources a database is looked up in, for this process.
int __nss_configure_lookup(const char *database, const char *sources);

// The resolver's state is the thread's own, and glibc keeps what a program has written into it.
bool ground_resolver_use(uint16_t port) {
    if (__nss_configure_lookup("hosts", "dns") != 0 || res_init() != 0)
        return false;
    _res.nscount = 1;
    _res.nsaddr_list[0] = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    _res.retrans = 5; // seconds
    _res.retry = 1;
    _res.ndots = 0;
    _res.dnsrch[0] = NULL;
    _res.options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES);
    return true;
}

size_t ground_resolver_answer(const uint8_t *query, size_t query_bytes, uint8_t *answer, size_t answer_bytes) {
    // Header; one question: a name, its type and its class.
    size_t end = NS_HFIXEDSZ;
    while (end < query_bytes && query[end] != 0)
        end += (size_t)query[end] + 1;
    end += 1 + NS_QFIXEDSZ;
    if (end > query_bytes || end + 64 > answer_bytes)
        return 0;
    uint16_t type = (uint16_t)(query[end - 4] << 8 | query[end - 3]);
    memcpy(answer, query, end);
    answer[2] |= 0x84; // an answer, with authority
    answer[3] = 0x80;  // recursion is to be had, no error
    memset(answer + 6, 0, 6);
    static const uint8_t address[] = {127, 0, 0, 9};
    static const uint8_t name[] = "\4late\4test"; // with the zero at its end
    const uint8_t *data = type == ns_t_ptr ? name : address;
    size_t data_bytes = type == ns_t_ptr ? sizeof name : sizeof address;
    if (type != ns_t_a && type != ns_t_ptr)
        return end; // no answer of that type
    answer[7] = 1;
    const uint8_t fixed[] = {0xC0, NS_HFIXEDSZ, query[end - 4], query[end - 3], 0, 1, 0, 0, 0, 60, 0,
                             (uint8_t)data_bytes};
    memcpy(answer + end, fixed, sizeof fixed);
    memcpy(answer + end + sizeof fixed, data, data_bytes);
    return end + sizeof fixed + data_bytes;
}
