/* The plain way through a text, a byte after the other, for when the fast one found that
 * something is wrong but not what. */
#include "bulk/csv/csv.h"
#include "bulk/csv/words.h"

#include <pelton/decimal.h>

#include <string.h>

static bool at_field_end(const struct csv_reader *reader)
{
    const char *p = reader->p;
    if (p < reader->end && *p == '\r' && (p + 1 == reader->end || p[1] == '\n'))
        return true;
    return p == reader->end || *p == reader->delimiter || *p == '\n';
}

bool pel_csv_pass_field(struct csv_reader *reader)
{
    reader->quote = reader->p < reader->end && *reader->p == '"' ? reader->p : NULL;
    if (!reader->quote) {
        while (reader->p < reader->end && *reader->p != reader->delimiter && *reader->p != '\n' &&
               *reader->p != '"')
            reader->p++;
        return reader->p == reader->end || *reader->p != '"';
    }
    do {
        const char *next = memchr(reader->p + 1, '"', (size_t)(reader->end - reader->p - 1));
        reader->p = next ? next + 1 : reader->end;
        if (!next)
            return false;
    } while (reader->p < reader->end && *reader->p == '"');
    reader->quote = NULL;
    return at_field_end(reader);
}

static uint64_t line_of(const struct csv_text *text, const char *place)
{
    uint64_t line = text->line;
    for (const char *p = text->text; p < place; p++)
        line += *p == '\n';
    return line;
}

static void add_place(struct words *words, uint64_t row, uint64_t line)
{
    pel_words_add(words, "row ");
    pel_words_add_number(words, row);
    pel_words_add(words, " (line ");
    pel_words_add_number(words, line);
    pel_words_add(words, ")");
}

static void add_column(struct words *words, const struct csv_shape *shape, size_t column)
{
    pel_words_add(words, ", column ");
    pel_words_add_number(words, column + 1);
    if (column < shape->ncolumns && shape->fields) {
        const char *name = shape->fields[column].name;
        pel_words_add(words, " ");
        pel_words_add_quoted(words, (struct pel_string){name, strlen(name)});
    }
    pel_words_add(words, ": ");
}

static int report(const struct words *words, struct pel_error *err)
{
    return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE, words->text);
}

static int report_quote(const struct csv_shape *shape, const struct csv_text *text,
                        const struct csv_reader *reader, size_t row, size_t column,
                        struct pel_error *err)
{
    struct words words = {.nbytes = 0};
    add_place(&words, text->row + row, line_of(text, reader->quote ? reader->quote : reader->p));
    add_column(&words, shape, column);
    pel_words_add(&words, reader->quote
                              ? "a quote opens the field and none closes it"
                              : "a quote in a field must be doubled, and the field in quotes");
    return report(&words, err);
}

static int report_count(const struct csv_shape *shape, uint64_t row, uint64_t line, size_t nfields,
                        struct pel_error *err)
{
    struct words words = {.nbytes = 0};
    add_place(&words, row, line);
    pel_words_add(&words, ": ");
    pel_words_add_number(&words, nfields);
    pel_words_add(&words, nfields == 1 ? " field, where the first record has "
                                       : " fields, where the first record has ");
    pel_words_add_number(&words, shape->ncolumns);
    return report(&words, err);
}

static int report_length(uint64_t row, uint64_t line, struct pel_error *err)
{
    struct words words = {.nbytes = 0};
    add_place(&words, row, line);
    pel_words_add(&words, ": longer than a record may be (");
    pel_words_add_number(&words, PEL_CSV_RECORD_NBYTES >> 20);
    pel_words_add(&words, " MiB)");
    return report(&words, err);
}

int pel_csv_trouble(const struct csv_shape *shape, const struct csv_text *text, size_t at,
                    size_t *row, struct pel_error *err)
{
    struct csv_reader reader = {text->text + at, text->text + text->nbytes, shape->delimiter, NULL};
    for (; reader.p < reader.end; ++*row) {
        const char *record = reader.p;
        size_t nfields = 0;
        for (bool more = true; more; nfields++) {
            if (!pel_csv_pass_field(&reader))
                return report_quote(shape, text, &reader, *row, nfields, err);
            more = reader.p < reader.end && *reader.p == reader.delimiter;
            reader.p += more;
        }
        reader.p += reader.p < reader.end && *reader.p == '\r';
        reader.p += reader.p < reader.end;
        if (reader.p - record > PEL_CSV_RECORD_NBYTES)
            return report_length(text->row + *row, line_of(text, record), err);
        if (nfields != shape->ncolumns)
            return report_count(shape, text->row + *row, line_of(text, record), nfields, err);
    }
    return 0;
}

const char *pel_csv_no_number(const struct csv_shape *shape, size_t column, uint64_t row,
                              uint64_t line, struct pel_string field)
{
    struct words words = {.nbytes = 0};
    add_place(&words, row, line);
    add_column(&words, shape, column);
    pel_words_add_quoted(&words, field);
    pel_words_add(&words, " is not a number");
    char *copy = pel_arena_take(shape->memory, words.nbytes + 1);
    return copy ? memcpy(copy, words.text, words.nbytes) : NULL;
}

int pel_csv_misfit(const struct csv_window *window, size_t row, size_t column,
                   struct pel_error *err)
{
    static const char *const wanted[PEL_TYPE_COUNT] = {
        [PEL_BOOL] = " is not true or false",
        [PEL_I64] = " is not an integer in range",
        [PEL_F32] = " is not a number in range",
        [PEL_F64] = " is not a number in range",
    };
    const struct csv_shape *shape = window->shape;
    const struct pel_string field = pel_csv_bare(csv_field(window, row, column));
    const enum pel_type type = shape->fields[column].type;
    struct words words = {.nbytes = 0};
    add_place(&words, window->text->row + window->first + row,
              line_of(window->text, csv_field(window, row, 0).text));
    add_column(&words, shape, column);
    pel_words_add_quoted(&words, field);
    pel_words_add(&words, wanted[type]);
    if (shape->guessed[column]) {
        pel_words_add(&words, "; give the type ");
        pel_words_add(&words, shape->fields[column].name);
        double number;
        const bool is_number =
            type == PEL_I64 && (pel_csv_is_null(shape, field) ||
                                !pel_decimal_to_f64(field.text, field.nbytes, &number, NULL));
        pel_words_add(&words, is_number ? "=f64" : "=string");
    }
    return report(&words, err);
}
