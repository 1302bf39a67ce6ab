#include "bulk/reduce/sum.h"

static const double *block_of_products(const struct pel_summands *summands, size_t lo, size_t n,
                                       double *block, double *rest)
{
    const struct pel_lanes *lanes = summands->values.lanes;
    const double *x = (const double *)summands->values.x + lo, *y = summands->y + lo;
    if (rest)
        lanes->multiply_dd(x, y, n, block, rest);
    else
        lanes->multiply(x, y, n, block);
    return block;
}

int pel_dot(const double *x, const double *y, size_t n, enum pel_precision precision,
            const struct pel_team *team, double *dot, struct pel_error *err)
{
    const struct pel_summands summands = {.values = {PEL_F64, x, pel_lanes_for(team->isa)},
                                          .y = y,
                                          .has_rest = true,
                                          .block = block_of_products};
    return pel_summands_add(&summands, n, precision, team, dot, err);
}
