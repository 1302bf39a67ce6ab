#include "bulk/source/made.h"

#include "bulk/pool.h"

#include <stdlib.h>
#include <string.h>

struct made_source {
    struct pel_source source;
    struct pel_made made;
    struct pel_field *field;
    struct pel_pool pool;
    uint64_t next; /* chunk; atomic */
};

/* What a chunk's values lie in, lent with it. */
struct made_chunk {
    struct pel_column column;
    uint64_t values[PEL_CHUNK_ROWS];
};

struct pel_field *pel_fields_copy(const struct pel_field *fields, size_t nfields)
{
    size_t nbytes = nfields * sizeof *fields;
    for (size_t i = 0; i < nfields; i++)
        nbytes += strlen(fields[i].name) + 1;
    struct pel_field *copy = malloc(nbytes ? nbytes : 1);
    if (!copy)
        return NULL;
    char *name = (char *)(copy + nfields);
    for (size_t i = 0; i < nfields; i++) {
        size_t length = strlen(fields[i].name) + 1;
        copy[i] = (struct pel_field){memcpy(name, fields[i].name, length), fields[i].type};
        name += length;
    }
    return copy;
}

static int begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct made_source *self = ctx;
    (void)wanted, (void)err;
    self->next = 0;
    return 0;
}

static int next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct made_source *self = ctx;
    uint64_t index = __atomic_fetch_add(&self->next, 1, __ATOMIC_RELAXED);
    size_t nrows = pel_chunk_nrows(self->made.nrows, index);
    if (nrows == 0)
        return 0;
    struct made_chunk *own = pel_pool_take(&self->pool);
    if (!own)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a chunk of rows");
    own->column = (struct pel_column){.type = self->made.type, .stride = 8, .data = own->values};
    *chunk = (struct pel_chunk){index, nrows, &own->column, own};
    return 1;
}

static int fill(void *ctx, struct pel_chunk *chunk, uint64_t *row, struct pel_error *err)
{
    const struct made_source *self = ctx;
    struct made_chunk *own = chunk->owner;
    (void)row, (void)err;
    self->made.make(self->made.params, chunk->index * PEL_CHUNK_ROWS, chunk->nrows, own->values);
    return 0;
}

static void release(void *ctx, struct pel_chunk *chunk)
{
    struct made_source *self = ctx;
    pel_pool_give(&self->pool, chunk->owner);
}

static void end(void *ctx)
{
    (void)ctx;
}

static void close_made(struct pel_source *source)
{
    struct made_source *self = source->ctx;
    pel_pool_close(&self->pool);
    free(self->field);
    free(self);
}

int pel_source_made(struct pel_source **out, const char *name, const struct pel_made *made,
                    struct pel_error *err)
{
    *out = NULL;
    struct made_source *self = calloc(1, sizeof *self);
    const struct pel_field field = {name, made->type};
    struct pel_field *copy = pel_fields_copy(&field, 1);
    if (!self || !copy) {
        free(self);
        free(copy);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a source");
    }
    self->made = *made;
    self->field = copy;
    pel_pool_open(&self->pool, sizeof(struct made_chunk));
    self->source = (struct pel_source){.fields = copy,
                                       .nfields = 1,
                                       .nrows = made->nrows,
                                       .ctx = self,
                                       .begin = begin,
                                       .next = next,
                                       .fill = fill,
                                       .release = release,
                                       .end = end,
                                       .close = close_made};
    *out = &self->source;
    return 0;
}
