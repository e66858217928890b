// The distances between what is picked at random: sampled bytes, timed calls.
#ifndef POLLSCOPE_ALLOCATION_CHANCE_H
#define POLLSCOPE_ALLOCATION_CHANCE_H

#include "visibility.h"
#include <stdint.h>

// The next number of a generator (xorshift64*); `state` is not 0.
static inline uint64_t pollscope_chance_next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Dull;
}

// How far it is to the next byte, 1 at least, where each is picked with the same chance, by itself, one in `mean`:
// a distance of more than s has the chance exp(-s / mean).
PRIVATE uint64_t pollscope_chance_distance(uint64_t *state, double mean);

// From 1 to 2 mean - 1, all alike. The first one of a row is the smaller of two: so every call has the same chance, one
// in `mean`, from the beginning.
static inline uint64_t pollscope_chance_gap(uint64_t *state, uint64_t mean) {
    // The high half of a product spreads evenly.
    return 1 + (uint64_t)((unsigned __int128)pollscope_chance_next(state) * (2 * mean - 1) >> 64);
}

#endif
