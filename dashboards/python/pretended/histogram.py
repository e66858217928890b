"""A base-2 exponential histogram that is filled from log-normal distributions instead of single values."""

import functools
import math

SCHEMA = 3  # eight buckets an octave
PER_OCTAVE = 2**SCHEMA
FIRST, LAST = -20 * PER_OCTAVE, 5 * PER_OCTAVE  # upper bounds 2^-20 s to 2^5 s


def _cumulative(value, median, sigma):
    return 0.5 * (1 + math.erf((math.log(value) - math.log(median)) / (sigma * math.sqrt(2))))


@functools.lru_cache(maxsize=None)
def _shares(median, sigma):
    """(index, share) of the buckets that such values fall into; a bucket's upper bound is 2^(index / PER_OCTAVE)."""
    shares, below = [], 0.0
    for index in range(FIRST, LAST + 1):
        to = _cumulative(2.0 ** (index / PER_OCTAVE), median, sigma)
        if to - below > 1e-7:
            shares.append((index, to - below))
        below = to
    return shares


class Histogram:
    def __init__(self):
        self.buckets = {}
        self.sum = 0.0

    def observe(self, count, median, sigma):
        """`count` values around the median, of which e^sigma more or less is one standard deviation."""
        for index, share in _shares(median, sigma):
            self.buckets[index] = self.buckets.get(index, 0.0) + count * share
        self.sum += count * median * math.exp(sigma * sigma / 2)

    def counts(self):
        """(index, whole number) in order."""
        return [(index, int(count)) for index, count in sorted(self.buckets.items())]

    def classic(self):
        """(upper bound as text, cumulative count), a bucket for each power of two."""
        counts, total, position, result = self.counts(), 0, 0, []
        for octave in range(-20, 6):
            while position < len(counts) and counts[position][0] <= octave * PER_OCTAVE:
                total += counts[position][1]
                position += 1
            result.append((repr(2.0**octave), total))
        total += sum(count for _, count in counts[position:])
        return [*result, ("+Inf", total)]
