// Computes three functions deep, without frame pointers and with every register in use. Compiled twice, under names
// and with attributes that the including file gives.
#include "ground_truth_c.h"

#include <time.h>

ATTRIBUTES static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

__attribute__((always_inline, nodebug)) static inline uint64_t turned(uint64_t word, int by) {
    return word << by | word >> (64 - by);
}

// More values at once than there are registers: the one that a frame pointer would be in is among them.
ATTRIBUTES uint64_t NAMED(mix)(const uint64_t *words, uint64_t seed) {
    uint64_t a = words[0], b = words[1], c = words[2], d = words[3], e = words[4], f = words[5], g = words[6];
    uint64_t h = words[7], i = words[8], j = words[9], k = words[10], l = words[11], m = seed, n = words[12];
    uint64_t o = words[13];
    // So many that the clock between two mixes is read for less than a thousandth of the time: one sample can stand for
    // half of a long poll.
    for (int round = 0; round < 50000; round++) {
        a = turned(a + m, 7) ^ b;
        b = turned(b + a, 11) ^ c;
        c = turned(c + b, 13) ^ d;
        d = turned(d + c, 17) ^ e;
        e = turned(e + d, 19) ^ f;
        f = turned(f + e, 23) ^ g;
        g = turned(g + f, 29) ^ h;
        h = turned(h + g, 31) ^ i;
        i = turned(i + h, 37) ^ j;
        j = turned(j + i, 41) ^ k;
        k = turned(k + j, 43) ^ l;
        l = turned(l + k, 47) ^ m;
        m = turned(m + l, 53) ^ n;
        n = turned(n + m, 59) ^ o;
        o = turned(o + n, 61) ^ a;
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l ^ m ^ n ^ o;
}

ATTRIBUTES uint64_t NAMED(fold)(const uint64_t *words, uint64_t end_ns) {
    uint64_t digest = words[0];
    while (now_ns() < end_ns)
        digest ^= NAMED(mix)(words, digest);
    return digest + 1; // not a tail call
}

ATTRIBUTES uint64_t NAMED(digest)(uint64_t nanoseconds) {
    uint64_t words[14];
    for (uint64_t index = 0; index < 14; index++)
        words[index] = 0x9E3779B97F4A7C15u * (index + 1);
    return NAMED(fold)(words, now_ns() + nanoseconds) | 1;
}
