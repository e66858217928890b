// Makes a process look names up at a server of its own, on the loopback interface.
#ifndef LAB_SLOW_NAMES_H
#define LAB_SLOW_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The calling thread asks 127.0.0.1:`port` from now on, and nothing else. Cheap when it already does.
bool slow_names_use(uint16_t port);

/// Writes the answer to a query: 127.0.0.9 for an address, none for another type.
/// Returns its size; 0: the query is no such thing, or there is no room.
size_t slow_names_answer(const uint8_t *query, size_t query_bytes, uint8_t *answer, size_t answer_bytes);

#endif
