/* The plain versions that the fast ones are tested against. */
#ifndef PELTON_PRIMES_REFERENCE_H
#define PELTON_PRIMES_REFERENCE_H

#include <pelton/primes.h>

/* Both at once by the recurrence S(v, p) = S(v, p - 1) - f(p) (S(v / p, p - 1) - S(p - 1, p - 1)) over the
 * values v = floor(x / i), f(n) = 1 and f(n) = n: O(x^(3/4)) time, O(sqrt(x)) memory (known as the method
 * of "Lucy_Hedgehog", a user of Project Euler). x up to about 1e12 is practical. -ENOMEM. */
PEL_MUST_CHECK int pel_reference_pi_and_sum(uint64_t x, uint64_t *pi, struct pel_u128 *sum);

/* The bitmap (primes/sieve.h) of the numbers from `base`, a multiple of 30, on, without bits for what is
 * outside [start, stop]: for each odd number up to the square root of the bitmap's end, its odd multiples
 * are crossed off. */
void pel_reference_sieve(uint64_t base, uint64_t start, uint64_t stop, uint8_t *bytes,
                         size_t nbytes);

#endif
