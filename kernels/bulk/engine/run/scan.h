/* One pass over the input of a segment: its chunks, block by block, through a machine a worker. */
#ifndef PELTON_BULK_ENGINE_SCAN_H
#define PELTON_BULK_ENGINE_SCAN_H

#include "bulk/engine/machine/machine.h"
#include "bulk/engine/run/drive.h"

/* What a scan lends to its block functions. */
struct scan_block {
    struct machine *machine; /* has run the block */
    const struct pel_chunk *chunk;
    size_t lo, n;             /* rows [lo, lo + n) of the chunk */
    const uint64_t *selected; /* as pel_machine_selected */
    size_t nselected;
};

static inline uint64_t pel_block_row(const struct scan_block *block)
{
    return block->chunk->index * PEL_CHUNK_ROWS + block->lo;
}

struct scan {
    const struct segment *segment;
    struct pel_source *source;
    const struct pel_table *results;
    const struct pel_team *team;
    void *ctx;
    size_t worker_nbytes; /* of what a worker has of its own, zeroed; aligned to 16 */

    int (*open)(void *ctx, void *worker, struct pel_error *err); /* may be NULL */

    /* A block, also one that has failed in a row: then with the rows before it. 0, a negative errno, or
     * DRIVE_ENOUGH: neither the rest of the chunk nor what is behind it counts, an error in this block
     * included. */
    int (*block)(void *ctx, void *worker, const struct scan_block *block, struct pel_error *err);

    /* The chunk is through; `status` is what has ended it, 0, an error or DRIVE_ENOUGH. Returns what is to
     * come of it. NULL: just that. */
    int (*end)(void *ctx, void *worker, const struct pel_chunk *chunk, int status,
               struct pel_error *err);

    void (*close)(void *ctx, void *worker); /* also after open has failed; may be NULL */
    void (*failed)(void *ctx, uint64_t chunk, int status); /* as in struct drive */
};

/* As pel_drive, and -ENOMEM. */
PEL_MUST_CHECK int pel_scan(const struct scan *scan, struct pel_error *err);

#endif
