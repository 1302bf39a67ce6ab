/* The loops of the sum of primes, once for each instruction set: all of them count bits. */
#ifndef PELTON_PRIMES_PI_SUM_LOOPS_H
#define PELTON_PRIMES_PI_SUM_LOOPS_H

#include "primes/pi/sum.h"

enum {
    PEL_SUM_LINE = 32, /* bitmap bytes that share a counter: more, and queries take longer */
    PEL_SUM_SEGMENT =
        32 << 10, /* bytes of a segment: it and its counters stay in the nearest caches */
    PEL_SUM_NLINES = PEL_SUM_SEGMENT / PEL_SUM_LINE
};

/* A segment of the hard leaves' sieve: bytes first to first + nbytes, numbers lo to hi. */
struct pel_sum_segment {
    uint64_t first, lo, hi;
    size_t nbytes;
    uint64_t total;                 /* sum of the numbers whose bits are set */
    uint64_t lines[PEL_SUM_NLINES]; /* the same for each line */
    uint8_t bytes[PEL_SUM_SEGMENT + 8];
};

/* The leaves of one prime in one segment: their weights w = -mu(m) m and w times the sum, up to the leaf's
 * number, of what the segment has left. */
struct pel_sum_leaves {
    pel_sum_t weights, sums;
};

/* Goes over primes downwards, from at most `from`. */
struct pel_sum_descent {
    const struct pel_sum *sum;
    size_t at; /* words */
    uint64_t word;
    uint64_t prime; /* 0: no more */
};

struct pel_sum_rows {
    /* total and lines from bytes. */
    void (*count)(struct pel_sum_segment *segment);
    /* Crosses off the multiples of p; positions[b] is the byte, from the segment's first, of the next one
     * at bit b, and becomes the same for the next segment. */
    void (*cross)(struct pel_sum_segment *segment, uint64_t p, uint32_t *positions);
    /* Leaves m in (m_min, m_max] of p <= sqrt(y); and of p above, where m is prime. */
    void (*leaves)(const struct pel_sum *sum, const struct pel_sum_segment *segment, uint64_t p,
                   uint64_t m_min, uint64_t m_max, struct pel_sum_leaves *out);
    void (*prime_leaves)(const struct pel_sum *sum, const struct pel_sum_segment *segment,
                         uint64_t p, uint64_t m_min, uint64_t m_max, struct pel_sum_leaves *out);
    /* The sum of m S(xp / m) over the primes m = primes[first] to primes[last], quotients in 2 to sqrt(x);
     * xp < 2^53. */
    pel_sum_t (*quotients)(const struct pel_sum *sum, uint64_t xp, size_t first, size_t last);
    /* Adds p (*before + sum of the segment's primes up to x / p) to *products for the primes p of the
     * descent that have x / p in the segment; then the sum of the segment's primes to *before. */
    void (*products)(const struct pel_sum *sum, const struct pel_segment *segment,
                     struct pel_sum_descent *descent, pel_sum_t *before, pel_sum_t *products);
};

const struct pel_sum_rows *pel_sum_rows_for(enum pel_isa isa);

/* The next lower prime. */
void pel_sum_descend(struct pel_sum_descent *descent);

#endif
