/* A block's running sums for one instruction set: groups of 8 as <pelton/bulk.h> defines them.
 * Lanes that get nothing added get 0, which makes a -0 a 0; so does the sum that every s_j is added
 * to, as it is never -0. */

#if LEVEL_NBYTES >= 32
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
typedef double LEVEL(f64g) PEL_VECTOR(LEVEL_NBYTES);
#define F64S LEVEL(f64g)
#endif

/* y_0 to y_7 of n / 8 groups; g goes from group to group. */
TARGET static double LEVEL(groups)(const double *x, size_t n, double before, double g, double *y)
{
#if LEVEL_NBYTES == 64
    const F64S zero = {0}, c = zero + before;
    F64S sum = zero + g;
    for (size_t i = 0; i + GROUP <= n; i += GROUP) {
        F64S s = *(const F64S *)(const void *)(x + i);
        s += SHUFFLE(s, zero, 8, 0, 8, 2, 8, 4, 8, 6);
        s += SHUFFLE(s, zero, 8, 8, 1, 1, 8, 8, 5, 5);
        s += SHUFFLE(s, zero, 8, 8, 8, 8, 3, 3, 3, 3);
        *(F64S *)(void *)(y + i) = c + (sum + s);
        sum += SHUFFLE(s, s, 7, 7, 7, 7, 7, 7, 7, 7);
    }
    g = sum[0];
#elif LEVEL_NBYTES == 32
    const F64S zero = {0}, c = zero + before;
    F64S sum = zero + g;
    for (size_t i = 0; i + GROUP <= n; i += GROUP) {
        F64S s = *(const F64S *)(const void *)(x + i), t = *(const F64S *)(const void *)(x + i + 4);
        s += SHUFFLE(s, zero, 4, 0, 4, 2);
        t += SHUFFLE(t, zero, 4, 0, 4, 2);
        s += SHUFFLE(s, zero, 4, 4, 1, 1);
        t += SHUFFLE(t, zero, 4, 4, 1, 1);
        t += SHUFFLE(s, s, 3, 3, 3, 3);
        *(F64S *)(void *)(y + i) = c + (sum + s);
        *(F64S *)(void *)(y + i + 4) = c + (sum + t);
        sum += SHUFFLE(t, t, 3, 3, 3, 3);
    }
    g = sum[0];
#else
    for (size_t i = 0; i + GROUP <= n; i += GROUP)
        g = scan_group(x + i, before, g, y + i);
#endif
    return g;
}

TARGET static double LEVEL(sums)(const double *x, size_t n, double c, double g, double *y)
{
    size_t whole = n / GROUP * GROUP;
    g = LEVEL(groups)(x, whole, c, g, y);
    return whole < n ? scan_rest(x + whole, n - whole, c, g, y + whole) : g;
}

static const struct pel_running LEVEL(table) = {LEVEL(sums)};

#if LEVEL_NBYTES >= 32
#undef SHUFFLE
#undef F64S
#endif
