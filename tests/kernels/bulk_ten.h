/* Ten queries over floats, as text for the engine and as macros of <pelton/query.h>: the same bits come out of
 * both, and of `pelton bulk`. Columns x and y of doubles. */
#ifndef PELTON_TEST_BULK_TEN_H
#define PELTON_TEST_BULK_TEN_H

#include <pelton/query.h>

#include <math.h>

enum { TEN = 10, TEN_BINS = 16, TEN_GROUPS = 8 };

struct ten {
    const double *x, *y;
    size_t n;
    struct pel_query_options how; /* threads and partition */
};

struct ten_query {
    const char *text;
    enum pel_precision precision;
    /* Writes the values of the result's last column, n of them at most (but room for TEN_BINS); returns how
     * many. */
    size_t (*run)(const struct ten *ten, double *out);
};

#define TEN_HOW .threads = ten->how.threads, .partition = ten->how.partition
#define TEN_X PEL_FROM(double, x, ten->x, ten->n)
#define TEN_Y PEL_ZIP(double, y, ten->y)

static inline size_t ten_roots(const struct ten *ten, double *out)
{
    PEL_SUM(*out, TEN_X, PEL_WHERE(x > 0), sqrt(x), TEN_HOW);
    return 1;
}

static inline size_t ten_products(const struct ten *ten, double *out)
{
    PEL_SUM(*out, TEN_X, TEN_Y PEL_WHERE(y < 0.5) PEL_LET(double, p, x *y), p - 1, TEN_HOW);
    return 1;
}

static inline size_t ten_mean(const struct ten *ten, double *out)
{
    PEL_MEAN(*out, TEN_X, TEN_Y, fabs(x) / (1 + y * y), TEN_HOW);
    return 1;
}

static inline size_t ten_double_double(const struct ten *ten, double *out)
{
    PEL_SUM(*out, TEN_X, TEN_Y, x / y, TEN_HOW, .precision = PEL_DD);
    return 1;
}

static inline size_t ten_exact(const struct ten *ten, double *out)
{
    PEL_SUM(*out, TEN_X, PEL_WHERE(x < 0.75), x * x * x, TEN_HOW, .precision = PEL_EXACT);
    return 1;
}

static inline size_t ten_greatest(const struct ten *ten, double *out)
{
    PEL_MAX(*out, TEN_X, TEN_Y PEL_WHERE(x < y), x + y, TEN_HOW);
    return 1;
}

static inline size_t ten_two_passes(const struct ten *ten, double *out)
{
    double mean, variance;
    PEL_MEAN(mean, TEN_X, PEL_EACH, x, TEN_HOW);
    PEL_VARIANCE(variance, TEN_X, PEL_EACH, x, TEN_HOW);
    const double deviation = sqrt(variance);
    PEL_SUM(*out, TEN_X, TEN_Y PEL_LET(double, z, (x - mean) / deviation * y),
            z < -1  ? -1
            : z > 1 ? 1
                    : z,
            TEN_HOW);
    return 1;
}

static inline size_t ten_histogram(const struct ten *ten, double *out)
{
    uint64_t counts[TEN_BINS];
    PEL_HISTOGRAM(counts, TEN_BINS, -1, 1, TEN_X, TEN_Y, x - y, TEN_HOW);
    for (size_t k = 0; k < TEN_BINS; k++)
        out[k] = (double)counts[k];
    return TEN_BINS;
}

static inline size_t ten_groups(const struct ten *ten, double *out)
{
    uint64_t counts[TEN_GROUPS];
    PEL_GROUP(out, counts, TEN_GROUPS, TEN_X, PEL_INDEX(row), row % TEN_GROUPS, x * 3, TEN_HOW);
    return ten->n < TEN_GROUPS ? ten->n : TEN_GROUPS;
}

static inline size_t ten_values(const struct ten *ten, double *out)
{
    size_t n;
    PEL_TO_ARRAY(out, n, TEN_X, TEN_Y PEL_WHERE(x > 0) PEL_LET(double, r, sqrt(x)),
                 floor(r * 8) + y / r, TEN_HOW);
    return n;
}

static const struct ten_query ten_queries[TEN] = {
    {"where x > 0 | select sqrt(x) | sum", PEL_TREE, ten_roots},
    {"where y < 0.5 | let p = x * y | sum p - 1", PEL_TREE, ten_products},
    {"mean abs(x) / (1 + y * y)", PEL_TREE, ten_mean},
    {"sum x / y", PEL_DD, ten_double_double},
    {"where x < 0.75 | sum x * x * x", PEL_EXACT, ten_exact},
    {"where x < y | max x + y", PEL_TREE, ten_greatest},
    {"select clip((x - mean(x)) / std(x) * y, -1, 1) | sum", PEL_TREE, ten_two_passes},
    {"histogram x - y, 16, -1, 1", PEL_TREE, ten_histogram},
    {"group by row % 8 | select sum(x * 3)", PEL_TREE, ten_groups},
    {"where x > 0 | let r = sqrt(x) | select floor(r * 8) + y / r", PEL_TREE, ten_values},
};

#endif
