/* What a bitmap (layout in sieve.h) says without being decoded: how many primes, their sum, how many
 * tuplets. One table a level of instruction sets; all are compiled from one source, tally_body.h.
 *
 * Bitmaps are aligned to 64 bytes, and the bytes behind nbytes up to the next multiple of 64 are 0. */
#ifndef PELTON_PRIMES_TALLY_H
#define PELTON_PRIMES_TALLY_H

#include <pelton/primes.h>

/* A modulus, and modulo it what bit i of 8 bytes is beyond their base. */
struct pel_tally_residues {
    uint32_t modulus, offset[64];
};
struct pel_tally_residues pel_tally_residues(uint32_t modulus);

struct pel_tally {
    uint64_t (*count)(const uint8_t *bytes, size_t nbytes);

    /* The sum of (prime - base), and the count. nbytes up to 2^26. */
    uint64_t (*sum)(const uint8_t *bytes, size_t nbytes, uint64_t *count);

    uint64_t (*twins)(const uint8_t *bytes, size_t nbytes);

    /* Adds the number of k-tuplets to tuplets[k], k = 2 to 6. */
    void (*tuplets)(const uint8_t *bytes, size_t nbytes,
                    uint64_t tuplets[PEL_PRIMES_TUPLET_MAX + 1]);

    /* Adds 1 to counts[r] for each prime that is r modulo `modulus`, where r may be the remainder itself
     * or modulus more: 2 * modulus counts. */
    void (*residues)(const uint8_t *bytes, size_t nbytes, uint64_t base,
                     const struct pel_tally_residues *residues, uint64_t *counts);
};

/* The table of a level, lowered to what the processor can run. */
const struct pel_tally *pel_tally_for(enum pel_isa isa);

#endif
