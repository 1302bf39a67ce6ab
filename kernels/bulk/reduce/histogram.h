/* Bins of equal width, as numpy's. */
#ifndef PELTON_BULK_HISTOGRAM_H
#define PELTON_BULK_HISTOGRAM_H

#include "bulk/reduce/lanes.h"

struct pel_bins {
    double lo, hi, width, per_unit; /* per_unit: bins in a stretch of 1 */
    size_t n;
    bool
        even; /* width is so far above what edges are rounded by that a quotient is at most one bin off */
};

#define PEL_BINS_MAX (UINT32_MAX - 1)

/* -EINVAL as pel_histogram. */
int pel_bins_set(struct pel_bins *bins, double lo, double hi, size_t n, struct pel_error *err);

/* The lower edge of bin k <= n; that of n is hi. */
static inline double pel_bins_edge(const struct pel_bins *bins, size_t k)
{
    return k < bins->n ? bins->lo + (double)k * bins->width : bins->hi;
}

/* counts[k] += how many of the rows of a block (bulk/reduce/lanes.h) are in bin k; counts[n] is a place for the
 * others, and counts for nothing. */
void pel_bins_count(const struct pel_bins *bins, const struct pel_lanes *lanes, const double *x,
                    size_t n, const uint64_t *mask, uint64_t *counts);

#endif
