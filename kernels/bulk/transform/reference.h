/* The definitions of <pelton/bulk.h>'s filters, running sums and transforms, word for word and one
 * value at a time; they share no code with the fast ones. The tests' oracle. Types as reductions
 * take. */
#ifndef PELTON_BULK_TRANSFORM_REFERENCE_H
#define PELTON_BULK_TRANSFORM_REFERENCE_H

#include <pelton/bulk.h>

/* Whether pel_filter_if keeps value i. */
bool pel_reference_holds(enum pel_type type, const void *x, size_t i, enum pel_compare compare,
                         const void *value);

/* Inclusive; of doubles. */
void pel_reference_scan_sum(const double *x, size_t n, double *y);

/* Returns the first row whose sum is not an int64_t, n if there is none; y up to that. Inclusive.
 */
size_t pel_reference_scan_sum_ints(enum pel_type type, const void *x, size_t n, int64_t *y);

/* y_i = x_i of all numbers but f16; false if it does not fit. */
bool pel_reference_convert(enum pel_type from, const void *x, size_t i, enum pel_type to, void *y);

#endif
