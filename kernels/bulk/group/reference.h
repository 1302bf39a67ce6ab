/* Groups as <pelton/group.h> defines them, one row after the other: the oracle of the tests. */
#ifndef PELTON_BULK_GROUP_REFERENCE_H
#define PELTON_BULK_GROUP_REFERENCE_H

#include <pelton/group.h>

/* pel_group of the rows where keep[row] is set (NULL: all). Returns 0, -ERANGE or -ENOMEM, *out zeroed then. */
PEL_MUST_CHECK int pel_group_reference(const struct pel_column *keys, size_t nkeys,
                                       const struct pel_aggregation *aggregations,
                                       size_t naggregations, uint64_t nrows, const bool *keep,
                                       struct pel_table *out);

#endif
