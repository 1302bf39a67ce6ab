/* Rows that a worker keeps of those it has seen, because they may be among the first n of an order. */
#ifndef PELTON_BULK_ENGINE_KEPT_H
#define PELTON_BULK_ENGINE_KEPT_H

#include "bulk/engine/run/run.h"

/* What a worker keeps, in the order in which it came, but for the first n after a cut, which are in their
 * order: of rows that are equal the earlier one is in front either way. */
struct kept {
    struct kept *next;
    struct pel_column *columns; /* the values, then the numbers of the rows */
    size_t n, capacity;
    bool bounded; /* row first->n - 1 is the bound */
    struct pel_arena *texts;
    size_t texts_nbytes;
};

/* What is looked for: the first n rows of the order rows->order, whose keys are the first values of `rows`. */
struct first {
    struct run *run;
    const struct segment *rows;
    uint64_t n;
    size_t ncolumns, row_nbytes; /* of what is kept */
    bool *descending;            /* of each key */
};

static inline void *kept_cell(const struct pel_column *column, size_t row)
{
    return (char *)column->data + row * (size_t)column->stride;
}

/* Rows that a worker keeps at most, where the first n are wanted. */
uint64_t pel_kept_capacity(uint64_t n);

/* NULL without memory. */
struct kept *pel_kept_make(const struct first *first);

/* NULL is fine. */
void pel_kept_free(const struct first *first, struct kept *kept);

/* Appends the rows of another, which has none afterwards, but their texts still. -ENOBUFS, -ENOMEM. */
PEL_MUST_CHECK int pel_kept_append(const struct first *first, struct kept *kept, struct kept *other,
                                   struct pel_error *err);

/* Appends n <= 64 rows, values[k][places[i]] of column k, numbers[i]; what is kept may be cut before.
 * -ENOBUFS, -ENOMEM, -ECANCELED. */
PEL_MUST_CHECK int pel_kept_add(const struct first *first, struct kept *kept,
                                const void *const *values, const uint64_t *places,
                                const uint64_t *numbers, size_t n, struct pel_error *err);

#endif
