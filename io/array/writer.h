/* Formats that tables are written in: one const table each. What they share, in file.c, is the file, its
 * lane, and the order of the parts.
 *
 * To add one: a value of enum pel_array_format, a file with its table, and a line in file.c; for `pelton bulk`
 * what apps/bulk/bulk.h says at enum bulk_format.
 */
#ifndef PELTON_ARRAY_WRITER_H
#define PELTON_ARRAY_WRITER_H

#include <pelton/array.h>
#include <pelton/ordered.h>
#include <pelton/store.h>

struct pel_array_file {
    const struct pel_array_writer *writer;
    bool tabs;    /* its name ends in .tsv */
    bool lasting; /* what is written stays, whatever happens: the caller's descriptor */
    struct pel_array_write_options options;
    struct pel_sink sink;
    struct pel_output *output;
    int64_t start; /* where in the file its first byte is; -1: there is no way back to it */
    struct pel_ordered *ordered; /* NULL: the sink has not begun */
    struct pel_field *fields;    /* with names of its own */
    size_t nfields;
    size_t row_nbytes;       /* of the types, packed */
    uint64_t nrows_expected; /* or PEL_ROWS_UNKNOWN */
    uint64_t nrows;          /* so far; atomic */
};

struct pel_array_writer {
    enum pel_array_format format;
    const char *name;        /* for people */
    const char *suffixes[4]; /* ".npy"; NULL ends them */

    /* Writes what comes before the rows, by pel_array_file_put to part 0; or says why it cannot be. */
    int (*begin)(struct pel_array_file *file, struct pel_error *err);

    /* As in struct pel_sink; parts count from 1. */
    int (*rows)(struct pel_array_file *file, uint64_t part, const struct pel_column *columns,
                size_t nrows, struct pel_error *err);

    /* All rows are in the file: completes it. NULL: it is complete. */
    int (*finish)(struct pel_array_file *file, struct pel_error *err);
};

extern const struct pel_array_writer pel_array_npy_writer, pel_array_raw_writer,
    pel_array_csv_writer;

/* Appends bytes to a part. */
int pel_array_file_put(struct pel_array_file *file, uint64_t part, const void *data, size_t nbytes,
                       struct pel_error *err);

/* Room for at least `room` bytes of a part. */
int pel_array_file_piece(struct pel_array_file *file, uint64_t part, size_t room,
                         struct pel_piece **piece, struct pel_error *err);

/* The `rows` of formats that consist of packed numbers. */
int pel_array_put_packed(struct pel_array_file *file, uint64_t part,
                         const struct pel_column *columns, size_t nrows, struct pel_error *err);

/* -ENOTSUP for columns of text, which formats of packed numbers do not have. */
int pel_array_check_numbers(struct pel_array_file *file, struct pel_error *err);

#endif
