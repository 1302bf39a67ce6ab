/* Keys of given rank, and quantiles. */
#include <pelton/sort.h>

#include "bulk/sort/quantiles.h"
#include "bulk/sort/select.h"
#include "core/arena.h"

#include <math.h>

int pel_select(enum pel_type type, const void *keys, size_t n, const size_t *ranks, size_t nranks,
               void *out, const struct pel_team *team, struct pel_error *err)
{
    if (!sort_is_key(type))
        return pel_sort_bad_type(err);
    size_t nbytes = pel_type_nbytes(type);
    memset(out, 0, nranks * nbytes);
    for (size_t j = 0; j < nranks; j++)
        if (ranks[j] >= n)
            return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "a rank beyond the last key");
    if (!nranks)
        return 0;
    const struct select_keys from = {sort_map(type, false), keys, n, false};
    struct pel_arena *arena = pel_arena_open();
    uint64_t max, *numbers = arena ? pel_arena_take(arena, nranks * sizeof *numbers) : NULL;
    int status = numbers ? pel_select_numbers(&from, ranks, nranks, numbers, &max, team, err)
                         : pel_sort_no_memory(err);
    for (size_t j = 0; j < nranks && !status; j++)
        sort_key(&from.map, numbers[j], (unsigned char *)out + j * nbytes);
    pel_arena_close(arena);
    return status;
}

static double value_of(enum pel_type type, const struct sort_map *map, uint64_t number)
{
    union {
        int32_t i32;
        int64_t i64;
        uint32_t u32;
        uint64_t u64;
        float f32;
        double f64;
    } key;
    sort_key(map, number, &key);
    switch (type) {
    case PEL_I32:
        return key.i32;
    case PEL_I64:
        return (double)key.i64;
    case PEL_U32:
        return key.u32;
    case PEL_U64:
        return (double)key.u64;
    case PEL_F32:
        return (double)key.f32;
    default:
        return key.f64;
    }
}

/* Between a and b, t of the way, from the nearer end; what is infinite stays so where it can. Finite numbers
 * of both signs may be further apart than DBL_MAX: then each has its share. */
double pel_quantile_between(double a, double b, double t)
{
    double value = a;
    if (a != b && t > 0)
        value = t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
    if (isinf(value) && isfinite(a) && isfinite(b))
        value = a * (1 - t) + b * t;
    return isnan(value) ? (double)NAN : value;
}

size_t pel_quantile_rank(double q, size_t n, double *fraction)
{
    double place = q * (double)(n - 1), below = floor(place);
    if (below >= (double)(n - 1)) { /* 2^53 values and more round up */
        *fraction = 0;
        return n - 1;
    }
    *fraction = place - below;
    return (size_t)below;
}

static int find_quantiles(enum pel_type type, const struct select_keys *from, const double *q,
                          size_t nq, double *out, struct pel_arena *arena,
                          const struct pel_team *team, struct pel_error *err)
{
    size_t *ranks = pel_arena_take(arena, 2 * nq * sizeof *ranks);
    uint64_t *numbers = pel_arena_take(arena, 2 * nq * sizeof *numbers), max;
    if (!ranks || !numbers)
        return pel_sort_no_memory(err);
    double fraction;
    for (size_t j = 0; j < nq; j++) {
        ranks[2 * j] = pel_quantile_rank(q[j], from->n, &fraction);
        ranks[2 * j + 1] = ranks[2 * j] + (ranks[2 * j] + 1 < from->n);
    }
    int status = pel_select_numbers(from, ranks, 2 * nq, numbers, &max, team, err);
    if (status)
        return status;
    bool has_nan = from->map.is_float && isnan(value_of(type, &from->map, max));
    for (size_t j = 0; j < nq; j++) {
        (void)pel_quantile_rank(q[j], from->n, &fraction);
        out[j] = has_nan ? (double)NAN
                         : pel_quantile_between(value_of(type, &from->map, numbers[2 * j]),
                                                value_of(type, &from->map, numbers[2 * j + 1]),
                                                fraction);
    }
    return 0;
}

int pel_quantiles(enum pel_type type, const void *values, size_t n, const double *q, size_t nq,
                  double *out, const struct pel_team *team, struct pel_error *err)
{
    if (!sort_is_key(type))
        return pel_sort_bad_type(err);
    for (size_t j = 0; j < nq; j++)
        out[j] = n ? 0 : (double)NAN;
    for (size_t j = 0; j < nq; j++)
        if (!(q[j] >= 0 && q[j] <= 1))
            return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                                 "a quantile that is not between 0 and 1");
    if (!n || !nq)
        return 0;
    const struct select_keys from = {sort_map(type, false), values, n, false};
    struct pel_arena *arena = pel_arena_open();
    int status =
        arena ? find_quantiles(type, &from, q, nq, out, arena, team, err) : pel_sort_no_memory(err);
    pel_arena_close(arena);
    return status;
}
