/* Pieces of memory of one size that go round between threads: what sources lend their chunks in. */
#ifndef PELTON_BULK_POOL_H
#define PELTON_BULK_POOL_H

#include <pthread.h>
#include <stddef.h>

struct pel_pool {
    pthread_mutex_t lock; /* over `idle` */
    void *idle;           /* pieces that wait, each beginning with a pointer to the next */
    size_t nbytes;
};

/* Pieces of nbytes, rounded up to cache lines. */
void pel_pool_open(struct pel_pool *pool, size_t nbytes);

/* A piece aligned to a cache line, its contents undefined; NULL without memory. From any thread. */
void *pel_pool_take(struct pel_pool *pool);

/* From any thread. */
void pel_pool_give(struct pel_pool *pool, void *piece);

/* All pieces have been given back. */
void pel_pool_close(struct pel_pool *pool);

#endif
