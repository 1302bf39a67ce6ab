/* From columns of any form to registers. */
#ifndef PELTON_BULK_ENGINE_LOAD_H
#define PELTON_BULK_ENGINE_LOAD_H

#include "bulk/engine/machine/ops.h"

/* Bytes of a value in a register; 0 for bools, which are bits. */
size_t pel_value_nbytes(enum value_type type);

/* Where value `lo` of a column stands, if n values from there can be used as a register: they have the form of
 * one, and n is a multiple of 64. Else NULL. */
const void *pel_column_in_place(const struct pel_column *column, size_t lo, size_t n);

/* Puts values [lo, lo + n), n <= PEL_BLOCK_ROWS, into a register. Whether one of them may be above INT64_MAX;
 * it stands there as the negative number of the same bits. */
bool pel_column_load(const struct mask_ops *ops, const struct pel_column *column, size_t lo,
                     size_t n, void *out);

/* Behind n texts come empty ones, up to a multiple of 64: what stood there may point into a chunk that is gone. */
static inline void pel_texts_end(struct pel_string *texts, size_t n)
{
    for (; n % 64; n++)
        texts[n] = (struct pel_string){NULL, 0};
}

#endif
