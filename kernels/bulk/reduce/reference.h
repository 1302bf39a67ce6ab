/* The definitions of <pelton/bulk.h>'s reductions, word for word and one value at a time; they share no code
 * with the fast ones. The tests' oracle. */
#ifndef PELTON_BULK_REDUCE_REFERENCE_H
#define PELTON_BULK_REDUCE_REFERENCE_H

#include <pelton/bulk.h>

/* By the lanes and the tree. */
double pel_reference_sum(const double *x, size_t n);

/* By a number of 2,200 binary digits to which the bits of each value are added one by one. */
double pel_reference_sum_exact(const double *x, size_t n);

/* Two passes in long double: sum, mean, then squares about it. */
struct pel_moments pel_reference_moments(const double *x, size_t n);

/* n >= 1. */
struct pel_extremes pel_reference_extremes(const double *x, size_t n);

/* Each value is held against each bin's edges. */
void pel_reference_histogram(const double *x, size_t n, double lo, double hi, size_t nbins,
                             uint64_t *counts);

#endif
