/* What counting and summing cost by each method: see cost.c. */
#ifndef PELTON_PRIMES_COST_H
#define PELTON_PRIMES_COST_H

#include <pelton/primes.h>

enum pel_primes_quantity { PEL_PRIMES_COUNT, PEL_PRIMES_SUM };

/* start <= stop. */
void pel_primes_cost(enum pel_primes_quantity quantity, uint64_t start, uint64_t stop,
                     const struct pel_team *team, struct pel_primes_estimate *out);

#endif
