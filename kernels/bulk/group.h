/* Rows grouped while they stream by: workers add rows of different chunks at the same time, and the result
 * is what <pelton/group.h> defines, whatever the order in which chunks arrive.
 *
 *     pel_grouping_open
 *     each worker:  for each chunk it takes:  pel_grouping_add for its rows, in order
 *                                             pel_grouping_end_chunk
 *     pel_grouping_finish
 *     pel_grouping_close
 */
#ifndef PELTON_BULK_GROUP_H
#define PELTON_BULK_GROUP_H

#include <pelton/group.h>

struct grouping;

struct grouping_aggregate {
    enum pel_aggregate kind;
    int value; /* which of the value columns; -1: none (count of rows) */
    double q;  /* of a quantile, in [0, 1] */
};

/* Types are PEL_BOOL, PEL_I64, PEL_F32 and PEL_F64, and for keys PEL_STRING. nkeys >= 1. */
struct grouping_spec {
    const enum pel_type *keys;
    size_t nkeys;
    const enum pel_type *values;
    size_t nvalues;
    const struct grouping_aggregate *aggregates;
    size_t naggregates;
};

/* Rows of one chunk: nrows <= PEL_BLOCK_ROWS values in each column, contiguous and in the machine's own form
 * (bool: one byte, 0 or 1), which are not referred to after the call. */
struct grouping_rows {
    size_t nrows;
    uint64_t chunk;
    uint16_t first; /* place of the first in its chunk; the others follow, if places is NULL */
    const uint16_t *places; /* place of each in its chunk, ascending; for rows that a filter left */
    const void *const *keys;
    const void *const *values;
};

/* memory_bytes: for the groups and the result; rows on their way take an eighth of it (at most 64 MiB) and
 * about 3 MiB a worker besides. 0: 1 GiB. The spec is copied. Returns 0, -EINVAL (an aggregate that its type has
 * not, q not in [0, 1]) or -ENOMEM; *out is NULL then. */
PEL_MUST_CHECK int pel_grouping_open(struct grouping **out, const struct grouping_spec *spec,
                                     size_t nworkers, size_t memory_bytes, struct pel_error *err);

/* Type of the result's column of an aggregate. */
enum pel_type pel_grouping_type(enum pel_aggregate kind, enum pel_type value);

/* The next rows of the chunk that the worker is at. One thread at a time for each worker. -ENOMEM. */
PEL_MUST_CHECK int pel_grouping_add(struct grouping *grouping, size_t worker,
                                    const struct grouping_rows *rows, struct pel_error *err);

/* That was all of chunk number `chunk`, perhaps no row at all: to be called once for every chunk from 0 on
 * (while one is missing, those behind it are kept). May do others' work. -ENOMEM; -ENOBUFS when the groups
 * need more than memory_bytes. */
PEL_MUST_CHECK int pel_grouping_end_chunk(struct grouping *grouping, size_t worker, uint64_t chunk,
                                          struct pel_error *err);

/* A row a group in order of first appearance: keys, then aggregates, named by `names`. Once, when no worker
 * is inside of a call. Also -ERANGE (a sum that is no int64) and -ECANCELED; *out is zeroed then. */
PEL_MUST_CHECK int pel_grouping_finish(struct grouping *grouping, const struct pel_team *team,
                                       const char *const *names, struct pel_table *out,
                                       struct pel_error *err);

/* At any time, NULL is fine. */
void pel_grouping_close(struct grouping *grouping);

#endif
