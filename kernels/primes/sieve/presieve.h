/* The multiples of the smallest primes: repeating patterns, stamped on a segment before anything else. */
#ifndef PELTON_PRIMES_SIEVE_PRESIEVE_H
#define PELTON_PRIMES_SIEVE_PRESIEVE_H

#include "primes/sieve/loops.h"

enum {
    PEL_PRESIEVE_PRIMES = 50, /* 7, 11, ..., 241; the next one is not in the same byte */
    PEL_PRESIEVE_NEXT = 251,  /* the first prime that is left to the sieve */
    PEL_PRESIEVE_PATTERNS = 32,
    PEL_PRESIEVE_HEAD = 8 /* bytes of bitmap that hold these primes */
};

struct pel_presieve {
    struct pel_pattern patterns[PEL_PRESIEVE_PATTERNS];
    uint8_t head[PEL_PRESIEVE_HEAD]; /* these primes themselves, which the patterns cross off */
    uint8_t bytes[];
};

/* NULL without memory; freed with free(). */
struct pel_presieve *pel_presieve_make(void);

/* Offsets of all patterns for a segment that begins at byte `byte` of the endless bitmap. */
void pel_presieve_seek(const struct pel_presieve *presieve, uint64_t byte,
                       uint32_t offset[PEL_PRESIEVE_PATTERNS]);

#endif
