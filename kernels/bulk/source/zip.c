#include "bulk/message.h"
#include "bulk/pool.h"
#include "bulk/source/made.h"

#include <stdlib.h>
#include <string.h>

struct zip_source {
    struct pel_source source;
    struct pel_field *fields;
    struct pel_source **sources;
    size_t nsources, nbegun;
    struct pel_pool pool;
    pthread_mutex_t lock; /* so that all sources give chunks of the same index */
};

/* A chunk of each source, of no rows behind its end, and the columns of them all. */
struct zip_chunk {
    struct pel_chunk *parts;
    struct pel_column *columns;
};

static size_t chunk_nbytes(const struct zip_source *self)
{
    return sizeof(struct zip_chunk) + self->nsources * sizeof(struct pel_chunk) +
           self->source.nfields * sizeof(struct pel_column);
}

static struct zip_chunk *take_chunk(struct zip_source *self)
{
    struct zip_chunk *own = pel_pool_take(&self->pool);
    if (!own)
        return NULL;
    own->parts = (struct pel_chunk *)(own + 1);
    own->columns = (struct pel_column *)(own->parts + self->nsources);
    memset(own->parts, 0, self->nsources * sizeof *own->parts);
    return own;
}

static void give_chunk(struct zip_source *self, struct zip_chunk *own)
{
    for (size_t i = 0; i < self->nsources; i++)
        if (own->parts[i].nrows)
            self->sources[i]->release(self->sources[i]->ctx, &own->parts[i]);
    pel_pool_give(&self->pool, own);
}

static void end(void *ctx)
{
    struct zip_source *self = ctx;
    for (size_t i = 0; i < self->nbegun; i++)
        self->sources[i]->end(self->sources[i]->ctx);
    self->nbegun = 0;
}

static int begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct zip_source *self = ctx;
    for (self->nbegun = 0; self->nbegun < self->nsources; self->nbegun++) {
        struct pel_source *source = self->sources[self->nbegun];
        int status = source->begin(source->ctx, wanted, err);
        if (status) {
            end(self);
            return status;
        }
        wanted += source->nfields;
    }
    return 0;
}

/* 1: all have the same number of rows in this chunk. */
static int compare_parts(const struct zip_source *self, const struct zip_chunk *own, uint64_t chunk,
                         struct pel_error *err)
{
    size_t shortest = own->parts[0].nrows;
    bool equal = true;
    for (size_t i = 1; i < self->nsources; i++) {
        equal = equal && own->parts[i].nrows == own->parts[0].nrows;
        if (own->parts[i].nrows < shortest)
            shortest = own->parts[i].nrows;
    }
    if (!equal)
        return pel_message_number(err, -EMSGSIZE,
                                  "the inputs have different numbers of rows: one has ",
                                  chunk * PEL_CHUNK_ROWS + shortest, ", another has more");
    return shortest > 0;
}

static int next_parts(struct zip_source *self, struct zip_chunk *own, struct pel_error *err)
{
    uint64_t chunk = 0;
    for (size_t i = 0; i < self->nsources; i++) {
        struct pel_source *source = self->sources[i];
        int status = source->next(source->ctx, &own->parts[i], err);
        if (status <= 0)
            own->parts[i].nrows = 0;
        if (status < 0)
            return status;
        if (status)
            chunk = own->parts[i].index;
    }
    return compare_parts(self, own, chunk, err);
}

static int next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct zip_source *self = ctx;
    struct zip_chunk *own = take_chunk(self);
    if (!own)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a chunk of rows");
    pthread_mutex_lock(&self->lock);
    int status = next_parts(self, own, err);
    pthread_mutex_unlock(&self->lock);
    if (status <= 0)
        give_chunk(self, own);
    else
        *chunk = (struct pel_chunk){own->parts[0].index, own->parts[0].nrows, own->columns, own};
    return status;
}

/* Of several sources that fail in a chunk, the one with the lowest row is told. */
static int fill(void *ctx, struct pel_chunk *chunk, uint64_t *row, struct pel_error *err)
{
    const struct zip_source *self = ctx;
    struct zip_chunk *own = chunk->owner;
    struct pel_column *columns = own->columns;
    int status = 0;
    for (size_t i = 0; i < self->nsources; i++) {
        struct pel_source *source = self->sources[i];
        struct pel_error error = {0};
        uint64_t at = 0;
        int answer = source->fill ? source->fill(source->ctx, &own->parts[i], &at, &error) : 0;
        if (answer && (!status || at < *row)) {
            status = answer;
            *row = at;
            if (err)
                *err = error;
        }
        if (!answer)
            memcpy(columns, own->parts[i].columns, source->nfields * sizeof *columns);
        columns += source->nfields;
    }
    return status;
}

static void release(void *ctx, struct pel_chunk *chunk)
{
    give_chunk(ctx, chunk->owner);
}

static void close_zip(struct pel_source *source)
{
    struct zip_source *self = source->ctx;
    for (size_t i = 0; i < self->nsources; i++)
        pel_source_free(self->sources[i]);
    pthread_mutex_destroy(&self->lock);
    pel_pool_close(&self->pool);
    free(self->sources);
    free(self->fields);
    free(self);
}

static int check_names(const struct pel_field *fields, size_t nfields, struct pel_error *err)
{
    for (size_t i = 0; i < nfields; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(fields[i].name, fields[k].name) == 0)
                return pel_error_set(err, -EEXIST, PEL_STAGE_COMPUTE,
                                     "two columns have the same name");
    return 0;
}

/* Unknown where one is, for who knows the number makes use of it. */
static int common_nrows(struct pel_source *const *sources, size_t nsources, uint64_t *nrows,
                        struct pel_error *err)
{
    uint64_t known = PEL_ROWS_UNKNOWN;
    *nrows = sources[0]->nrows;
    for (size_t i = 0; i < nsources; i++) {
        if (sources[i]->nrows == PEL_ROWS_UNKNOWN)
            *nrows = PEL_ROWS_UNKNOWN;
        else if (known == PEL_ROWS_UNKNOWN)
            known = sources[i]->nrows;
        else if (known != sources[i]->nrows)
            return pel_message_number(
                err, -EMSGSIZE, "the inputs have different numbers of rows: one has ",
                known < sources[i]->nrows ? known : sources[i]->nrows, ", another has more");
    }
    return 0;
}

/* The sources side by side; their fields' names stay theirs. */
static int join(struct zip_source *self, struct pel_error *err)
{
    size_t at = 0;
    self->source.once = false;
    for (size_t i = 0; i < self->nsources; i++) {
        memcpy(self->fields + at, self->sources[i]->fields,
               self->sources[i]->nfields * sizeof *self->fields);
        at += self->sources[i]->nfields;
        self->source.once = self->source.once || self->sources[i]->once;
    }
    int status = check_names(self->fields, at, err);
    if (!status)
        status = common_nrows(self->sources, self->nsources, &self->source.nrows, err);
    return status;
}

static struct zip_source *make_zip(struct pel_source *const *sources, size_t nsources)
{
    size_t nfields = 0;
    for (size_t i = 0; i < nsources; i++)
        nfields += sources[i]->nfields;
    struct zip_source *self = calloc(1, sizeof *self);
    struct pel_source **copies = calloc(nsources, sizeof *copies);
    struct pel_field *fields = calloc(nfields + 1, sizeof *fields);
    if (!self || !copies || !fields) {
        free(self);
        free(copies);
        free(fields);
        return NULL;
    }
    self->sources = memcpy(copies, sources, nsources * sizeof *copies);
    self->nsources = nsources;
    self->fields = fields;
    self->source = (struct pel_source){.fields = fields,
                                       .nfields = nfields,
                                       .ctx = self,
                                       .begin = begin,
                                       .next = next,
                                       .fill = fill,
                                       .release = release,
                                       .end = end,
                                       .close = close_zip};
    pel_pool_open(&self->pool, chunk_nbytes(self));
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&self->lock, NULL);
    return self;
}

int pel_source_zip(struct pel_source **out, struct pel_source *const *sources, size_t nsources,
                   struct pel_error *err)
{
    *out = NULL;
    if (nsources == 0)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "zip: there are no sources");
    struct zip_source *self = make_zip(sources, nsources);
    if (!self) {
        for (size_t i = 0; i < nsources; i++)
            pel_source_free(sources[i]);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a source");
    }
    int status = join(self, err);
    if (status)
        pel_source_free(&self->source);
    else
        *out = &self->source;
    return status;
}
