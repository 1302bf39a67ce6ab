/* From bitmaps (layout in sieve.h) to numbers. */
#ifndef PELTON_PRIMES_DECODE_H
#define PELTON_PRIMES_DECODE_H

#include <pelton/core.h>

/* Bytes whose primes fit into PEL_DECODE_PIECE_PRIMES places whatever they are. */
enum { PEL_DECODE_PIECE_NBYTES = 256, PEL_DECODE_PIECE_PRIMES = 8 * PEL_DECODE_PIECE_NBYTES };

/* Writes the primes of a bitmap into primes[0 .. room), ascending, 8 bytes of the bitmap after the other,
 * until the primes of the next 8 do not all fit or nbytes is reached. Returns how many it wrote;
 * *consumed is how many bytes they were in. What it writes and consumes is the same on every level; of
 * the places behind the last prime it may use those within `room` as it likes. */
typedef size_t pel_decode_fn(const uint8_t *bytes, size_t nbytes, uint64_t base, uint64_t *primes,
                             size_t room, size_t *consumed);

/* The level's version, lowered to what the processor can run. */
pel_decode_fn *pel_decode_for(enum pel_isa isa);

/* Writes those of 2, 3 and 5 that are in [start, stop], which no bitmap holds; returns how many. */
static inline size_t pel_decode_first(uint64_t start, uint64_t stop, uint64_t primes[3])
{
    static const uint8_t first[3] = {2, 3, 5};
    size_t n = 0;
    for (int i = 0; i < 3; i++)
        if (start <= first[i] && first[i] <= stop)
            primes[n++] = first[i];
    return n;
}

#endif
