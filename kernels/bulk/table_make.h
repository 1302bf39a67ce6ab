/* Tables in memory, to be filled in. */
#ifndef PELTON_BULK_TABLE_MAKE_H
#define PELTON_BULK_TABLE_MAKE_H

#include "bulk/held.h"

#include <pelton/table.h>

/* A table of nrows rows whose values are not set yet; fields are copied. -ENOBUFS, -ENOMEM. *out is to be
 * freed in any case. */
PEL_MUST_CHECK int pel_table_make(struct pel_table *out, const struct pel_field *fields,
                                  size_t nfields, uint64_t nrows, struct pel_held *held,
                                  struct pel_error *err);

/* Copies the texts of all strings into the table's memory. -ENOBUFS, -ENOMEM. */
PEL_MUST_CHECK int pel_table_own_texts(struct pel_table *table, struct pel_held *held,
                                       struct pel_error *err);

/* Leaves the first nrows rows, no more than there are. */
void pel_table_cut(struct pel_table *table, uint64_t nrows, struct pel_held *held);

/* What a table made so has been counted as, without texts. */
size_t pel_table_nbytes(const struct pel_table *table);

/* The address of a value, to write it. */
static inline void *pel_table_at(const struct pel_table *table, size_t column, uint64_t row)
{
    const struct pel_column *at = &table->columns[column];
    return (char *)at->data + (size_t)row * (size_t)at->stride;
}

#endif
