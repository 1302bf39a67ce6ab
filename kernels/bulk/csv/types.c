/* Guesses the types of columns. */
#include "bulk/csv/csv.h"

#include <pelton/decimal.h>

#include <stdlib.h>

/* What the fields of a column that have been seen allow. */
struct guess {
    bool null, value;                       /* there was one */
    bool not_integer, not_number, not_bool; /* of those with a value */
};

struct guesses {
    const struct csv_shape *shape;
    struct guess *columns;
};

static void look_at(const struct csv_shape *shape, struct pel_string field, struct guess *guess)
{
    int64_t integer;
    double number;
    bool boolean;
    field = pel_csv_bare(field);
    if (pel_csv_is_null(shape, field)) {
        guess->null = true;
        return;
    }
    guess->value = true;
    if (!guess->not_integer)
        guess->not_integer = pel_decimal_to_i64(field.text, field.nbytes, &integer, NULL) != 0;
    /* What has been an integer is a number too. One that is out of range will be an error:
     * better than a column of numbers that is taken for texts. */
    if (guess->not_integer && !guess->not_number)
        guess->not_number = pel_decimal_to_f64(field.text, field.nbytes, &number, NULL) == -EBADMSG;
    if (!guess->not_bool)
        guess->not_bool = !pel_csv_is_bool(field, &boolean);
}

static int look_at_window(void *ctx, const struct csv_window *window)
{
    const struct guesses *guesses = ctx;
    for (size_t c = 0; c < guesses->shape->ncolumns; c++)
        if (guesses->shape->guessed[c])
            for (size_t row = 0; row < window->nrows; row++)
                look_at(guesses->shape, csv_field(window, row, c), &guesses->columns[c]);
    return 0;
}

static enum pel_type type_of(const struct guess *guess)
{
    if (!guess->not_integer && guess->value && !guess->null)
        return PEL_I64;
    if (!guess->not_number)
        return PEL_F64;
    return guess->not_bool || guess->null ? PEL_STRING : PEL_BOOL;
}

int pel_csv_shape_types(struct csv_shape *shape, const struct csv_text *text,
                        struct csv_index *index, struct pel_error *err)
{
    struct guesses guesses = {shape, calloc(shape->ncolumns, sizeof(struct guess))};
    if (!guesses.columns)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for the types of columns");
    size_t row;
    int status =
        pel_csv_rows(shape, text, PEL_ISA_COUNT - 1, index, look_at_window, &guesses, &row, err);
    for (size_t c = 0; c < shape->ncolumns; c++)
        if (shape->guessed[c])
            shape->fields[c].type = type_of(&guesses.columns[c]);
    free(guesses.columns);
    return status;
}
