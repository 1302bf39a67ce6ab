/* The line's first bits: those of all patterns. */
#include "primes/lines/lines.h"

#if defined(__x86_64__)

#include "primes/lines/vector.h"

#include <string.h>

enum { WIDTH = PEL_LINES_PIECE / 64 };

/* Where each pattern is read for the next piece; then moves on. */
PEL_AVX512_INLINE void next_piece(const struct pel_lines_plan *plan, uint32_t *now, uint32_t *from)
{
    for (size_t t = 0; t < plan->patterns.n; t += 16) {
        __m512i at = _mm512_load_si512(now + t), start = _mm512_load_si512(plan->pattern_start + t);
        _mm512_store_si512(from + t, _mm512_add_epi32(at, start));
        at = pel_add_mod(at, _mm512_load_si512(plan->pattern_ahead + t),
                         _mm512_load_si512(plan->patterns.m + t));
        _mm512_store_si512(now + t, at);
    }
}

PEL_TARGET_AVX512 void pel_lines_stamp(struct pel_lines *sieve)
{
    const struct pel_lines_plan *plan = sieve->plan;
    const size_t npatterns = plan->patterns.n;
    memcpy(sieve->pattern_now, sieve->pattern_at, npatterns * sizeof *sieve->pattern_now);
    for (size_t at = 0; 8 * at < sieve->nbits; at += PEL_LINES_PIECE) {
        next_piece(plan, sieve->pattern_now, sieve->pattern_from);
        __m512i row[WIDTH];
        PEL_UNROLL(8)
        for (int k = 0; k < WIDTH; k++)
            row[k] = _mm512_set1_epi8(-1);
        for (size_t t = 0; t < npatterns; t++) {
            const uint8_t *from = plan->pattern_bytes + sieve->pattern_from[t];
            PEL_UNROLL(8)
            for (int k = 0; k < WIDTH; k++)
                row[k] = _mm512_and_si512(row[k], _mm512_loadu_si512(from + 64 * k));
        }
        PEL_UNROLL(8)
        for (int k = 0; k < WIDTH; k++)
            _mm512_store_si512(sieve->line + at + 64 * k, row[k]);
    }
}

#endif
