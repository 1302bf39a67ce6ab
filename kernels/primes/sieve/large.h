/* Sieving primes that hit a segment seldom: each waits in the list of the segment that holds its next
 * multiple (the bucket sieve of T. Oliveira e Silva, "Fast implementation of the segmented sieve of
 * Eratosthenes", 2002), on a wheel of 210.
 *
 * A waiting prime takes 8 bytes. Lists are chains of blocks of 8 KiB out of one pool. */
#ifndef PELTON_PRIMES_SIEVE_LARGE_H
#define PELTON_PRIMES_SIEVE_LARGE_H

#include "primes/sieve/loops.h"

struct pel_large;

/* For segments of 2^log_segment bytes and primes up to max_prime; log_segment <= 23. NULL: no memory. */
struct pel_large *pel_large_open(unsigned log_segment, uint64_t max_prime);
void pel_large_close(struct pel_large *large);

/* Forgets all primes; the chunk that follows has nbytes bytes, of which the first is byte 0 below. */
void pel_large_begin(struct pel_large *large, uint64_t nbytes);

/* Adds primes, each waiting at `distance` (from byte `byte` of the chunk), which may be behind the chunk.
 * -ENOMEM. */
PEL_MUST_CHECK int pel_large_add(struct pel_large *large, uint64_t byte,
                                 const struct pel_first *first, size_t n);

/* Crosses off in the chunk's next segment. */
void pel_large_cross(struct pel_large *large, uint8_t *bytes);

#endif
