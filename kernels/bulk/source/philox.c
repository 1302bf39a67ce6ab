#include "bulk/source/philox.h"

#include <string.h>

enum { GROUP = 16 };

struct levels {
    pel_random_fn *fill;
};

/* Signed, because only AVX-512 converts unsigned 64 bits at once. */
static inline double unit(uint64_t bits)
{
    return (double)(int64_t)(bits >> 11) * 0x1p-53;
}

void pel_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
    for (int round = 0; round < PEL_PHILOX_ROUNDS; round++) {
        uint64_t left = (uint64_t)PEL_PHILOX_M0 * x[0], right = (uint64_t)PEL_PHILOX_M1 * x[2];
        x[0] = (uint32_t)(right >> 32) ^ x[1] ^ k[0];
        x[1] = (uint32_t)right;
        x[2] = (uint32_t)(left >> 32) ^ x[3] ^ k[1];
        x[3] = (uint32_t)left;
        k[0] += PEL_PHILOX_W0;
        k[1] += PEL_PHILOX_W1;
    }
    memcpy(out, x, sizeof x);
}

#define LEVELS_BODY "bulk/source/philox_body.h"
#include "core/levels.h"

pel_random_fn *pel_random_for(enum pel_isa isa)
{
    static const struct levels *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)]->fill;
}
