/* Rows of packed numbers in the machine's byte order, out of columns. */
#include "writer.h"

#include "error.h"

#include <string.h>

int pel_array_check_numbers(struct pel_array_file *file, struct pel_error *err)
{
    if (file->nfields == 0)
        return pel_error_set(err, -EINVAL, PEL_STAGE_WRITE, "there are no columns to write");
    for (size_t j = 0; j < file->nfields; j++)
        if (file->fields[j].type == PEL_STRING)
            return pel_error_format(err, -ENOTSUP, PEL_STAGE_WRITE, -1,
                                    "column '%.100s' is text, which %s does not hold; write CSV",
                                    file->fields[j].name, file->writer->name);
    return 0;
}

/* n values of NBYTES from one distance to another; nbytes is a constant where this is called. */
PEL_INLINE void copy_values(unsigned char *out, size_t out_stride, const unsigned char *in,
                            ptrdiff_t in_stride, size_t n, size_t nbytes, bool swapped)
{
    for (size_t i = 0; i < n; i++, out += out_stride, in += in_stride) {
        if (!swapped) {
            memcpy(out, in, nbytes);
            continue;
        }
        for (size_t b = 0; b < nbytes; b++)
            out[b] = in[nbytes - 1 - b];
    }
}

/* Anything but 0 is 1. */
static void copy_bools(unsigned char *out, size_t out_stride, const unsigned char *in,
                       ptrdiff_t in_stride, size_t n)
{
    for (size_t i = 0; i < n; i++, out += out_stride, in += in_stride)
        *out = *in != 0;
}

/* Rows [first, first + n) of a column to every out_stride-th place. */
static void copy_column(unsigned char *out, size_t out_stride, const struct pel_column *column,
                        size_t first, size_t n)
{
    ptrdiff_t stride = column->stride;
    const unsigned char *in = (const unsigned char *)column->data + (ptrdiff_t)first * stride;
    size_t nbytes = pel_type_nbytes(column->type);
    if (column->type == PEL_BOOL)
        copy_bools(out, out_stride, in, stride, n);
    else if (!column->swapped && out_stride == nbytes && stride == (ptrdiff_t)nbytes)
        memcpy(out, in, n * nbytes);
    else if (nbytes == 1)
        copy_values(out, out_stride, in, stride, n, 1, false);
    else if (nbytes == 2)
        copy_values(out, out_stride, in, stride, n, 2, column->swapped);
    else if (nbytes == 4)
        copy_values(out, out_stride, in, stride, n, 4, column->swapped);
    else
        copy_values(out, out_stride, in, stride, n, 8, column->swapped);
}

int pel_array_put_packed(struct pel_array_file *file, uint64_t part,
                         const struct pel_column *columns, size_t nrows, struct pel_error *err)
{
    size_t row = file->row_nbytes;
    struct pel_piece *piece;
    for (size_t done = 0, n; done < nrows; done += n) {
        int rc = pel_array_file_piece(file, part, row, &piece, err);
        if (rc)
            return rc;
        size_t room = (piece->capacity - piece->used) / row;
        n = nrows - done < room ? nrows - done : room;
        unsigned char *out = piece->data + piece->used;
        for (size_t j = 0; j < file->nfields; j++) {
            copy_column(out, row, &columns[j], done, n);
            out += pel_type_nbytes(columns[j].type);
        }
        piece->used += n * row;
    }
    return 0;
}

const struct pel_array_writer pel_array_raw_writer = {.format = PEL_ARRAY_RAW,
                                                      .name = "a raw file",
                                                      .suffixes = {".raw", ".bin", ".dat"},
                                                      .begin = pel_array_check_numbers,
                                                      .rows = pel_array_put_packed};
