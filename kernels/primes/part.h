/* How many numbers to sieve at a time where that is to be as few as is reasonable. */
#ifndef PELTON_PRIMES_PART_H
#define PELTON_PRIMES_PART_H

#include "primes/root.h"

/* No sieve has shorter segments. */
enum { PEL_PART_LEAST = 30 << 16 };

/* Numbers in a part of an interval that ends at `stop`, a chunk for pel_sieve_plan. Small parts balance
 * the load and bound what somebody must keep who puts them in order, but each begins with work for every
 * prime up to sqrt(stop). With 2500 stop^(1/3), and no less than no sieve's segment is shorter than, a run
 * over parts, their primes decoded, takes 1.2 to 1.7 times what counting them in long chunks does (measured
 * from 10^10 to 10^18):
 *
 *     stop   numbers  primes
 *     10^10   5 10^6    2 10^5
 *     10^12   2 10^7    9 10^5
 *     10^14   1 10^8    4 10^6
 *     10^16   5 10^8    1 10^7
 *     10^18   2 10^9    6 10^7
 */
static inline uint64_t pel_part_numbers(uint64_t stop)
{
    uint64_t usual = 2500 * pel_root3(stop);
    return usual > PEL_PART_LEAST ? usual : PEL_PART_LEAST;
}

/* An eighth of a short interval far up, so that threads have something to share: a part of the usual length
 * would be all of it. Not less than the shortest, and by the interval alone. */
static inline uint64_t pel_part_numbers_within(uint64_t start, uint64_t stop)
{
    uint64_t usual = pel_part_numbers(stop), eighth = (stop - start) / 8;
    eighth = eighth > PEL_PART_LEAST ? eighth : PEL_PART_LEAST;
    return usual < eighth ? usual : eighth;
}

#endif
