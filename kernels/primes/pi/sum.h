/* The parts of the sum of primes; sum.c says how they make the whole. All sums are taken modulo 2^128, in
 * unsigned arithmetic; what is negative on the way comes out right in the end. */
#ifndef PELTON_PRIMES_PI_SUM_H
#define PELTON_PRIMES_PI_SUM_H

#include "primes/bitmap.h"
#include "primes/root.h"

typedef __uint128_t pel_sum_t;

enum {
    PEL_SUM_TINY = 6,            /* primes dealt with by a table: 2 to 13 */
    PEL_SUM_TINY_LAST = 13,      /* the last of them */
    PEL_SUM_TINY_PERIOD = 30030, /* their product */
    PEL_SUM_TINY_TOTIENT = 5760
};

/* 240 numbers: a word of the bitmap of primes, and the sum of the primes before it. */
struct pel_sum_word {
    uint64_t sum, bits;
};

/* What one computation shares; read-only once made. Memory: 2 bytes a number up to y, 1/15 byte a number up
 * to sqrt(x). */
struct pel_sum {
    uint64_t x, y, z;         /* x^(1/3) < y <= x^(1/2), z = x / y */
    uint64_t root_x, root4_x; /* square root of x, and its square root */
    uint64_t root_y;  /* of y, or the last tiny prime if more: for p above, all leaves are primes */
    size_t nprimes;   /* pi(y) */
    uint32_t *primes; /* primes[b], b from 1 on, is the b-th prime */
    uint64_t *sums;   /* sums[b] is the sum of the first b */
    struct pel_sum_word *words; /* words[w] is about 240 w + 7 to 240 w + 241, all up to sqrt(x) */
    size_t nwords;
    uint32_t *counts;    /* counts[w]: the primes before words[w], up to y */
    uint64_t masks[240]; /* masks[i]: the bits of a word up to number 240 w + 2 + i */
    /* For the numbers coprime to 30, see pel_sum_index(): 0 where a square divides the number; 65535 for
     * a prime; else the least prime factor, less 1 if there is an even number of prime factors. So an
     * even value has Moebius function 1, an odd one -1, and for a prime p below, value > p means that all
     * prime factors are above p. */
    uint16_t *factor;
    size_t nfactors;
    uint16_t *tiny_count; /* how many numbers 1 to r are coprime to the tiny primes, r < period */
    uint32_t *tiny_sum;   /* and their sum */
    const struct pel_team *team;
};

/* The place in `factor` of the largest number <= n that is coprime to 30, n >= 1; and the number there. */
static inline size_t pel_sum_index(uint64_t n)
{
    static const uint8_t rank[30] = {0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4,
                                     4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 8};
    return (size_t)(8 * (n / 30) + rank[n % 30] - 1);
}

static inline uint64_t pel_sum_number(size_t index)
{
    static const uint8_t residue[8] = {1, 7, 11, 13, 17, 19, 23, 29};
    return 30 * (uint64_t)(index / 8) + residue[index % 8];
}

/* pi(n), 2 <= n <= y. */
static inline size_t pel_sum_pi(const struct pel_sum *sum, uint64_t n)
{
    if (n < 7)
        return n < 3 ? 1 : n < 5 ? 2 : 3;
    uint64_t w = (n - 2) / 240, bits = sum->words[w].bits & sum->masks[n - 2 - 240 * w];
    return sum->counts[w] + (unsigned)__builtin_popcountll(bits);
}

PEL_MUST_CHECK int pel_sum_tables(struct pel_sum *sum, struct pel_error *err);
void pel_sum_tables_free(struct pel_sum *sum);

/* Each adds its part to *total: see sum.c. */
PEL_MUST_CHECK int pel_sum_ordinary(const struct pel_sum *sum, pel_sum_t *total);
void pel_sum_trivial(const struct pel_sum *sum, pel_sum_t *total);
PEL_MUST_CHECK int pel_sum_easy(const struct pel_sum *sum, pel_sum_t *total);
PEL_MUST_CHECK int pel_sum_hard(const struct pel_sum *sum, pel_sum_t *total, struct pel_error *err);
PEL_MUST_CHECK int pel_sum_products(const struct pel_sum *sum, pel_sum_t *total,
                                    struct pel_error *err);

#endif
