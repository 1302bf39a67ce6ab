#include <pelton/table.h>

#include "core/arena.h"

static const struct {
    const char *name;
    size_t nbytes;
} types[] = {
    [PEL_BOOL] = {"bool", 1},
    [PEL_I8] = {"i8", 1},
    [PEL_I16] = {"i16", 2},
    [PEL_I32] = {"i32", 4},
    [PEL_I64] = {"i64", 8},
    [PEL_U8] = {"u8", 1},
    [PEL_U16] = {"u16", 2},
    [PEL_U32] = {"u32", 4},
    [PEL_U64] = {"u64", 8},
    [PEL_F16] = {"f16", 2},
    [PEL_F32] = {"f32", 4},
    [PEL_F64] = {"f64", 8},
    [PEL_STRING] = {"string", sizeof(struct pel_string)},
};
_Static_assert(sizeof types / sizeof types[0] == PEL_TYPE_COUNT, "each type has a row");

const char *pel_type_name(enum pel_type type)
{
    return types[type].name;
}

size_t pel_type_nbytes(enum pel_type type)
{
    return types[type].nbytes;
}

void pel_table_free(struct pel_table *table)
{
    pel_arena_close(table->memory);
    *table = (struct pel_table){0};
}

void pel_source_free(struct pel_source *source)
{
    if (source)
        source->close(source);
}
