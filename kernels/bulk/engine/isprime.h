/* Which of a block's numbers are prime. */
#ifndef PELTON_BULK_ENGINE_ISPRIME_H
#define PELTON_BULK_ENGINE_ISPRIME_H

#include "bulk/engine/ops.h"
#include "primes/bitmap.h"

/* What was sieved last; zeroed: nothing. One a machine. */
struct sieved {
    struct pel_bitmap bitmap;
    uint64_t start, stop; /* bits of [start, stop] */
    uint64_t blocks;      /* it was to last for so many blocks */
    uint64_t used;        /* and was looked into by so many */
};

/* Bit i of out: number i is prime, where bit i of `rows` is set; any bit elsewhere. Where they lie so close
 * together that it is cheaper, an interval is sieved, and for blocks to come, too, of which there may be
 * `later` more. */
void pel_isprime(struct sieved *sieved, const struct operand *numbers, const uint64_t *rows,
                 size_t n, size_t later, enum pel_isa isa, uint64_t *out);

void pel_isprime_free(struct sieved *sieved);

#endif
