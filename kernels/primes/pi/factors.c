/* The least prime factor and Moebius' function of every number that can be a leaf, in 16 bits each. */
#include "primes/pi/gourdon.h"

#include <stdlib.h>

enum { MODULUS = PEL_FACTOR_MODULUS, RESIDUES = PEL_FACTOR_RESIDUES };

static void number_residues(struct pel_factors *f)
{
    uint16_t n = 0;
    for (unsigned r = 0; r < MODULUS; r++) {
        if (r % 2 && r % 3 && r % 5 && r % 7 && r % 11)
            f->residues[n++] = r;
        f->index[r] = n;
    }
}

/* Entry 0 is "no factor found yet" while the table is made, CLEARED means a square factor. */
enum { NONE = 0, CLEARED = 65535, LARGEST = 65534 };

/* Multiplies mu of all multiples of p by -1, and makes p the least factor of those without one. */
static void note_prime(struct pel_factors *f, uint64_t p, uint64_t z)
{
    for (uint64_t period = 0; period <= z / p; period += MODULUS)
        for (size_t i = 0; i < RESIDUES; i++) {
            uint64_t m = p * (period + f->residues[i]);
            if (m > z)
                return;
            uint16_t *entry = &f->entries[pel_factors_up_to(f, m) - 1];
            if (*entry == NONE)
                *entry = (uint16_t)(p - 1 < LARGEST ? p - 1 : LARGEST);
            else if (*entry != CLEARED)
                *entry ^= 1;
        }
}

static void clear_squares(struct pel_factors *f, uint64_t p, uint64_t z)
{
    for (uint64_t period = 0; period <= z / (p * p); period += MODULUS)
        for (size_t i = 0; i < RESIDUES; i++) {
            uint64_t m = p * p * (period + f->residues[i]);
            if (m > z)
                return;
            f->entries[pel_factors_up_to(f, m) - 1] = CLEARED;
        }
}

/* Primes up to y are noted, and so every composite number up to z: the prime factors of those are below
 * z / 13 < y. What then has no factor is a prime above y. */
int pel_factors_make(struct pel_gourdon *g)
{
    struct pel_factors *f = &g->factors;
    number_residues(f);
    f->n = (size_t)(g->z / MODULUS + 1) * RESIDUES;
    f->entries = calloc(f->n, sizeof *f->entries);
    if (!f->entries)
        return -ENOMEM;
    for (size_t b = 6; b <= g->nprimes; b++)
        note_prime(f, g->primes[b], g->z);
    for (size_t b = 6; b <= g->nprimes && (uint64_t)g->primes[b] * g->primes[b] <= g->z; b++)
        clear_squares(f, g->primes[b], g->z);
    for (size_t i = 0; i < f->n; i++)
        if (f->entries[i] == CLEARED)
            f->entries[i] = NONE;
    return 0;
}
