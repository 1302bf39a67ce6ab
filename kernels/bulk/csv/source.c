/* Pieces of text to chunks of rows. Under the lock text is only cut; the threads that got the chunks parse
 * them. */
#include "bulk/csv/csv.h"
#include "bulk/csv/scan.h"

#include <pelton/table.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Text is looked at in slices, so that a record without an end is noticed soon. */
enum { SLICE_NBYTES = 1 << 20, CHUNK_NBYTES = 1 << 30, CHUNK_NBYTES_MOST = INT32_MAX };

/* A chunk's text and columns, used again and again. */
struct chunk {
    struct chunk *next;
    struct csv_text text;
    char *copy; /* where the text lies, if not in lasting pieces */
    size_t copy_room;
    char *strings; /* texts without their doubled quotes: as much room as the text takes */
    size_t strings_room;
    struct csv_index index;
    size_t row_room; /* rows that there is memory for in the columns that there are */
    struct pel_column *columns;
};

struct csv_source {
    struct pel_source source;
    struct pel_csv_input input;
    struct csv_shape shape;
    const struct csv_scan *scan;
    size_t chunk_bytes;
    bool *wanted;

    pthread_mutex_t lock; /* of all below */
    bool begun;           /* the input has been */
    const char *piece;    /* what is left of it */
    size_t piece_nbytes;
    bool at_end; /* no piece comes behind it */
    struct csv_cut cut;
    uint64_t index, row, line; /* of the next chunk */
    struct chunk *first; /* was cut to see what the text is like; the next one to be handed out */
    struct chunk *free;
    int status; /* of a next that failed */
};

/* ---- chunks ---------------------------------------------------------------------------------------- */

static void free_columns(struct chunk *chunk, size_t ncolumns)
{
    for (size_t c = 0; chunk->columns && c < ncolumns; c++)
        free((void *)(uintptr_t)chunk->columns[c].data);
    free(chunk->columns);
    chunk->columns = NULL;
}

static void free_chunk(struct chunk *chunk, size_t ncolumns)
{
    if (!chunk)
        return;
    free_columns(chunk, ncolumns);
    free(chunk->copy);
    free(chunk->strings);
    free(chunk->index.memory);
    free(chunk);
}

static struct chunk *take_chunk(struct csv_source *s)
{
    struct chunk *chunk = s->free;
    if (chunk)
        s->free = chunk->next;
    else
        chunk = calloc(1, sizeof *chunk);
    return chunk;
}

static void give_back(struct csv_source *s, struct chunk *chunk)
{
    chunk->next = s->free;
    s->free = chunk;
}

/* ---- cutting: under the lock --------------------------------------------------------------------------- */

static int make_room(struct chunk *chunk, size_t nbytes)
{
    if (nbytes <= chunk->copy_room)
        return 0;
    size_t room = nbytes < SLICE_NBYTES ? nbytes : nbytes + nbytes / 2;
    char *copy = realloc(chunk->copy, room);
    if (!copy)
        return -ENOMEM;
    if (chunk->text.text == chunk->copy)
        chunk->text.text = copy;
    chunk->copy = copy;
    chunk->copy_room = room;
    return 0;
}

/* Adds the next bytes of the piece to the chunk: where pieces last and the text goes on in the same place,
 * nothing is copied. */
static int take_bytes(struct csv_source *s, struct chunk *chunk, size_t nbytes)
{
    struct csv_text *text = &chunk->text;
    if (text->nbytes == 0)
        text->text = s->input.lasting ? s->piece : chunk->copy;
    const bool in_place =
        s->input.lasting && text->text != chunk->copy && text->text + text->nbytes == s->piece;
    if (!in_place) {
        if (make_room(chunk, text->nbytes + nbytes))
            return -ENOMEM;
        if (text->text != chunk->copy && text->nbytes)
            memcpy(chunk->copy, text->text, text->nbytes);
        memcpy(chunk->copy + text->nbytes, s->piece, nbytes);
        text->text = chunk->copy;
    }
    text->nbytes += nbytes;
    s->piece += nbytes;
    s->piece_nbytes -= nbytes;
    return 0;
}

static int next_piece(struct csv_source *s, struct pel_error *err)
{
    if (s->at_end)
        return 0;
    int status = s->input.next(s->input.ctx, &s->piece, &s->piece_nbytes, err);
    s->at_end = status <= 0;
    if (s->at_end)
        s->piece_nbytes = 0;
    return status < 0 ? status : 0;
}

/* Adds up to nrecords records to the chunk; the last one of a text may end with it. */
static int cut_records(struct csv_source *s, struct chunk *chunk, size_t nrecords,
                       struct pel_error *err)
{
    s->cut.nwanted = nrecords;
    while (s->cut.nwanted > 0 && !chunk->text.cut_off) {
        if (s->piece_nbytes == 0) {
            int status = next_piece(s, err);
            if (status)
                return status;
            if (s->at_end)
                break;
        }
        const size_t slice = s->piece_nbytes < SLICE_NBYTES ? s->piece_nbytes : SLICE_NBYTES;
        const size_t nbytes = s->scan->cut(s->piece, slice, &s->cut);
        if (nbytes > s->chunk_bytes - chunk->text.nbytes)
            return pel_error_set(err, -EFBIG, PEL_STAGE_DECODE,
                                 "65536 records are more text than a chunk may be (chunk_bytes)");
        if (take_bytes(s, chunk, nbytes))
            return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a chunk of text");
        chunk->text.cut_off = s->cut.since > PEL_CSV_RECORD_NBYTES;
    }
    const bool rest = s->cut.nwanted > 0 && s->cut.since > 0;
    s->cut.since = 0;
    chunk->text.nrecords += nrecords - s->cut.nwanted + rest;
    return 0;
}

/* Takes off a mark of UTF-8 at the beginning of the text. */
static void drop_mark(struct chunk *chunk)
{
    struct csv_text *text = &chunk->text;
    if (text->nbytes < 3 || memcmp(text->text, "\xef\xbb\xbf", 3) != 0)
        return;
    text->nbytes -= 3;
    if (text->text == chunk->copy)
        memmove(chunk->copy, chunk->copy + 3, text->nbytes);
    else
        text->text += 3;
}

/* At the end of the text, where a record has several fields: empty lines are none. */
static void drop_empty_lines(struct csv_text *text)
{
    while (text->nrecords > 0 && text->text[text->nbytes - 1] == '\n') {
        size_t nbytes = text->nbytes - 1;
        nbytes -= nbytes > 0 && text->text[nbytes - 1] == '\r';
        if (nbytes > 0 && text->text[nbytes - 1] != '\n')
            return;
        text->nbytes = nbytes;
        text->nrecords--;
    }
}

/* Begins to read the text: the chunk has the first record. */
static int begin_text(struct csv_source *s, struct chunk *chunk, struct pel_error *err)
{
    int status = s->input.begin(s->input.ctx, err);
    s->begun = status == 0;
    s->at_end = false;
    s->piece_nbytes = 0;
    s->cut = (struct csv_cut){0};
    s->index = s->row = 0;
    s->line = 1;
    s->status = status;
    chunk->text = (struct csv_text){.line = 1};
    if (!status)
        status = cut_records(s, chunk, 1, err);
    drop_mark(chunk);
    return status;
}

/* Fills up the chunk with records, behind those that it has. */
static int fill_up(struct csv_source *s, struct chunk *chunk, struct pel_error *err)
{
    struct csv_text *text = &chunk->text;
    text->row = s->row;
    text->line = s->line;
    int status = cut_records(s, chunk, PEL_CHUNK_ROWS - text->nrecords, err);
    if (status)
        return status;
    if (s->at_end && !s->cut.inside && s->shape.ncolumns > 1)
        drop_empty_lines(text);
    s->at_end |= text->cut_off;
    s->piece_nbytes = text->cut_off ? 0 : s->piece_nbytes;
    s->row += text->nrecords;
    s->line = 1 + s->cut.nlines;
    return 0;
}

/* The first chunk of a pass, its record of names taken off. */
static int cut_first(struct csv_source *s, struct chunk *chunk, struct pel_error *err)
{
    if (s->shape.header) {
        chunk->text = (struct csv_text){0};
        s->line = 1 + s->cut.nlines;
    }
    return fill_up(s, chunk, err);
}

/* ---- a source ------------------------------------------------------------------------------------------ */

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
    int status = begin_text(s, s->first, err);
    return status ? status : cut_first(s, s->first, err);
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

static int cut_next(struct csv_source *s, struct chunk **out, struct pel_error *err)
{
    struct chunk *chunk = s->first;
    *out = NULL;
    s->first = NULL;
    if (!chunk) {
        chunk = take_chunk(s);
        if (!chunk)
            return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a chunk of text");
        chunk->text = (struct csv_text){0};
        s->status = fill_up(s, chunk, err);
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
    struct chunk *chunk = NULL;
    pthread_mutex_lock(&s->lock);
    int status = s->status;
    if (status)
        (void)pel_error_set(err, status, PEL_STAGE_READ, "the text could not be read further");
    else
        status = cut_next(s, &chunk, err);
    if (chunk)
        *out =
            (struct pel_chunk){.index = s->index++, .nrows = chunk->text.nrecords, .owner = chunk};
    pthread_mutex_unlock(&s->lock);
    return status ? status : chunk != NULL;
}

/* Memory for nrows of each column that is wanted. */
static int make_columns(const struct csv_source *s, struct chunk *chunk, size_t nrows)
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
static int make_strings(const struct csv_source *s, struct chunk *chunk)
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
    const struct chunk *chunk;
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
    struct chunk *chunk = out->owner;
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
    for (struct chunk *chunk = s->free, *next; chunk; chunk = next) {
        next = chunk->next;
        free_chunk(chunk, s->shape.ncolumns);
    }
    s->input.close(s->input.ctx);
    pel_csv_shape_free(&s->shape);
    pthread_mutex_destroy(&s->lock);
    free(s->wanted);
    free(s);
}

/* ---- opening ------------------------------------------------------------------------------------------- */

/* Sees what the text is like, by its first chunk, which is kept. */
static int look(struct csv_source *s, const struct pel_csv_options *options, struct pel_error *err)
{
    struct chunk *chunk = s->first = take_chunk(s);
    s->wanted = NULL;
    if (!chunk)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for a chunk of text");
    int status = begin_text(s, chunk, err);
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
        status = cut_first(s, chunk, err);
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
