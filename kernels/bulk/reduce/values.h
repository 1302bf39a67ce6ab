/* Arrays of any type of numbers, block by block, as bulk/reduce/lanes.h takes them; and reductions of them. */
#ifndef PELTON_BULK_VALUES_H
#define PELTON_BULK_VALUES_H

#include "bulk/reduce/lanes.h"

struct pel_values {
    enum pel_type type;
    const void *x;
    const struct pel_lanes *lanes;
};

/* 0, or -EINVAL for types that are not reduced. */
int pel_values_check(enum pel_type type, struct pel_error *err);

bool pel_type_is_float(enum pel_type type);

/* Values [lo, lo + n), n <= PEL_BLOCK_ROWS, as doubles: where they are, or in `block`. */
const double *pel_values_f64(const struct pel_values *values, size_t lo, size_t n,
                             double block[PEL_BLOCK_ROWS]);

/* The same of integers in their order: those of PEL_U64 less PEL_U64_BIAS. */
#define PEL_U64_BIAS (UINT64_C(1) << 63)
const int64_t *pel_values_i64(const struct pel_values *values, size_t lo, size_t n,
                              int64_t block[PEL_BLOCK_ROWS]);

/* pel_reduce with partial results of its own, the last of which goes to *result; n 0 leaves that as it is.
 * Also -ENOMEM. */
int pel_reduce_values(const struct pel_team *team, size_t n, size_t leaf_items,
                      const struct pel_reduction *reduction, void *ctx, void *result,
                      struct pel_error *err);

/* The same by the tree of blocks of <pelton/bulk.h>: a leaf is a block. Partial results of up to
 * PEL_TREE_NBYTES. */
enum { PEL_TREE_NBYTES = 32 };
int pel_reduce_blocks(const struct pel_team *team, size_t n, const struct pel_reduction *block,
                      void *ctx, void *result, struct pel_error *err);

#endif
