/* Primitives over arrays: reductions, scans, filters, transforms, histograms; <pelton/sort.h> and
 * <pelton/group.h>, which this includes, order and group.
 *
 * How floats are summed (PEL_TREE, the default everywhere). Numbers are cut into blocks of PEL_BLOCK_ROWS =
 * 1024. In a block, lane j of 32 adds, from 0, the numbers j, j + 32, j + 64, ... in this order; then lane j
 * becomes lane j + lane (j + 16) for j < 16, then j + (j + 8), and so on down to one. Block sums are added
 * pairwise, neighbours first (0+1, 2+3, ...; then those; an odd one at the end goes up as it is), which is
 * the tree of pel_reduce with a block a leaf. What a filter leaves out keeps its place and adds nothing.
 * The result depends on the numbers alone, and its error is below (32 + 5 + log2(n / 1024)) 2^-53 times the
 * sum of their magnitudes. A NaN as result of a reduction is always the positive quiet NaN without payload.
 */
#ifndef PELTON_BULK_H
#define PELTON_BULK_H

#include <pelton/core.h>
#include <pelton/group.h>
#include <pelton/sort.h>
#include <pelton/table.h>

PEL_BEGIN_DECLS

/* How exactly floats are summed; all but PEL_FAST give the same bits everywhere. */
enum pel_precision {
    PEL_TREE,  /* the tree above */
    PEL_FAST,  /* any order: no promise about the last bits */
    PEL_DD,    /* double-double: the lanes and the tree as above, each a sum of two doubles */
    PEL_EXACT, /* the exact sum, rounded once to nearest even */
    PEL_PRECISION_COUNT
};

/* "tree", "fast", "dd", "exact". Never NULL. */
PEL_API const char *pel_precision_name(enum pel_precision precision);

PEL_END_DECLS
#endif
