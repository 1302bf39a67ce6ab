#include "bulk/csv/csv.h"
#include "bulk/csv/number.h"

#include <pelton/decimal.h>

#include <math.h>

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct pel_string pel_csv_bare(struct pel_string field)
{
    if (field.nbytes >= 2 && field.text[0] == '"' && field.text[field.nbytes - 1] == '"')
        field = (struct pel_string){field.text + 1, field.nbytes - 2};
    for (; field.nbytes > 0 && is_blank(field.text[0]); field.nbytes--)
        field.text++;
    for (; field.nbytes > 0 && is_blank(field.text[field.nbytes - 1]);)
        field.nbytes--;
    return field;
}

bool pel_csv_is_null(const struct csv_shape *shape, struct pel_string field)
{
    if (field.nbytes == 0)
        return true;
    for (size_t i = 0; i < shape->nnulls; i++)
        if (shape->nulls[i].nbytes == field.nbytes &&
            memcmp(shape->nulls[i].text, field.text, field.nbytes) == 0)
            return true;
    return false;
}

static bool is_word(struct pel_string field, const char *word)
{
    size_t i = 0;
    for (; i < field.nbytes && word[i]; i++)
        if ((field.text[i] | 0x20) != word[i])
            return false;
    return i == field.nbytes && !word[i];
}

bool pel_csv_is_bool(struct pel_string field, bool *value)
{
    *value = is_word(field, "true");
    return *value || is_word(field, "false");
}

/* ---- numbers the long way: quotes, blanks, nulls, exponents, many digits -------------------------------- */

static bool parse_i64(const struct csv_shape *shape, struct pel_string field, int64_t *out)
{
    field = pel_csv_bare(field);
    return !pel_csv_is_null(shape, field) &&
           pel_decimal_to_i64(field.text, field.nbytes, out, NULL) == 0;
}

static bool parse_f64(const struct csv_shape *shape, struct pel_string field, double *out)
{
    field = pel_csv_bare(field);
    *out = NAN;
    return pel_csv_is_null(shape, field) ||
           pel_decimal_to_f64(field.text, field.nbytes, out, NULL) == 0;
}

static bool parse_f32(const struct csv_shape *shape, struct pel_string field, float *out)
{
    field = pel_csv_bare(field);
    *out = NAN;
    return pel_csv_is_null(shape, field) ||
           pel_decimal_to_f32(field.text, field.nbytes, out, NULL) == 0;
}

/* ---- columns -------------------------------------------------------------------------------------- */

/* Whether the bytes of a short number can be loaded at once without leaving the text (a sign may come before
 * them), and are in the order that takes. */
static inline bool may_load(const struct csv_window *window, const char *text)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return window->text->text + window->text->nbytes - text > NUMBER_NBYTES;
#else
    (void)window;
    (void)text;
    return false;
#endif
}

static size_t column_i64(const struct csv_window *window, size_t column, int64_t *out)
{
    for (size_t row = 0; row < window->nrows; row++) {
        const struct pel_string field = csv_field(window, row, column);
        if (!(may_load(window, field.text) && number_i64(field.text, field.nbytes, &out[row])) &&
            !parse_i64(window->shape, field, &out[row]))
            return row;
    }
    return window->nrows;
}

static size_t column_f64(const struct csv_window *window, size_t column, double *out)
{
    for (size_t row = 0; row < window->nrows; row++) {
        const struct pel_string field = csv_field(window, row, column);
        if (!(may_load(window, field.text) && number_f64(field.text, field.nbytes, &out[row])) &&
            !parse_f64(window->shape, field, &out[row]))
            return row;
    }
    return window->nrows;
}

static size_t column_f32(const struct csv_window *window, size_t column, float *out)
{
    for (size_t row = 0; row < window->nrows; row++)
        if (!parse_f32(window->shape, csv_field(window, row, column), &out[row]))
            return row;
    return window->nrows;
}

static size_t column_bool(const struct csv_window *window, size_t column, bool *out)
{
    for (size_t row = 0; row < window->nrows; row++)
        if (!pel_csv_is_bool(pel_csv_bare(csv_field(window, row, column)), &out[row]))
            return row;
    return window->nrows;
}

struct pel_string pel_csv_unquote(struct pel_string field, char **room)
{
    if (field.nbytes == 0 || field.text[0] != '"')
        return field;
    field = (struct pel_string){field.text + 1, field.nbytes - 2};
    if (!memchr(field.text, '"', field.nbytes))
        return field;
    const char *begin = *room;
    for (size_t i = 0; i < field.nbytes; i++) {
        *(*room)++ = field.text[i];
        i += field.text[i] == '"';
    }
    return (struct pel_string){begin, (size_t)(*room - begin)};
}

static size_t column_string(const struct csv_window *window, size_t column, struct pel_string *out,
                            char **strings)
{
    for (size_t row = 0; row < window->nrows; row++) {
        const struct pel_string field = pel_csv_unquote(csv_field(window, row, column), strings);
        out[row] = pel_csv_is_null(window->shape, field) ? (struct pel_string){NULL, 0} : field;
    }
    return window->nrows;
}

size_t pel_csv_column(const struct csv_window *window, size_t column, void *out, char **strings)
{
    switch (window->shape->fields[column].type) {
    case PEL_BOOL:
        return column_bool(window, column, out);
    case PEL_I64:
        return column_i64(window, column, out);
    case PEL_F32:
        return column_f32(window, column, out);
    case PEL_F64:
        return column_f64(window, column, out);
    default:
        return column_string(window, column, out, strings);
    }
}
