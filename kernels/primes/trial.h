/* Counting and summing by trial division. */
#ifndef PELTON_PRIMES_TRIAL_H
#define PELTON_PRIMES_TRIAL_H

#include <pelton/primes.h>

/* pel_is_prime_trial(n) as 0 or 1, or -ECANCELED: near 2^64 one number takes seconds. */
PEL_MUST_CHECK int pel_trial_divide(uint64_t n, const struct pel_cancel *cancel);

/* Both at once for [start, stop], start <= stop: each number by trial division, in parallel. -ECANCELED. */
PEL_MUST_CHECK int pel_trial_run(uint64_t start, uint64_t stop, const struct pel_team *team,
                                 uint64_t *count, struct pel_u128 *sum, struct pel_error *err);

#endif
