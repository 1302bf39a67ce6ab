/* A chunk's lines, one after the other. */
#include "primes/lines/lines.h"
#include "primes/root.h"

#if defined(__x86_64__)

#include <string.h>

/* Rows of the rest whose primes may have squares up to `most`. */
static size_t rows_up_to(const struct pel_lines_moduli *rest, uint64_t most)
{
    uint64_t last = pel_root2(most);
    size_t low = 0, high = rest->n / 16;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rest->m[16 * middle] <= last)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void choose_lines(struct pel_lines *sieve, bool twins)
{
    const uint8_t *r = pel_lines_residues;
    size_t n = 0;
    for (size_t i = 0; i < PEL_LINES; i++)
        if (!twins || (i > 0 && r[i] - r[i - 1] == 2) ||
            (i + 1 < PEL_LINES && r[i + 1] - r[i] == 2))
            sieve->used[n++] = (uint8_t)i;
    memset(sieve->gap, 0, sizeof sieve->gap);
    for (size_t k = 0; k + 1 < n; k++)
        sieve->gap[k] = (uint8_t)((r[sieve->used[k + 1]] - r[sieve->used[k]]) / 2);
    sieve->nused = n;
}

void pel_lines_begin(struct pel_lines *sieve, size_t chunk, bool twins)
{
    const struct pel_sieve_plan *plan = sieve->base.plan;
    uint64_t end = (plan->stop - 7) / 30 + 1;
    sieve->begin = plan->first_byte + chunk * plan->chunk_bytes;
    sieve->end = end - sieve->begin < plan->chunk_bytes ? end : sieve->begin + plan->chunk_bytes;
    sieve->first = sieve->begin / 7;
    sieve->nbits = (uint32_t)((sieve->end - 1) / 7 + 1 - sieve->first);
    sieve->least = plan->start > 30 * sieve->begin + 7 ? plan->start : 30 * sieve->begin + 7;
    sieve->most = plan->stop < 30 * sieve->end + 1 ? plan->stop : 30 * sieve->end + 1;
    choose_lines(sieve, twins);

    const struct pel_lines_plan *lines = sieve->plan;
    struct pel_lines_moduli rest = lines->rest;
    sieve->nrows = rows_up_to(&rest, sieve->most);
    sieve->nmedium = lines->nmedium < sieve->nrows ? lines->nmedium : sieve->nrows;
    rest.n = 16 * sieve->nrows;
    uint64_t number = 210 * sieve->first + pel_lines_residues[sieve->used[0]];
    pel_lines_place(&lines->patterns, number, sieve->pattern_at);
    for (int class = 0; class < 4; class ++)
        pel_lines_place(&lines->small[class], number, sieve->small_at[class]);
    pel_lines_place(&rest, number, sieve->at);
}

/* Puts back the sieving primes, which have been crossed off, too. */
static void restore_primes(const struct pel_lines *sieve, unsigned residue)
{
    const struct pel_sieve_plan *plan = sieve->base.plan;
    static const uint8_t bit_of[30] = {
        [7] = 0, [11] = 1, [13] = 2, [17] = 3, [19] = 4, [23] = 5, [29] = 6, [1] = 7};
    const unsigned bit = bit_of[residue % 30];
    uint64_t k = 7 * sieve->first + (residue - 7) / 30;
    for (size_t i = 0; i < sieve->nbits && k < plan->primes_nbytes; i++, k += 7)
        sieve->line[i / 8] |= (uint8_t)((plan->primes[k] >> bit & 1) << i % 8);
}

/* Clears the bits of numbers that are not in [least, most], up to a multiple of PEL_LINES_UNIT. */
static void clear_outside(const struct pel_lines *sieve, unsigned residue)
{
    const uint64_t base = 210 * sieve->first + residue;
    for (uint64_t i = 0; i < sieve->nbits && base + 210 * i < sieve->least; i++)
        sieve->line[i / 8] &= (uint8_t) ~(1u << i % 8);
    uint64_t from = sieve->most < base ? 0 : (sieve->most - base) / 210 + 1;
    uint64_t to = (sieve->nbits + PEL_LINES_UNIT - 1) / PEL_LINES_UNIT * PEL_LINES_UNIT;
    if (from >= to)
        return;
    sieve->line[from / 8] &= (uint8_t)((1u << from % 8) - 1);
    memset(sieve->line + from / 8 + 1, 0, (size_t)(to / 8 - from / 8 - 1));
}

int pel_lines_sieve(struct pel_lines *sieve, size_t k)
{
    const struct pel_lines_plan *lines = sieve->plan;
    const size_t gap = k ? sieve->gap[k - 1] : 0, served = k % PEL_LINES_VISIT;
    const unsigned residue = pel_lines_residues[sieve->used[k]];
    if (pel_cancel_requested(sieve->base.cancel))
        return -ECANCELED;
    pel_lines_advance(&lines->patterns, gap, sieve->pattern_at);
    for (int class = 0; class < 4; class ++)
        pel_lines_advance(&lines->small[class], gap, sieve->small_at[class]);
    pel_lines_stamp(sieve);
    pel_lines_small(sieve);
    pel_lines_medium(sieve, gap);
    if (served == 0)
        pel_lines_visit_large(sieve, sieve->gap + k);
    pel_lines_large(sieve, served);
    restore_primes(sieve, residue);
    clear_outside(sieve, residue);
    uint64_t nbytes = sieve->end - sieve->begin;
    pel_progress_add(sieve->base.progress,
                     nbytes * (k + 1) / sieve->nused - nbytes * k / sieve->nused);
    return 0;
}

#endif
