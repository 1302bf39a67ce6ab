#include "bulk/pool.h"
#include "bulk/source/made.h"

#include "primes/slices.h"

#include <pelton/primes.h>

#include <stdlib.h>

_Static_assert((int)PEL_SLICE_PRIMES == (int)PEL_CHUNK_ROWS, "a slice is a chunk");

/* The first chunk comes from an iterator, which is quick far up, where a sieve takes a second to begin; if there
 * are more, all threads sieve what is behind it. */
struct primes_source {
    struct pel_source source;
    struct pel_field *field;
    struct pel_pool pool;
    uint64_t start, stop;
    pthread_mutex_t lock;      /* over all below */
    bool begun;                /* there is no first chunk to be made */
    bool ended;                /* nor any behind it */
    struct pel_slices *slices; /* what is behind the first chunk; NULL: not yet */
    uint64_t last;             /* prime of the first chunk */
};

struct primes_chunk {
    struct pel_column column;
    struct pel_slice slice; /* of the first chunk: none */
    uint64_t values[PEL_SLICES_ROOM];
};

static int begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct primes_source *self = ctx;
    (void)wanted, (void)err;
    self->begun = self->ended = false;
    return 0;
}

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the sieve of primes");
}

/* The primes of the first chunk, *n of them. */
static int take_first(const struct primes_source *self, uint64_t *values, size_t *n)
{
    struct pel_primes_iterator *iterator;
    uint64_t prime = 0;
    int status = pel_primes_iterator_open(&iterator, self->start, NULL);
    for (*n = 0; !status && *n < PEL_CHUNK_ROWS; values[(*n)++] = prime) {
        status = pel_primes_iterator_next(iterator, &prime);
        if (status || prime > self->stop)
            break;
    }
    pel_primes_iterator_close(iterator);
    return status;
}

/* Under the lock. */
static int next_first(struct primes_source *self, struct primes_chunk *own, struct pel_chunk *chunk,
                      struct pel_error *err)
{
    size_t n;
    int status = take_first(self, own->values, &n);
    self->begun = true;
    self->ended = status || n < PEL_CHUNK_ROWS || own->values[n - 1] == self->stop;
    if (status)
        return no_memory(err);
    if (n == 0)
        return 0;
    self->last = own->values[n - 1];
    own->column.data = own->values;
    own->slice = (struct pel_slice){0};
    *chunk = (struct pel_chunk){0, n, &own->column, own};
    return 1;
}

/* The first chunk, or 0 where it is there and all threads can go on. */
static int next_alone(struct primes_source *self, struct primes_chunk *own, struct pel_chunk *chunk,
                      struct pel_error *err)
{
    if (!self->begun)
        return next_first(self, own, chunk, err);
    if (self->ended || self->slices)
        return 0;
    int status = pel_slices_open(&self->slices, self->last + 1, self->stop, err);
    self->ended = status < 0;
    return status;
}

static int next_chunk(struct primes_source *self, struct primes_chunk *own, struct pel_chunk *chunk,
                      struct pel_error *err)
{
    pthread_mutex_lock(&self->lock);
    int status = next_alone(self, own, chunk, err);
    bool ended = self->ended;
    pthread_mutex_unlock(&self->lock);
    if (status || ended)
        return status;
    status = pel_slices_next(self->slices, &own->slice, err);
    if (status > 0)
        *chunk = (struct pel_chunk){1 + own->slice.index, own->slice.nprimes, &own->column, own};
    return status;
}

static int next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct primes_source *self = ctx;
    struct primes_chunk *own = pel_pool_take(&self->pool);
    if (!own)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a chunk of rows");
    own->column = (struct pel_column){.type = PEL_I64, .stride = 8};
    int status = next_chunk(self, own, chunk, err);
    if (status <= 0)
        pel_pool_give(&self->pool, own);
    return status;
}

static int fill(void *ctx, struct pel_chunk *chunk, uint64_t *row, struct pel_error *err)
{
    const struct primes_source *self = ctx;
    struct primes_chunk *own = chunk->owner;
    (void)row, (void)err;
    if (own->slice.nprimes)
        own->column.data = pel_slices_decode(self->slices, &own->slice, own->values);
    return 0;
}

static void release(void *ctx, struct pel_chunk *chunk)
{
    struct primes_source *self = ctx;
    struct primes_chunk *own = chunk->owner;
    if (own->slice.nprimes)
        pel_slices_release(self->slices, &own->slice);
    pel_pool_give(&self->pool, own);
}

static void end(void *ctx)
{
    struct primes_source *self = ctx;
    pel_slices_close(self->slices);
    self->slices = NULL;
}

static void close_primes(struct pel_source *source)
{
    struct primes_source *self = source->ctx;
    pthread_mutex_destroy(&self->lock);
    pel_pool_close(&self->pool);
    free(self->field);
    free(self);
}

int pel_source_primes(struct pel_source **out, const char *name, uint64_t start, uint64_t stop,
                      struct pel_error *err)
{
    *out = NULL;
    if (start > stop)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "primes: start is above stop");
    if (stop > INT64_MAX)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "primes: the values are int64, so stop is at most 2^63 - 1");
    struct primes_source *self = calloc(1, sizeof *self);
    const struct pel_field field = {name, PEL_I64};
    struct pel_field *copy = pel_fields_copy(&field, 1);
    if (!self || !copy) {
        free(self);
        free(copy);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a source");
    }
    self->field = copy;
    self->start = start;
    self->stop = stop;
    pel_pool_open(&self->pool, sizeof(struct primes_chunk));
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&self->lock, NULL);
    self->source = (struct pel_source){.fields = copy,
                                       .nfields = 1,
                                       .nrows = PEL_ROWS_UNKNOWN,
                                       .ctx = self,
                                       .begin = begin,
                                       .next = next,
                                       .fill = fill,
                                       .release = release,
                                       .end = end,
                                       .close = close_primes};
    *out = &self->source;
    return 0;
}
