/* CSV and TSV: text to rows, by any number of threads, and rows to text.
 *
 * What is read (RFC 4180): records end with LF or CRLF, the last one perhaps with neither.
 * Fields are separated by one byte. A field that begins with a quote (") ends with the next one
 * that is not doubled, and may hold separators and line ends; any other quote is an error. A
 * mark of UTF-8 at the beginning is passed over. All records have as many fields as the first,
 * or it is an error; empty lines at the end of the text are passed over where there are several
 * columns; where there is one, an empty line is an empty field.
 *
 * Names of columns are what the first record says, less blanks around them; c1, c2, ... for
 * empty ones, and where there is no such record. The same name twice is an error: give names
 * then.
 *
 * Types are guessed from the first PEL_CHUNK_ROWS records, unless given. Fields that are empty
 * or one of `nulls` have no value. A column is i64 if each field has a value and is an integer
 * in range; else f64 if all values are numbers (see <pelton/decimal.h>; no value gives NaN), or
 * none is there; else bool if each field is true or false, in any case of letters; else string
 * (no value gives an empty one). Quotes around a field say nothing about its type; blanks around
 * numbers are passed over. A field further on that does not fit is an error, as is one that does
 * not fit a type that was given: types may be bool, i64, f32, f64 and string. Numbers that are
 * too large for their type are errors, never infinities.
 *
 * Errors tell the row, from 0, and the line, from 1; of those of a chunk that of the lowest row,
 * and in it of the first column that is wanted:
 *     row 70001 (line 70003), column 3 'v': 'abc' is not a number in range; give the type v=string
 *     row 12 (line 14): 5 fields, where the first record has 4
 *
 * On one core of a Zen 4 (3.7 GHz, AVX-512; 2026-11): four columns of 6 to 9 digits 1000 MB/s,
 * of 17 digits 550 MB/s, texts with quotes and numbers 800 MB/s; the part that threads take
 * turns in, 9 to 27 GB/s.
 * */
#ifndef PELTON_CSV_H
#define PELTON_CSV_H

#include <pelton/core.h>
#include <pelton/table.h>

PEL_BEGIN_DECLS

/* Whether the first record is one of names. GUESS: yes, if none of its fields is empty or a
 * number. */
enum pel_csv_header { PEL_CSV_HEADER_YES, PEL_CSV_HEADER_NO, PEL_CSV_HEADER_GUESS };

struct pel_csv_type {
    const char *column;
    enum pel_type type;
};

/* Nothing that these point at is used after the call they are given to. */
struct pel_csv_options {
    /* 0: reading, whichever of comma, semicolon and tab the first record has most of; writing, a
     * comma. */
    char delimiter;
    enum pel_csv_header header;
    const char *const *names; /* of all columns, in place of what the text says; NULL: none */
    size_t nnames;
    const char *const *nulls; /* fields that have no value, beside the empty ones */
    size_t nnulls;
    const struct pel_csv_type *types;
    size_t ntypes;
    size_t chunk_bytes; /* text of PEL_CHUNK_ROWS records at most, up to 2 GiB; 0: 1 GiB */
};

/* A record has 16 MiB of text at most. */
enum { PEL_CSV_RECORD_NBYTES = 16 << 20 };

/* Where text comes from: piece by piece, in order. Calls are made one at a time. */
struct pel_csv_input {
    void *ctx;
    bool once;    /* it can be begun a single time */
    bool lasting; /* pieces stay as they are until `end`, not only until the next call */
    int (*begin)(void *ctx, struct pel_error *err);
    /* 1 with the next piece (not empty), 0 after the last, or a negative errno. May wait. */
    int (*next)(void *ctx, const char **text, size_t *nbytes, struct pel_error *err);
    void (*end)(void *ctx);
    void (*close)(void *ctx);
};

/* A source of the rows of a text. It owns the input, on failure too. Reads as much as types are
 * guessed from. Memory: one chunk's text (none, where pieces last) and its columns for each
 * thread. -EBADMSG with a message for text that is not right, -EILSEQ for what is none, -EINVAL for options, -ENOTSUP
 * (UTF-16), -EFBIG, -ENOMEM, or what the input gave. A text without any byte has no columns:
 * -EBADMSG. */
PEL_API PEL_MUST_CHECK int pel_source_csv(struct pel_source **out,
                                          const struct pel_csv_input *input,
                                          const struct pel_csv_options *options,
                                          struct pel_error *err);

/* The same for text in memory, which stays the caller's. */
PEL_API PEL_MUST_CHECK int pel_source_csv_text(struct pel_source **out, const char *text,
                                               size_t nbytes, const struct pel_csv_options *options,
                                               struct pel_error *err);

/* Why the type of a column (from 0) was guessed to be string though there are numbers among the
 * fields that it was guessed from: the first that is none, as
 *     row 1 (line 3), column 2 'v': 'n/a' is not a number
 * NULL where this is not so, and for other sources. The source's own. */
PEL_API const char *pel_csv_why_text(const struct pel_source *source, size_t column);

/* Are all fields of the record that was taken for names numbers, so that it may be one of data?
 * False for other sources. */
PEL_API bool pel_csv_names_are_numbers(const struct pel_source *source);

/* Writes the names of columns as a record. As pel_csv_format. */
PEL_API size_t pel_csv_format_names(const struct pel_field *fields, size_t nfields, char delimiter,
                                    char *text, size_t room);

/* Writes rows [*row, nrows) of columns as records that end with LF, as many as there is room
 * for; *row is then the first that was not written. Floats are as short as they read back, a NaN
 * is "nan", bools are "true" and "false"; texts and names are quoted where they have to be, as
 * is an empty one that is alone. Returns how many bytes were written: at most `room`; 0, with
 * *row as it was, when not even one row fits. */
PEL_API size_t pel_csv_format(const struct pel_column *columns, size_t ncolumns, char delimiter,
                              size_t *row, size_t nrows, char *text, size_t room);

PEL_END_DECLS
#endif
