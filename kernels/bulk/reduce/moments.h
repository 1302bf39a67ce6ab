/* Sums and spreads put together, for reductions and groups alike. */
#ifndef PELTON_BULK_MOMENTS_H
#define PELTON_BULK_MOMENTS_H

#include "bulk/reduce/lanes.h"

/* Of the rows of a block that count. */
struct pel_moments pel_moments_block(const struct pel_lanes *lanes, const double *x, size_t n,
                                     const uint64_t *mask);

/* Folds the right neighbour `from` into `into`, by the formula of <pelton/bulk.h>; both may be of no rows. */
void pel_moments_combine(struct pel_moments *into, const struct pel_moments *from);

#endif
