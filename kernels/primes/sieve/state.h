/* What a thread's sieve by the wheel is made of. */
#ifndef PELTON_PRIMES_SIEVE_STATE_H
#define PELTON_PRIMES_SIEVE_STATE_H

#include "primes/sieve.h"
#include "primes/sieve/cross.h"
#include "primes/sieve/engine.h"
#include "primes/sieve/large.h"
#include "primes/sieve/presieve.h"

/* Sieving primes by how they are crossed off: small ones piece by piece of the first-level cache, medium
 * ones a segment at a time, large ones from the lists of large.h. In bytes of the plan's bitmap of
 * primes. */
struct pel_tiers {
    size_t small_end, medium_end, end; /* medium_end: a multiple of 8 */
};
struct pel_tiers pel_sieve_tiers(const struct pel_sieve_plan *plan);

struct pel_wheel {
    struct pel_sieve base;
    const struct pel_sieve_plan *plan;
    const struct pel_sieve_loops *loops;
    uint64_t first, byte,
        end; /* of the chunk: its begin, where the next segment begins, and the end */

    uint8_t *memory; /* overrun bytes, the segment, overrun bytes */
    uint8_t *segment;
    size_t overrun; /* how far turns may reach over either end; a multiple of PEL_PATTERN_BLOCK */
    uint32_t offset[PEL_PRESIEVE_PATTERNS];

    struct pel_turn_lists small, medium;
    struct pel_turns *turns; /* the memory of both */

    struct pel_large *large; /* NULL: there are no large primes */
    size_t decoded;          /* bytes of the plan's primes that have been in `batch` */
    uint32_t batch[PEL_FIRST_BATCH];
    size_t batched, taken; /* large primes in `batch`, and how many of them take part already */
};

#endif
