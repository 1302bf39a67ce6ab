/* Rows as CSV. */
#include "writer.h"

#include "error.h"

#include <pelton/csv.h>

#include <stdlib.h>

static char delimiter_of(const struct pel_array_file *file)
{
    const char delimiter = file->options.csv ? file->options.csv->delimiter : 0;
    return delimiter || !file->tabs ? delimiter : '\t';
}

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_WRITE, "no memory for a row of text");
}

/* Writes the names, or if there are no columns given, then row `row` of them, in memory of its
 * own: for what may be larger than a piece. */
static int put_alone(struct pel_array_file *file, uint64_t part, const struct pel_column *columns,
                     size_t row, struct pel_error *err)
{
    const char delimiter = delimiter_of(file);
    size_t nbytes = 0;
    char *text = NULL;
    for (size_t room = 4096; nbytes == 0; room *= 2) {
        free(text);
        text = malloc(room);
        if (!text)
            return no_memory(err);
        size_t at = row;
        nbytes = columns
                     ? pel_csv_format(columns, file->nfields, delimiter, &at, row + 1, text, room)
                     : pel_csv_format_names(file->fields, file->nfields, delimiter, text, room);
    }
    int rc = pel_array_file_put(file, part, text, nbytes, err);
    free(text);
    return rc;
}

static int csv_begin(struct pel_array_file *file, struct pel_error *err)
{
    const struct pel_csv_options *options = file->options.csv;
    if (options && options->header == PEL_CSV_HEADER_NO)
        return 0;
    return put_alone(file, 0, NULL, 0, err);
}

static int csv_rows(struct pel_array_file *file, uint64_t part, const struct pel_column *columns,
                    size_t nrows, struct pel_error *err)
{
    size_t room = 1;
    for (size_t row = 0; row < nrows;) {
        struct pel_piece *piece;
        int rc = pel_array_file_piece(file, part, room, &piece, err);
        if (rc)
            return rc;
        const size_t nbytes =
            pel_csv_format(columns, file->nfields, delimiter_of(file), &row, nrows,
                           (char *)piece->data + piece->used, piece->capacity - piece->used);
        if (nbytes == 0 && piece->used == 0)
            rc = put_alone(file, part, columns, row++, err);
        else if (nbytes == 0)
            room = piece->capacity; /* a new piece */
        else {
            piece->used += nbytes;
            room = 1;
        }
        if (rc)
            return rc;
    }
    return 0;
}

const struct pel_array_writer pel_array_csv_writer = {
    .format = PEL_ARRAY_CSV,
    .name = "CSV",
    .suffixes = {".csv", ".tsv", ".txt"},
    .begin = csv_begin,
    .rows = csv_rows,
};
