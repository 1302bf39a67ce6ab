/* Sums of what comes in blocks, as precisely as asked for. */
#ifndef PELTON_BULK_SUM_H
#define PELTON_BULK_SUM_H

#include "bulk/reduce/values.h"

struct pel_summands {
    struct pel_values values;
    const double *y; /* dot products: the other factor */
    bool has_rest;   /* for PEL_DD and PEL_EXACT, each summand is a sum of two doubles */

    /* Summands [lo, lo + n), in `block` or elsewhere; with has_rest and a rest that is not NULL, the second
     * doubles go there. */
    const double *(*block)(const struct pel_summands *summands, size_t lo, size_t n, double *block,
                           double *rest);
};

/* *sum = their sum, 0 on failure; see pel_sum. */
int pel_summands_add(const struct pel_summands *summands, size_t n, enum pel_precision precision,
                     const struct pel_team *team, double *sum, struct pel_error *err);

#endif
