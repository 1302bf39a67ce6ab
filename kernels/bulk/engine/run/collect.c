#include "bulk/engine/run/collect.h"

#include "bulk/table_make.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The rows of one call of the sink: one column after the other, then the texts of strings. */
struct piece {
    struct piece *next; /* of the same part */
    size_t nrows, nbytes;
    _Alignas(16) unsigned char data[];
};

struct part {
    struct piece *first, *last;
    uint64_t row; /* of the table */
};

struct pel_collect {
    struct pel_held *held;
    const struct pel_field *fields; /* whose names are lent by the sink's user */
    size_t nfields;
    pthread_mutex_t lock; /* over the array; each part is one thread's */
    struct part *parts;
    size_t nparts, capacity;
    const struct pel_table *table; /* being filled */
};

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the rows of a result");
}

static int begin(void *ctx, const struct pel_field *fields, size_t nfields, uint64_t nrows,
                 struct pel_error *err)
{
    struct pel_collect *self = ctx;
    (void)nrows, (void)err;
    self->fields = fields;
    self->nfields = nfields;
    return 0;
}

/* Bytes of n values of column i, and after them, so that the next column is aligned. */
static size_t column_nbytes(const struct pel_collect *self, size_t i, size_t n)
{
    return (n * pel_type_nbytes(self->fields[i].type) + 15) / 16 * 16;
}

static size_t texts_nbytes(const struct pel_column *column, size_t n)
{
    size_t nbytes = 0;
    for (size_t i = 0; i < n; i++)
        nbytes += ((const struct pel_string *)column->data)[i].nbytes;
    return nbytes;
}

/* Strings whose texts are copied to *text, which moves on. */
static void copy_strings(const struct pel_string *from, size_t n, struct pel_string *into,
                         char **text)
{
    for (size_t i = 0; i < n; i++) {
        into[i] = (struct pel_string){from[i].nbytes ? *text : NULL, from[i].nbytes};
        if (from[i].nbytes)
            memcpy(*text, from[i].text, from[i].nbytes);
        *text += from[i].nbytes;
    }
}

static struct piece *make_piece(struct pel_collect *self, const struct pel_column *columns,
                                size_t nrows, struct pel_error *err)
{
    size_t values = 0, texts = 0;
    for (size_t i = 0; i < self->nfields; i++) {
        values += column_nbytes(self, i, nrows);
        if (self->fields[i].type == PEL_STRING)
            texts += texts_nbytes(&columns[i], nrows);
    }
    struct piece *piece = NULL;
    if (pel_hold(self->held, sizeof *piece + values + texts, err))
        return NULL;
    piece = malloc(sizeof *piece + values + texts);
    if (!piece) {
        no_memory(err);
        pel_unhold(self->held, sizeof *piece + values + texts);
        return NULL;
    }
    *piece = (struct piece){.nrows = nrows, .nbytes = sizeof *piece + values + texts};
    unsigned char *at = piece->data;
    char *text = (char *)piece->data + values;
    for (size_t i = 0; i < self->nfields; i++) {
        if (self->fields[i].type == PEL_STRING)
            copy_strings(columns[i].data, nrows, (struct pel_string *)at, &text);
        else
            memcpy(at, columns[i].data, nrows * pel_type_nbytes(self->fields[i].type));
        at += column_nbytes(self, i, nrows);
    }
    return piece;
}

static void free_piece(struct pel_collect *self, struct piece *piece)
{
    pel_unhold(self->held, piece->nbytes);
    free(piece);
}

static int grow(struct pel_collect *self, uint64_t part)
{
    size_t capacity = self->capacity ? self->capacity : 64;
    while (capacity <= part)
        capacity *= 2;
    if (capacity == self->capacity)
        return 0;
    struct part *parts = realloc(self->parts, capacity * sizeof *parts);
    if (!parts)
        return -ENOMEM;
    memset(parts + self->capacity, 0, (capacity - self->capacity) * sizeof *parts);
    self->parts = parts;
    self->capacity = capacity;
    return 0;
}

static int append(struct pel_collect *self, uint64_t part, struct piece *piece)
{
    pthread_mutex_lock(&self->lock);
    int status = grow(self, part);
    if (!status) {
        struct part *at = &self->parts[part];
        *(at->last ? &at->last->next : &at->first) = piece;
        at->last = piece;
        if (part >= self->nparts)
            self->nparts = (size_t)part + 1;
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

static int rows(void *ctx, uint64_t part, const struct pel_column *columns, size_t nrows,
                struct pel_error *err)
{
    struct pel_collect *self = ctx;
    struct pel_error error = {0};
    struct piece *piece = make_piece(self, columns, nrows, &error);
    if (!piece) {
        if (err)
            *err = error;
        return error.code;
    }
    int status = append(self, part, piece);
    if (!status)
        return 0;
    free_piece(self, piece);
    return no_memory(err);
}

static int end(void *ctx, uint64_t part, struct pel_error *err)
{
    (void)ctx, (void)part, (void)err;
    return 0;
}

int pel_collect_open(struct pel_collect **out, struct pel_held *held)
{
    struct pel_collect *self = calloc(1, sizeof *self);
    *out = self;
    if (!self)
        return -ENOMEM;
    self->held = held;
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&self->lock, NULL);
    return 0;
}

struct pel_sink pel_collect_sink(struct pel_collect *collect)
{
    return (struct pel_sink){.ctx = collect, .begin = begin, .rows = rows, .end = end};
}

/* ---- the table ------------------------------------------------------------------------------------ */

/* Sets where each part begins; returns the number of all rows. */
static uint64_t number_parts(struct pel_collect *self)
{
    uint64_t nrows = 0;
    for (size_t i = 0; i < self->nparts; i++) {
        self->parts[i].row = nrows;
        for (const struct piece *piece = self->parts[i].first; piece; piece = piece->next)
            nrows += piece->nrows;
    }
    return nrows;
}

/* Moves a part into the table. The texts of strings are found at their pieces' pointers still. */
static void place_part(void *ctx, size_t index)
{
    struct pel_collect *self = ctx;
    struct part *part = &self->parts[index];
    uint64_t row = part->row;
    for (const struct piece *piece = part->first; piece; piece = piece->next) {
        const unsigned char *at = piece->data;
        for (size_t i = 0; i < self->nfields; i++) {
            memcpy(pel_table_at(self->table, i, row), at,
                   piece->nrows * pel_type_nbytes(self->fields[i].type));
            at += column_nbytes(self, i, piece->nrows);
        }
        row += piece->nrows;
    }
}

static void free_parts(struct pel_collect *self)
{
    for (size_t i = 0; i < self->nparts; i++)
        while (self->parts[i].first) {
            struct piece *piece = self->parts[i].first;
            self->parts[i].first = piece->next;
            free_piece(self, piece);
        }
    free(self->parts);
    self->parts = NULL;
    self->nparts = self->capacity = 0;
}

int pel_collect_finish(struct pel_collect *self, const struct pel_team *team, struct pel_table *out,
                       struct pel_error *err)
{
    int status =
        pel_table_make(out, self->fields, self->nfields, number_parts(self), self->held, err);
    if (status)
        return status;
    self->table = out;
    status = pel_team_run(team, self->nparts, place_part, self);
    if (status)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "canceled");
    status = pel_table_own_texts(out, self->held, err);
    free_parts(self);
    return status;
}

void pel_collect_close(struct pel_collect *self)
{
    if (!self)
        return;
    free_parts(self);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
