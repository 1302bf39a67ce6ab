/* Columns of numbers, once for each instruction set: core/levels.h. Short numbers, as most are,
 * are parsed sixteen bytes at a time; what these do not take goes the long way. */

#if LEVEL_NBYTES >= 32
/* As number_short. */
TARGET static inline bool LEVEL(short_number)(const char *text, size_t nbytes, bool integer,
                                              uint64_t *number, int *nfraction)
{
    const __m128i steps = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)text);
    const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    const uint32_t strange =
        ~(uint32_t)_mm_movemask_epi8(is_digit) & (UINT32_C(0xffff) >> (16 - nbytes));
    /* Moves digits to the right end, zeros before them; those before the point by one more. */
    __m128i from = _mm_add_epi8(steps, _mm_set1_epi8((char)(nbytes - 16)));
    *nfraction = 0;
    if (strange) {
        const int point = __builtin_ctz(strange);
        if (integer || (strange & (strange - 1)) || text[point] != '.' || nbytes == 1)
            return false;
        *nfraction = (int)nbytes - 1 - point;
        from = _mm_add_epi8(from, _mm_cmpgt_epi8(_mm_set1_epi8((char)(16 - *nfraction)), steps));
    }
    const __m128i ones = _mm_shuffle_epi8(digits, from);
    const __m128i twos = _mm_maddubs_epi16(ones, _mm_set1_epi16(1 << 8 | 10));
    const __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(1 << 16 | 100));
    const __m128i eights =
        _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000));
    const uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    *number = (both & UINT64_C(0xffffffff)) * 100000000 + (both >> 32);
    return true;
}
#else
TARGET static inline bool LEVEL(short_number)(const char *text, size_t nbytes, bool integer,
                                              uint64_t *number, int *nfraction)
{
    return number_short(text, nbytes, integer, number, nfraction);
}
#endif

TARGET static size_t LEVEL(column_i64)(const struct csv_window *window, size_t column, int64_t *out)
{
    for (size_t row = 0; row < window->nrows; row++) {
        const struct pel_string field = csv_field(window, row, column);
        const size_t negative = field.nbytes > 0 && *field.text == '-';
        uint64_t number;
        int nfraction;
        if (is_short(window, field, negative) &&
            LEVEL(short_number)(field.text + negative, field.nbytes - negative, true, &number,
                                &nfraction))
            out[row] = (int64_t)((number ^ (0 - (uint64_t)negative)) + negative);
        else if (!parse_i64(window->shape, field, &out[row]))
            return row;
    }
    return window->nrows;
}

TARGET static size_t LEVEL(column_f64)(const struct csv_window *window, size_t column, double *out)
{
    for (size_t row = 0; row < window->nrows; row++) {
        const struct pel_string field = csv_field(window, row, column);
        const size_t negative = field.nbytes > 0 && *field.text == '-';
        uint64_t digits;
        int nfraction;
        if (is_short(window, field, negative) &&
            LEVEL(short_number)(field.text + negative, field.nbytes - negative, false, &digits,
                                &nfraction))
            out[row] = float_of_short(digits, nfraction, negative);
        else if (!parse_f64(window->shape, field, &out[row]))
            return row;
    }
    return window->nrows;
}

static const struct number_columns LEVEL(table) = {LEVEL(column_i64), LEVEL(column_f64)};
