/* Where the numbers floor(n / d) lie in a bitmap that begins with the number `base`: 256 w + r for place r
 * (0 to 239) of word w, that is t + 16 floor(t / 240) where t = floor(n / d) - base < 2^32. The top bit of d
 * does not belong to it.
 *
 * In doubles, LANES at a time: the quotient of two integers below 2^53 never rounds up to an integer, and
 * the half keeps the product with 1/240 further off the integers than its rounding. */
#if defined(PEL_LEVEL_AVX512)

enum { LEVEL(LANES) = 8 };

TARGET static inline void LEVEL(divide_lanes)(double n, double base, const uint32_t *d, uint32_t *places)
{
    enum { DOWN = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC };
    __m256i low = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)d), _mm256_set1_epi32(INT32_MAX));
    __m512d t = _mm512_div_pd(_mm512_set1_pd(n), _mm512_cvtepi32_pd(low));
    t = _mm512_sub_pd(_mm512_roundscale_pd(t, DOWN), _mm512_set1_pd(base));
    __m512d w = _mm512_mul_pd(_mm512_add_pd(t, _mm512_set1_pd(0.5)), _mm512_set1_pd(1.0 / 240));
    w = _mm512_fmadd_pd(_mm512_roundscale_pd(w, DOWN), _mm512_set1_pd(16), t);
    _mm256_storeu_si256((__m256i *)places, _mm512_cvttpd_epu32(w));
}

#elif defined(PEL_LEVEL_AVX2)

enum { LEVEL(LANES) = 4 };

/* Converts signed integers only, but places may need 32 bits: 2^31 is taken off meanwhile. */
TARGET static inline void LEVEL(divide_lanes)(double n, double base, const uint32_t *d, uint32_t *places)
{
    __m128i low = _mm_and_si128(_mm_loadu_si128((const __m128i *)d), _mm_set1_epi32(INT32_MAX));
    __m256d t = _mm256_div_pd(_mm256_set1_pd(n), _mm256_cvtepi32_pd(low));
    t = _mm256_sub_pd(_mm256_floor_pd(t), _mm256_set1_pd(base));
    __m256d w = _mm256_mul_pd(_mm256_add_pd(t, _mm256_set1_pd(0.5)), _mm256_set1_pd(1.0 / 240));
    w = _mm256_mul_pd(_mm256_floor_pd(w), _mm256_set1_pd(16));
    w = _mm256_add_pd(w, _mm256_sub_pd(t, _mm256_set1_pd(0x1p31)));
    __m128i bits = _mm_xor_si128(_mm256_cvttpd_epi32(w), _mm_set1_epi32(INT32_MIN));
    _mm_storeu_si128((__m128i *)places, bits);
}

#else

enum { LEVEL(LANES) = 1 };

static inline void LEVEL(divide_lanes)(double n, double base, const uint32_t *d, uint32_t *places)
{
    uint32_t t = (uint32_t)((uint64_t)(n / (double)(*d & INT32_MAX)) - (uint64_t)base);
    *places = t + 16 * (t / 240);
}

#endif

/* Reads and writes up to LANES - 1 more than count. */
TARGET static inline void LEVEL(divide)(double n, double base, const uint32_t *d, size_t count,
                                        uint32_t *places)
{
    for (size_t i = 0; i < count; i += LEVEL(LANES))
        LEVEL(divide_lanes)(n, base, d + i, places + i);
}

/* The same for any n. */
TARGET static void LEVEL(divide_large)(uint64_t n, uint64_t base, const uint32_t *d, size_t count,
                                       uint32_t *places)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t t = (uint32_t)(n / (d[i] & INT32_MAX) - base);
        places[i] = t + 16 * (t / 240);
    }
}
