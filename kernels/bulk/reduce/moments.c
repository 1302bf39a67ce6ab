#include "bulk/reduce/moments.h"
#include "bulk/reduce/values.h"

#include <math.h>

struct pel_moments pel_moments_block(const struct pel_lanes *lanes, const double *x, size_t n,
                                     const uint64_t *mask)
{
    struct pel_moments moments = {.n = lanes->count(n, mask)};
    if (moments.n) {
        moments.sum = lanes->sum(x, n, mask);
        moments.squares = lanes->sum_squares(x, moments.sum / (double)moments.n, n, mask);
    }
    return moments;
}

void pel_moments_combine(struct pel_moments *into, const struct pel_moments *from)
{
    if (!from->n)
        return;
    if (!into->n) {
        *into = *from;
        return;
    }
    double a = (double)into->n, b = (double)from->n, delta = into->sum / a - from->sum / b;
    into->squares = into->squares + from->squares + delta * delta * (a / (a + b)) * b;
    into->sum += from->sum;
    into->n += from->n;
}

static void moments_block(void *ctx, size_t lo, size_t hi, void *partial)
{
    const struct pel_values *values = ctx;
    double block[PEL_BLOCK_ROWS];
    const double *x = pel_values_f64(values, lo, hi - lo, block);
    *(struct pel_moments *)partial = pel_moments_block(values->lanes, x, hi - lo, NULL);
}

static void moments_combine(void *into, const void *from)
{
    pel_moments_combine(into, from);
}

int pel_moments(enum pel_type type, const void *x, size_t n, const struct pel_team *team,
                struct pel_moments *moments, struct pel_error *err)
{
    static const struct pel_reduction reduction = {sizeof *moments, moments_block, moments_combine};
    struct pel_values values = {type, x, pel_lanes_for(team->isa)};
    *moments = (struct pel_moments){0};
    int status = pel_values_check(type, err);
    if (!status)
        status = pel_reduce_blocks(team, n, &reduction, &values, moments, err);
    if (isnan(moments->sum))
        moments->sum = (double)NAN;
    if (isnan(moments->squares))
        moments->squares = (double)NAN;
    return status;
}

double pel_variance(const struct pel_moments *moments, uint64_t ddof)
{
    if (moments->n <= ddof)
        return (double)NAN;
    return moments->squares / (double)(moments->n - ddof);
}
