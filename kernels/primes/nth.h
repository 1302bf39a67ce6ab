/* The end of the search for the n-th prime, for nth.c and its test. */
#ifndef PELTON_PRIMES_NTH_H
#define PELTON_PRIMES_NTH_H

#include <pelton/primes.h>

/* *prime = the n-th prime, from the count of the primes up to some x >= 7: by sieving from there on, up or
 * down, a window at a time. n from 4 on. -ERANGE when it is above 2^64; -ENOMEM, -ECANCELED. */
PEL_MUST_CHECK int pel_nth_from(uint64_t x, uint64_t count, uint64_t n, const struct pel_team *team,
                                uint64_t *prime, struct pel_error *err);

#endif
