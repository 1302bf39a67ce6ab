/* What is kept of a group's values, and how it grows. A state that is all zero bytes is that of no value.
 *
 * Each group has two states: of the chunk that is being added, in row order, and of all chunks before,
 * into which a chunk's is folded when it is complete. */
#ifndef PELTON_BULK_GROUP_ACCUMULATORS_H
#define PELTON_BULK_GROUP_ACCUMULATORS_H

#include <pelton/group.h>

/* The rows that values belong to: number base + places[i]. */
struct row_numbers {
    uint64_t base;
    const uint16_t *places;
};

struct accumulator {
    size_t nbytes; /* of a state */
    bool sums_f64; /* `add` adds a double to a double */
    /* Adds values[i] to states[groups[i]], for i from 0 to n - 1. */
    void (*add)(void *states, const uint32_t *groups, const void *values, struct row_numbers rows,
                size_t n);
    /* Folds chunk[groups[i]] into total[groups[i]], and makes it that of no value. Groups differ; the chunk's
     * has a value, or neither has. */
    void (*fold)(void *total, void *chunk, const uint32_t *groups, size_t n);
};

/* The accumulators that an aggregate is made from; the second is NULL where one will do. */
struct accumulators {
    const struct accumulator *main, *count;
};

/* has_value: false for a count of rows, else values of that type. Main is NULL for an aggregate that the type
 * has not. */
struct accumulators pel_accumulators(enum pel_aggregate kind, bool has_value, enum pel_type type);

/* Writes the aggregate of each of n groups from pointers to their states to column `out` of type
 * pel_grouping_type(kind, type). False when a sum is no int64. */
bool pel_accumulators_result(enum pel_aggregate kind, enum pel_type type, const void *const *main,
                             const void *const *count, size_t n, void *out);

#endif
