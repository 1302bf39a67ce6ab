/* Sources of one column whose values are computed from their rows' numbers. */
#ifndef PELTON_BULK_SOURCE_MADE_H
#define PELTON_BULK_SOURCE_MADE_H

#include <pelton/table.h>

struct pel_made {
    enum pel_type type; /* of 8 bytes */
    uint64_t nrows;
    uint64_t params[2];
    /* Writes the values of rows [row, row + n). On many threads at once. */
    void (*make)(const uint64_t *params, uint64_t row, size_t n, void *values);
};

PEL_MUST_CHECK int pel_source_made(struct pel_source **out, const char *name,
                                   const struct pel_made *made, struct pel_error *err);

/* The fields of a source of its own copy: names included, one allocation. NULL without memory. */
struct pel_field *pel_fields_copy(const struct pel_field *fields, size_t nfields);

/* The number of rows of chunk `index` of nrows; 0 behind the last. */
static inline size_t pel_chunk_nrows(uint64_t nrows, uint64_t index)
{
    if (index > nrows / PEL_CHUNK_ROWS)
        return 0;
    uint64_t rest = nrows - index * PEL_CHUNK_ROWS;
    return rest < PEL_CHUNK_ROWS ? (size_t)rest : PEL_CHUNK_ROWS;
}

#endif
