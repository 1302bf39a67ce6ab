/* Under the lock text is only cut into chunks; the threads that got them parse them. */
#include "bulk/csv/source.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_NBYTES = 1 << 30, CHUNK_NBYTES_MOST = INT32_MAX };

/* ---- chunks ---------------------------------------------------------------------------------- */

static void free_columns(struct csv_chunk *chunk, size_t ncolumns)
{
    for (size_t c = 0; chunk->columns && c < ncolumns; c++)
        free((void *)(uintptr_t)chunk->columns[c].data);
    free(chunk->columns);
    chunk->columns = NULL;
}

static void free_chunk(struct csv_chunk *chunk, size_t ncolumns)
{
    if (!chunk)
        return;
    free_columns(chunk, ncolumns);
    free(chunk->copy);
    free(chunk->strings);
    free(chunk->index.memory);
    free(chunk);
}

static struct csv_chunk *take_chunk(struct csv_source *s)
{
    struct csv_chunk *chunk = s->free;
    if (chunk)
        s->free = chunk->next;
    else
        chunk = calloc(1, sizeof *chunk);
    return chunk;
}

static void give_back(struct csv_source *s, struct csv_chunk *chunk)
{
    chunk->next = s->free;
    s->free = chunk;
}

/* ---- a source -------------------------------------------------------------------------------- */

static void source_end(void *ctx)
{
    struct csv_source *s = ctx;
    if (s->begun)
        s->input.end(s->input.ctx);
    s->begun = false;
    if (s->first)
        give_back(s, s->first);
    s->first = NULL;
}

static int begin_again(struct csv_source *s, struct pel_error *err)
{
    if (s->input.once)
        return pel_error_set(err, -ESPIPE, PEL_STAGE_READ, "the text can be read a single time");
    s->first = take_chunk(s);
    if (!s->first)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a chunk of text");
    int status = pel_csv_begin_text(s, s->first, err);
    return status ? status : pel_csv_cut_first(s, s->first, err);
}

static int source_begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct csv_source *s = ctx;
    memcpy(s->wanted, wanted, s->shape.ncolumns * sizeof *wanted);
    if (s->begun) /* to look at the first records */
        return 0;
    int status = begin_again(s, err);
    if (status)
        source_end(s);
    return status;
}

static int take_next(struct csv_source *s, struct csv_chunk **out, struct pel_error *err)
{
    struct csv_chunk *chunk = s->first;
    *out = NULL;
    s->first = NULL;
    if (!chunk) {
        chunk = take_chunk(s);
        if (!chunk)
            return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a chunk of text");
        chunk->text = (struct csv_text){0};
        s->status = pel_csv_cut_next(s, chunk, err);
    }
    if (s->status || chunk->text.nrecords == 0)
        give_back(s, chunk);
    else
        *out = chunk;
    return s->status;
}

static int source_next(void *ctx, struct pel_chunk *out, struct pel_error *err)
{
    struct csv_source *s = ctx;
    struct csv_chunk *chunk = NULL;
    pthread_mutex_lock(&s->lock);
    int status = s->status;
    if (status)
        (void)pel_error_set(err, status, PEL_STAGE_READ, "the text could not be read further");
    else
        status = take_next(s, &chunk, err);
    if (chunk)
        *out =
            (struct pel_chunk){.index = s->index++, .nrows = chunk->text.nrecords, .owner = chunk};
    pthread_mutex_unlock(&s->lock);
    return status ? status : chunk != NULL;
}

/* Memory for nrows of each column that is wanted. */
static int make_columns(const struct csv_source *s, struct csv_chunk *chunk, size_t nrows)
{
    const size_t ncolumns = s->shape.ncolumns;
    if (nrows > chunk->row_room) {
        free_columns(chunk, ncolumns);
        chunk->row_room = nrows;
    }
    if (!chunk->columns)
        chunk->columns = calloc(ncolumns, sizeof *chunk->columns);
    if (!chunk->columns)
        return -ENOMEM;
    for (size_t c = 0; c < ncolumns; c++) {
        const size_t nbytes = pel_type_nbytes(s->shape.fields[c].type);
        struct pel_column *column = &chunk->columns[c];
        if (!s->wanted[c] || column->data)
            continue;
        const size_t room = chunk->row_room * nbytes + PEL_CACHE_LINE - 1;
        *column = (struct pel_column){
            .type = s->shape.fields[c].type,
            .stride = (ptrdiff_t)nbytes,
            .data = aligned_alloc(PEL_CACHE_LINE, room / PEL_CACHE_LINE * PEL_CACHE_LINE),
        };
        if (!column->data)
            return -ENOMEM;
    }
    return 0;
}

/* Room for texts that had doubled quotes, where there may be any. */
static int make_strings(const struct csv_source *s, struct csv_chunk *chunk)
{
    bool any = false;
    for (size_t c = 0; c < s->shape.ncolumns; c++)
        any |= s->wanted[c] && s->shape.fields[c].type == PEL_STRING;
    if (!any || chunk->strings_room >= chunk->text.nbytes ||
        !memchr(chunk->text.text, '"', chunk->text.nbytes))
        return 0;
    free(chunk->strings);
    chunk->strings_room = 0;
    chunk->strings = malloc(chunk->text.nbytes);
    if (!chunk->strings)
        return -ENOMEM;
    chunk->strings_room = chunk->text.nbytes;
    return 0;
}

/* Parsing the windows of a chunk. */
struct parse {
    const struct csv_source *source;
    const struct csv_chunk *chunk;
    char *strings;
    size_t *row;
    struct pel_error *err;
};

static int parse_window(void *ctx, const struct csv_window *window)
{
    struct parse *parse = ctx;
    size_t bad_row = window->nrows, bad_column = 0;
    for (size_t c = 0; c < window->shape->ncolumns; c++) {
        if (!parse->source->wanted[c])
            continue;
        const struct pel_column *column = &parse->chunk->columns[c];
        char *out = (char *)(uintptr_t)column->data + window->first * (size_t)column->stride;
        size_t row = pel_csv_column(window, c, PEL_ISA_COUNT - 1, out, &parse->strings);
        if (row < bad_row) {
            bad_row = row;
            bad_column = c;
        }
    }
    if (bad_row == window->nrows)
        return 0;
    *parse->row = window->first + bad_row;
    return pel_csv_misfit(window, bad_row, bad_column, parse->err);
}

static int source_fill(void *ctx, struct pel_chunk *out, uint64_t *row, struct pel_error *err)
{
    const struct csv_source *s = ctx;
    struct csv_chunk *chunk = out->owner;
    *row = chunk->text.row;
    if (make_columns(s, chunk, chunk->text.nrecords) || make_strings(s, chunk))
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a chunk of columns");
    size_t bad_row = 0;
    struct parse parse = {s, chunk, chunk->strings, &bad_row, err};
    out->columns = chunk->columns;
    int status = pel_csv_rows(&s->shape, &chunk->text, PEL_ISA_COUNT - 1, &chunk->index,
                              parse_window, &parse, &bad_row, err);
    *row += bad_row;
    return status;
}

static void source_release(void *ctx, struct pel_chunk *chunk)
{
    struct csv_source *s = ctx;
    pthread_mutex_lock(&s->lock);
    give_back(s, chunk->owner);
    pthread_mutex_unlock(&s->lock);
}

static void source_close(struct pel_source *source)
{
    struct csv_source *s = source->ctx;
    source_end(s);
    for (struct csv_chunk *chunk = s->free, *next; chunk; chunk = next) {
        next = chunk->next;
        free_chunk(chunk, s->shape.ncolumns);
    }
    s->input.close(s->input.ctx);
    pel_csv_shape_free(&s->shape);
    pthread_mutex_destroy(&s->lock);
    free(s->wanted);
    free(s);
}

/* Of CSV; NULL: another source. */
static const struct csv_shape *shape_of(const struct pel_source *source)
{
    return source->close == source_close ? &((const struct csv_source *)source->ctx)->shape : NULL;
}

const char *pel_csv_why_text(const struct pel_source *source, size_t column)
{
    const struct csv_shape *shape = shape_of(source);
    return shape && column < shape->ncolumns ? shape->why_text[column] : NULL;
}

bool pel_csv_names_are_numbers(const struct pel_source *source)
{
    const struct csv_shape *shape = shape_of(source);
    return shape && shape->numbers;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Sees what the text is like, by its first chunk, which is kept. */
static int look(struct csv_source *s, const struct pel_csv_options *options, struct pel_error *err)
{
    struct csv_chunk *chunk = s->first = take_chunk(s);
    s->wanted = NULL;
    if (!chunk)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a chunk of text");
    int status = pel_csv_begin_text(s, chunk, err);
    if (status)
        return status;
    if (chunk->text.cut_off)
        return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE,
                             "the first record is longer than one may be (16 MiB)");
    if (chunk->text.nbytes == 0)
        return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE, "the text is empty");
    const struct pel_string record = {chunk->text.text, chunk->text.nbytes};
    status = pel_csv_shape_begin(&s->shape, record, options, err);
    if (!status)
        status = pel_csv_cut_first(s, chunk, err);
    if (!status)
        status = pel_csv_shape_types(&s->shape, &chunk->text, &chunk->index, err);
    if (status)
        return status;
    s->wanted = calloc(s->shape.ncolumns, sizeof *s->wanted);
    return s->wanted ? 0 : pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for columns");
}

int pel_source_csv(struct pel_source **out, const struct pel_csv_input *input,
                   const struct pel_csv_options *options, struct pel_error *err)
{
    static const struct pel_csv_options usual;
    options = options ? options : &usual;
    *out = NULL;
    struct csv_source *s = calloc(1, sizeof *s);
    if (!s) {
        input->close(input->ctx);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a source of rows");
    }
    s->input = *input;
    s->scan = pel_csv_scan_for(PEL_ISA_COUNT - 1);
    s->chunk_bytes = options->chunk_bytes ? options->chunk_bytes : CHUNK_NBYTES;
    if (s->chunk_bytes > CHUNK_NBYTES_MOST)
        s->chunk_bytes = CHUNK_NBYTES_MOST;
    pthread_mutex_init(&s->lock, NULL);
    s->source = (struct pel_source){
        .once = input->once,
        .ctx = s,
        .begin = source_begin,
        .next = source_next,
        .fill = source_fill,
        .release = source_release,
        .end = source_end,
        .close = source_close,
    };
    int status = look(s, options, err);
    if (status) {
        source_close(&s->source);
        return status;
    }
    s->source.fields = s->shape.fields;
    s->source.nfields = s->shape.ncolumns;
    s->source.nrows = s->at_end && s->piece_nbytes == 0 ? s->row : PEL_ROWS_UNKNOWN;
    *out = &s->source;
    return 0;
}
