/* The inner loops of Gourdon's terms, for each instruction set. */
#ifndef PELTON_PRIMES_PI_LEVELS_H
#define PELTON_PRIMES_PI_LEVELS_H

#include "primes/pi/gourdon.h"

#include <string.h>

/* The 8 bytes of a bitmap as a word: byte k in bits 8 k to 8 k + 7 on every machine. */
static inline uint64_t pel_load_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

enum { PEL_HARD_BATCH = 1024 };

/* A thread's sieve for the hard leaves. */
struct pel_hard_sieve {
    const struct pel_gourdon *g;
    uint8_t *bytes;    /* the segment; bytes before and behind it may be written, and are 0 */
    size_t nbytes;     /* of a segment, a multiple of 64 */
    int32_t *offsets;  /* offsets[b]: the byte of the segment at which p(b)'s next round begins, <= 0 */
    uint32_t *before;  /* before[w]: how many bits are set in the words of the segment before word w */
    /* A batch of leaves: m, whether mu(m) = 1, and where in the segment x / (p m) is. */
    uint32_t leaves[PEL_HARD_BATCH];
    uint8_t signs[PEL_HARD_BATCH];
    uint32_t words[PEL_HARD_BATCH], places[PEL_HARD_BATCH];
};

/* What a chunk of the sieve tells of the leaves of p(b), while the counts of the chunks before it are not
 * known. */
struct pel_hard_part {
    uint64_t weight; /* sum of -mu(m) over the leaves p(b) m whose x / (p(b) m) is in the chunk */
    uint64_t count;  /* numbers in the chunk without a prime factor below p(b) */
};

struct pel_gourdon_level {
    /* The sum of pi(n / primes[i]), from <= i < to, n < 2^53. */
    uint64_t (*sum_pi)(const struct pel_pi_table *pi, const uint32_t *primes, size_t from, size_t to,
                       uint64_t n);
    /* How many bits are set in words from <= w < to. */
    uint64_t (*count_words)(const uint8_t *bytes, size_t from, size_t to);
    /* Sieves the segment that begins with number 30 first and returns the sum of -mu(m) times how many
     * numbers of the chunk are counted by leaf p(b) m, b <= last; adds to parts[b]. */
    uint64_t (*hard_segment)(struct pel_hard_sieve *sieve, uint64_t first, size_t last,
                             struct pel_hard_part *parts);
};

const struct pel_gourdon_level *pel_gourdon_level(enum pel_isa isa);

#endif
