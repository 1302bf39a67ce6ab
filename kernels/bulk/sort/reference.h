/* The order of <pelton/sort.h> by comparing values, in a merge sort: slow, serial, and sharing no code with
 * the fast ways. The tests' oracle. */
#ifndef PELTON_BULK_SORT_REFERENCE_H
#define PELTON_BULK_SORT_REFERENCE_H

#include <pelton/sort.h>

/* -1, 0 or 1: does row a come before row b in the ascending order of the column (a NaN behind all numbers),
 * is it equal, or does it come after? Columns of bool, i32, i64, u32, u64, f32, f64 and string. */
int pel_reference_compare(const struct pel_column *key, bool descending, size_t a, size_t b);

/* pel_order; scratch has room for n values. */
void pel_reference_order(const struct pel_column *keys, const bool *descending, size_t nkeys,
                         size_t n, uint64_t *order, uint64_t *scratch);

#endif
