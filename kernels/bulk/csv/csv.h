/* What the parts of reading CSV share.
 *
 *     scan     64 bytes at a time: where records end, where fields end
 *     shape    what the first records tell: delimiter, names, types
 *     rows     the records of a chunk, a window of some thousand fields after the other
 *     columns  the fields of a column of a window to values
 *     trouble  which record is at fault, and what is wrong with it
 *     cut      pieces of text to chunks
 *     source   hands out chunks, and has their columns parsed
 */
#ifndef PELTON_BULK_CSV_CSV_H
#define PELTON_BULK_CSV_CSV_H

#include "core/arena.h"

#include <pelton/csv.h>

/* What is known of a text once its first records have been seen. */
struct csv_shape {
    struct pel_arena *memory; /* of all below */
    char delimiter;
    bool header;
    size_t ncolumns;
    bool numbers; /* the record of names has nothing else */
    struct pel_field *fields;
    const char **why_text;    /* see pel_csv_why_text */
    bool *guessed;            /* the type of each was, from the first chunk */
    struct pel_string *nulls; /* beside "" */
    size_t nnulls;
};

/* Whole records, one after the other; the last one may have no line end. */
struct csv_text {
    const char *text;
    size_t nbytes;
    size_t nrecords;
    uint64_t row;  /* of the first one, from 0; that of names does not count */
    uint64_t line; /* of the first one, from 1 */
    bool cut_off;  /* the last one is longer than a record may be, and not all of it is here */
};

/* ---- rows ------------------------------------------------------------------------------------ */

/* Consecutive rows: field c of row r is text[ends[i - 1] + 1, ends[i]) with i = r * ncolumns +
 * c, with its quotes; the last field of a row may have a CR behind it. */
struct csv_window {
    const struct csv_shape *shape;
    const struct csv_text *text;
    const uint32_t *ends; /* [-1] is one before the first field, 2^32 - 1 for that of the text */
    size_t first;         /* row of the text */
    size_t nrows;
};

/* Where fields end, a window of them. Zeroed at first; the caller frees `memory`. */
struct csv_index {
    uint32_t *memory;
    size_t room;
};

/* At most at the level `isa`: calls visit(ctx, window) for all rows, in order, until it returns
 * non-zero, which is returned. -EBADMSG with the row in *row (counted in the text) if a record
 * is not right, after a visit of those before it. -ENOMEM. */
int pel_csv_rows(const struct csv_shape *shape, const struct csv_text *text, enum pel_isa isa,
                 struct csv_index *index, int (*visit)(void *ctx, const struct csv_window *window),
                 void *ctx, size_t *row, struct pel_error *err);

/* A field of the window, without CR. */
static inline struct pel_string csv_field(const struct csv_window *window, size_t row,
                                          size_t column)
{
    const size_t ncolumns = window->shape->ncolumns;
    const uint32_t *end = window->ends + row * ncolumns + column;
    const char *text = window->text->text + (uint32_t)(end[-1] + 1);
    size_t nbytes = *end - (uint32_t)(end[-1] + 1);
    if (column + 1 == ncolumns && nbytes > 0 && text[nbytes - 1] == '\r')
        nbytes--;
    return (struct pel_string){text, nbytes};
}

/* ---- columns --------------------------------------------------------------------------------- */

/* Parses a column of the window to out[0 .. nrows). Returns the first row of the window whose
 * field is not of the column's type, or nrows. Texts are those of the window; those with doubled
 * quotes are put to *strings, which is raised and has room for the text of the window. */
size_t pel_csv_column(const struct csv_window *window, size_t column, enum pel_isa isa, void *out,
                      char **strings);

/* Whether a field without quotes has no value. */
bool pel_csv_is_null(const struct csv_shape *shape, struct pel_string field);

/* Without the quotes around it (those doubled stay), and without blanks around that. */
struct pel_string pel_csv_bare(struct pel_string field);

/* Without its quotes; if some were doubled, the text is put to *room, which is raised. */
struct pel_string pel_csv_unquote(struct pel_string field, char **room);

/* Whether it is true or false. */
bool pel_csv_is_bool(struct pel_string field, bool *value);

/* ---- shape ----------------------------------------------------------------------------------- */

/* Finds delimiter, columns and names, from the first record (without a mark of UTF-8). The shape
 * is empty on failure. */
int pel_csv_shape_begin(struct csv_shape *shape, struct pel_string record,
                        const struct pel_csv_options *options, struct pel_error *err);

/* Finds types, from the first rows. */
int pel_csv_shape_types(struct csv_shape *shape, const struct csv_text *text,
                        struct csv_index *index, struct pel_error *err);

void pel_csv_shape_free(struct csv_shape *shape);

/* ---- trouble --------------------------------------------------------------------------------- */

/* Looks for the first record that is not right, from byte `at` and row `row` of the text on:
 * -EBADMSG with the row and a message; 0 if all are, and *row is then behind the last. */
int pel_csv_trouble(const struct csv_shape *shape, const struct csv_text *text, size_t at,
                    size_t *row, struct pel_error *err);

/* A place in a text, at the beginning of a field. */
struct csv_reader {
    const char *p, *end;
    char delimiter;
    const char *quote; /* one that opened a field and is not closed */
};

/* Passes over a field; false: at p, or from `quote` on, quotes are not as they should be. */
bool pel_csv_pass_field(struct csv_reader *reader);

/* That the field of a column, in that row and line, is not a number; NULL without memory. */
const char *pel_csv_no_number(const struct csv_shape *shape, size_t column, uint64_t row,
                              uint64_t line, struct pel_string field);

/* -EBADMSG: the field of that row of the window does not fit its column. */
int pel_csv_misfit(const struct csv_window *window, size_t row, size_t column,
                   struct pel_error *err);

#endif
