/* Where moduli have their places in a line. */
#include "primes/lines/lines.h"

#if defined(__x86_64__)

#include "primes/lines/vector.h"

/* a modulo m. The quotient may be rounded up to the next integer, and the remainder, which is exact below
 * 2^53, is negative then. */
PEL_AVX512_INLINE __m512d modulo(__m512d a, __m512d m)
{
    __m512d quotient = _mm512_floor_pd(_mm512_div_pd(a, m));
    __m512d rest = _mm512_fnmadd_pd(quotient, m, a);
    return _mm512_mask_add_pd(rest, _mm512_cmp_pd_mask(rest, _mm512_setzero_pd(), _CMP_LT_OQ), rest,
                              m);
}

/* The first bit x with `first` + 210 x = 0 modulo m is - first / 210, where 1 / 210 is half a step; in
 * bytes likewise. A division for each prime: 48 lines together cost far more than that. */
PEL_TARGET_AVX512 void pel_lines_place(const struct pel_lines_moduli *moduli, uint64_t first,
                                       uint32_t *at)
{
    const __m512d number = _mm512_set1_pd((double)first);
    const __m256i one = _mm256_set1_epi32(1);
    for (size_t i = 0; i < moduli->n; i += 8) {
        __m256i step = _mm256_load_si256((const void *)(moduli->step + i));
        __m256i whole = _mm256_load_si256((const void *)(moduli->m + i));
        step = _mm256_mask_add_epi32(step, _mm256_test_epi32_mask(step, one), step, whole);
        __m512d m = _mm512_cvtepu32_pd(whole),
                half = _mm512_cvtepu32_pd(_mm256_srli_epi32(step, 1));
        __m512d up = modulo(_mm512_mul_pd(modulo(number, m), half), m);
        __mmask8 moved = _mm512_cmp_pd_mask(up, _mm512_setzero_pd(), _CMP_NEQ_OQ);
        __m512d down = _mm512_mask_sub_pd(up, moved, m, up);
        _mm256_store_si256((void *)(at + i), _mm512_cvttpd_epu32(down));
    }
}

PEL_AVX512_INLINE void advance_all(const struct pel_lines_moduli *moduli, size_t gap, uint32_t *at)
{
    for (size_t i = 0; i < moduli->n; i += 16)
        _mm512_store_si512(at + i, pel_advance(_mm512_load_si512(at + i),
                                               _mm512_load_si512(moduli->step + i),
                                               _mm512_load_si512(moduli->m + i), gap));
}

PEL_TARGET_AVX512 void pel_lines_advance(const struct pel_lines_moduli *moduli, size_t gap,
                                         uint32_t *at)
{
    for (; gap > 5; gap -= 5)
        advance_all(moduli, 5, at);
    switch (gap) {
    case 0:
        break;
    case 1:
        advance_all(moduli, 1, at);
        break;
    case 2:
        advance_all(moduli, 2, at);
        break;
    case 3:
        advance_all(moduli, 3, at);
        break;
    case 4:
        advance_all(moduli, 4, at);
        break;
    default:
        advance_all(moduli, 5, at);
        break;
    }
}

#endif
