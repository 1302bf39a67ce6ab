#include "bulk/csv/csv.h"
#include "bulk/csv/scan.h"

#include <stdlib.h>
#include <string.h>

/* Fields of a window: their ends, and what is in the columns for them, stay in the first-level
 * cache. */
enum { WINDOW_FIELDS = 4096 };

/* A window that moves over a text. */
struct walk {
    struct csv_window window;
    struct csv_fields fields;
    size_t at; /* byte up to which fields have been found */
};

static int reserve(const struct csv_shape *shape, struct csv_index *index)
{
    size_t room = 2 * shape->ncolumns > WINDOW_FIELDS ? 2 * shape->ncolumns : WINDOW_FIELDS;
    if (index->room >= room)
        return 0;
    free(index->memory);
    *index = (struct csv_index){.memory = malloc((1 + room + 64 + ENDS_SLACK) * sizeof(uint32_t))};
    if (!index->memory)
        return -ENOMEM;
    index->room = room;
    return 0;
}

/* Finds the next fields; the text's end ends one, if no line end has. */
static void find_fields(struct walk *walk, const struct csv_scan *scan)
{
    const struct csv_text *text = walk->window.text;
    struct csv_fields *fields = &walk->fields;
    if (walk->at == text->nbytes)
        return;
    walk->at = scan->fields(text->text, text->nbytes, walk->at, fields);
    if (walk->at == text->nbytes && text->text[text->nbytes - 1] != '\n') {
        fields->ends[fields->nends++] = (uint32_t)text->nbytes;
        fields->nlines++;
    }
}

/* Whether all rows of the window end where a line does, and are not too long. */
static bool rows_end_right(const struct csv_window *window)
{
    const size_t ncolumns = window->shape->ncolumns, nbytes = window->text->nbytes;
    const uint32_t *end = window->ends + ncolumns - 1;
    uint32_t before = window->ends[-1];
    for (size_t row = 0; row < window->nrows; before = *end, row++, end += ncolumns)
        if ((*end < nbytes && window->text->text[*end] != '\n') ||
            *end - before > PEL_CSV_RECORD_NBYTES)
            return false;
    return true;
}

/* Whether all is well up to where fields have been found: there are as many rows as lines that
 * end. */
static bool is_right(const struct walk *walk)
{
    const bool at_end = walk->at == walk->window.text->nbytes;
    return walk->window.nrows > 0 && !walk->fields.misplaced &&
           walk->fields.nlines == walk->window.first + walk->window.nrows &&
           !(at_end && (walk->fields.inside || walk->window.text->cut_off)) &&
           rows_end_right(&walk->window);
}

/* Goes on behind the window; ends that belong to no whole row yet move to the front. */
static void advance(struct walk *walk)
{
    const size_t used = walk->window.nrows * walk->window.shape->ncolumns;
    uint32_t *ends = walk->fields.ends;
    walk->window.first += walk->window.nrows;
    memmove(ends - 1, ends + used - 1, (walk->fields.nends - used + 1) * sizeof *ends);
    walk->fields.nends -= used;
}

/* Something is wrong in or behind the window: finds the record, and leaves the rows before it. */
static int find_trouble(struct walk *walk, size_t *row, struct pel_error *err)
{
    struct csv_window *window = &walk->window;
    *row = window->first;
    int status =
        pel_csv_trouble(window->shape, window->text, (uint32_t)(window->ends[-1] + 1), row, err);
    if (!status)
        return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE, "the text changed while it was read");
    if (*row - window->first < window->nrows)
        window->nrows = *row - window->first;
    return status;
}

int pel_csv_rows(const struct csv_shape *shape, const struct csv_text *text, enum pel_isa isa,
                 struct csv_index *index, int (*visit)(void *ctx, const struct csv_window *window),
                 void *ctx, size_t *row, struct pel_error *err)
{
    const struct csv_scan *scan = pel_csv_scan_for(isa);
    if (reserve(shape, index))
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for the ends of fields");
    struct walk walk = {
        .window = {.shape = shape, .text = text, .ends = index->memory + 1},
        .fields = {.delimiter = shape->delimiter,
                   .ends = index->memory + 1,
                   .room = index->room,
                   .may_open = true},
    };
    index->memory[0] = UINT32_MAX;
    while (walk.window.first < text->nrecords) {
        find_fields(&walk, scan);
        walk.window.nrows = walk.fields.nends / shape->ncolumns;
        int trouble = is_right(&walk) ? 0 : find_trouble(&walk, row, err);
        int status = walk.window.nrows > 0 ? visit(ctx, &walk.window) : 0;
        if (status || trouble)
            return status ? status : trouble;
        advance(&walk);
    }
    return 0;
}
