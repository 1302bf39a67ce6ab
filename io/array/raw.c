/* Packed numbers without a header as sources. */
#include "reader.h"

#include "error.h"

#include <string.h>
#include <unistd.h>

/* The next name of a list "i64,f32", and the rest behind its comma (NULL: there is none). */
static size_t cut(const char **list)
{
    const char *comma = strchr(*list, ',');
    size_t nbytes = comma ? (size_t)(comma - *list) : strlen(*list);
    *list = comma ? comma + 1 : NULL;
    return nbytes;
}

static int add(struct pel_layout *layout, const char *type, size_t nbytes, const char *name,
               struct pel_error *err)
{
    struct pel_layout_column column = {.offset = layout->row_nbytes};
    if (pel_dtype_parse(type, nbytes, &column.type, &column.swapped))
        return pel_error_format(err, -EINVAL, PEL_STAGE_OPEN, -1,
                                "unknown type '%.*s'; known are f16 to f64, i8 to i64, u8 to u64 "
                                "and bool, with le or be behind, and numpy's as <f8",
                                (int)(nbytes < 40 ? nbytes : 40), type);
    layout->row_nbytes += pel_type_nbytes(column.type);
    return pel_layout_add(layout, name, strlen(name), "", column, err);
}

/* One column a name, all of one type or each of its own; without names, one column. */
static int lay_out(struct pel_layout *layout, const char *stem,
                   const struct pel_array_options *options, struct pel_error *err)
{
    const char *rest = options->dtype, *type = rest;
    size_t ncolumns = options->names ? options->nnames : 1, nbytes = 0;
    if (!rest)
        return pel_error_set(err, -EINVAL, PEL_STAGE_OPEN,
                             "raw numbers need a type (dtype), as f32");
    bool one = !strchr(rest, ',');
    for (size_t j = 0; j < ncolumns; j++) {
        if (!rest && !one)
            return pel_error_format(err, -EINVAL, PEL_STAGE_OPEN, -1,
                                    "%zu names are given, but only %zu types", ncolumns, j);
        if (rest) {
            type = rest;
            nbytes = cut(&rest);
        }
        int rc = add(layout, type, nbytes, options->names ? options->names[j] : stem, err);
        if (rc)
            return rc;
    }
    return !rest ? 0
                 : pel_error_format(err, -EINVAL, PEL_STAGE_OPEN, -1,
                                    "more types than the %zu names that are given", ncolumns);
}

static int count_rows(const struct pel_binary_file *file, struct pel_layout *layout,
                      struct pel_error *err)
{
    layout->nrows = PEL_ROWS_UNKNOWN;
    if (!file->regular)
        return 0;
    if (file->nbytes < layout->data_offset)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_READ, (int64_t)file->nbytes,
                                "has %llu bytes, fewer than the %llu to pass over",
                                (unsigned long long)file->nbytes,
                                (unsigned long long)layout->data_offset);
    uint64_t nbytes = file->nbytes - layout->data_offset, rest = nbytes % layout->row_nbytes;
    if (rest)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_READ, (int64_t)(file->nbytes - rest),
                                "ends with %llu bytes that are not a whole row of %zu",
                                (unsigned long long)rest, layout->row_nbytes);
    layout->nrows = nbytes / layout->row_nbytes;
    return 0;
}

static int raw_open(struct pel_source **out, const char *path,
                    const struct pel_array_options *options, struct pel_error *err)
{
    struct pel_binary_file file;
    struct pel_layout layout = {.data_offset = options->raw_offset, .nranges = 1};
    char stem[256];
    int rc = pel_binary_file_open(&file, path, options->io.cancel, err);
    if (rc)
        return rc;
    pel_column_stem(path, stem, sizeof stem);
    rc = lay_out(&layout, stem, options, err);
    if (!rc && layout.ncolumns == 0)
        rc = pel_error_set(err, -EINVAL, PEL_STAGE_OPEN, "raw numbers need at least one column");
    if (!rc)
        rc = count_rows(&file, &layout, err);
    if (!rc)
        return pel_binary_source(out, &file, &layout, options, err);
    pel_layout_free(&layout);
    (void)close(file.fd);
    return rc;
}

const struct pel_array_reader pel_array_raw_reader = {
    .format = PEL_ARRAY_RAW, .name = "raw", .open = raw_open};
