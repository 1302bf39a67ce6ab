#include "bulk/pool.h"

#include <pelton/core.h>

#include <stdlib.h>

struct idle {
    struct idle *next;
};

void pel_pool_open(struct pel_pool *pool, size_t nbytes)
{
    size_t lines = nbytes / PEL_CACHE_LINE + 1;
    *pool = (struct pel_pool){.nbytes = lines * PEL_CACHE_LINE};
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&pool->lock, NULL);
}

void *pel_pool_take(struct pel_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct idle *piece = pool->idle;
    if (piece)
        pool->idle = piece->next;
    pthread_mutex_unlock(&pool->lock);
    return piece ? (void *)piece : aligned_alloc(PEL_CACHE_LINE, pool->nbytes);
}

void pel_pool_give(struct pel_pool *pool, void *piece)
{
    struct idle *idle = piece;
    pthread_mutex_lock(&pool->lock);
    idle->next = pool->idle;
    pool->idle = idle;
    pthread_mutex_unlock(&pool->lock);
}

void pel_pool_close(struct pel_pool *pool)
{
    struct idle *piece = pool->idle;
    while (piece) {
        struct idle *next = piece->next;
        free(piece);
        piece = next;
    }
    pthread_mutex_destroy(&pool->lock);
}
