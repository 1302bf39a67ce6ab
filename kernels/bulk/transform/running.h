/* Running sums of doubles, block by block, in the groups of 8 and chunks of PEL_RUNNING_ROWS of which
 * <pelton/bulk.h> makes them: for arrays (scan_sum.c) and for cumsum in queries. */
#ifndef PELTON_BULK_RUNNING_H
#define PELTON_BULK_RUNNING_H

#include <pelton/core.h>

enum { PEL_RUNNING_ROWS = 16384 };

struct pel_running {
    /* y_i of n values of one chunk; c is the sum of the chunks before, g that of the groups before in this one.
     * Returns g behind them, which nobody asks for where the last group is not full. y may be x. */
    double (*sums)(const double *x, size_t n, double c, double g, double *y);
};

/* The table of a level, lowered to what the processor can run. */
const struct pel_running *pel_running_for(enum pel_isa isa);

/* What sums returns, and nothing else. */
double pel_running_total(const double *x, size_t n, double g);

#endif
