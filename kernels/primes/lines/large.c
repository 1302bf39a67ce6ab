/* Primes that hit a line at most once. Going over them is what they cost: one in some hits, and their
 * places come from the second-level cache or beyond. So one visit makes the hits of the next eight lines:
 * at 10^13 visits for four take 7 % more time in all, for two 70 %, and for sixteen the same. */
#include "primes/lines/lines.h"

#if defined(__x86_64__)

#include "primes/lines/vector.h"

/* at - gap step modulo m, with multiples[i] = i step. */
PEL_AVX512_INLINE __m512i move(__m512i at, const __m512i multiples[6], __m512i m, size_t gap)
{
    for (; gap > 5; gap -= 5)
        at = pel_sub_mod(at, multiples[5], m);
    return pel_sub_mod(at, _mm512_load_si512(&multiples[gap]), m);
}

PEL_TARGET_AVX512 void pel_lines_visit_large(struct pel_lines *sieve, const uint8_t *gap)
{
    const struct pel_lines_moduli *rest = &sieve->plan->rest;
    const __m512i masks = pel_hit_masks(),
                  nbits = _mm512_set1_epi32((int)(sieve->plan->nbits + PEL_LINES_SLACK));
    struct pel_lines_hit *end[PEL_LINES_VISIT];
    for (int k = 0; k < PEL_LINES_VISIT; k++)
        end[k] = sieve->later[k];
    for (size_t row = sieve->nmedium; row < sieve->nrows; row++) {
        __m512i p = _mm512_load_si512(rest->m + 16 * row),
                at = _mm512_load_si512(sieve->at + 16 * row);
        __m512i step[6] = {_mm512_setzero_si512(), _mm512_load_si512(rest->step + 16 * row)};
        step[2] = pel_add_mod(step[1], step[1], p);
        step[3] = pel_add_mod(step[2], step[1], p);
        step[4] = pel_add_mod(step[2], step[2], p);
        step[5] = pel_add_mod(step[3], step[2], p);
        PEL_UNROLL(8)
        for (int k = 0; k < PEL_LINES_VISIT; k++) {
            end[k] = pel_queue_below(end[k], at, nbits, masks);
            at = move(at, step, p, gap[k]);
        }
        _mm512_store_si512(sieve->at + 16 * row, at);
    }
    for (int k = 0; k < PEL_LINES_VISIT; k++) {
        sieve->nlater[k] = (size_t)(end[k] - sieve->later[k]);
        pel_end_queue(end[k]);
    }
}

PEL_TARGET_AVX512 void pel_lines_large(const struct pel_lines *sieve, size_t served)
{
    pel_take_hits(sieve->line, sieve->later[served], sieve->nlater[served]);
}

#endif
