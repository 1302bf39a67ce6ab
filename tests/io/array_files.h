/* Sources read whole, for the tests of files of arrays. */
#ifndef PELTON_TEST_ARRAY_FILES_H
#define PELTON_TEST_ARRAY_FILES_H

#include "support.h"

#include <pelton/array.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A source's rows: column j's values one after the other, in the machine's byte order. */
struct whole {
    size_t ncolumns;
    struct pel_field *fields; /* names copied */
    unsigned char **values;
    uint64_t nrows;
};

static inline void whole_free(struct whole *whole)
{
    for (size_t j = 0; j < whole->ncolumns; j++) {
        free((char *)whole->fields[j].name);
        free(whole->values[j]);
    }
    free(whole->fields);
    free(whole->values);
    *whole = (struct whole){0};
}

/* Reads one value in the machine's order. */
static inline void copy_value(const struct pel_column *column, size_t i, unsigned char *out)
{
    size_t nbytes = pel_type_nbytes(column->type);
    const unsigned char *from = (const unsigned char *)column->data + (ptrdiff_t)i * column->stride;
    for (size_t b = 0; b < nbytes; b++)
        out[b] = column->swapped ? from[nbytes - 1 - b] : from[b];
}

static inline void whole_append(struct whole *whole, const struct pel_chunk *chunk)
{
    assert_int_equal(chunk->index * PEL_CHUNK_ROWS, whole->nrows);
    assert_true(chunk->nrows >= 1 && chunk->nrows <= PEL_CHUNK_ROWS);
    for (size_t j = 0; j < whole->ncolumns; j++) {
        const struct pel_column *column = &chunk->columns[j];
        size_t nbytes = pel_type_nbytes(column->type);
        assert_int_equal(column->type, whole->fields[j].type);
        assert_non_null(column->data);
        whole->values[j] = realloc(whole->values[j], (whole->nrows + chunk->nrows) * nbytes);
        assert_non_null(whole->values[j]);
        for (size_t i = 0; i < chunk->nrows; i++)
            copy_value(column, i, whole->values[j] + (whole->nrows + i) * nbytes);
    }
    whole->nrows += chunk->nrows;
}

/* One pass over all columns; 0, or what failed. */
static inline int whole_read(struct pel_source *source, struct whole *whole, struct pel_error *err)
{
    *whole = (struct whole){.ncolumns = source->nfields};
    whole->fields = calloc(source->nfields, sizeof *whole->fields);
    whole->values = calloc(source->nfields, sizeof *whole->values);
    bool *wanted = malloc(source->nfields);
    assert_true(whole->fields && whole->values && wanted);
    for (size_t j = 0; j < source->nfields; j++) {
        whole->fields[j] =
            (struct pel_field){strdup(source->fields[j].name), source->fields[j].type};
        wanted[j] = true;
    }
    int rc = source->begin(source->ctx, wanted, err);
    struct pel_chunk chunk;
    uint64_t row;
    if (rc == 0) {
        while ((rc = source->next(source->ctx, &chunk, err)) > 0) {
            int filled = source->fill ? source->fill(source->ctx, &chunk, &row, err) : 0;
            if (filled == 0)
                whole_append(whole, &chunk);
            source->release(source->ctx, &chunk);
            if (filled) {
                rc = filled;
                break;
            }
        }
        source->end(source->ctx);
    }
    if (rc == 0 && source->nrows != PEL_ROWS_UNKNOWN)
        assert_int_equal(source->nrows, whole->nrows);
    free(wanted);
    return rc;
}

static inline struct whole whole_open(const char *path, const struct pel_array_options *options)
{
    struct pel_source *source;
    struct pel_error err = {0};
    struct whole whole = {0};
    int rc = pel_source_open(&source, path, options, &err);
    if (rc == 0)
        rc = whole_read(source, &whole, &err);
    if (rc)
        fail_msg("%s: %s", path, err.message);
    pel_source_free(source);
    return whole;
}

/* The same columns with the same bits. */
static inline void whole_expect_equal(const struct whole *a, const struct whole *b)
{
    assert_int_equal(a->ncolumns, b->ncolumns);
    assert_int_equal(a->nrows, b->nrows);
    for (size_t j = 0; j < a->ncolumns; j++) {
        assert_string_equal(a->fields[j].name, b->fields[j].name);
        assert_int_equal(a->fields[j].type, b->fields[j].type);
        if (a->nrows)
            assert_memory_equal(a->values[j], b->values[j],
                                a->nrows * pel_type_nbytes(a->fields[j].type));
    }
}

/* Writes the rows in parts of part_rows to a file; 0, or what failed, and then nothing is left of it. */
static inline int whole_write(const struct whole *whole, const char *path,
                              const struct pel_array_write_options *options, bool nrows_known,
                              size_t part_rows, struct pel_error *err)
{
    struct pel_array_file *file;
    int rc = pel_array_file_open(&file, path, options, err);
    if (rc)
        return rc;
    const struct pel_sink *sink = pel_array_file_sink(file);
    struct pel_column *columns = calloc(whole->ncolumns + 1, sizeof *columns);
    assert_non_null(columns);
    rc = sink->begin(sink->ctx, whole->fields, whole->ncolumns,
                     nrows_known ? whole->nrows : PEL_ROWS_UNKNOWN, err);
    for (uint64_t first = 0, part = 0; !rc && first < whole->nrows; first += part_rows, part++) {
        size_t n = whole->nrows - first < part_rows ? (size_t)(whole->nrows - first) : part_rows;
        for (size_t j = 0; j < whole->ncolumns; j++) {
            size_t nbytes = pel_type_nbytes(whole->fields[j].type);
            columns[j] = (struct pel_column){whole->fields[j].type, false, (ptrdiff_t)nbytes,
                                             whole->values[j] + first * nbytes};
        }
        rc = sink->rows(sink->ctx, part, columns, n, err);
        if (!rc)
            rc = sink->end(sink->ctx, part, err);
    }
    free(columns);
    if (!rc)
        return pel_array_file_finish(file, err);
    pel_array_file_discard(file);
    return rc;
}

/* Columns of these types (a list ended by PEL_TYPE_COUNT) called c0, c1, ..., any bits. */
static inline struct whole whole_random(const enum pel_type *types, uint64_t nrows, uint64_t seed)
{
    struct test_random random = {seed};
    struct whole whole = {.nrows = nrows};
    while (types[whole.ncolumns] != PEL_TYPE_COUNT)
        whole.ncolumns++;
    whole.fields = calloc(whole.ncolumns + 1, sizeof *whole.fields);
    whole.values = calloc(whole.ncolumns + 1, sizeof *whole.values);
    assert_true(whole.fields && whole.values);
    for (size_t j = 0; j < whole.ncolumns; j++) {
        char name[32];
        (void)snprintf(name, sizeof name, "c%zu", j);
        whole.fields[j] = (struct pel_field){strdup(name), types[j]};
        size_t nbytes = nrows * pel_type_nbytes(types[j]);
        whole.values[j] = malloc(nbytes + 1);
        assert_non_null(whole.values[j]);
        for (size_t i = 0; i < nbytes; i++)
            whole.values[j][i] =
                (unsigned char)(types[j] == PEL_BOOL ? test_random_next(&random) & 1
                                                     : test_random_next(&random) >> 56);
    }
    return whole;
}

/* Calls the columns as one of two dimensions is called after its file. */
static inline void whole_name(struct whole *whole, const char *stem)
{
    for (size_t j = 0; j < whole->ncolumns; j++) {
        char name[64];
        (void)snprintf(name, sizeof name, whole->ncolumns > 1 ? "%s_%zu" : "%s", stem, j);
        free((char *)whole->fields[j].name);
        whole->fields[j].name = strdup(name);
    }
}

/* The expected failure of opening, or else of reading, with a message. */
static inline struct pel_error whole_fails(const char *path,
                                           const struct pel_array_options *options, int code)
{
    struct pel_source *source;
    struct pel_error err = {0};
    struct whole whole = {0};
    int rc = pel_source_open(&source, path, options, &err);
    if (rc == 0)
        rc = whole_read(source, &whole, &err);
    else
        assert_null(source);
    if (rc != code || err.code != code || !err.message[0])
        fail_msg("%s: %d instead of %d: %s", path, rc, code, err.message);
    whole_free(&whole);
    pel_source_free(source);
    return err;
}

#endif
