/* Ten queries over two columns of doubles, x and y, each as a text for the engine and as macros of
 * <pelton/query.h>: both give the same bits, whatever computes them. Made for values in [-1, 1) without zeros
 * in y; compile as <pelton/query.h> says. */
#ifndef PELTON_TEST_BULK_TEN_H
#define PELTON_TEST_BULK_TEN_H

#include <pelton/query.h>

#include <math.h>

enum { BULK_TEN = 10, BULK_TEN_GROUPS = 16 };

static size_t ten_sum_of_roots(const double *x, const double *y, size_t n, int threads, double *out)
{
    (void)y;
    PEL_SUM(*out, PEL_FROM(double, a, x, n), PEL_WHERE(a > 0), sqrt(a), .threads = threads);
    return 1;
}

static size_t ten_dot(const double *x, const double *y, size_t n, int threads, double *out)
{
    PEL_SUM(*out, PEL_FROM(double, a, x, n), PEL_ZIP(double, b, y), a * b, .threads = threads);
    return 1;
}

static size_t ten_mean(const double *x, const double *y, size_t n, int threads, double *out)
{
    PEL_MEAN(*out, PEL_FROM(double, a, x, n), PEL_ZIP(double, b, y), fabs(a - b),
             .threads = threads);
    return 1;
}

static size_t ten_variance(const double *x, const double *y, size_t n, int threads, double *out)
{
    PEL_VARIANCE(*out, PEL_FROM(double, a, x, n), PEL_ZIP(double, b, y) PEL_WHERE(b < 0.25), a,
                 .threads = threads);
    return 1;
}

static size_t ten_max(const double *x, const double *y, size_t n, int threads, double *out)
{
    PEL_MAX(*out, PEL_FROM(double, a, x, n), PEL_ZIP(double, b, y) PEL_WHERE(a < b), a * b,
            .threads = threads);
    return 1;
}

static size_t ten_min(const double *x, const double *y, size_t n, int threads, double *out)
{
    PEL_MIN(*out, PEL_FROM(double, a, x, n),
            PEL_ZIP(double, b, y) PEL_LET(double, d, a - b) PEL_WHERE(d > 0.5), a / b + d,
            .threads = threads);
    return 1;
}

static size_t ten_map(const double *x, const double *y, size_t n, int threads, double *out)
{
    size_t count;
    PEL_TO_ARRAY(out, count, PEL_FROM(double, a, x, n), PEL_ZIP(double, b, y), sqrt(a * a + b * b),
                 .threads = threads);
    return count;
}

static size_t ten_filter(const double *x, const double *y, size_t n, int threads, double *out)
{
    size_t count;
    PEL_TO_ARRAY(out, count, PEL_FROM(double, a, x, n), PEL_ZIP(double, b, y) PEL_WHERE(a > 0.9),
                 a / b, .threads = threads);
    return count;
}

static size_t ten_group(const double *x, const double *y, size_t n, int threads, double *out)
{
    uint64_t counts[BULK_TEN_GROUPS];
    PEL_GROUP(out, counts, BULK_TEN_GROUPS, PEL_FROM(double, a, x, n), PEL_ZIP(double, b, y),
              (int64_t)floor(a * 8) + 8, b, .threads = threads);
    return BULK_TEN_GROUPS;
}

static size_t ten_two_passes(const double *x, const double *y, size_t n, int threads, double *out)
{
    double mean, variance;
    PEL_MEAN(mean, PEL_FROM(double, a, x, n), PEL_EACH, a, .threads = threads);
    PEL_VARIANCE(variance, PEL_FROM(double, a, x, n), PEL_EACH, a, .threads = threads);
    const double deviation = sqrt(variance);
    PEL_SUM(*out, PEL_FROM(double, a, x, n),
            PEL_ZIP(double, b, y) PEL_LET(double, z, (a - mean) / deviation * b),
            z < -0.5  ? -0.5
            : z > 0.5 ? 0.5
                      : z,
            .threads = threads);
    return 1;
}

/* macro: the same into `out`, which has room for n doubles and for BULK_TEN_GROUPS; returns how many. */
static const struct bulk_ten {
    const char *text;
    size_t (*macro)(const double *x, const double *y, size_t n, int threads, double *out);
} bulk_ten[BULK_TEN] = {
    {"where x > 0 | select sqrt(x) | sum", ten_sum_of_roots},
    {"select x * y | sum", ten_dot},
    {"select abs(x - y) | mean", ten_mean},
    {"where y < 0.25 | select x | var", ten_variance},
    {"where x < y | select x * y | max", ten_max},
    {"let d = x - y | where d > 0.5 | select x / y + d | min", ten_min},
    {"select sqrt(x * x + y * y)", ten_map},
    {"where x > 0.9 | select x / y", ten_filter},
    {"group by k = int(floor(x * 8)) | select k, s = sum(y) | order by k | select s", ten_group},
    {"select clip((x - mean(x)) / std(x) * y, -0.5, 0.5) | sum", ten_two_passes},
};

#endif
