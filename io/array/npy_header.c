#include "npy_header.h"

#include "error.h"
#include "literals.h"

#include <stdio.h>
#include <string.h>

/* Longest name of a column, in bytes. */
enum { NAME_BYTES = 1024, TYPE_BYTES = 64 };

/* What the dictionary said. The type is looked at when all is known: where it stood. */
struct header {
    size_t descr_at;
    bool has_descr, has_order, has_shape;
    bool fortran;
    uint64_t shape[2];
    size_t ndims;
};

bool pel_npy_is_magic(const unsigned char *bytes, size_t nbytes)
{
    return nbytes > 0 && memcmp(bytes, "\x93NUMPY", nbytes < 6 ? nbytes : 6) == 0;
}

int pel_npy_preamble(const unsigned char *bytes, size_t nbytes, size_t *start, size_t *text_nbytes,
                     struct pel_error *err)
{
    if (!pel_npy_is_magic(bytes, nbytes))
        return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE,
                             "is no .npy file: it does not begin with \\x93NUMPY");
    if (nbytes < PEL_NPY_PREAMBLE)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)nbytes,
                                "ends after %zu byte%s, in the middle of the .npy header", nbytes,
                                nbytes == 1 ? "" : "s");
    if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0)
        return pel_error_format(err, -ENOTSUP, PEL_STAGE_DECODE, 6,
                                "is of .npy version %d.%d; 1.0, 2.0 and 3.0 are known", bytes[6],
                                bytes[7]);
    size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (bytes[6] > 1)
        length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (length > PEL_NPY_HEADER_LIMIT)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, 8,
                                "says its header has %zu bytes, above the limit of %u", length,
                                PEL_NPY_HEADER_LIMIT);
    *start = bytes[6] > 1 ? 12 : 10;
    *text_nbytes = length;
    return 0;
}

/* ---- types and columns ---------------------------------------------------------------------------- */

/* A type in quotes. `name` is for messages; "" for an array that is of this type as a whole. */
static int take_type(struct pel_literals *c, const char *name, size_t name_nbytes,
                     struct pel_npy_type *type)
{
    char text[TYPE_BYTES];
    size_t nbytes, at = c->at;
    int rc = pel_literal_text(c, text, sizeof text, &nbytes);
    if (rc)
        return rc;
    const char *what;
    rc = pel_npy_type_parse(text, nbytes, type, &what);
    if (rc == -ENOTSUP)
        return pel_error_format(c->err, rc, PEL_STAGE_DECODE, (int64_t)(c->start + at),
                                "%s%.*s%sholds values of type '%.*s', %s: not handled; convert it "
                                "with astype, as to 'f8'",
                                name_nbytes ? "column '" : "", (int)name_nbytes, name,
                                name_nbytes ? "' " : "", (int)nbytes, text, what);
    c->at = rc ? at : c->at;
    return rc ? pel_literal_mistake(c, "a type of numpy's, as '<f8'") : 0;
}

static int add(struct pel_literals *c, struct pel_layout *layout, const char *name, size_t nbytes,
               const struct pel_npy_type *type, size_t range, size_t offset)
{
    static const char *const parts[] = {".re", ".im"};
    for (int i = 0; i < type->ncolumns; i++) {
        struct pel_layout_column column = {type->type, type->swapped, range,
                                           offset + (size_t)i * pel_type_nbytes(type->type)};
        int rc = pel_layout_add(layout, name, nbytes, type->ncolumns == 2 ? parts[i] : "", column,
                                c->err);
        if (rc)
            return rc;
    }
    return 0;
}

/* One field of a structured type, ('name', '<f8'); ('', '|V4') is padding. */
static int take_field(struct pel_literals *c, struct pel_layout *layout)
{
    char name[NAME_BYTES];
    size_t nbytes;
    struct pel_npy_type type;
    int rc = pel_literal_need(c, '(');
    if (rc || (rc = pel_literal_text(c, name, sizeof name, &nbytes)) ||
        (rc = pel_literal_need(c, ',')))
        return rc;
    pel_literal_skip_blanks(c);
    if (c->at < c->nbytes && c->text[c->at] == '[')
        return pel_error_format(c->err, -ENOTSUP, PEL_STAGE_DECODE, (int64_t)(c->start + c->at),
                                "column '%.*s' is a structure itself: not handled",
                                (int)(nbytes < 100 ? nbytes : 100), name);
    size_t shown = nbytes < 100 ? nbytes : 100;
    if ((rc = take_type(c, name, shown, &type)))
        return rc;
    bool more = pel_literal_take(c, ',');
    if (!pel_literal_take(c, ')'))
        return !more ? pel_literal_mistake(c, "')'")
                     : pel_error_format(c->err, -ENOTSUP, PEL_STAGE_DECODE,
                                        (int64_t)(c->start + c->at),
                                        "column '%.*s' holds several values a row: not handled",
                                        (int)shown, name);
    if (type.ncolumns == 0 && nbytes > 0)
        return pel_error_format(c->err, -ENOTSUP, PEL_STAGE_DECODE, (int64_t)(c->start + c->at),
                                "column '%.*s' holds bytes without a type: not handled", (int)shown,
                                name);
    rc = add(c, layout, name, nbytes, &type, 0, layout->row_nbytes);
    layout->row_nbytes += type.nbytes; /* 65536 columns of 999999 bytes at most */
    return rc;
}

static int take_fields(struct pel_literals *c, struct pel_layout *layout)
{
    int rc = pel_literal_need(c, '[');
    while (!rc && !pel_literal_take(c, ']')) {
        rc = take_field(c, layout);
        if (!rc && !pel_literal_take(c, ','))
            return pel_literal_need(c, ']');
    }
    return rc;
}

/* ---- the dictionary ------------------------------------------------------------------------------- */

static int take_shape(struct pel_literals *c, struct header *header)
{
    uint64_t extra;
    int rc = pel_literal_need(c, '(');
    while (!rc && !pel_literal_take(c, ')')) {
        bool known = header->ndims < 2;
        rc = pel_literal_number(c, known ? &header->shape[header->ndims] : &extra);
        header->ndims++;
        if (!rc && !pel_literal_take(c, ','))
            return pel_literal_need(c, ')');
    }
    return rc;
}

/* Passes over the type: it is understood once the shape is known. */
static int pass_descr(struct pel_literals *c, struct header *header)
{
    char text[NAME_BYTES];
    size_t nbytes, depth = 0;
    pel_literal_skip_blanks(c);
    header->descr_at = c->at;
    do {
        pel_literal_skip_blanks(c);
        char next = c->at < c->nbytes ? c->text[c->at] : '\0';
        int rc = 0;
        if (next == '\'' || next == '"')
            rc = pel_literal_text(c, text, sizeof text, &nbytes);
        else if (next == '[' || next == '(')
            depth++, c->at++;
        else if ((next == ']' || next == ')') && depth > 0)
            depth--, c->at++;
        else if (depth > 0 && (next == ',' || (next >= '0' && next <= '9')))
            c->at++;
        else
            rc = pel_literal_mistake(c, "a type");
        if (rc)
            return rc;
    } while (depth > 0);
    return 0;
}

static int take_entry(struct pel_literals *c, struct header *header)
{
    char key[TYPE_BYTES];
    size_t nbytes, at = c->at;
    int rc = pel_literal_text(c, key, sizeof key, &nbytes);
    if (rc || (rc = pel_literal_need(c, ':')))
        return rc;
    bool *has = NULL;
    if (nbytes == 5 && memcmp(key, "descr", 5) == 0) {
        has = &header->has_descr;
        rc = pass_descr(c, header);
    } else if (nbytes == 13 && memcmp(key, "fortran_order", 13) == 0) {
        has = &header->has_order;
        rc = pel_literal_bool(c, &header->fortran);
    } else if (nbytes == 5 && memcmp(key, "shape", 5) == 0) {
        has = &header->has_shape;
        rc = *has ? 0 : take_shape(c, header);
    }
    if (!has || *has) {
        c->at = at;
        return pel_literal_mistake(c, "'descr', 'fortran_order' and 'shape', each once");
    }
    *has = true;
    return rc;
}

static int take_dictionary(struct pel_literals *c, struct header *header)
{
    int rc = pel_literal_need(c, '{');
    while (!rc && !pel_literal_take(c, '}')) {
        rc = take_entry(c, header);
        if (!rc && !pel_literal_take(c, ',') && !(rc = pel_literal_need(c, '}')))
            break;
    }
    pel_literal_skip_blanks(c);
    if (!rc && c->at < c->nbytes)
        rc = pel_literal_mistake(c, "nothing but blanks after '}'");
    if (!rc && !(header->has_descr && header->has_order && header->has_shape))
        rc = pel_literal_mistake(c, "'descr', 'fortran_order' and 'shape', each once");
    return rc;
}

/* ---- the layout ------------------------------------------------------------------------------------ */

static int refuse_shape(struct pel_literals *c, const struct header *header)
{
    if (header->ndims == 0)
        return pel_error_set(c->err, -ENOTSUP, PEL_STAGE_DECODE,
                             "is a single value (shape ()): a table needs one or two dimensions");
    return pel_error_format(c->err, -ENOTSUP, PEL_STAGE_DECODE, -1,
                            "has %zu dimensions: a table needs one or two", header->ndims);
}

/* Columns of a two-dimensional array, side by side in a row or one behind the other. */
static int add_columns(struct pel_literals *c, struct pel_layout *layout,
                       const struct header *header, const struct pel_npy_type *type,
                       const char *stem)
{
    uint64_t ncolumns = header->shape[1];
    if (ncolumns == 0)
        return pel_error_set(c->err, -ENOTSUP, PEL_STAGE_DECODE, "has no columns (shape (n, 0))");
    if (ncolumns > PEL_COLUMNS_LIMIT)
        return pel_error_format(c->err, -ENOTSUP, PEL_STAGE_DECODE, -1,
                                "has %llu columns, above the limit of %d",
                                (unsigned long long)ncolumns, PEL_COLUMNS_LIMIT);
    bool whole_rows = !header->fortran;
    layout->row_nbytes = whole_rows ? (size_t)ncolumns * type->nbytes : type->nbytes;
    layout->nranges = whole_rows ? 1 : (size_t)ncolumns;
    for (size_t j = 0; j < ncolumns; j++) {
        char name[NAME_BYTES];
        int n = snprintf(name, sizeof name, "%.900s_%zu", stem, j);
        int rc = add(c, layout, name, (size_t)n, type, whole_rows ? 0 : j,
                     whole_rows ? j * type->nbytes : 0);
        if (rc)
            return rc;
    }
    return 0;
}

static int lay_out(struct pel_literals *c, struct pel_layout *layout, const struct header *header,
                   const char *stem)
{
    if (header->ndims == 0 || header->ndims > 2)
        return refuse_shape(c, header);
    layout->nrows = header->shape[0];
    layout->nranges = 1;
    c->at = header->descr_at;
    if (c->text[c->at] == '[') {
        int rc = take_fields(c, layout);
        if (!rc && header->ndims == 2)
            return pel_error_set(c->err, -ENOTSUP, PEL_STAGE_DECODE,
                                 "has two dimensions of a structured type: not handled");
        if (!rc && layout->ncolumns == 0)
            return pel_error_set(c->err, -ENOTSUP, PEL_STAGE_DECODE, "has no columns");
        return rc;
    }
    struct pel_npy_type type;
    int rc = take_type(c, "", 0, &type);
    if (!rc && type.ncolumns == 0)
        rc = pel_error_set(c->err, -ENOTSUP, PEL_STAGE_DECODE,
                           "holds bytes without a type ('V'): not handled");
    if (rc)
        return rc;
    if (header->ndims == 2)
        return add_columns(c, layout, header, &type, stem);
    layout->row_nbytes = type.nbytes;
    return add(c, layout, stem, strlen(stem), &type, 0, 0);
}

int pel_npy_layout(struct pel_layout *layout, const char *text, size_t nbytes, size_t start,
                   const char *stem, struct pel_error *err)
{
    struct pel_literals cursor = {.text = text, .nbytes = nbytes, .start = start, .err = err};
    struct header header = {0};
    uint64_t all;
    *layout = (struct pel_layout){.data_offset = start + nbytes};
    int rc = take_dictionary(&cursor, &header);
    if (!rc)
        rc = lay_out(&cursor, layout, &header, stem);
    if (!rc)
        rc = pel_layout_nbytes(layout, &all, err);
    if (rc)
        pel_layout_free(layout);
    return rc;
}
