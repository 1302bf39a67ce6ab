/* Square roots of doubles by the divider and, at the same time, by multiplication; for ops.c alone.
 *
 * A divider makes eight roots in 16 cycles (Zen 4; more elsewhere), in which the rest of a core would have time for
 * the same by Goldschmidt's iteration: so every other vector goes there, and a root takes 0.35 ns instead of
 * 0.55. Its last step rounds correctly but for rare numbers, so each root is checked with an exact residual, and
 * the divider has the last word. So bits are those of IEEE 754, as everywhere; only here does an instruction
 * multiply and add with one rounding. */
#ifndef PELTON_BULK_ENGINE_SQRT_H
#define PELTON_BULK_ENGINE_SQRT_H

#include "bulk/engine/machine/ops.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* g goes to sqrt(a) and h to 1 / (2 sqrt(a)): bits 14, 27, 53, and then g by its residual. */
PEL_TARGET_AVX512 static inline __m512d sqrt_by_products(__m512d a)
{
    const __m512d half = _mm512_set1_pd(0.5);
    __m512d root = _mm512_rsqrt14_pd(a);
    __m512d g = _mm512_mul_pd(a, root), h = _mm512_mul_pd(half, root);
    for (int i = 0; i < 2; i++) {
        __m512d rest = _mm512_fnmadd_pd(g, h, half);
        g = _mm512_fmadd_pd(g, rest, g);
        h = _mm512_fmadd_pd(h, rest, h);
    }
    return _mm512_fmadd_pd(_mm512_fnmadd_pd(g, g, a), h, g);
}

/* Lanes where g is sqrt(a) rounded to nearest: sqrt(a) lies within half a unit u in the last place, the smaller one
 * below g where g is a power of 2, if |a - g^2| < g u. (Between g u and the true bounds, g u +- u^2 / 4, is
 * one number at most, which the divider gets.) The residual is exact: it has at most 53 bits then, none below
 * 2^-1074 where a > 2^-900. Never of 0, infinity and NaN, where g is NaN. */
PEL_TARGET_AVX512 static inline __mmask8 is_sqrt(__m512d a, __m512d g)
{
    const __m512i exponent = _mm512_set1_epi64(INT64_C(0x7ff) << 52);
    const __m512i down = _mm512_set1_epi64((INT64_C(52) << 52) + 1);
    __m512i u = _mm512_and_si512(_mm512_sub_epi64(_mm512_castpd_si512(g), down), exponent);
    __m512d rest = _mm512_abs_pd(_mm512_fnmadd_pd(g, g, a));
    __m512d bound = _mm512_mul_pd(g, _mm512_castsi512_pd(u));
    __mmask8 large = _mm512_cmp_pd_mask(a, _mm512_set1_pd(0x1p-900), _CMP_GT_OQ);
    return _mm512_mask_cmp_pd_mask(large, rest, bound, _CMP_LT_OQ);
}

/* Of negative numbers NaN, for often there are some that a filter has left out; and zeros as they are. */
PEL_TARGET_AVX512 static inline __m512d sqrt_beside_divider(__m512d a)
{
    __m512d magnitude = _mm512_abs_pd(a), g = sqrt_by_products(magnitude);
    __mmask8 right = is_sqrt(magnitude, g);
    __mmask8 negative = _mm512_movepi64_mask(_mm512_castpd_si512(a));
    g = _mm512_mask_mov_pd(g, negative, _mm512_set1_pd(__builtin_nan("")));
    if (__builtin_expect(right == 0xff, 1))
        return g;
    __mmask8 zero = _mm512_cmp_pd_mask(a, _mm512_setzero_pd(), _CMP_EQ_OQ);
    return (right | zero) == 0xff ? _mm512_mask_mov_pd(g, zero, a) : _mm512_sqrt_pd(a);
}

PEL_TARGET_AVX512 static bool sqrt_f64_avx512(const struct call *call)
{
    const double *x = call->in[0].at;
    double *out = call->out;
    size_t step = 8 * call->in[0].step;
    const unsigned char *ahead = call->ahead ? call->ahead : call->in[0].at;
    for (size_t i = 0; i < call->n; i += 16, x += 2 * step) {
        fetch(ahead + 8 * i);
        fetch(ahead + 8 * i + 64);
        __m512d a = _mm512_loadu_pd(x), b = _mm512_loadu_pd(x + step);
        _mm512_storeu_pd(out + i, _mm512_sqrt_pd(a));
        _mm512_storeu_pd(out + i + 8, sqrt_beside_divider(b));
    }
    return false;
}
#endif

#endif
