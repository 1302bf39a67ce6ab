#include "layout.h"

#include "error.h"

#include <pelton/array.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_OPEN, "no memory for the table's columns");
}

static int make_room(struct pel_layout *layout, struct pel_error *err)
{
    if (layout->ncolumns < layout->capacity)
        return 0;
    if (layout->ncolumns == PEL_COLUMNS_LIMIT)
        return pel_error_format(err, -ENOTSUP, PEL_STAGE_DECODE, -1, "has more than %d columns",
                                PEL_COLUMNS_LIMIT);
    size_t capacity = layout->capacity ? 2 * layout->capacity : 8;
    void *columns = realloc(layout->columns, capacity * sizeof *layout->columns);
    if (columns)
        layout->columns = columns;
    void *fields = realloc(layout->fields, capacity * sizeof *layout->fields);
    if (fields)
        layout->fields = fields;
    if (!columns || !fields)
        return no_memory(err);
    layout->capacity = capacity;
    return 0;
}

int pel_layout_add(struct pel_layout *layout, const char *name, size_t nbytes, const char *suffix,
                   struct pel_layout_column column, struct pel_error *err)
{
    int rc = make_room(layout, err);
    if (rc)
        return rc;
    size_t size = nbytes + strlen(suffix) + 1;
    char *copy = malloc(size);
    if (!copy)
        return no_memory(err);
    memcpy(copy, name, nbytes);
    memcpy(copy + nbytes, suffix, size - nbytes);
    layout->columns[layout->ncolumns] = column;
    layout->fields[layout->ncolumns++] = (struct pel_field){copy, column.type};
    return 0;
}

int pel_layout_rename(struct pel_layout *layout, const char *const *names, size_t nnames,
                      struct pel_error *err)
{
    if (!names)
        return 0;
    if (nnames != layout->ncolumns)
        return pel_error_format(err, -EINVAL, PEL_STAGE_OPEN, -1,
                                "has %zu columns, but %zu names are given", layout->ncolumns,
                                nnames);
    for (size_t i = 0; i < nnames; i++) {
        char *copy = strdup(names[i]);
        if (!copy)
            return no_memory(err);
        free((char *)layout->fields[i].name);
        layout->fields[i].name = copy;
    }
    return 0;
}

int pel_layout_nbytes(const struct pel_layout *layout, uint64_t *nbytes, struct pel_error *err)
{
    if (__builtin_mul_overflow(layout->nrows, layout->row_nbytes, nbytes) ||
        __builtin_mul_overflow(*nbytes, layout->nranges, nbytes) || *nbytes > INT64_MAX)
        return pel_error_format(err, -EOVERFLOW, PEL_STAGE_DECODE, -1,
                                "says it has %llu rows, more than any file holds",
                                (unsigned long long)layout->nrows);
    return 0;
}

void pel_layout_free(struct pel_layout *layout)
{
    for (size_t i = 0; i < layout->ncolumns; i++)
        free((char *)layout->fields[i].name);
    free(layout->fields);
    free(layout->columns);
    *layout = (struct pel_layout){0};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

void pel_column_stem(const char *path, char *stem, size_t nbytes)
{
    const char *slash = strrchr(path, '/');
    const char *from = slash ? slash + 1 : path;
    const char *dot = strrchr(from, '.');
    size_t n = dot && dot > from ? (size_t)(dot - from) : strlen(from);
    size_t at = 0;
    if (n && is_digit(from[0]))
        stem[at++] = '_';
    for (size_t i = 0; i < n && at + 1 < nbytes; i++)
        stem[at++] = is_letter(from[i]) || is_digit(from[i]) ? from[i] : '_';
    if (at == 0)
        stem[at++] = 'x';
    stem[at] = '\0';
}
