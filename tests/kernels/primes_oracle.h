/* The primes of an interval found one by one, to compare others with. */
#ifndef PELTON_TEST_PRIMES_ORACLE_H
#define PELTON_TEST_PRIMES_ORACLE_H

#include "support.h"

#include <pelton/primes.h>

#include <stdlib.h>
#include <string.h>

static const int test_threads[] = {1, 2, 3, 7};
enum { TEST_NTHREADS = sizeof test_threads / sizeof test_threads[0] };

struct interval {
    uint64_t start, stop;
};

/* Where things can go wrong: the first bytes of bitmaps, squares of primes, 2^32, 2^63, the top. */
static const struct interval edges[] = {
    {0, 1000},
    {6, 100003},
    {7, 40000},
    {961, 20000},
    {UINT64_C(4294967296) - 20000, UINT64_C(4294967296) + 20011},
    {UINT64_C(1000000000000) - 7000, UINT64_C(1000000000000) + 1},
};

/* A sieve so high needs the primes up to 2^32 first, more than a second: for one call a program. */
static const struct interval top_edge = {UINT64_MAX - 4000, UINT64_MAX};

/* malloc'ed, never NULL. */
static inline uint64_t *oracle_primes(struct interval in, size_t *n)
{
    uint64_t *primes = malloc(((in.stop - in.start) / 2 + 4) * sizeof *primes);
    assert_non_null(primes);
    *n = 0;
    for (uint64_t k = in.start;; k++) {
        if ((k & 1 || k == 2) && pel_is_prime(k))
            primes[(*n)++] = k;
        if (k == in.stop)
            return primes;
    }
}

/* At random: somewhere below 2^bits, up to `most` numbers. */
static inline struct interval random_interval(struct test_random *random, unsigned bits,
                                              size_t most)
{
    uint64_t start = test_random_next(random) >> (64 - bits);
    return (struct interval){start, start + test_random_below(random, most)};
}

static inline struct pel_team team_of(int nthreads, int isa)
{
    struct pel_team team = pel_team(nthreads);
    team.isa = (enum pel_isa)isa < pel_isa_best() ? (enum pel_isa)isa : pel_isa_best();
    return team;
}

#endif
