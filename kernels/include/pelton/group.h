/* Rows brought together by key: aggregates of each group, and the distinct keys. */
#ifndef PELTON_GROUP_H
#define PELTON_GROUP_H

#include <pelton/core.h>
#include <pelton/table.h>

PEL_BEGIN_DECLS

/* What can be said of many values at once. */
enum pel_aggregate {
    PEL_AGGREGATE_COUNT, /* of rows; of a bool: how often true */
    PEL_AGGREGATE_SUM,
    PEL_AGGREGATE_MIN,
    PEL_AGGREGATE_MAX,
    PEL_AGGREGATE_ARGMIN, /* number of the first row with the least value */
    PEL_AGGREGATE_ARGMAX,
    PEL_AGGREGATE_ANY,
    PEL_AGGREGATE_ALL,
    PEL_AGGREGATE_MEAN,
    PEL_AGGREGATE_VAR, /* of the population: divided by n */
    PEL_AGGREGATE_STD,
    PEL_AGGREGATE_QUANTILE,
    PEL_AGGREGATE_FIRST,
    PEL_AGGREGATE_LAST,
    PEL_AGGREGATE_KIND_COUNT
};

PEL_END_DECLS
#endif
