#include "bulk/engine/run/kept.h"

#include "bulk/engine/run/gather.h"
#include "core/arena.h"

#include <pelton/sort.h>

#include <stdlib.h>
#include <string.h>

/* Rows beyond 2 n, so that a few are not sorted again and again, and those that there is room for at first. */
enum { SPARE_ROWS = 8 * PEL_BLOCK_ROWS };

uint64_t pel_kept_capacity(uint64_t n)
{
    return n > (UINT64_MAX - SPARE_ROWS) / 2 ? UINT64_MAX : 2 * n + SPARE_ROWS;
}

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the first rows");
}

static void drop_rows(const struct first *first, struct kept *kept)
{
    for (size_t i = 0; kept->columns && i < first->ncolumns; i++) {
        free((void *)kept->columns[i].data);
        kept->columns[i].data = NULL;
    }
    pel_unhold(&first->run->held, kept->capacity * first->row_nbytes);
    kept->n = kept->capacity = 0;
}

void pel_kept_free(const struct first *first, struct kept *kept)
{
    if (!kept)
        return;
    drop_rows(first, kept);
    pel_unhold(&first->run->held, kept->texts_nbytes);
    pel_arena_close(kept->texts);
    free(kept->columns);
    free(kept);
}

struct kept *pel_kept_make(const struct first *first)
{
    struct kept *kept = calloc(1, sizeof *kept);
    if (!kept)
        return NULL;
    kept->columns = calloc(first->ncolumns, sizeof *kept->columns);
    kept->texts = pel_arena_open();
    if (!kept->columns || !kept->texts) {
        pel_kept_free(first, kept);
        return NULL;
    }
    for (size_t i = 0; i < first->ncolumns; i++) {
        enum pel_type type = i < first->rows->nfields ? first->rows->fields[i].type : PEL_I64;
        kept->columns[i].type = type;
        kept->columns[i].stride = (ptrdiff_t)pel_type_nbytes(type);
    }
    return kept;
}

static int reserve(const struct first *first, struct kept *kept, size_t capacity,
                   struct pel_error *err)
{
    if (capacity <= kept->capacity)
        return 0;
    size_t nbytes = (capacity - kept->capacity) * first->row_nbytes;
    int status = pel_hold(&first->run->held, nbytes, err);
    if (status)
        return status;
    kept->capacity = capacity;
    for (size_t i = 0; i < first->ncolumns; i++) {
        struct pel_column *column = &kept->columns[i];
        void *data = realloc((void *)column->data, capacity * (size_t)column->stride);
        if (!data)
            return no_memory(err);
        column->data = data;
    }
    return 0;
}

static int grow(const struct first *first, struct kept *kept, struct pel_error *err)
{
    uint64_t most = pel_kept_capacity(first->n);
    size_t capacity = kept->capacity ? 2 * kept->capacity : SPARE_ROWS;
    return reserve(first, kept, capacity < most ? capacity : (size_t)most, err);
}

int pel_kept_append(const struct first *first, struct kept *kept, struct kept *other,
                    struct pel_error *err)
{
    int status = reserve(first, kept, kept->n + other->n, err);
    if (status)
        return status;
    for (size_t i = 0; i < first->ncolumns && other->n; i++)
        memcpy(kept_cell(&kept->columns[i], kept->n), other->columns[i].data,
               other->n * (size_t)other->columns[i].stride);
    kept->n += other->n;
    drop_rows(first, other);
    return 0;
}

/* What a text takes in an arena. */
static size_t text_nbytes(struct pel_string string)
{
    return (string.nbytes + 15) / 16 * 16;
}

static size_t texts_nbytes(const struct pel_string *strings, size_t n)
{
    size_t nbytes = 0;
    for (size_t i = 0; i < n; i++)
        nbytes += text_nbytes(strings[i]);
    return nbytes;
}

/* Copies texts into memory that is kept->texts, and counted there. */
static int own_texts(const struct first *first, struct kept *kept, struct pel_string *strings,
                     size_t n, struct pel_error *err)
{
    size_t nbytes = texts_nbytes(strings, n);
    int status = pel_hold(&first->run->held, nbytes, err);
    if (status)
        return status;
    kept->texts_nbytes += nbytes;
    for (size_t i = 0; i < n; i++) {
        if (strings[i].nbytes == 0)
            continue;
        char *text = pel_arena_take_unset(kept->texts, strings[i].nbytes);
        if (!text)
            return no_memory(err);
        strings[i].text = memcpy(text, strings[i].text, strings[i].nbytes);
    }
    return 0;
}

/* Copies the texts that are still there into memory of their own, and gives back that of all. */
static int renew_texts(const struct first *first, struct kept *kept, struct pel_error *err)
{
    struct pel_arena *old = kept->texts;
    size_t old_nbytes = kept->texts_nbytes;
    kept->texts = pel_arena_open();
    kept->texts_nbytes = 0;
    int status = kept->texts ? 0 : no_memory(err);
    for (size_t i = 0; i < first->ncolumns && !status; i++)
        if (kept->columns[i].type == PEL_STRING)
            status = own_texts(first, kept, kept_cell(&kept->columns[i], 0), kept->n, err);
    pel_arena_close(old);
    pel_unhold(&first->run->held, old_nbytes);
    return status;
}

/* Leaves the first n rows of the order, and there are more. */
static int cut(const struct first *first, struct kept *kept, struct pel_error *err)
{
    size_t n = (size_t)first->n;
    uint64_t *order = malloc(kept->n * sizeof *order);
    void *column = malloc(n * sizeof(struct pel_string));
    struct pel_team alone = *first->run->team;
    alone.nthreads = 1;
    alone.progress = NULL;
    int status = order && column
                     ? pel_order(kept->columns, first->descending, (size_t)first->rows->norder,
                                 kept->n, order, &alone, err)
                     : no_memory(err);
    for (size_t i = 0; i < first->ncolumns && !status; i++) {
        size_t nbytes = (size_t)kept->columns[i].stride;
        pel_gather(kept->columns[i].data, order, 0, n, nbytes, column);
        memcpy(kept_cell(&kept->columns[i], 0), column, n * nbytes);
    }
    free(order);
    free(column);
    if (status)
        return status;
    kept->n = n;
    kept->bounded = true;
    return kept->texts_nbytes ? renew_texts(first, kept, err) : 0;
}

/* Room for n more. */
static int make_room(const struct first *first, struct kept *kept, size_t n, struct pel_error *err)
{
    int status = 0;
    while (kept->n + n > kept->capacity && !status)
        status = kept->capacity < pel_kept_capacity(first->n) ? grow(first, kept, err)
                                                              : cut(first, kept, err);
    return status;
}

int pel_kept_add(const struct first *first, struct kept *kept, const void *const *values,
                 const uint64_t *places, const uint64_t *numbers, size_t n, struct pel_error *err)
{
    int status = make_room(first, kept, n, err);
    for (size_t k = 0; k < first->rows->nfields && !status; k++) {
        void *into = kept_cell(&kept->columns[k], kept->n);
        pel_gather(values[k], places, 0, n, (size_t)kept->columns[k].stride, into);
        if (kept->columns[k].type == PEL_STRING)
            status = own_texts(first, kept, into, n, err);
    }
    if (status)
        return status;
    memcpy(kept_cell(&kept->columns[first->rows->nfields], kept->n), numbers, n * sizeof *numbers);
    kept->n += n;
    return 0;
}
