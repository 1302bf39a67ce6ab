/* Phi0 = sum of mu(m) phi(x / m, K) over m <= z, m free of squares, its prime factors above p(K) and at
 * most y. */
#include "primes/pi/gourdon.h"

uint64_t pel_gourdon_phi0(const struct pel_gourdon *g)
{
    const struct pel_factors *f = &g->factors;
    uint64_t sum = pel_wheel_phi(g->wheel, g->x);
    size_t end = pel_factors_up_to(f, g->z);
    for (size_t i = 1; i < end; i++) {
        if (f->entries[i] <= PEL_PHI_LAST)
            continue;
        uint64_t m = i / PEL_FACTOR_RESIDUES * PEL_FACTOR_MODULUS + f->residues[i % PEL_FACTOR_RESIDUES];
        uint64_t phi = pel_wheel_phi(g->wheel, g->x / m);
        sum += f->entries[i] & 1 ? phi : -phi;
    }
    return sum;
}
