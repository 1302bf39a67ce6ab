/* What all parts of a grouping know: the columns of its keys and values, and what is kept for a group. */
#ifndef PELTON_BULK_GROUP_SHAPE_H
#define PELTON_BULK_GROUP_SHAPE_H

#include "bulk/group.h"
#include "bulk/group/accumulators.h"
#include "bulk/group/keys.h"

/* A state of each group, shared by the aggregates that are made from it. */
struct kept {
    const struct accumulator *accumulator;
    int value; /* column; -1: none */
};

struct shape {
    size_t nkeys, nvalues, naggregates, nkept;
    enum pel_type *key_types, *value_types;
    enum key_kind *key_kinds;
    struct grouping_aggregate *aggregates;
    struct kept *kept;
    int *main, *count; /* which of the kept states an aggregate is made from; -1: none */

    size_t nheld;
    int *held;    /* columns of which all values are held */
    int *held_of; /* which of these an aggregate is made from; -1: none */
};

#endif
