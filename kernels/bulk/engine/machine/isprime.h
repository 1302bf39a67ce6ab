/* Which of a block's numbers are prime. */
#ifndef PELTON_BULK_ENGINE_ISPRIME_H
#define PELTON_BULK_ENGINE_ISPRIME_H

#include "bulk/engine/machine/ops.h"
#include "primes/bitmap.h"

/* What was sieved last; zeroed: nothing. One a machine. */
struct sieved {
    struct pel_bitmap bitmap;
    uint64_t start, stop; /* the numbers that it tells of; start > stop: none */
    size_t blocks, used;  /* it was to serve so many blocks, and has served so many */
    size_t wait;          /* blocks until the next one is tried */
};

/* Bit i of out: number i is prime, where bit i of `rows` is set; any bit elsewhere. n is a multiple of 64.
 * Where they lie so close together that it takes less time, an interval is sieved, long enough for the `later`
 * blocks that may follow, if they go on so. */
void pel_isprime(struct sieved *sieved, const struct operand *numbers, const uint64_t *rows,
                 size_t n, size_t later, enum pel_isa isa, uint64_t *out);

void pel_isprime_free(struct sieved *sieved);

#endif
