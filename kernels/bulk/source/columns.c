#include "bulk/pool.h"
#include "bulk/source/made.h"

#include <stdlib.h>
#include <string.h>

struct columns_source {
    struct pel_source source;
    struct pel_field *fields;
    struct pel_column *columns;
    struct pel_pool pool; /* of one chunk's columns */
    uint64_t next;        /* chunk; atomic */
};

static int begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct columns_source *self = ctx;
    (void)wanted, (void)err;
    self->next = 0;
    return 0;
}

static int next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct columns_source *self = ctx;
    uint64_t index = __atomic_fetch_add(&self->next, 1, __ATOMIC_RELAXED);
    size_t nrows = pel_chunk_nrows(self->source.nrows, index);
    if (nrows == 0)
        return 0;
    struct pel_column *own = pel_pool_take(&self->pool);
    if (!own)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a chunk of rows");
    for (size_t i = 0; i < self->source.nfields; i++) {
        own[i] = self->columns[i];
        own[i].data =
            (const char *)own[i].data + (ptrdiff_t)(index * PEL_CHUNK_ROWS) * own[i].stride;
    }
    *chunk = (struct pel_chunk){index, nrows, own, own};
    return 1;
}

static void release(void *ctx, struct pel_chunk *chunk)
{
    struct columns_source *self = ctx;
    pel_pool_give(&self->pool, chunk->owner);
}

static void end(void *ctx)
{
    (void)ctx;
}

static void close_columns(struct pel_source *source)
{
    struct columns_source *self = source->ctx;
    pel_pool_close(&self->pool);
    free(self->fields);
    free(self->columns);
    free(self);
}

static int check(const struct pel_field *fields, const struct pel_column *columns, size_t ncolumns,
                 uint64_t nrows, struct pel_error *err)
{
    if (ncolumns == 0)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "columns: there are none");
    if (nrows > INT64_MAX)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "columns: more than 2^63 - 1 rows");
    for (size_t i = 0; i < ncolumns; i++) {
        if ((unsigned)columns[i].type >= PEL_TYPE_COUNT || columns[i].type != fields[i].type)
            return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                                 "columns: a column is not of its field's type");
        if (!columns[i].data && nrows)
            return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "columns: one has no data");
    }
    return 0;
}

int pel_source_columns(struct pel_source **out, const struct pel_field *fields,
                       const struct pel_column *columns, size_t ncolumns, uint64_t nrows,
                       struct pel_error *err)
{
    *out = NULL;
    int status = check(fields, columns, ncolumns, nrows, err);
    if (status)
        return status;
    struct columns_source *self = calloc(1, sizeof *self);
    struct pel_field *field_copies = pel_fields_copy(fields, ncolumns);
    struct pel_column *column_copies = calloc(ncolumns, sizeof *columns);
    if (!self || !field_copies || !column_copies) {
        free(self);
        free(field_copies);
        free(column_copies);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a source");
    }
    self->fields = field_copies;
    self->columns = memcpy(column_copies, columns, ncolumns * sizeof *columns);
    pel_pool_open(&self->pool, ncolumns * sizeof *columns);
    self->source = (struct pel_source){.fields = field_copies,
                                       .nfields = ncolumns,
                                       .nrows = nrows,
                                       .ctx = self,
                                       .begin = begin,
                                       .next = next,
                                       .release = release,
                                       .end = end,
                                       .close = close_columns};
    *out = &self->source;
    return 0;
}
