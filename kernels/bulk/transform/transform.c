#include "bulk/transform/transform.h"

#include "bulk/reduce/values.h"

#include <math.h>

#define LEVELS_BODY "bulk/transform/transform_body.h"
#include "core/levels.h"

const struct pel_transforms *pel_transforms_for(enum pel_isa isa)
{
    static const struct pel_transforms *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}

int pel_scale_add(enum pel_type type, const void *x, size_t n, double a, double b, void *y,
                  const struct pel_team *team, struct pel_error *err)
{
    const struct pel_transforms *transforms = pel_transforms_for(team->isa);
    struct pel_line line = {a, b};
    size_t nbytes = pel_type_nbytes(type);
    if (!pel_type_is_float(type))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "a x + b is of f32 or f64");
    return pel_map(x, nbytes, y, nbytes, n,
                   type == PEL_F32 ? transforms->scale_add_f32 : transforms->scale_add_f64, &line,
                   team, err);
}

static bool in_order(enum pel_type type, const void *lo, const void *hi)
{
    switch (type) {
    case PEL_I32:
        return *(const int32_t *)lo <= *(const int32_t *)hi;
    case PEL_I64:
        return *(const int64_t *)lo <= *(const int64_t *)hi;
    case PEL_U32:
        return *(const uint32_t *)lo <= *(const uint32_t *)hi;
    case PEL_U64:
        return *(const uint64_t *)lo <= *(const uint64_t *)hi;
    case PEL_F32:
        return *(const float *)lo <= *(const float *)hi;
    default:
        return *(const double *)lo <= *(const double *)hi;
    }
}

int pel_clip(enum pel_type type, const void *x, size_t n, const void *lo, const void *hi, void *y,
             const struct pel_team *team, struct pel_error *err)
{
    struct pel_limits limits = {lo, hi};
    size_t nbytes = pel_type_nbytes(type);
    int status = pel_values_check(type, err);
    if (status)
        return status;
    if (!in_order(type, lo, hi))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "the limits of a clip: not lo <= hi");
    return pel_map(x, nbytes, y, nbytes, n, pel_transforms_for(team->isa)->clip[type], &limits,
                   team, err);
}

/* ---- in two passes --------------------------------------------------------------------------- */

/* (x - a) / b of values that are widened first. */
struct normalise {
    struct pel_values values;
    struct pel_line line;
    pel_map_function *f64;
};

static void normalise_widened(void *ctx, const void *x, void *y, size_t n)
{
    struct normalise *job = ctx;
    const struct pel_values values = {job->values.type, x, job->values.lanes};
    double block[PEL_BLOCK_ROWS];
    job->f64(&job->line, pel_values_f64(&values, 0, n, block), y, n);
}

static int normalise(enum pel_type type, const void *x, size_t n, struct pel_line line, void *y,
                     const struct pel_team *team, struct pel_error *err)
{
    const struct pel_transforms *transforms = pel_transforms_for(team->isa);
    struct normalise job = {
        {type, NULL, pel_lanes_for(team->isa)}, line, transforms->normalise_f64};
    size_t nbytes = pel_type_nbytes(type);
    if (type == PEL_F32)
        return pel_map(x, nbytes, y, nbytes, n, transforms->normalise_f32, &line, team, err);
    return pel_map(x, nbytes, y, sizeof(double), n, normalise_widened, &job, team, err);
}

int pel_standardize(enum pel_type type, const void *x, size_t n, void *y,
                    const struct pel_team *team, struct pel_error *err)
{
    struct pel_moments moments;
    int status = pel_moments(type, x, n, team, &moments, err);
    if (status || n == 0)
        return status;
    struct pel_line line = {moments.sum / (double)n, sqrt(pel_variance(&moments, 0))};
    return normalise(type, x, n, line, y, team, err);
}

static double value_at(enum pel_type type, const void *x, size_t i)
{
    const struct pel_values values = {type, x, pel_lanes_for(PEL_ISA_BASELINE)};
    double block[PEL_BLOCK_ROWS];
    return *pel_values_f64(&values, i, 1, block);
}

int pel_rescale(enum pel_type type, const void *x, size_t n, void *y, const struct pel_team *team,
                struct pel_error *err)
{
    struct pel_extremes extremes;
    int status = pel_values_check(type, err);
    if (!status && n)
        status = pel_extremes(type, x, n, team, &extremes, err);
    if (status || n == 0)
        return status;
    double min = value_at(type, x, extremes.argmin), max = value_at(type, x, extremes.argmax);
    return normalise(type, x, n, (struct pel_line){min, max - min}, y, team, err);
}
