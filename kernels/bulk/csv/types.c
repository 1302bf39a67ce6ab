/* Guesses the types of columns. */
#include "bulk/csv/csv.h"

#include <pelton/decimal.h>

#include <stdlib.h>

/* What the fields of a column that have been seen allow. */
struct guess {
    bool null, value;                       /* there was one */
    bool not_integer, not_number, not_bool; /* of those with a value */
    bool number;                            /* there was one */
    uint64_t row, line;                     /* of the first that is not a number, */
    struct pel_string field;                /* and what it is */
};

struct guesses {
    const struct csv_shape *shape;
    struct guess *columns;
    const char *counted; /* lines before this place: `line` is the one that begins there */
    uint64_t line;
};

static uint64_t count_lines(const char *from, const char *to)
{
    uint64_t n = 0;
    for (; from < to; from++)
        n += *from == '\n';
    return n;
}

/* The line in which a row of the window begins. What lies before the window is counted once. */
static uint64_t line_of_row(struct guesses *guesses, const struct csv_window *window, size_t row)
{
    const char *first = csv_field(window, 0, 0).text;
    guesses->line += count_lines(guesses->counted, first);
    guesses->counted = first;
    return guesses->line + count_lines(first, csv_field(window, row, 0).text);
}

/* True: this is the first field of the column that is not a number. */
static bool look_at(const struct csv_shape *shape, struct pel_string field, struct guess *guess)
{
    const bool was_number = !guess->not_number;
    int64_t integer;
    double number;
    bool boolean;
    field = pel_csv_bare(field);
    if (pel_csv_is_null(shape, field)) {
        guess->null = true;
        return false;
    }
    guess->value = true;
    if (!guess->not_integer)
        guess->not_integer = pel_decimal_to_i64(field.text, field.nbytes, &integer, NULL) != 0;
    /* What has been an integer is a number too. One that is out of range will be an error:
     * better than a column of numbers that is taken for texts. */
    bool is_number = !guess->not_integer;
    if (!is_number && !(guess->not_number && guess->number))
        is_number = pel_decimal_to_f64(field.text, field.nbytes, &number, NULL) != -EBADMSG;
    guess->not_number = guess->not_number || !is_number;
    guess->number = guess->number || is_number;
    if (!guess->not_bool)
        guess->not_bool = !pel_csv_is_bool(field, &boolean);
    return was_number && guess->not_number;
}

/* Looks at a column of the window. */
static void look_at_column(struct guesses *guesses, const struct csv_window *window, size_t c)
{
    struct guess *guess = &guesses->columns[c];
    for (size_t row = 0; row < window->nrows; row++) {
        const struct pel_string field = csv_field(window, row, c);
        if (!look_at(guesses->shape, field, guess))
            continue;
        guess->row = window->text->row + window->first + row;
        guess->line = line_of_row(guesses, window, row);
        guess->field = pel_csv_bare(field);
    }
}

static int look_at_window(void *ctx, const struct csv_window *window)
{
    struct guesses *guesses = ctx;
    for (size_t c = 0; c < guesses->shape->ncolumns; c++)
        if (guesses->shape->guessed[c])
            look_at_column(guesses, window, c);
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

/* Gives a column its type. Without memory the reason is left out. */
static void settle(struct csv_shape *shape, size_t c, const struct guess *guess)
{
    shape->fields[c].type = type_of(guess);
    if (shape->fields[c].type == PEL_STRING && guess->number)
        shape->why_text[c] = pel_csv_no_number(shape, c, guess->row, guess->line, guess->field);
}

int pel_csv_shape_types(struct csv_shape *shape, const struct csv_text *text,
                        struct csv_index *index, struct pel_error *err)
{
    struct guesses guesses = {.shape = shape,
                              .columns = calloc(shape->ncolumns, sizeof(struct guess)),
                              .counted = text->text,
                              .line = text->line};
    if (!guesses.columns)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, "no memory for the types of columns");
    size_t row;
    int status =
        pel_csv_rows(shape, text, PEL_ISA_COUNT - 1, index, look_at_window, &guesses, &row, err);
    for (size_t c = 0; c < shape->ncolumns; c++)
        if (shape->guessed[c])
            settle(shape, c, &guesses.columns[c]);
    free(guesses.columns);
    return status;
}
