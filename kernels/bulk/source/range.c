#include "bulk/source/made.h"

/* params: start, step. Wraps as two's complement does, which is right wherever the true value fits. */
static void make(const uint64_t *params, uint64_t row, size_t n, void *values)
{
    uint64_t *out = values, first = params[0] + row * params[1], step = params[1];
    for (size_t i = 0; i < n; i++)
        out[i] = first + i * step;
}

int pel_source_range(struct pel_source **out, const char *name, int64_t start, int64_t stop,
                     int64_t step, struct pel_error *err)
{
    *out = NULL;
    if (step == 0)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "range: the step must not be 0");
    bool up = step > 0, empty = up ? stop < start : stop > start;
    uint64_t distance = up ? (uint64_t)stop - (uint64_t)start : (uint64_t)start - (uint64_t)stop;
    uint64_t stride = up ? (uint64_t)step : -(uint64_t)step;
    uint64_t steps = distance / stride;
    if (!empty && steps >= INT64_MAX)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "range: more than 2^63 - 1 rows");
    struct pel_made made = {
        PEL_I64, empty ? 0 : steps + 1, {(uint64_t)start, (uint64_t)step}, make};
    return pel_source_made(out, name, &made, err);
}
