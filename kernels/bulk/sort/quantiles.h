/* Quantiles of values whose order is known. */
#ifndef PELTON_BULK_SORT_QUANTILES_H
#define PELTON_BULK_SORT_QUANTILES_H

#include <stddef.h>

/* The rank below q of n >= 1 values, and how far it is to the next. */
size_t pel_quantile_rank(double q, size_t n, double *fraction);

/* The value that far from a, of that rank, to b, of the next. */
double pel_quantile_between(double a, double b, double fraction);

#endif
