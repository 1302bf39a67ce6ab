/* Combinatorial methods: pi(x) and the sum of the primes up to x without looking at most numbers. */
#ifndef PELTON_PRIMES_PI_H
#define PELTON_PRIMES_PI_H

#include <pelton/primes.h>

/* *pi = the number of primes <= x, by Gourdon's method (pi/gourdon.h): O(x^(2/3) / log^2 x) time; memory
 * sqrt(x) / 15 bytes and O(x^(1/3)): 15 MB at 10^16, 100 MB at 10^18. Begins team->progress and adds to it.
 * -ENOMEM, -ECANCELED. */
PEL_MUST_CHECK int pel_primes_pi(uint64_t x, const struct pel_team *team, uint64_t *pi,
                                 struct pel_error *err);

/* *sum = the sum of the primes <= x. The same errors. */
PEL_MUST_CHECK int pel_primes_sum_up_to(uint64_t x, const struct pel_team *team,
                                        struct pel_u128 *sum, struct pel_error *err);

/* Riemann's R(x), the best smooth approximation of pi(x), and its inverse: the error of R(x) is about
 * sqrt(x) / log(x). x >= 2; the inverse is at most 2^64 - 1. Long double, so that the rounding stays
 * below the approximation's own error. */
long double pel_riemann_r(long double x);
uint64_t pel_riemann_r_inverse(uint64_t n);

#endif
