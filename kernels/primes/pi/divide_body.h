/* Where the numbers floor(n / d) lie in a bitmap that begins with the number `base`: 256 w + r for place r
 * (0 to 239) of word w, that is t + 16 floor(t / 240) where t = floor(n / d) - base.
 *
 * In doubles: the quotient of two integers below 2^53 never rounds up to an integer, and the half keeps the
 * product with 1/240 further off the integers than its rounding, for t < 2^32. The top bit of a divisor is not part of it. The vector
 * versions write up
 * to 7 places more than count, and read as many divisors. */
TARGET static inline void LEVEL(divide)(double n, double base, const uint32_t *d, size_t count,
                                        uint32_t *places)
{
#if defined(PEL_LEVEL_AVX512)
    const __m512d vn = _mm512_set1_pd(n), vbase = _mm512_set1_pd(base), half = _mm512_set1_pd(0.5);
    const __m512d inverse = _mm512_set1_pd(1.0 / 240), sixteen = _mm512_set1_pd(16);
    const __m256i low = _mm256_set1_epi32(INT32_MAX);
    for (size_t i = 0; i < count; i += 8) {
        __m256i divisors = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(d + i)), low);
        __m512d q = _mm512_div_pd(vn, _mm512_cvtepi32_pd(divisors));
        __m512d t = _mm512_sub_pd(_mm512_roundscale_pd(q, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC), vbase);
        __m512d w = _mm512_mul_pd(_mm512_add_pd(t, half), inverse);
        w = _mm512_roundscale_pd(w, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
        _mm256_storeu_si256((__m256i *)(places + i), _mm512_cvttpd_epu32(_mm512_fmadd_pd(w, sixteen, t)));
    }
#elif defined(PEL_LEVEL_AVX2)
    /* AVX2 has conversions of signed integers only; places may need 32 bits. */
    const __m256d vn = _mm256_set1_pd(n), vbase = _mm256_set1_pd(base), half = _mm256_set1_pd(0.5);
    const __m256d inverse = _mm256_set1_pd(1.0 / 240), sixteen = _mm256_set1_pd(16);
    const __m128i low = _mm_set1_epi32(INT32_MAX);
    const __m256d middle = _mm256_set1_pd(0x1p31);
    for (size_t i = 0; i < count; i += 4) {
        __m128i divisors = _mm_and_si128(_mm_loadu_si128((const __m128i *)(d + i)), low);
        __m256d q = _mm256_div_pd(vn, _mm256_cvtepi32_pd(divisors));
        __m256d t = _mm256_sub_pd(_mm256_floor_pd(q), vbase);
        __m256d w = _mm256_floor_pd(_mm256_mul_pd(_mm256_add_pd(t, half), inverse));
        __m256d place = _mm256_add_pd(_mm256_mul_pd(w, sixteen), _mm256_sub_pd(t, middle));
        __m128i bits = _mm_xor_si128(_mm256_cvttpd_epi32(place), _mm_set1_epi32(INT32_MIN));
        _mm_storeu_si128((__m128i *)(places + i), bits);
    }
#else
    for (size_t i = 0; i < count; i++) {
        uint32_t t = (uint32_t)((uint64_t)(n / (double)(d[i] & INT32_MAX)) - (uint64_t)base);
        places[i] = t + 16 * (t / 240);
    }
#endif
}

/* The same for any n and t < 2^32. */
TARGET static void LEVEL(divide_large)(uint64_t n, uint64_t base, const uint32_t *d, size_t count,
                                       uint32_t *places)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t t = (uint32_t)(n / (d[i] & INT32_MAX) - base);
        places[i] = t + 16 * (t / 240);
    }
}
