/* Values of a column as a grouping takes them. */
#ifndef PELTON_BULK_GROUP_LOAD_H
#define PELTON_BULK_GROUP_LOAD_H

#include <pelton/table.h>

/* The type that values of a type are widened to: PEL_BOOL, PEL_I64, PEL_F32, PEL_F64 or PEL_STRING. */
enum pel_type pel_load_type(enum pel_type type);

/* Values [lo, lo + n) of the column, n <= PEL_BLOCK_ROWS: in `block` (16 bytes each of room), or where they are
 * if they can be used there. NULL when one does not fit into int64: then *bad is its row. */
const void *pel_load(const struct pel_column *column, uint64_t lo, size_t n, void *block,
                     uint64_t *bad);

#endif
