/* Philox 4x32-10, a generator that is a function of a counter and a key alone: J. Salmon, M. Moraes,
 * R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
#ifndef PELTON_BULK_RANDOM_H
#define PELTON_BULK_RANDOM_H

#include <pelton/core.h>

/* One counter, word by word, in plain C: the reference of the variants below. */
void pel_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Uniform numbers of [0, 1), multiples of 2^-53: numbers 2 k and 2 k + 1 are from the output of counter
 * (k, 0), key `seed`, both as 64 bits, low words first: its first two words, and its last two. Writes
 * numbers [first, first + n). */
typedef void pel_random_fn(uint64_t seed, uint64_t first, size_t n, double *out);
pel_random_fn *pel_random_for(enum pel_isa isa);

/* The constants of a round: multipliers, and what the key goes up by. */
#define PEL_PHILOX_M0 UINT32_C(0xD2511F53)
#define PEL_PHILOX_M1 UINT32_C(0xCD9E8D57)
#define PEL_PHILOX_W0 UINT32_C(0x9E3779B9)
#define PEL_PHILOX_W1 UINT32_C(0xBB67AE85)
enum { PEL_PHILOX_ROUNDS = 10 };

#endif
