/* Phi0 = sum of mu(m) phi(x / m, K) over m <= z, m free of squares, its prime factors above p(K) and at
 * most y. */
#include "primes/pi/gourdon.h"

#include <stdlib.h>

struct ordinary {
    const struct pel_gourdon *g;
    size_t next, npieces; /* a piece is PERIODS periods of the table of factors */
    uint64_t sum;
};

enum { PERIODS = 64 };

static int begin(const struct pel_gourdon *g, void **state)
{
    struct ordinary *term = calloc(1, sizeof *term);
    *state = term;
    if (!term)
        return -ENOMEM;
    term->g = g;
    term->npieces = (g->factors.n / PEL_FACTOR_RESIDUES - 1) / PERIODS + 1;
    term->sum = pel_phi_wheel_phi(g->wheel, g->x); /* m = 1 is not in the table */
    return 0;
}

static uint64_t sum_of_period(const struct pel_gourdon *g, size_t period)
{
    const struct pel_factors *f = &g->factors;
    const uint16_t *entries = f->entries + period * PEL_FACTOR_RESIDUES;
    uint64_t sum = 0;
    for (size_t i = 0; i < PEL_FACTOR_RESIDUES; i++) {
        if (entries[i] <= PEL_PHI_LAST)
            continue;
        uint64_t m = (uint64_t)period * PEL_FACTOR_MODULUS + f->residues[i];
        uint64_t phi = pel_phi_wheel_phi(g->wheel, g->x / m);
        sum += entries[i] & 1 ? phi : -phi;
    }
    return sum;
}

static int work(void *state)
{
    struct ordinary *term = state;
    const struct pel_gourdon *g = term->g;
    size_t end = g->factors.n / PEL_FACTOR_RESIDUES;
    uint64_t sum = 0;
    for (size_t i; pel_gourdon_claim(&term->next, term->npieces, &i);) {
        if (pel_cancel_requested(g->team->cancel))
            return -ECANCELED;
        for (size_t period = i * PERIODS; period < (i + 1) * PERIODS && period < end; period++)
            sum += sum_of_period(g, period);
        pel_gourdon_advance(g, g->ordinary_work, i, term->npieces);
    }
    __atomic_fetch_add(&term->sum, sum, __ATOMIC_RELAXED);
    return 0;
}

static int end(void *state, int status, uint64_t *sum)
{
    if (!status)
        *sum = ((struct ordinary *)state)->sum;
    free(state);
    return status;
}

const struct pel_gourdon_term pel_gourdon_ordinary = {.begin = begin, .work = work, .end = end};
