#include "bulk/pool.h"
#include "bulk/source/made.h"

#include <pelton/primes.h>

#include <stdlib.h>

/* The primes come from one iterator, in the order of the chunks: which numbers a chunk holds is known only
 * after the one before. */
struct primes_source {
    struct pel_source source;
    struct pel_field *field;
    struct pel_pool pool;
    uint64_t start, stop;
    pthread_mutex_t lock; /* over all below */
    struct pel_primes_iterator *iterator;
    uint64_t next; /* chunk */
    bool ended;
};

struct primes_chunk {
    struct pel_column column;
    int64_t values[PEL_CHUNK_ROWS];
};

static int begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct primes_source *self = ctx;
    (void)wanted;
    self->next = 0;
    self->ended = false;
    return pel_primes_iterator_open(&self->iterator, self->start, err);
}

/* The primes of one more chunk; *n is how many. */
static int take_primes(struct primes_source *self, int64_t *values, size_t *n)
{
    uint64_t prime = 0;
    *n = 0;
    while (!self->ended && *n < PEL_CHUNK_ROWS) {
        int status = pel_primes_iterator_next(self->iterator, &prime);
        if (status && status != -ERANGE)
            return status;
        self->ended = status == -ERANGE || prime > self->stop;
        if (!self->ended)
            values[(*n)++] = (int64_t)prime;
    }
    return 0;
}

static int next_locked(struct primes_source *self, struct primes_chunk *own,
                       struct pel_chunk *chunk, struct pel_error *err)
{
    size_t n;
    int status = take_primes(self, own->values, &n);
    if (status) {
        self->ended = true;
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "no memory for the sieve of primes");
    }
    if (n == 0)
        return 0;
    own->column = (struct pel_column){.type = PEL_I64, .stride = 8, .data = own->values};
    *chunk = (struct pel_chunk){self->next++, n, &own->column, own};
    return 1;
}

static int next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct primes_source *self = ctx;
    struct primes_chunk *own = pel_pool_take(&self->pool);
    if (!own)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a chunk of rows");
    pthread_mutex_lock(&self->lock);
    int status = next_locked(self, own, chunk, err);
    pthread_mutex_unlock(&self->lock);
    if (status <= 0)
        pel_pool_give(&self->pool, own);
    return status;
}

static void release(void *ctx, struct pel_chunk *chunk)
{
    struct primes_source *self = ctx;
    pel_pool_give(&self->pool, chunk->owner);
}

static void end(void *ctx)
{
    struct primes_source *self = ctx;
    pel_primes_iterator_close(self->iterator);
    self->iterator = NULL;
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
                                       .release = release,
                                       .end = end,
                                       .close = close_primes};
    *out = &self->source;
    return 0;
}
