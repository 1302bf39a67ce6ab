/* Functions of blocks. */
#include "bulk/stream.h"

#include <pelton/bulk.h>

#include <stdalign.h>

/* Of more bytes a value, results are not streamed: the block that they are made in is on the stack.
 */
enum { WIDEST = 16 };

struct map {
    const unsigned char *x;
    unsigned char *y;
    size_t x_nbytes, y_nbytes, n;
    void (*f)(void *ctx, const void *x, void *y, size_t n);
    void *ctx;
    bool streams;
};

static void map_block(const struct map *map, size_t lo, size_t n)
{
    alignas(64) unsigned char block[PEL_BLOCK_ROWS * WIDEST];
    unsigned char *y = map->y + lo * map->y_nbytes;
    map->f(map->ctx, map->x + lo * map->x_nbytes, map->streams ? block : y, n);
    if (map->streams)
        pel_stream_copy(y, block, n * map->y_nbytes);
}

static void map_chunk(void *ctx, size_t index)
{
    const struct map *map = ctx;
    size_t lo = index * PEL_CHUNK_ROWS;
    size_t hi = map->n - lo < PEL_CHUNK_ROWS ? map->n : lo + PEL_CHUNK_ROWS;
    for (; lo < hi; lo += PEL_BLOCK_ROWS)
        map_block(map, lo, hi - lo < PEL_BLOCK_ROWS ? hi - lo : PEL_BLOCK_ROWS);
    if (map->streams)
        stream_end();
}

int pel_map(const void *x, size_t x_nbytes, void *y, size_t y_nbytes, size_t n,
            void (*f)(void *ctx, const void *x, void *y, size_t n), void *ctx,
            const struct pel_team *team, struct pel_error *err)
{
    size_t nbytes;
    if (pel_size_mul(n, x_nbytes, &nbytes) || pel_size_mul(n, y_nbytes, &nbytes))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "more bytes of values than there is memory");
    struct map map = {x, y, x_nbytes, y_nbytes, n, f, ctx, false};
    map.streams = x != y && y_nbytes <= WIDEST && pel_stream_pays(nbytes);
    if (pel_team_run(team, pel_reduce_leaves(n, PEL_CHUNK_ROWS), map_chunk, &map))
        return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "the transform was cancelled");
    return 0;
}
