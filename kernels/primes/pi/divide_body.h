/* Where the numbers floor(n / d) lie in a bitmap that begins with the number `base`: the place of a number
 * is that of the last bit up to it, 8 floor(t / 30) + pel_bit_up_to[t mod 30] where
 * 0 <= t = floor(n / d) - base < 2^32. The top bit of d does not belong to it.
 *
 * In doubles, LANES at a time: the quotient of two integers below 2^53 never rounds up to an integer, and
 * the half keeps the product with 1/30 further off the integers than its rounding. */
#if LEVEL_NBYTES == 64

enum { LEVEL(LANES) = 8 };

TARGET static inline void LEVEL(divide_lanes)(double n, double base, const uint32_t *d,
                                              uint32_t *places)
{
    enum { DOWN = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC };
    __m256i low =
        _mm256_and_si256(_mm256_loadu_si256((const __m256i *)d), _mm256_set1_epi32(INT32_MAX));
    __m512d t = _mm512_div_pd(_mm512_set1_pd(n), _mm512_cvtepi32_pd(low));
    t = _mm512_sub_pd(_mm512_roundscale_pd(t, DOWN), _mm512_set1_pd(base));
    __m512d byte = _mm512_mul_pd(_mm512_add_pd(t, _mm512_set1_pd(0.5)), _mm512_set1_pd(1.0 / 30));
    byte = _mm512_roundscale_pd(byte, DOWN);
    __m256i r = _mm512_cvttpd_epi32(_mm512_fnmadd_pd(byte, _mm512_set1_pd(30), t));
    __m512i bits =
        _mm512_permutex2var_epi32(_mm512_loadu_si512(pel_bit_up_to), _mm512_castsi256_si512(r),
                                  _mm512_loadu_si512(pel_bit_up_to + 16));
    __m256i place = _mm256_slli_epi32(_mm512_cvttpd_epi32(byte), 3);
    _mm256_storeu_si256((__m256i *)places, _mm256_add_epi32(place, _mm512_castsi512_si256(bits)));
}

#elif LEVEL_NBYTES == 32

enum { LEVEL(LANES) = 4 };

TARGET static inline void LEVEL(divide_lanes)(double n, double base, const uint32_t *d,
                                              uint32_t *places)
{
    __m128i low = _mm_and_si128(_mm_loadu_si128((const __m128i *)d), _mm_set1_epi32(INT32_MAX));
    __m256d t = _mm256_div_pd(_mm256_set1_pd(n), _mm256_cvtepi32_pd(low));
    t = _mm256_sub_pd(_mm256_floor_pd(t), _mm256_set1_pd(base));
    __m256d byte = _mm256_mul_pd(_mm256_add_pd(t, _mm256_set1_pd(0.5)), _mm256_set1_pd(1.0 / 30));
    byte = _mm256_floor_pd(byte);
    __m128i r = _mm256_cvttpd_epi32(_mm256_sub_pd(t, _mm256_mul_pd(byte, _mm256_set1_pd(30))));
    /* pel_bit_up_to, as two halves of bytes; the upper bytes of a lane become 0. */
    __m128i index = _mm_or_si128(r, _mm_set1_epi32((int32_t)0x80808000));
    __m128i low_half = _mm_setr_epi8(0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4);
    __m128i high_half = _mm_setr_epi8(5, 5, 5, 5, 5, 5, 6, 6, 7, 7, 7, 7, 7, 7, 0, 0);
    __m128i bits =
        _mm_blendv_epi8(_mm_shuffle_epi8(low_half, index), _mm_shuffle_epi8(high_half, index),
                        _mm_cmpgt_epi32(r, _mm_set1_epi32(15)));
    __m128i place = _mm_slli_epi32(_mm256_cvttpd_epi32(byte), 3);
    _mm_storeu_si128((__m128i *)places, _mm_add_epi32(place, bits));
}

#else

enum { LEVEL(LANES) = 1 };

static inline void LEVEL(divide_lanes)(double n, double base, const uint32_t *d, uint32_t *places)
{
    uint32_t t = (uint32_t)((uint64_t)(n / (double)(*d & INT32_MAX)) - (uint64_t)base);
    *places = t / 30 * 8 + pel_bit_up_to[t % 30];
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
        places[i] = t / 30 * 8 + pel_bit_up_to[t % 30];
    }
}
