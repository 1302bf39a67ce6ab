/* The n-th prime: R^-1(n) is within about sqrt(p) numbers of it, so once the primes up to there are
 * counted, a short sieve in the right direction ends the search. */
#include "primes/nth.h"

#include "primes/bitmap.h"
#include "primes/pi.h"

#include <math.h>

/* The most numbers to sieve at once: a bitmap of 36 MB. */
static const uint64_t window_max = UINT64_C(1) << 30;

static uint64_t count_bits(const struct pel_bitmap *bitmap)
{
    uint64_t count = 0;
    for (size_t k = 0; k < bitmap->nbytes; k += 8)
        count += (unsigned)__builtin_popcountll(pel_bitmap_word(bitmap->bytes, k));
    return count;
}

/* The k-th prime of the bitmap, k from 1 to count_bits(). */
static uint64_t select_prime(const struct pel_bitmap *bitmap, uint64_t k)
{
    size_t at = 0;
    uint64_t word = 0;
    for (;; at += 8) {
        word = pel_bitmap_word(bitmap->bytes, at);
        uint64_t count = (unsigned)__builtin_popcountll(word);
        if (k <= count)
            break;
        k -= count;
    }
    while (--k)
        word &= word - 1;
    return 30 * (bitmap->first_byte + at) + pel_bitmap_number((unsigned)__builtin_ctzll(word));
}

/* How many numbers near x hold `missing` primes, and 2 % more, so that one window is mostly enough. */
static uint64_t window(uint64_t x, uint64_t missing)
{
    double wanted = 1.02 * (double)missing * log((double)x) + 1000;
    return wanted < (double)window_max ? (uint64_t)wanted : window_max;
}

/* The missing-th prime above x. */
static int walk_up(uint64_t x, uint64_t missing, const struct pel_team *team, uint64_t *prime,
                   struct pel_error *err)
{
    while (x < UINT64_MAX) {
        uint64_t nnumbers = window(x, missing);
        uint64_t stop = nnumbers < UINT64_MAX - x ? x + nnumbers : UINT64_MAX;
        struct pel_bitmap bitmap;
        int status = pel_bitmap_sieve(&bitmap, x + 1, stop, team, err);
        if (status)
            return status;
        uint64_t count = count_bits(&bitmap);
        if (missing <= count)
            *prime = select_prime(&bitmap, missing);
        pel_bitmap_free(&bitmap);
        if (missing <= count)
            return 0;
        missing -= count;
        x = stop;
    }
    return pel_error_set(err, -ERANGE, PEL_STAGE_COMPUTE, "the prime is above 2^64");
}

/* The prime with `surplus` primes between it and x, x included. There are so many above 5. */
static int walk_down(uint64_t x, uint64_t surplus, const struct pel_team *team, uint64_t *prime,
                     struct pel_error *err)
{
    for (;;) {
        uint64_t nnumbers = window(x, surplus + 1);
        uint64_t start = x - 7 > nnumbers ? x - nnumbers : 7;
        struct pel_bitmap bitmap;
        int status = pel_bitmap_sieve(&bitmap, start, x, team, err);
        if (status)
            return status;
        uint64_t count = count_bits(&bitmap);
        if (surplus < count)
            *prime = select_prime(&bitmap, count - surplus);
        pel_bitmap_free(&bitmap);
        if (surplus < count)
            return 0;
        surplus -= count;
        x = start - 1;
    }
}

int pel_nth_from(uint64_t x, uint64_t count, uint64_t n, const struct pel_team *team,
                 uint64_t *prime, struct pel_error *err)
{
    return n > count ? walk_up(x, n - count, team, prime, err)
                     : walk_down(x, count - n, team, prime, err);
}

int pel_primes_nth(uint64_t n, enum pel_primes_method method, const struct pel_team *team,
                   uint64_t *prime, struct pel_error *err)
{
    static const uint64_t first[3] = {2, 3, 5}; /* not in bitmaps */
    *prime = 0;
    if (n < 1 || n > PEL_PRIMES_NTH_MAX)
        return pel_error_set(err, -ERANGE, PEL_STAGE_COMPUTE,
                             "primes below 2^64 are numbered from 1 to 425656284035217743");
    uint64_t x = pel_riemann_r_inverse(n), count;
    if (x < 7)
        x = 7;
    int status = pel_primes_count(0, x, method, team, &count, err);
    if (status)
        return status;
    if (n > 3)
        return pel_nth_from(x, count, n, team, prime, err);
    *prime = first[n - 1];
    return 0;
}
