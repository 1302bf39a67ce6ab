#include "primes/sieve/loops.h"

#include <string.h>

#define LEVELS_BODY "primes/sieve/loops_body.h"
#include "core/levels.h"

const struct pel_sieve_loops *pel_sieve_loops_for(enum pel_isa isa)
{
    static const struct pel_sieve_loops *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}
