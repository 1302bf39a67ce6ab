/* The groups of all chunks, one partition: added to by one thread at a time, chunk by chunk. */
#ifndef PELTON_BULK_GROUP_PARTITION_H
#define PELTON_BULK_GROUP_PARTITION_H

#include "bulk/group/held.h"
#include "bulk/group/run.h"

struct partition {
    struct table table;     /* its states are those of the chunk that is being added */
    unsigned char **totals; /* for each of shape->kept: of the chunks before */
    uint32_t *chunks;       /* number of each group's last chunk + 1 */
    struct held *held;      /* for each of shape->held */
    struct pel_arena *texts;
    const uint64_t **words; /* scratch: where the key columns of a block begin */
};

/* Zeroed is empty. */
void pel_partition_close(struct partition *partition);

/* Bytes held. */
size_t pel_partition_nbytes(const struct partition *partition);

/* Adds partition `index` of a run; runs come in ascending order of chunks. -ENOMEM. */
PEL_MUST_CHECK int pel_partition_add(struct partition *partition, const struct shape *shape,
                                     const struct run *run, size_t index);

/* There are no more runs: all is in the totals. */
void pel_partition_end(struct partition *partition);

#endif
