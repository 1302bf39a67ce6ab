/* Where the values of a file of binary numbers lie: what .npy and raw have in common once their headers or
 * options have been understood.
 */
#ifndef PELTON_ARRAY_LAYOUT_H
#define PELTON_ARRAY_LAYOUT_H

#include <pelton/table.h>

/* Most columns of a table: a header of a few bytes can ask for any number. */
#define PEL_COLUMNS_LIMIT 65536

/* The table is made of ranges, one behind the other and of equal length: one where rows lie whole, one a
 * column where each column does (Fortran order). Value i of a column is at
 * data_offset + range * nrows * row_nbytes + offset + i * row_nbytes. */
struct pel_layout_column {
    enum pel_type type;
    bool swapped;
    size_t range;
    size_t offset;
};

struct pel_layout {
    uint64_t data_offset;
    uint64_t nrows; /* PEL_ROWS_UNKNOWN: raw from a pipe */
    size_t row_nbytes;
    size_t nranges;
    size_t ncolumns, capacity;
    struct pel_layout_column *columns;
    struct pel_field *fields; /* names are the layout's */
};

/* One column more, called name[0 .. nbytes) with `suffix` behind it. -ENOMEM, or -ENOTSUP above the limit. */
int pel_layout_add(struct pel_layout *layout, const char *name, size_t nbytes, const char *suffix,
                   struct pel_layout_column column, struct pel_error *err);

/* Calls the columns as the caller wants; names NULL: as they are called. -EINVAL where the number differs.
 */
int pel_layout_rename(struct pel_layout *layout, const char *const *names, size_t nnames,
                      struct pel_error *err);

/* *nbytes = of all rows in all ranges; -EOVERFLOW with a message. */
int pel_layout_nbytes(const struct pel_layout *layout, uint64_t *nbytes, struct pel_error *err);

void pel_layout_free(struct pel_layout *layout);

/* A type of numpy's: the text between the quotes of a .npy header. */
struct pel_npy_type {
    enum pel_type type;
    bool swapped;
    int ncolumns;  /* 2 for complex numbers; 0 for padding */
    size_t nbytes; /* of all of it */
};

/* -EBADMSG for what is no type; -ENOTSUP for one that is not handled, with its name in people's words in
 * *what. */
int pel_npy_type_parse(const char *text, size_t nbytes, struct pel_npy_type *out,
                       const char **what);

#endif
