/* A grouping at work. */
#ifndef PELTON_BULK_GROUP_GROUPING_H
#define PELTON_BULK_GROUP_GROUPING_H

#include "bulk/group/partition.h"

#include <pthread.h>

/* Runs that are added to the partitions together; any worker takes any partition. */
struct batch {
    struct run *runs;       /* in ascending order of chunks; NULL: there is no batch */
    size_t next, ncomplete; /* partitions that were begun, and are done */
};

struct grouping {
    struct shape shape;
    struct pel_arena *memory; /* of the shape */
    struct builder *builders; /* one a worker */
    size_t nbuilders;
    size_t limit_nbytes; /* for groups and result */
    size_t batch_nbytes; /* of runs, from which on they make a batch */
    struct partition partitions[NPARTITIONS];
    size_t nbytes, ngroups; /* atomic: of all partitions */

    pthread_mutex_t lock; /* of what follows */
    bool has_lock;
    struct run *waiting;    /* ascending */
    struct run **ready_end; /* behind the last of `waiting` before which no chunk is missing */
    uint64_t next_chunk;    /* the first that is missing */
    size_t ready_nbytes;
    struct batch batch;
    struct run *spares; /* empty */
};

/* Adds every run of the list to partition `index`. -ENOMEM, -ENOBUFS. */
PEL_MUST_CHECK int pel_grouping_merge(struct grouping *grouping, const struct run *runs,
                                      size_t index, struct pel_error *err);

/* -ENOBUFS with the limit and the number of groups, and -ENOMEM. */
PEL_MUST_CHECK int pel_grouping_full(const struct grouping *grouping, struct pel_error *err);
PEL_MUST_CHECK int pel_grouping_no_memory(struct pel_error *err);

#endif
