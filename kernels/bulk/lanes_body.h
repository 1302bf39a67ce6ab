/* The loops of lanes.h for one level (see core/levels.h). Each begins with a block that is whole and has all
 * its rows: `whole` makes one of any other, in a copy in the first-level cache. */

/* x with n rounded up to 32, where what does not count is `fill`: x itself if that is so already. */
TARGET static const double *LEVEL(whole)(const double *restrict x, size_t *n, const uint64_t *mask,
                                         double fill, double *restrict copy)
{
    if (!mask && *n % 32 == 0)
        return x;
    size_t wide = *n / 32 * 32;
    for (size_t i = 0; i < wide; i += 32) {
        uint32_t bits = mask ? mask_bits(mask, i) : UINT32_MAX;
        for (size_t j = 0; j < 32; j++)
            copy[i + j] = bits >> j & 1 ? x[i + j] : fill;
    }
    for (size_t i = wide; i < *n; i++)
        copy[i] = mask_has(mask, i) ? x[i] : fill;
    for (size_t i = *n; i % 32; i++)
        copy[i] = fill;
    *n = (*n + 31) / 32 * 32;
    return copy;
}

TARGET static inline double LEVEL(fold)(double lane[32])
{
    for (size_t half = 16; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

TARGET static double LEVEL(sum)(const double *x, size_t n, const uint64_t *mask)
{
    double copy[PEL_BLOCK_ROWS], lane[32] = {0};
    x = LEVEL(whole)(x, &n, mask, 0, copy);
    for (size_t i = 0; i < n; i += 32)
        for (size_t j = 0; j < 32; j++)
            lane[j] += x[i + j];
    return LEVEL(fold)(lane);
}

TARGET static double LEVEL(sum_squares)(const double *x, double mean, size_t n,
                                        const uint64_t *mask)
{
    double copy[PEL_BLOCK_ROWS], lane[32] = {0};
    if (!isfinite(mean))
        return (double)NAN;
    x = LEVEL(whole)(x, &n, mask, mean, copy);
    for (size_t i = 0; i < n; i += 32)
        for (size_t j = 0; j < 32; j++)
            lane[j] += (x[i + j] - mean) * (x[i + j] - mean);
    return LEVEL(fold)(lane);
}

TARGET static struct pel_dd LEVEL(sum_dd)(const double *x, size_t n, const uint64_t *mask)
{
    double copy[PEL_BLOCK_ROWS], hi[32] = {0}, lo[32] = {0};
    x = LEVEL(whole)(x, &n, mask, 0, copy);
    for (size_t i = 0; i < n; i += 32)
        for (size_t j = 0; j < 32; j++) {
            struct pel_dd sum = pel_two_sum(hi[j], x[i + j]);
            hi[j] = sum.hi;
            lo[j] += sum.lo;
        }
    struct pel_dd lane[32];
    for (size_t j = 0; j < 32; j++)
        lane[j] = pel_dd_normal(hi[j], lo[j]);
    for (size_t half = 16; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] = pel_dd_add(lane[j], lane[j + half]);
    return lane[0];
}

TARGET static void LEVEL(sum_exact)(struct pel_exact *into, const double *x, size_t n,
                                    const uint64_t *mask)
{
    for (size_t i = 0; i < n; i++)
        if (mask_has(mask, i))
            pel_exact_add(into, x[i]);
}

TARGET static pel_int128 LEVEL(sum_i64)(const int64_t *x, size_t n, const uint64_t *mask)
{
    pel_int128 sum = 0;
    for (size_t i = 0; i < n; i++)
        if (mask_has(mask, i))
            sum += x[i];
    return sum;
}

/* The block's own best, row by row. */
#define SCAN(name, type, ctype, fold)                                                              \
    TARGET static void LEVEL(name)(struct pel_best_##type * best, const ctype *x, size_t n,        \
                                   const uint64_t *mask, uint64_t row)                             \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            if (mask_has(mask, i)) {                                                               \
                struct pel_best_##type one = {x[i], row + i, true};                                \
                fold(best, &one);                                                                  \
            }                                                                                      \
    }
SCAN(min_f64, f64, double, pel_best_min_f64)
SCAN(max_f64, f64, double, pel_best_max_f64)
SCAN(min_i64, i64, int64_t, pel_best_min_i64)
SCAN(max_i64, i64, int64_t, pel_best_max_i64)
#undef SCAN

TARGET static void LEVEL(widen_f32)(const float *restrict x, size_t n, double *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (double)x[i];
}

TARGET static void LEVEL(widen_i32)(const int32_t *restrict x, size_t n, int64_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i];
}

static const struct pel_lanes LEVEL(table) = {
    .sum = LEVEL(sum),
    .sum_dd = LEVEL(sum_dd),
    .sum_exact = LEVEL(sum_exact),
    .sum_i64 = LEVEL(sum_i64),
    .sum_squares = LEVEL(sum_squares),
    .min_f64 = LEVEL(min_f64),
    .max_f64 = LEVEL(max_f64),
    .min_i64 = LEVEL(min_i64),
    .max_i64 = LEVEL(max_i64),
    .widen_f32 = LEVEL(widen_f32),
    .widen_i32 = LEVEL(widen_i32),
};
