#include "npy_header.h"

#include "error.h"

#include <stdio.h>
#include <string.h>

/* Longest name of a column, in bytes. */
enum { NAME_BYTES = 1024, TYPE_BYTES = 64 };

/* How far the text has been understood. */
struct cursor {
    const char *text;
    size_t nbytes, at;
    size_t start; /* of the text in the file */
    struct pel_error *err;
};

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
    return nbytes >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0;
}

int pel_npy_preamble(const unsigned char *bytes, size_t nbytes, size_t *start, size_t *text_nbytes,
                     struct pel_error *err)
{
    if (!pel_npy_is_magic(bytes, nbytes))
        return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE,
                             "is no .npy file: it does not begin with \\x93NUMPY");
    if (nbytes < PEL_NPY_PREAMBLE)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)nbytes,
                                "ends after %zu bytes, in the middle of the .npy header", nbytes);
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

/* ---- words -------------------------------------------------------------------------------------- */

static int mistake(struct cursor *c, const char *expected)
{
    size_t at = c->start + c->at;
    return pel_error_format(c->err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)at,
                            "the .npy header is not right at byte %zu: expected %s", at, expected);
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->nbytes && strchr(" \t\r\n", c->text[c->at]) && c->text[c->at])
        c->at++;
}

/* Takes the character, if it is the next. */
static bool take(struct cursor *c, char wanted)
{
    skip_blanks(c);
    if (c->at == c->nbytes || c->text[c->at] != wanted)
        return false;
    c->at++;
    return true;
}

static int need(struct cursor *c, char wanted)
{
    char expected[] = {'\'', wanted, '\'', '\0'};
    return take(c, wanted) ? 0 : mistake(c, expected);
}

static bool take_word(struct cursor *c, const char *word)
{
    size_t n = strlen(word);
    skip_blanks(c);
    if (c->nbytes - c->at < n || memcmp(c->text + c->at, word, n) != 0)
        return false;
    c->at += n;
    return true;
}

static int take_bool(struct cursor *c, bool *out)
{
    *out = take_word(c, "True");
    return *out || take_word(c, "False") ? 0 : mistake(c, "True or False");
}

/* Python 2 wrote an L behind some. */
static int take_number(struct cursor *c, uint64_t *out)
{
    skip_blanks(c);
    size_t first = c->at;
    *out = 0;
    for (; c->at < c->nbytes && c->text[c->at] >= '0' && c->text[c->at] <= '9'; c->at++)
        if (__builtin_mul_overflow(*out, 10u, out) ||
            __builtin_add_overflow(*out, (uint64_t)(c->text[c->at] - '0'), out))
            return mistake(c, "a number below 2^64");
    if (c->at == first)
        return mistake(c, "a number that is not negative");
    if (c->at < c->nbytes && c->text[c->at] == 'L')
        c->at++;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[n] | code);
    return n;
}

/* What follows a backslash, as Python's repr writes it. Returns how many bytes of text it gave, or 0. */
static size_t take_escape(struct cursor *c, char *out)
{
    char kind = c->at < c->nbytes ? c->text[c->at++] : '\0';
    size_t ndigits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (ndigits == 0) {
        static const char kinds[] = "\\'\"nrt", meant[] = "\\'\"\n\r\t";
        const char *found = kind ? strchr(kinds, kind) : NULL;
        out[0] = found ? meant[found - kinds] : '\0';
        return found ? 1 : 0;
    }
    unsigned code = 0;
    for (size_t i = 0; i < ndigits; i++) {
        int digit = c->at < c->nbytes ? hex_digit(c->text[c->at++]) : -1;
        if (digit < 0 || code > 0x10ffff)
            return 0;
        code = code << 4 | (unsigned)digit;
    }
    return code > 0 && code <= 0x10ffff ? put_utf8(out, code) : 0;
}

/* A text in quotes of either kind; *nbytes of it in `out`, which has room for `capacity`. */
static int take_text(struct cursor *c, char *out, size_t capacity, size_t *nbytes)
{
    char quote = take(c, '\'') ? '\'' : take(c, '"') ? '"' : '\0';
    size_t n = 0;
    if (!quote)
        return mistake(c, "a text in quotes");
    while (c->at < c->nbytes && c->text[c->at] != quote) {
        if (n + 4 > capacity)
            return mistake(c, "the end of a text that is too long");
        if (c->text[c->at] == '\0' || c->text[c->at] == '\n')
            return mistake(c, "a character that can be printed");
        if (c->text[c->at++] != '\\') {
            out[n++] = c->text[c->at - 1];
            continue;
        }
        size_t more = take_escape(c, out + n);
        if (more == 0)
            return mistake(c, "an escape as Python writes it");
        n += more;
    }
    if (c->at == c->nbytes)
        return mistake(c, "the end of a text");
    c->at++;
    *nbytes = n;
    return 0;
}

/* ---- types and columns ---------------------------------------------------------------------------- */

/* A type in quotes. `name` is for messages; "" for an array that is of this type as a whole. */
static int take_type(struct cursor *c, const char *name, size_t name_nbytes,
                     struct pel_npy_type *type)
{
    char text[TYPE_BYTES];
    size_t nbytes, at = c->at;
    int rc = take_text(c, text, sizeof text, &nbytes);
    if (rc)
        return rc;
    const char *what;
    rc = pel_npy_type_parse(text, nbytes, type, &what);
    if (rc == -ENOTSUP)
        return pel_error_format(c->err, rc, PEL_STAGE_DECODE, (int64_t)(c->start + at),
                                "%s%.*s%sholds values of type '%.*s', %s: not handled",
                                name_nbytes ? "column '" : "", (int)name_nbytes, name,
                                name_nbytes ? "' " : "", (int)nbytes, text, what);
    c->at = rc ? at : c->at;
    return rc ? mistake(c, "a type of numpy's, as '<f8'") : 0;
}

static int add(struct cursor *c, struct pel_layout *layout, const char *name, size_t nbytes,
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
static int take_field(struct cursor *c, struct pel_layout *layout)
{
    char name[NAME_BYTES];
    size_t nbytes;
    struct pel_npy_type type;
    int rc = need(c, '(');
    if (rc || (rc = take_text(c, name, sizeof name, &nbytes)) || (rc = need(c, ',')))
        return rc;
    skip_blanks(c);
    if (c->at < c->nbytes && c->text[c->at] == '[')
        return pel_error_format(c->err, -ENOTSUP, PEL_STAGE_DECODE, (int64_t)(c->start + c->at),
                                "column '%.*s' is a structure itself: not handled",
                                (int)(nbytes < 100 ? nbytes : 100), name);
    size_t shown = nbytes < 100 ? nbytes : 100;
    if ((rc = take_type(c, name, shown, &type)))
        return rc;
    bool more = take(c, ',');
    if (!take(c, ')'))
        return !more ? mistake(c, "')'")
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

static int take_fields(struct cursor *c, struct pel_layout *layout)
{
    int rc = need(c, '[');
    while (!rc && !take(c, ']')) {
        rc = take_field(c, layout);
        if (!rc && !take(c, ','))
            return need(c, ']');
    }
    return rc;
}

/* ---- the dictionary ------------------------------------------------------------------------------- */

static int take_shape(struct cursor *c, struct header *header)
{
    uint64_t extra;
    int rc = need(c, '(');
    while (!rc && !take(c, ')')) {
        bool known = header->ndims < 2;
        rc = take_number(c, known ? &header->shape[header->ndims] : &extra);
        header->ndims++;
        if (!rc && !take(c, ','))
            return need(c, ')');
    }
    return rc;
}

/* Passes over the type: it is understood once the shape is known. */
static int pass_descr(struct cursor *c, struct header *header)
{
    char text[NAME_BYTES];
    size_t nbytes, depth = 0;
    skip_blanks(c);
    header->descr_at = c->at;
    do {
        skip_blanks(c);
        char next = c->at < c->nbytes ? c->text[c->at] : '\0';
        int rc = 0;
        if (next == '\'' || next == '"')
            rc = take_text(c, text, sizeof text, &nbytes);
        else if (next == '[' || next == '(')
            depth++, c->at++;
        else if ((next == ']' || next == ')') && depth > 0)
            depth--, c->at++;
        else if (depth > 0 && (next == ',' || (next >= '0' && next <= '9')))
            c->at++;
        else
            rc = mistake(c, "a type");
        if (rc)
            return rc;
    } while (depth > 0);
    return 0;
}

static int take_entry(struct cursor *c, struct header *header)
{
    char key[TYPE_BYTES];
    size_t nbytes, at = c->at;
    int rc = take_text(c, key, sizeof key, &nbytes);
    if (rc || (rc = need(c, ':')))
        return rc;
    bool *has = NULL;
    if (nbytes == 5 && memcmp(key, "descr", 5) == 0) {
        has = &header->has_descr;
        rc = pass_descr(c, header);
    } else if (nbytes == 13 && memcmp(key, "fortran_order", 13) == 0) {
        has = &header->has_order;
        rc = take_bool(c, &header->fortran);
    } else if (nbytes == 5 && memcmp(key, "shape", 5) == 0) {
        has = &header->has_shape;
        rc = *has ? 0 : take_shape(c, header);
    }
    if (!has || *has) {
        c->at = at;
        return mistake(c, "'descr', 'fortran_order' and 'shape', each once");
    }
    *has = true;
    return rc;
}

static int take_dictionary(struct cursor *c, struct header *header)
{
    int rc = need(c, '{');
    while (!rc && !take(c, '}')) {
        rc = take_entry(c, header);
        if (!rc && !take(c, ',') && !(rc = need(c, '}')))
            break;
    }
    skip_blanks(c);
    if (!rc && c->at < c->nbytes)
        rc = mistake(c, "nothing but blanks after '}'");
    if (!rc && !(header->has_descr && header->has_order && header->has_shape))
        rc = mistake(c, "'descr', 'fortran_order' and 'shape', each once");
    return rc;
}

/* ---- the layout ------------------------------------------------------------------------------------ */

static int refuse_shape(struct cursor *c, const struct header *header)
{
    if (header->ndims == 0)
        return pel_error_set(c->err, -ENOTSUP, PEL_STAGE_DECODE,
                             "is a single value (shape ()): a table needs one or two dimensions");
    return pel_error_format(c->err, -ENOTSUP, PEL_STAGE_DECODE, -1,
                            "has %zu dimensions: a table needs one or two", header->ndims);
}

/* Columns of a two-dimensional array, side by side in a row or one behind the other. */
static int add_columns(struct cursor *c, struct pel_layout *layout, const struct header *header,
                       const struct pel_npy_type *type, const char *stem)
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

static int lay_out(struct cursor *c, struct pel_layout *layout, const struct header *header,
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
    struct cursor cursor = {.text = text, .nbytes = nbytes, .start = start, .err = err};
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
