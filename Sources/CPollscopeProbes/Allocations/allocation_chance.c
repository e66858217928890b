// Distances by the inverse of the exponential distribution.
#include "allocation_chance.h"

// The natural logarithm of a number from 2^-64 to 1; to 1e-9. The service may not link the library of mathematics.
static double logarithm(double x) {
    union {
        double value;
        uint64_t bits;
    } parts = {.value = x};
    int exponent = (int)(parts.bits >> 52) - 1023;
    parts.bits = (parts.bits & ((1ull << 52) - 1)) | 1023ull << 52; // 1 to 2
    if (parts.value > 1.4142135623730951) {
        parts.value /= 2;
        exponent++;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), by its series.
    double t = (parts.value - 1) / (parts.value + 1), t2 = t * t;
    double series = 1 + t2 * (1.0 / 3 + t2 * (1.0 / 5 + t2 * (1.0 / 7 + t2 * (1.0 / 9 + t2 / 11))));
    return exponent * 0.69314718055994531 + 2 * t * series;
}

uint64_t pollscope_chance_distance(uint64_t *state, double mean) {
    double even = ((double)(pollscope_chance_next(state) >> 11) + 1) * 0x1p-53; // above 0, up to 1
    return 1 + (uint64_t)(-logarithm(even) * mean);
}
