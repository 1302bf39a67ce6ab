#include "primes/sieve/loops.h"

#include <string.h>

/* Bits of a word by adding up neighbours: what there is without an instruction for it. */
static inline unsigned add_up_bits(uint64_t word)
{
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)(word * UINT64_C(0x0101010101010101) >> 56);
}

#define LEVELS_BODY "primes/sieve/loops_body.h"
#include "core/levels.h"

const struct pel_sieve_loops *pel_sieve_loops_for(enum pel_isa isa)
{
    static const struct pel_sieve_loops *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}
