/* The bitmap of a whole interval, for those who look at its primes more than once or backwards, and
 * sums over words of it. Layout as in sieve.h. */
#ifndef PELTON_PRIMES_BITMAP_H
#define PELTON_PRIMES_BITMAP_H

#include "primes/sieve.h"

#include <string.h>

struct pel_bitmap {
    uint64_t first_byte; /* byte k is about 30 (first_byte + k) */
    uint8_t *bytes;      /* nbytes, and zeros up to a multiple of 8 */
    size_t nbytes;
};

/* The primes >= 7 of [start, stop]: (stop - start) / 30 bytes, that its owner frees. Does not touch
 * team->progress. -ENOMEM, -ECANCELED. */
PEL_MUST_CHECK int pel_bitmap_sieve(struct pel_bitmap *bitmap, uint64_t start, uint64_t stop,
                                    const struct pel_team *team, struct pel_error *err);
void pel_bitmap_free(struct pel_bitmap *bitmap);

/* The 8 bytes at k, bit 0 of byte k lowest, whatever the machine's byte order. */
static inline uint64_t pel_bitmap_word(const uint8_t *bytes, size_t k)
{
    uint64_t word;
    memcpy(&word, bytes + k, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The number of bit `bit` of a word whose first byte is about `base`, less base. */
static inline uint64_t pel_bitmap_number(unsigned bit)
{
    return 30u * (bit / 8) + pel_wheel_residues[bit % 8];
}

/* The sum of pel_bitmap_number() over the bits of a word: at most 64 * 241. A number of bit i is 30 times
 * three binary digits of i / 8, and a residue of five binary digits of which the lowest is always 1: each
 * digit's mask is counted. */
static inline uint64_t pel_bitmap_word_sum(uint64_t word)
{
#define ONES(mask) ((uint64_t)(unsigned)__builtin_popcountll(word & (mask)))
    const uint64_t every = UINT64_C(0x0101010101010101);
    uint64_t residues = ONES(UINT64_MAX) + 2 * ONES(every * 0xb3) + 4 * ONES(every * 0xe5) +
                        8 * ONES(every * 0xc6) + 16 * ONES(every * 0xf8);
    uint64_t bytes = ONES(UINT64_C(0xff00ff00ff00ff00)) + 2 * ONES(UINT64_C(0xffff0000ffff0000)) +
                     4 * ONES(UINT64_C(0xffffffff00000000));
#undef ONES
    return residues + 30 * bytes;
}

/* Adds to a sum that any number of threads add to: each wrap of the low half is seen by the one addition
 * that caused it. */
static inline void pel_u128_add_shared(struct pel_u128 *sum, __uint128_t more)
{
    uint64_t lo = (uint64_t)more, hi = (uint64_t)(more >> 64);
    if (__atomic_fetch_add(&sum->lo, lo, __ATOMIC_RELAXED) + lo < lo)
        hi++;
    __atomic_fetch_add(&sum->hi, hi, __ATOMIC_RELAXED);
}

#endif
