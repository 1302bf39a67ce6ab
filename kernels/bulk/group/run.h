/* What a worker makes of a chunk: groups with their states, then rows that found no place among them, both
 * parted by the upper bits of their keys' hashes. A row counts after the groups of its run. */
#ifndef PELTON_BULK_GROUP_RUN_H
#define PELTON_BULK_GROUP_RUN_H

#include "bulk/group/near.h"

static inline size_t partition_of(uint32_t hash)
{
    return hash >> (32 - PARTITION_BITS);
}

/* Items of a run: those of partition p are start[p] to start[p + 1]. */
struct section {
    uint32_t start[NPARTITIONS + 1];
    uint32_t *hashes;
    uint16_t *places; /* of the row, or the group's first row, in the chunk */
    uint64_t **keys;
    unsigned char **data; /* groups: a state for each of shape->kept; rows: the value columns */
};

struct run {
    struct run *next;
    uint64_t chunk;
    struct section groups, rows;
    struct pel_arena *texts; /* of keys that are strings; NULL if none are */
    size_t nbytes, capacity; /* of memory: with texts, and of this struct with what follows */
};

/* NULL is fine. */
void pel_run_free(struct run *run);

/* Gives back all but the memory itself, for a run to come: the system takes as long to clear new pages as
 * rows take to be put there. */
void pel_run_empty(struct run *run);

/* Groups found by hash that a worker keeps apart in a chunk: with more, a row is cheaper as it is than as a
 * group of its own, and the table leaves the second-level cache. After a chunk that had more, a table of as many as
 * PROBED tells whether the next one has, too. */
enum { MOST_GROUPS = 8192, PROBED_GROUPS = 512 };

/* A worker's chunk in the making. */
struct builder {
    const struct shape *shape;
    struct table table;
    struct near near;
    size_t sum;      /* which of shape->kept is the first sum of doubles; nkept: none is */
    uint32_t limit;  /* of groups found by hash, in this chunk */
    bool overflowed; /* what follows in this chunk are rows; all are where values are held */
    struct pel_arena *texts;
    size_t text_nbytes;

    /* Rows: room for a chunk, taken when first needed. */
    uint32_t nrows;
    uint32_t *hashes;
    uint16_t *places;
    uint64_t **keys;
    unsigned char **values;

    uint16_t *order;      /* of items by partition */
    uint16_t *all_places; /* all_places[i] = i */
    /* Of a block. */
    uint64_t **words;           /* room for each key column's */
    const uint64_t **key_words; /* and where they are */
    uint32_t *block_hashes, *groups;
};

/* -ENOMEM; to be closed all the same. */
PEL_MUST_CHECK int pel_builder_open(struct builder *builder, const struct shape *shape);
void pel_builder_close(struct builder *builder);

/* -ENOMEM. */
PEL_MUST_CHECK int pel_builder_add(struct builder *builder, const struct grouping_rows *rows);

/* The run of all that was added since the last one; `spare` is an empty run to make it from, or NULL, and is
 * used up. NULL without memory. */
struct run *pel_builder_end(struct builder *builder, uint64_t chunk, struct run *spare);

#endif
