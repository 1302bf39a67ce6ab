/* The mean of whole numbers. */
#ifndef PELTON_BULK_QUOTIENT_H
#define PELTON_BULK_QUOTIENT_H

#include "bulk/reduce/exact.h"

/* sum / n to the nearest double, ties to even; |sum| <= 2^126, 1 <= n < 2^63. */
double pel_quotient(pel_int128 sum, uint64_t n);

#endif
