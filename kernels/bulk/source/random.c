#include "bulk/source/made.h"
#include "bulk/source/philox.h"

/* params: the seed. */
static void make(const uint64_t *params, uint64_t row, size_t n, void *values)
{
    pel_random_for(pel_isa_best())(params[0], row, n, values);
}

int pel_source_random(struct pel_source **out, const char *name, uint64_t n, uint64_t seed,
                      struct pel_error *err)
{
    *out = NULL;
    if (n > INT64_MAX)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "random: more than 2^63 - 1 rows");
    struct pel_made made = {PEL_F64, n, {seed}, make};
    return pel_source_made(out, name, &made, err);
}
