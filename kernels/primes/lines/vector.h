/* 16 numbers of 32 bits at a time. */
#ifndef PELTON_PRIMES_LINES_VECTOR_H
#define PELTON_PRIMES_LINES_VECTOR_H

#include "primes/lines/lines.h"

#include <immintrin.h>

#define PEL_AVX512_INLINE PEL_INLINE PEL_TARGET_AVX512

/* The loop that follows is to be unrolled: it has so many rounds, and its arrays belong in registers. */
#if defined(__clang__)
#define PEL_UNROLL(n) _Pragma("clang loop unroll(full)")
#else
#define PEL_UNROLL_TEXT(text) _Pragma(#text)
#define PEL_UNROLL(n) PEL_UNROLL_TEXT(GCC unroll n)
#endif

/* a - b and a + b modulo m: of both candidates, the smaller one as an unsigned number. */
PEL_AVX512_INLINE __m512i pel_sub_mod(__m512i a, __m512i b, __m512i m)
{
    __m512i x = _mm512_sub_epi32(a, b);
    return _mm512_min_epu32(x, _mm512_add_epi32(x, m));
}

PEL_AVX512_INLINE __m512i pel_add_mod(__m512i a, __m512i b, __m512i m)
{
    __m512i x = _mm512_add_epi32(a, b);
    return _mm512_min_epu32(x, _mm512_sub_epi32(x, m));
}

/* at - gap step modulo m, for a gap that is a constant up to 5: that between neighbouring lines. */
PEL_AVX512_INLINE __m512i pel_advance(__m512i at, __m512i step, __m512i m, size_t gap)
{
    __m512i twice = pel_add_mod(step, step, m);
    switch (gap) {
    case 0:
        return at;
    case 1:
        return pel_sub_mod(at, step, m);
    case 2:
        return pel_sub_mod(at, twice, m);
    case 3:
        return pel_sub_mod(at, pel_add_mod(twice, step, m), m);
    case 4:
        return pel_sub_mod(at, pel_add_mod(twice, twice, m), m);
    default:
        return pel_sub_mod(at, pel_add_mod(pel_add_mod(twice, twice, m), step, m), m);
    }
}

/* The masks of the hits at 8 i + 0 to 7, where hits_at() looks them up. */
PEL_AVX512_INLINE __m512i pel_hit_masks(void)
{
#define KEPT(bit) (int)((255u & ~(1u << (bit))) << 16)
    return _mm512_set_epi32(KEPT(7), KEPT(6), KEPT(5), KEPT(4), KEPT(3), KEPT(2), KEPT(1), KEPT(0),
                            KEPT(7), KEPT(6), KEPT(5), KEPT(4), KEPT(3), KEPT(2), KEPT(1), KEPT(0));
#undef KEPT
}

/* Places in bits to 16 struct pel_lines_hit. */
PEL_AVX512_INLINE __m512i pel_hits_at(__m512i at, __m512i masks)
{
    return _mm512_or_si512(_mm512_srli_epi32(at, 3), _mm512_permutexvar_epi32(at, masks));
}

/* Queues the hits of those places that are below nbits; writes 16 in any case. Returns the queue's end. */
PEL_AVX512_INLINE struct pel_lines_hit *pel_queue_below(struct pel_lines_hit *queue, __m512i at,
                                                        __m512i nbits, __m512i masks)
{
    __mmask16 in = _mm512_cmplt_epu32_mask(at, nbits);
    _mm512_storeu_si512(queue, pel_hits_at(_mm512_maskz_compress_epi32(in, at), masks));
    return queue + __builtin_popcount(in);
}

/* Behind a queue's end: 16 hits that change nothing, so that it can be taken in sixteens. */
PEL_AVX512_INLINE void pel_end_queue(struct pel_lines_hit *end)
{
    _mm512_storeu_si512(end, _mm512_set1_epi32(255 << 16));
}

/* Takes n hits, and up to 15 that follow. */
PEL_AVX512_INLINE void pel_take_hits(uint8_t *line, const struct pel_lines_hit *queue, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        PEL_UNROLL(16)
        for (size_t k = 0; k < 16; k++)
            line[queue[i + k].byte] &= queue[i + k].kept;
    }
}

#endif
