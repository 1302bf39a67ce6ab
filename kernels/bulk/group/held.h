/* All values of each group, for quantiles: pairs of group and value as they come, brought together when there are
 * no more, and in order where a group has few. */
#ifndef PELTON_BULK_GROUP_HELD_H
#define PELTON_BULK_GROUP_HELD_H

#include <pelton/table.h>

struct held_piece;

/* Zeroed is empty. One thread at a time. */
struct held {
    struct held_piece *pieces;
    size_t n, nbytes; /* values; memory */
    double *values;   /* those of group g are starts[g] to starts[g + 1] */
    size_t *starts;
};

void pel_held_close(struct held *held);

/* Adds values[i] to groups[i]. -ENOMEM. */
PEL_MUST_CHECK int pel_held_add(struct held *held, const uint32_t *groups, enum pel_type type,
                                const void *values, size_t n);

/* Bytes that pel_held_arrange takes besides, for a moment. */
size_t pel_held_arranging(const struct held *held, size_t ngroups);

/* Brings the values of each of ngroups groups together. -ENOMEM. */
PEL_MUST_CHECK int pel_held_arrange(struct held *held, size_t ngroups);

/* How many values a group has then, */
static inline size_t pel_held_count(const struct held *held, size_t group)
{
    return held->starts[group + 1] - held->starts[group];
}

/* and whether so many are in order. */
bool pel_held_is_sorted(size_t n);

/* The quantile of a group that is. */
double pel_held_quantile(const struct held *held, size_t group, double q);

#endif
