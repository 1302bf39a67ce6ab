/* The inside of <pelton/query.h>: what is done with the values of a block, a chunk and a query. */
#ifndef PELTON_BULK_QUERY_H
#define PELTON_BULK_QUERY_H

#include "bulk/engine/machine/ops.h"
#include "bulk/reduce/histogram.h"
#include "bulk/reduce/lanes.h"

#include <pelton/query.h>

#include <pthread.h>

/* Room for a chunk's values. */
struct query_buffer {
    struct query_buffer *next;
    unsigned char values[];
};

/* What is known of a chunk that has been worked on. */
struct query_chunk {
    struct pel_query_end end;
    uint64_t taken, most; /* PEL_TAKE: rows of this chunk, and how many there may be in all */
    size_t kept;
    unsigned char *values;       /* of arrays: `kept` of them */
    struct query_buffer *buffer; /* where they are in one */
    void *partial;
    bool done, found;
};

/* One of the best few. */
struct query_entry {
    double value; /* negated where the greatest are wanted, so that less is better */
    uint64_t row;
};

struct pel_query_state {
    const struct query_kind *kind;
    const struct pel_lanes *lanes;
    const struct mask_ops *masks;
    struct pel_bins bins;
    struct query_chunk *chunks;
    size_t nchunks;
    size_t partial_nbytes;
    unsigned char *partials; /* one a chunk, where they are combined at the end */
    unsigned char *values;   /* of arrays and consumers: one a row */

    /* Who begins with what: chunk number i of line l is l * line_start + i * line_step. */
    size_t nlines, line_start, line_step;
    struct query_line {
        size_t length, next; /* next: atomic */
        char apart[PEL_CACHE_LINE];
    } * lines;
    size_t joined; /* threads; atomic */
    size_t last;   /* no chunk after this one matters; atomic, falls */
    int failure;   /* what stops everything at once; atomic */
    int round;     /* 1, then 2 */

    /* Chunks are accepted in order, by one thread at a time. */
    pthread_mutex_t mutex;
    bool accepting; /* somebody is at it, and has all that follows */
    bool finished;  /* the last chunk that matters has been */
    size_t front;   /* chunks below have been */
    size_t again; /* PEL_TAKE ends in this one, which began without those before it; or SIZE_MAX */
    uint64_t taken, kept;
    bool found;
    int code; /* of the row that is an error */
    uint64_t row;
    struct query_entry *top; /* a heap, the worst first */
    size_t ntop, most;
    bool thinned;                 /* some chunk has fewer values than rows */
    struct query_buffer *buffers; /* free ones */
    /* A consumer's values that wait for it: of so many chunks, at so many values from the first. */
    size_t waiting_chunks, waiting_row, waiting;
};

/* What a terminal does. A chunk has a partial result, zeroed to begin with, which either stays to the end, and
 * then all are combined, or is folded into the query's when the chunk is accepted. */
struct query_kind {
    size_t partial_nbytes;
    /* Takes a block's values in. */
    void (*block)(const struct pel_query *query, void *partial, const void *values, size_t n,
                  const uint64_t *mask, size_t row);
    /* Each block has a partial of its own, and that of the chunk is their tree. */
    bool in_blocks;
    void (*combine)(void *into, const void *from); /* neighbours */
    int (*fold)(struct pel_query *query, const struct query_chunk *chunk, size_t row);
};

/* By the query's kind and precision, which are in range. */
const struct query_kind *pel_query_kind_of(const struct pel_query *query);

/* Bytes of a chunk's partial result, 0 for none. -EINVAL, -EOVERFLOW. */
int pel_query_partial_size(const struct pel_query *query, size_t *nbytes);

/* Combines n partials that lie one after the other, neighbours first, into the first. */
void pel_query_combine(const struct query_kind *kind, void *partials, size_t n);

/* Brings those of n values that the mask has to the front; room for n rounded up to 64. */
void pel_query_pack(const struct pel_query *query, void *values, const uint64_t *mask, size_t n);

/* A chunk's values, `kept` of them from `row` on, join those before; consumers get what is due, at the latest
 * when it is the `last`. */
int pel_query_fold_array(struct pel_query *query, const struct query_chunk *chunk, size_t row);
int pel_query_consume(struct pel_query *query);

/* Bytes of a chunk's heap of so many. */
size_t pel_query_top_nbytes(size_t most);
void pel_query_top_block(const struct pel_query *query, void *partial, const void *values, size_t n,
                         const uint64_t *mask, size_t row);
int pel_query_top_fold(struct pel_query *query, const struct query_chunk *chunk, size_t row);
/* Puts the best values in order, into the query's results. */
void pel_query_sort_top(struct pel_query *query);

#endif
