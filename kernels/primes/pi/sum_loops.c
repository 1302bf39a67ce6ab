#include "primes/pi/sum_loops.h"

#define LEVELS_BODY "primes/pi/sum_loops_body.h"
#include "core/levels.h"

const struct pel_sum_rows *pel_sum_rows_for(enum pel_isa isa)
{
    static const struct pel_sum_rows *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}

void pel_sum_descend(struct pel_sum_descent *descent)
{
    while (!descent->word) {
        if (descent->at == 0) {
            descent->prime = 0;
            return;
        }
        descent->word = descent->sum->words[--descent->at].bits;
    }
    unsigned bit = 63 - (unsigned)__builtin_clzll(descent->word);
    descent->word ^= UINT64_C(1) << bit;
    descent->prime = 240 * (uint64_t)descent->at + pel_bitmap_number(bit);
    if (descent->prime <= descent->sum->y)
        descent->prime = 0;
}
