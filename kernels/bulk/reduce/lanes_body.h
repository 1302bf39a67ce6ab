/* The loops of lanes.h for one level (see core/levels.h). They are for blocks that are whole and have all their
 * rows: `whole` makes one of any other, in a copy in the first-level cache. Only sums look at the mask. */

typedef double LEVEL(doubles) PEL_VECTOR(LEVEL_NBYTES);
typedef uint64_t LEVEL(words) PEL_VECTOR(LEVEL_NBYTES);

#define PER (LEVEL_NBYTES / 8) /* numbers a vector */

TARGET static size_t LEVEL(count)(size_t n, const uint64_t *mask)
{
    size_t count = 0;
    if (!mask)
        return n;
    for (size_t i = 0; i < n / 64; i++)
        count += (size_t)__builtin_popcountll(mask[i]);
    if (n % 64)
        count += (size_t)__builtin_popcountll(mask[n / 64] << (64 - n % 64));
    return count;
}

TARGET PEL_INLINE LEVEL(doubles)
    LEVEL(select)(LEVEL(words) which, LEVEL(doubles) a, LEVEL(doubles) b)
{
    return (LEVEL(doubles))((which & (LEVEL(words))a) | (~which & (LEVEL(words))b));
}

/* x where a bit is set, and `fill` elsewhere. */
TARGET PEL_INLINE LEVEL(doubles) LEVEL(chosen)(LEVEL(doubles) x, uint32_t bits, LEVEL(doubles) fill)
{
#if LEVEL_NBYTES == 64
    return (LEVEL(doubles))_mm512_mask_mov_pd((__m512d)fill, (__mmask8)bits, (__m512d)x);
#else
#if LEVEL_NBYTES == 32
    const LEVEL(words) one = {1, 2, 4, 8};
#else
    const LEVEL(words) one = {1, 2};
#endif
    return LEVEL(select)((LEVEL(words))((((LEVEL(words)){0} + bits) & one) != 0), x, fill);
#endif
}

/* x with n rounded up to 32, where what does not count is `fill`: x itself if that is so already. */
TARGET static const double *LEVEL(whole)(const double *restrict x, size_t *n, const uint64_t *mask,
                                         double fill, double *restrict copy)
{
    LEVEL(doubles) fills;
    for (size_t j = 0; j < PER; j++)
        fills[j] = fill; /* no sum, by which -0 would become 0: these may be the bits of an integer */
    if (!mask && *n % 32 == 0)
        return x;
    size_t wide = *n / 32 * 32;
    for (size_t i = 0; i < wide; i += 32) {
        uint32_t bits = mask ? mask_bits(mask, i) : UINT32_MAX;
        for (size_t j = 0; j < 32; j += PER)
            *(LEVEL(doubles) *)(copy + i + j) =
                LEVEL(chosen)(*(const LEVEL(doubles) *)(x + i + j), bits >> j, fills);
    }
    for (size_t i = wide; i < *n; i++)
        copy[i] = mask_has(mask, i) ? x[i] : fill;
    for (size_t i = *n; i % 32; i++)
        copy[i] = fill;
    *n = (*n + 31) / 32 * 32;
    return copy;
}

/* Adds the upper half of the lanes to the lower one, `half` of them. */
TARGET PEL_INLINE void LEVEL(fold_half)(double lane[32], size_t half)
{
    for (size_t j = 0; j < half; j++)
        lane[j] += lane[j + half];
}

TARGET PEL_INLINE double LEVEL(fold)(double lane[32])
{
    LEVEL(fold_half)(lane, 16);
    LEVEL(fold_half)(lane, 8);
    LEVEL(fold_half)(lane, 4);
    LEVEL(fold_half)(lane, 2);
    return lane[0] + lane[1];
}

/* The same of sums in two parts. */
TARGET PEL_INLINE void LEVEL(fold_half_dd)(double hi[32], double lo[32], size_t half)
{
    for (size_t j = 0; j < half; j++) {
        struct pel_dd sum = pel_dd_add_finite((struct pel_dd){hi[j], lo[j]},
                                              (struct pel_dd){hi[j + half], lo[j + half]});
        hi[j] = sum.hi;
        lo[j] = sum.lo;
    }
}

TARGET PEL_INLINE struct pel_dd LEVEL(fold_dd)(double hi[32], double lo[32])
{
    double plain[32];
    memcpy(plain, hi, sizeof plain);
    LEVEL(fold_half_dd)(hi, lo, 16);
    LEVEL(fold_half_dd)(hi, lo, 8);
    LEVEL(fold_half_dd)(hi, lo, 4);
    LEVEL(fold_half_dd)(hi, lo, 2);
    LEVEL(fold_half_dd)(hi, lo, 1);
    if (isfinite(hi[0] + lo[0]))
        return (struct pel_dd){hi[0], lo[0]};
    return (struct pel_dd){LEVEL(fold)(plain), 0};
}

/* Adds `result` of each value v to its lane, v being as `chosen` says. */
#define ADD(chosen, result)                                                                        \
    for (size_t i = 0; i < n; i += 32)                                                             \
        for (size_t j = 0; j < NVECTORS; j++) {                                                    \
            LEVEL(doubles) v = *(const LEVEL(doubles) *)(x + i + j * PER);                         \
            v = chosen;                                                                            \
            lane[j] += result;                                                                     \
        }

/* The sum of `result` of the values v of the rows that count. */
#define SUM(result)                                                                                \
    enum { NVECTORS = 32 / PER };                                                                  \
    double copy[PEL_BLOCK_ROWS], lanes[32];                                                        \
    LEVEL(doubles) lane[NVECTORS] = {{0}};                                                         \
    const LEVEL(doubles) fills = (LEVEL(doubles)){0} + fill;                                       \
    if (n % 32) {                                                                                  \
        x = LEVEL(whole)(x, &n, mask, fill, copy);                                                 \
        mask = NULL;                                                                               \
    }                                                                                              \
    if (mask)                                                                                      \
        ADD(LEVEL(chosen)(v, mask_bits(mask, i) >> j * PER, fills), result)                        \
    else                                                                                           \
        ADD(v, result)                                                                             \
    memcpy(lanes, lane, sizeof lanes);                                                             \
    return LEVEL(fold)(lanes);

TARGET static double LEVEL(sum)(const double *x, size_t n, const uint64_t *mask)
{
    const double fill = 0;
    SUM(v)
}

#if LEVEL_NBYTES > 16
/* The values from x on at the places of the bits, of which there are PER; anything at others. (vexpandpd waits for
 * what it overwrites, which is the values themselves here and else what the last one gave.) */
TARGET PEL_INLINE LEVEL(doubles) LEVEL(spread)(const double *x, uint32_t bits)
{
#if LEVEL_NBYTES == 64
    __m512d values = _mm512_loadu_pd(x);
    return (LEVEL(doubles))_mm512_mask_expand_pd(values, (__mmask8)bits, values);
#else
    const __m256i order = _mm256_loadu_si256((const void *)pel_fours.unpack[bits % 16]);
    __m256i values = _mm256_loadu_si256((const void *)x);
    return (LEVEL(doubles))_mm256_permutevar8x32_epi32(values, order);
#endif
}

/* sum + x where a bit is set, sum elsewhere: also what adding 0 makes of it, which is never -0. */
TARGET PEL_INLINE LEVEL(doubles) LEVEL(add_chosen)(LEVEL(doubles) sum, LEVEL(doubles) x, uint32_t bits)
{
#if LEVEL_NBYTES == 64
    __m512d lane = (__m512d)sum;
    return (LEVEL(doubles))_mm512_mask_add_pd(lane, (__mmask8)bits, lane, (__m512d)x);
#else
    return sum + LEVEL(chosen)(x, bits, (LEVEL(doubles)){0});
#endif
}

TARGET static double LEVEL(sum_packed)(const double *x, size_t n, const uint64_t *mask)
{
    enum { NVECTORS = 32 / PER };
    double lanes[32];
    LEVEL(doubles) lane[NVECTORS] = {{0}};
    for (size_t i = 0; i < n; i += 32)
        for (size_t j = 0; j < NVECTORS; j++) {
            uint32_t bits = mask_bits(mask, i) >> j * PER;
            lane[j] = LEVEL(add_chosen)(lane[j], LEVEL(spread)(x, bits), bits);
            x += __builtin_popcount(bits & ((1u << PER) - 1));
        }
    memcpy(lanes, lane, sizeof lanes);
    return LEVEL(fold)(lanes);
}
#else
TARGET static double LEVEL(sum_packed)(const double *x, size_t n, const uint64_t *mask)
{
    double spread[PEL_BLOCK_ROWS] = {0};
    for (size_t w = 0; w < (n + 63) / 64; w++)
        for (uint64_t bits = mask[w]; bits; bits &= bits - 1)
            spread[64 * w + (size_t)__builtin_ctzll(bits)] = *x++;
    return LEVEL(sum)(spread, n, NULL);
}
#endif

TARGET static double LEVEL(sum_squares)(const double *x, double mean, size_t n,
                                        const uint64_t *mask)
{
    const double fill = mean;
    if (!isfinite(mean))
        return (double)NAN;
    SUM((v - mean) * (v - mean))
}

/* What a + b loses by rounding to `sum`: in Knuth's six operations, or in the three of Dekker (1971) for
 * |a| >= |b| where putting them in order is cheap. With those of integers, which have units of their own, a
 * block of sum_dd takes 0.7 of the time on Zen 4. */
TARGET PEL_INLINE LEVEL(doubles) LEVEL(lost)(LEVEL(doubles) a, LEVEL(doubles) b, LEVEL(doubles) sum)
{
#if LEVEL_NBYTES == 64
    __mmask8 less =
        _mm512_cmplt_epu64_mask((__m512i)((LEVEL(words))a << 1), (__m512i)((LEVEL(words))b << 1));
    __m512d large = _mm512_mask_blend_pd(less, (__m512d)a, (__m512d)b);
    __m512d small = _mm512_mask_blend_pd(less, (__m512d)b, (__m512d)a);
    return (LEVEL(doubles))small - (sum - (LEVEL(doubles))large);
#else
    LEVEL(doubles) b_part = sum - a;
    return (a - (sum - b_part)) + (b - b_part);
#endif
}

TARGET static struct pel_dd LEVEL(sum_dd)(const double *x, size_t n, const uint64_t *mask)
{
    enum { NVECTORS = 32 / PER };
    double copy[PEL_BLOCK_ROWS];
    LEVEL(doubles) hi[NVECTORS] = {{0}}, lo[NVECTORS] = {{0}};
    double his[32], los[32];
    x = LEVEL(whole)(x, &n, mask, 0, copy);
    for (size_t i = 0; i < n; i += 32)
        for (size_t v = 0; v < NVECTORS; v++) {
            LEVEL(doubles) value = *(const LEVEL(doubles) *)(x + i + v * PER), sum = hi[v] + value;
            lo[v] += LEVEL(lost)(hi[v], value, sum);
            hi[v] = sum;
        }
    memcpy(his, hi, sizeof his);
    memcpy(los, lo, sizeof los);
    return LEVEL(fold_dd)(his, los);
}

/* Takes n values, a multiple of PEL_EXACT_LANES, into the lanes; false, and nothing done, if that would not
 * be exact: a value does not fit into what its lane's two doubles span, or is not finite. */
TARGET static bool LEVEL(enter_lanes)(struct pel_exact *into, const double *x, size_t n)
{
    enum { NVECTORS = PEL_EXACT_LANES / PER };
    LEVEL(doubles) hi[NVECTORS], lo[NVECTORS];
    LEVEL(words) left = {0};
    memcpy(hi, into->hi, sizeof hi);
    memcpy(lo, into->lo, sizeof lo);
    for (size_t i = 0; i < n; i += PEL_EXACT_LANES)
        for (size_t v = 0; v < NVECTORS; v++) {
            LEVEL(doubles) value = *(const LEVEL(doubles) *)(x + i + v * PER), sum = hi[v] + value;
            LEVEL(doubles) rest = LEVEL(lost)(hi[v], value, sum), rests = lo[v] + rest;
            left |= (LEVEL(words))LEVEL(lost)(lo[v], rest, rests);
            hi[v] = sum;
            lo[v] = rests;
        }
    uint64_t any = 0;
    for (size_t l = 0; l < PER; l++)
        any |= left[l];
    if (any << 1) /* all but the signs of zeros */
        return false;
    memcpy(into->hi, hi, sizeof hi);
    memcpy(into->lo, lo, sizeof lo);
    return true;
}

TARGET static void LEVEL(sum_exact)(struct pel_exact *into, const double *x, size_t n,
                                    const uint64_t *mask)
{
    double copy[PEL_BLOCK_ROWS];
    x = LEVEL(whole)(x, &n, mask, 0, copy);
    if (LEVEL(enter_lanes)(into, x, n))
        return;
    pel_exact_flush(into);
    for (size_t i = 0; i < n; i += PEL_EXACT_PARTS) {
        struct pel_exact_parts parts;
        size_t count = n - i < PEL_EXACT_PARTS ? n - i : PEL_EXACT_PARTS;
        bool all_finite = pel_exact_split(&parts, x + i, count);
        pel_exact_add(into, x + i, &parts, count, all_finite);
    }
}

/* Integers as `whole` makes them. */
TARGET static const int64_t *LEVEL(whole_i64)(const int64_t *restrict x, size_t *n,
                                              const uint64_t *mask, int64_t fill,
                                              int64_t *restrict copy)
{
    double filled;
    memcpy(&filled, &fill, 8);
    return (const int64_t *)LEVEL(whole)((const double *)x, n, mask, filled, (double *)copy);
}

/* Halves of 32 bits are summed apart: x + 2^63 = 2^32 high + low, both of them positive. */
TARGET static pel_int128 LEVEL(sum_i64)(const int64_t *x, size_t n, const uint64_t *mask)
{
    int64_t copy[PEL_BLOCK_ROWS];
    uint64_t high = 0, low = 0;
    x = LEVEL(whole_i64)(x, &n, mask, 0, copy);
    for (size_t i = 0; i < n; i++) {
        uint64_t biased = (uint64_t)x[i] ^ UINT64_C(1) << 63;
        high += biased >> 32;
        low += biased & 0xffffffff;
    }
    return (pel_int128)high * (INT64_C(1) << 32) + low - (pel_int128)n * ((pel_int128)1 << 63);
}

/* The least or greatest of the rows that count and the first row that has it, or the first NaN: a pass
 * without branches says what to look for, if this block has anything better; few do. */
#define SCAN(name, type, ctype, whole, worst, better)                                              \
    TARGET static void LEVEL(name)(struct pel_best_##type * best, const ctype *x, size_t n,        \
                                   const uint64_t *mask, uint64_t row)                             \
    {                                                                                              \
        ctype copy[PEL_BLOCK_ROWS], lane[32], top = worst;                                         \
        uint64_t unordered[32] = {0}, nan = 0;                                                     \
        size_t nwhole = n;                                                                         \
        const ctype *all = LEVEL(whole)(x, &nwhole, mask, worst, copy);                            \
        for (size_t j = 0; j < 32; j++)                                                            \
            lane[j] = worst;                                                                       \
        for (size_t i = 0; i < nwhole; i += 32)                                                    \
            for (size_t j = 0; j < 32; j++) {                                                      \
                lane[j] = all[i + j] better lane[j] ? all[i + j] : lane[j];                        \
                unordered[j] |= all[i + j] != all[i + j];                                          \
            }                                                                                      \
        for (size_t j = 0; j < 32; j++) {                                                          \
            top = lane[j] better top ? lane[j] : top;                                              \
            nan |= unordered[j];                                                                   \
        }                                                                                          \
        if (best->found && (best->value != best->value || !(nan || top better best->value)))       \
            return;                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            if ((nan ? x[i] != x[i] : x[i] == top) && mask_has(mask, i)) {                         \
                *best = (struct pel_best_##type){x[i], row + i, true};                             \
                return;                                                                            \
            }                                                                                      \
    }
SCAN(min_f64, f64, double, whole, INFINITY, <)
SCAN(max_f64, f64, double, whole, -INFINITY, >)
SCAN(min_i64, i64, int64_t, whole_i64, INT64_MAX, <)
SCAN(max_i64, i64, int64_t, whole_i64, INT64_MIN, >)

TARGET static void LEVEL(multiply)(const double *restrict x, const double *restrict y, size_t n,
                                   double *restrict product)
{
    for (size_t i = 0; i < n; i++)
        product[i] = x[i] * y[i];
}

TARGET static void LEVEL(multiply_dd)(const double *restrict x, const double *restrict y, size_t n,
                                      double *restrict product, double *restrict rest)
{
    uint64_t odd = 0;
    for (size_t i = 0; i < n; i++) {
        product[i] = x[i] * y[i];
        rest[i] = pel_product_rest(x[i], y[i], product[i]);
        odd |= !(rest[i] - rest[i] == 0);
    }
    for (size_t i = 0; odd && i < n; i++)
        if (!isfinite(rest[i]))
            rest[i] = pel_product_rest_scaled(x[i], y[i], product[i]);
}

/* Numbers of bins are doubles here: adding and taking away 2^52 rounds them to integers, and 2^52 + k has the
 * bits of k at its end. */
TARGET static size_t LEVEL(place)(const struct pel_bins *bins, const double *x, size_t n,
                                  const uint64_t *mask, uint64_t *bin)
{
    typedef LEVEL(doubles) doubles;
    typedef LEVEL(words) words;
    const double last = (double)(bins->n - 1);
    const doubles zero = {0}, integer = zero + 0x1p52, none = zero + (double)bins->n;
    const words low = (words)zero + UINT32_MAX;
    double copy[PEL_BLOCK_ROWS];
    x = LEVEL(whole)(x, &n, mask, (double)NAN, copy);
    for (size_t i = 0; i < n; i += PER) {
        doubles value = *(const doubles *)(x + i), k = (value - bins->lo) * bins->per_unit;
        k = LEVEL(select)((words)(k < last), k, zero + last); /* NaN too */
        k = LEVEL(select)((words)(k > 0), k, zero);
        k = (k + integer) - integer;
        doubles edge = k * bins->width + bins->lo, next = (k + 1) * bins->width + bins->lo;
        doubles moved = LEVEL(select)((words)(value < edge), k - 1, k);
        moved = LEVEL(select)((words)(value >= next) & (words)(k < last), k + 1, moved);
        words in = (words)(value >= bins->lo) & (words)(value <= bins->hi);
        *(words *)(bin + i) = (words)(LEVEL(select)(in, moved, none) + integer) & low;
    }
    return n;
}

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
    .count = LEVEL(count),
    .sum = LEVEL(sum),
    .sum_packed = LEVEL(sum_packed),
    .sum_dd = LEVEL(sum_dd),
    .sum_exact = LEVEL(sum_exact),
    .sum_i64 = LEVEL(sum_i64),
    .sum_squares = LEVEL(sum_squares),
    .min_f64 = LEVEL(min_f64),
    .max_f64 = LEVEL(max_f64),
    .min_i64 = LEVEL(min_i64),
    .max_i64 = LEVEL(max_i64),
    .multiply = LEVEL(multiply),
    .multiply_dd = LEVEL(multiply_dd),
    .place = LEVEL(place),
    .widen_f32 = LEVEL(widen_f32),
    .widen_i32 = LEVEL(widen_i32),
};

#undef PER
#undef ADD
#undef SUM
#undef SCAN
