/* Sources that tell their name. The libraries' messages leave it to whoever knows it; with several inputs that
 * is only here. They count rows, too, so that inputs of different lengths can be told apart. */
#include "bulk/bulk.h"

#include <stdlib.h>
#include <string.h>

struct bulk_named {
    struct pel_source source; /* the first member: pel_source_free gets its address */
    struct pel_source *inner;
    const char *name;
    struct pel_field *fields; /* with names of its own; NULL: the inner one's */
    uint64_t nrows;           /* that this pass has given */
    bool ended;
};

static int name_failure(const struct bulk_named *named, int status, struct pel_error *err)
{
    if (status >= 0 || status == -ECANCELED || !err)
        return status;
    char message[sizeof err->message];
    int n = snprintf(message, sizeof message, "%s: %s", named->name, err->message);
    if (n >= 0)
        memcpy(err->message, message, sizeof message);
    return status;
}

static int named_begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct bulk_named *named = ctx;
    named->nrows = 0;
    named->ended = false;
    return name_failure(named, named->inner->begin(named->inner->ctx, wanted, err), err);
}

/* Calls from several threads are served one after the other, but may come at once: only inputs that stand
 * side by side, which are called under a lock, are asked for what is counted. */
static int named_next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct bulk_named *named = ctx;
    int status = named->inner->next(named->inner->ctx, chunk, err);
    if (named->source.nrows != PEL_ROWS_UNKNOWN)
        return name_failure(named, status, err);
    if (status > 0)
        __atomic_fetch_add(&named->nrows, chunk->nrows, __ATOMIC_RELAXED);
    if (status == 0 || (status > 0 && chunk->nrows < PEL_CHUNK_ROWS))
        __atomic_store_n(&named->ended, true, __ATOMIC_RELAXED);
    return name_failure(named, status, err);
}

static int named_fill(void *ctx, struct pel_chunk *chunk, uint64_t *row, struct pel_error *err)
{
    struct bulk_named *named = ctx;
    return name_failure(named, named->inner->fill(named->inner->ctx, chunk, row, err), err);
}

static void named_release(void *ctx, struct pel_chunk *chunk)
{
    struct bulk_named *named = ctx;
    named->inner->release(named->inner->ctx, chunk);
}

static void named_end(void *ctx)
{
    struct bulk_named *named = ctx;
    named->inner->end(named->inner->ctx);
}

static void named_close(struct pel_source *source)
{
    struct bulk_named *named = (struct bulk_named *)source;
    pel_source_free(named->inner);
    free(named->fields);
    free(named);
}

struct pel_source *bulk_name_source(struct pel_source *inner, const char *name)
{
    struct bulk_named *named = malloc(sizeof *named);
    if (!named) {
        pel_source_free(inner);
        return NULL;
    }
    *named = (struct bulk_named){.source = *inner, .inner = inner, .name = name};
    named->source.ctx = named;
    named->source.begin = named_begin;
    named->source.next = named_next;
    named->source.fill = inner->fill ? named_fill : NULL;
    named->source.release = named_release;
    named->source.end = named_end;
    named->source.close = named_close;
    return &named->source;
}

const char *bulk_source_name(const struct pel_source *source)
{
    return ((const struct bulk_named *)source)->name;
}

/* Of a number behind a name, at most. */
enum { NUMBER_BYTES = 11 };

/* NAME of NAME.column, and NAME_2 of NAME_2.column. */
static void write_stem(const struct bulk_named *named, unsigned number, char *stem, size_t nbytes)
{
    if (bulk_is_generator(named->name))
        (void)snprintf(stem, nbytes, "%.*s", (int)strcspn(named->name, " ("), named->name);
    else
        pel_column_stem(strcmp(named->name, "standard input") ? named->name : "stdin", stem,
                        nbytes - NUMBER_BYTES);
    size_t length = strlen(stem);
    if (number > 1)
        (void)snprintf(stem + length, nbytes - length, "_%u", number);
}

bool bulk_qualify(struct pel_source *source, const bool *columns, unsigned number)
{
    struct bulk_named *named = (struct bulk_named *)source;
    const struct pel_field *own = named->inner->fields;
    char stem[256];
    write_stem(named, number, stem, sizeof stem);
    size_t nbytes = source->nfields * sizeof *source->fields;
    for (size_t i = 0; i < source->nfields; i++)
        nbytes += columns[i] ? strlen(stem) + strlen(own[i].name) + 2 : 0;
    struct pel_field *fields = malloc(nbytes);
    if (!fields)
        return false;
    char *text = (char *)(fields + source->nfields);
    for (size_t i = 0; i < source->nfields; i++) {
        fields[i] = own[i];
        if (!columns[i])
            continue;
        fields[i].name = text;
        text += sprintf(text, "%s.%s", stem, own[i].name) + 1;
    }
    free(named->fields);
    source->fields = named->fields = fields;
    return true;
}

const char *bulk_source_why_text(const struct pel_source *source, size_t column)
{
    return pel_csv_why_text(((const struct bulk_named *)source)->inner, column);
}

uint64_t bulk_source_nrows(const struct pel_source *source)
{
    const struct bulk_named *named = (const struct bulk_named *)source;
    return source->nrows != PEL_ROWS_UNKNOWN ? source->nrows
           : named->ended                    ? named->nrows
                                             : PEL_ROWS_UNKNOWN;
}
