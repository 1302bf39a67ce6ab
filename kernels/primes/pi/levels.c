#include "primes/pi/levels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define LEVELS_BODY "primes/pi/levels_body.h"
#include "core/levels.h"

const struct pel_gourdon_level *pel_gourdon_level(enum pel_isa isa)
{
    static const struct pel_gourdon_level *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}
