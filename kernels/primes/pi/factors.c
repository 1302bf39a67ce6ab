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

/* The table is made in pieces of a few periods, which the threads of the team claim. A piece knows of each of
 * its numbers the product of the primes p <= z^(1/2) found in it; what is left of the number then is 1 or
 * one larger prime. */
enum { PERIODS = 16, PIECE = PERIODS * RESIDUES };

/* While an entry is made: 0 is "no factor found", CLEARED means a square factor. */
enum { NONE = 0, CLEARED = 65535, LARGEST = 65534 };

static void add_factor(uint16_t *entry, uint64_t p)
{
    if (*entry == NONE)
        *entry = (uint16_t)(p - 1 < LARGEST ? p - 1 : LARGEST);
    else if (*entry != CLEARED)
        *entry ^= 1;
}

/* The number of entry i. */
static uint64_t number(const struct pel_factors *f, uint64_t i)
{
    return i / RESIDUES * MODULUS + f->residues[i % RESIDUES];
}

static void make_piece(void *ctx, size_t piece)
{
    const struct pel_gourdon *g = ctx;
    const struct pel_factors *f = &g->factors;
    uint32_t products[PIECE];
    size_t first = piece * PIECE, count = f->n - first < PIECE ? f->n - first : PIECE;
    uint64_t low = number(f, first), high = number(f, first + count - 1);
    uint16_t *entries = f->entries + first;
    for (size_t i = 0; i < count; i++)
        products[i] = 1;
    for (size_t b = 6; b <= g->nprimes && (uint64_t)g->primes[b] * g->primes[b] <= high; b++) {
        uint64_t p = g->primes[b], m;
        for (size_t k = pel_factors_up_to(f, (low - 1) / p); (m = p * number(f, k)) <= high; k++) {
            size_t i = pel_factors_up_to(f, m) - 1 - first;
            add_factor(&entries[i], p);
            products[i] *= (uint32_t)p;
        }
        for (size_t k = pel_factors_up_to(f, (low - 1) / (p * p));
             (m = p * p * number(f, k)) <= high; k++)
            entries[pel_factors_up_to(f, m) - 1 - first] = CLEARED;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t m = number(f, first + i);
        if (entries[i] == CLEARED || m > g->z || (entries[i] == NONE && (m == 1 || m > g->y)))
            entries[i] = NONE;
        else if (products[i] != m)
            add_factor(&entries[i], m / products[i]);
    }
}

int pel_factors_make(struct pel_gourdon *g)
{
    struct pel_factors *f = &g->factors;
    number_residues(f);
    f->n = (size_t)(g->z / MODULUS + 1) * RESIDUES;
    f->entries = calloc(f->n, sizeof *f->entries);
    if (!f->entries)
        return -ENOMEM;
    return pel_team_run(g->team, (f->n - 1) / PIECE + 1, make_piece, g);
}
