#include "bulk/csv/csv.h"
#include "bulk/csv/number.h"

#include <pelton/decimal.h>

#include <float.h>
#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

/* ---- numbers the long way: quotes, blanks, nulls, exponents, many digits --------------------- */

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

/* ---- columns --------------------------------------------------------------------------------- */

/* Whether a number is at most sixteen bytes, without its minus, and so many can be looked at. */
static inline bool is_short(const struct csv_window *window, struct pel_string field,
                            size_t negative)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const char *end = window->text->text + window->text->nbytes;
    return FLT_EVAL_METHOD == 0 && field.nbytes - negative - 1 < NUMBER_NBYTES &&
           end - field.text > NUMBER_NBYTES;
#else
    (void)window, (void)field, (void)negative;
    return false;
#endif
}

/* digits / 10^nfraction, of up to 15 digits with a point and up to 16 without: both are exact if
 * one is not 1, so that the result is rounded once. */
static inline double float_of_short(uint64_t digits, int nfraction, size_t negative)
{
    static const double powers[NUMBER_NBYTES] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    double number = (double)(int64_t)digits / powers[nfraction];
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    bits |= (uint64_t)negative << 63;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Columns of numbers, for each instruction set: as pel_csv_column. */
struct number_columns {
    size_t (*i64)(const struct csv_window *window, size_t column, int64_t *out);
    size_t (*f64)(const struct csv_window *window, size_t column, double *out);
};

#define LEVELS_BODY "bulk/csv/columns_body.h"
#include "core/levels.h"

static const struct number_columns *number_columns_for(enum pel_isa isa)
{
    static const struct number_columns *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
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

size_t pel_csv_column(const struct csv_window *window, size_t column, enum pel_isa isa, void *out,
                      char **strings)
{
    switch (window->shape->fields[column].type) {
    case PEL_BOOL:
        return column_bool(window, column, out);
    case PEL_I64:
        return number_columns_for(isa)->i64(window, column, out);
    case PEL_F32:
        return column_f32(window, column, out);
    case PEL_F64:
        return number_columns_for(isa)->f64(window, column, out);
    default:
        return column_string(window, column, out, strings);
    }
}
