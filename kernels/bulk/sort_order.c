#include "bulk/sort_reference.h"

#include <stdlib.h>

int pel_order(const struct pel_column *keys, const bool *descending, size_t nkeys, size_t n,
              uint64_t *order, const struct pel_team *team, struct pel_error *err)
{
    size_t nbytes;
    uint64_t *scratch = pel_size_mul(n, sizeof *scratch, &nbytes) ? NULL : malloc(nbytes + 1);
    if (!scratch)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory to sort in");
    (void)team;
    pel_reference_order(keys, descending, nkeys, n, order, scratch);
    free(scratch);
    return 0;
}

int pel_argsort(enum pel_type type, const void *keys, size_t n, bool descending, uint64_t *order,
                const struct pel_team *team, struct pel_error *err)
{
    const struct pel_column key = {type, false, (ptrdiff_t)pel_type_nbytes(type), keys};
    return pel_order(&key, &descending, 1, n, order, team, err);
}
