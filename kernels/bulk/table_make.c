#include "bulk/table_make.h"

#include "core/arena.h"

#include <string.h>

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a table");
}

static int make_column(struct pel_table *table, size_t i, const struct pel_field *field,
                       struct pel_error *err)
{
    size_t nbytes, length = strlen(field->name) + 1, size = pel_type_nbytes(field->type);
    char *name = pel_arena_take(table->memory, length);
    if (!name || pel_size_mul((size_t)table->nrows, size, &nbytes))
        return no_memory(err);
    void *data =
        pel_arena_take_unset(table->memory, nbytes < PEL_CACHE_LINE ? PEL_CACHE_LINE : nbytes);
    if (!data)
        return no_memory(err);
    table->fields[i] = (struct pel_field){memcpy(name, field->name, length), field->type};
    table->columns[i] =
        (struct pel_column){.type = field->type, .stride = (ptrdiff_t)size, .data = data};
    return 0;
}

static size_t row_nbytes(const struct pel_field *fields, size_t nfields)
{
    size_t nbytes = 0;
    for (size_t i = 0; i < nfields; i++)
        nbytes += pel_type_nbytes(fields[i].type);
    return nbytes;
}

size_t pel_table_nbytes(const struct pel_table *table)
{
    return (size_t)table->nrows * row_nbytes(table->fields, table->ncolumns);
}

int pel_table_make(struct pel_table *out, const struct pel_field *fields, size_t nfields,
                   uint64_t nrows, struct pel_held *held, struct pel_error *err)
{
    size_t nbytes;
    *out = (struct pel_table){0};
    if (nrows > SIZE_MAX || pel_size_mul((size_t)nrows, row_nbytes(fields, nfields), &nbytes))
        nbytes = SIZE_MAX;
    int status = pel_hold(held, nbytes, err);
    if (status)
        return status;
    out->memory = pel_arena_open();
    if (!out->memory)
        return no_memory(err);
    out->nrows = nrows;
    out->ncolumns = nfields;
    out->fields = pel_arena_take(out->memory, nfields * sizeof *fields);
    out->columns = pel_arena_take(out->memory, nfields * sizeof *out->columns);
    if (!out->fields || !out->columns)
        return no_memory(err);
    for (size_t i = 0; i < nfields && !status; i++)
        status = make_column(out, i, &fields[i], err);
    return status;
}

void pel_table_cut(struct pel_table *table, uint64_t nrows, struct pel_held *held)
{
    size_t before = pel_table_nbytes(table);
    table->nrows = nrows;
    pel_unhold(held, before - pel_table_nbytes(table));
}

static void own_strings(struct pel_string *strings, size_t n, char **text)
{
    for (size_t i = 0; i < n; i++) {
        if (strings[i].nbytes)
            strings[i].text = memcpy(*text, strings[i].text, strings[i].nbytes);
        *text += strings[i].nbytes;
    }
}

int pel_table_own_texts(struct pel_table *table, struct pel_held *held, struct pel_error *err)
{
    size_t nbytes = 0;
    for (size_t i = 0; i < table->ncolumns; i++)
        if (table->fields[i].type == PEL_STRING)
            for (uint64_t row = 0; row < table->nrows; row++)
                nbytes += ((const struct pel_string *)pel_table_at(table, i, row))->nbytes;
    int status = pel_hold(held, nbytes, err);
    if (status || nbytes == 0)
        return status;
    char *text = pel_arena_take_unset(table->memory, nbytes);
    if (!text)
        return no_memory(err);
    for (size_t i = 0; i < table->ncolumns; i++)
        if (table->fields[i].type == PEL_STRING)
            own_strings(pel_table_at(table, i, 0), (size_t)table->nrows, &text);
    return 0;
}
