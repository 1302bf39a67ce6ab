/* A table in memory as people read it, or as JSON. */
#include "bulk/bulk.h"

#include <pelton/decimal.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A value as text: a number's digits, or a string, which is not copied. */
struct cell {
    const char *text;
    size_t nbytes;
    char digits[PEL_DECIMAL_NBYTES];
};

static const void *value_at(const struct pel_column *column, uint64_t row)
{
    return (const char *)column->data + (ptrdiff_t)row * column->stride;
}

static void set_cell(struct cell *cell, const struct pel_column *column, uint64_t row)
{
    const void *value = value_at(column, row);
    cell->text = cell->digits;
    switch (column->type) {
    case PEL_BOOL:
        cell->text = *(const bool *)value ? "true" : "false";
        cell->nbytes = strlen(cell->text);
        break;
    case PEL_I64:
        cell->nbytes = pel_decimal_from_i64(*(const int64_t *)value, cell->digits);
        break;
    case PEL_F32:
        cell->nbytes = pel_decimal_from_f32(*(const float *)value, cell->digits);
        break;
    case PEL_STRING: {
        const struct pel_string *string = value;
        cell->text = string->nbytes ? string->text : "";
        cell->nbytes = string->nbytes;
        break;
    }
    default: /* a result has no other type */
        cell->nbytes = pel_decimal_from_f64(*(const double *)value, cell->digits);
    }
}

/* ---- a table ---------------------------------------------------------------------------------- */

/* Columns of a cell at most: longer texts end in dots. A byte may be shown as \xNN; 256 of them take more
 * columns than are shown, whatever they are. */
enum { MAX_COLUMNS = 60, MAX_READ = 256, MAX_SHOWN = 4 * MAX_READ };

/* The text as a terminal may have it: without control bytes that it would obey. Returns its columns. */
static int shown(const char *bytes, size_t nbytes, char out[MAX_SHOWN])
{
    char text[MAX_READ];
    size_t n = nbytes < sizeof text ? nbytes : sizeof text - 1;
    memcpy(text, bytes, n);
    text[n] = '\0';
    int columns = cli_columns(cli_printable(text, out, MAX_SHOWN));
    if (columns <= MAX_COLUMNS)
        return columns;
    cli_cut(out, MAX_COLUMNS - 3);
    return cli_columns(strcat(out, "..."));
}

static int shown_name(const struct pel_table *table, size_t c, char out[MAX_SHOWN])
{
    return shown(table->fields[c].name, strlen(table->fields[c].name), out);
}

static int shown_value(const struct pel_table *table, size_t c, uint64_t row, char out[MAX_SHOWN])
{
    struct cell cell;
    set_cell(&cell, &table->columns[c], row);
    return shown(cell.text, cell.nbytes, out);
}

static bool is_number(enum pel_type type)
{
    return type != PEL_STRING && type != PEL_BOOL;
}

/* Numbers to the right, text to the left. */
static void print_padded(FILE *out, const char *text, int columns, int width, bool right, bool last)
{
    int pad = width - columns;
    fprintf(out, "%*s%s%*s", right ? pad : 0, "", text, right || last ? 0 : pad, "");
    fputs(last ? "\n" : "  ", out);
}

static void measure(const struct pel_table *table, int *widths)
{
    char text[MAX_SHOWN];
    for (size_t c = 0; c < table->ncolumns; c++) {
        widths[c] = shown_name(table, c, text);
        for (uint64_t row = 0; row < table->nrows; row++) {
            int columns = shown_value(table, c, row, text);
            widths[c] = columns > widths[c] ? columns : widths[c];
        }
    }
}

static bool print_table(FILE *out, const struct pel_table *table, bool more)
{
    int *widths = calloc(table->ncolumns ? table->ncolumns : 1, sizeof *widths);
    char text[MAX_SHOWN];
    if (!widths)
        return false;
    measure(table, widths);
    for (size_t c = 0; c < table->ncolumns; c++) {
        int columns = shown_name(table, c, text);
        print_padded(out, text, columns, widths[c], is_number(table->fields[c].type),
                     c + 1 == table->ncolumns);
    }
    for (uint64_t row = 0; row < table->nrows; row++)
        for (size_t c = 0; c < table->ncolumns; c++) {
            int columns = shown_value(table, c, row, text);
            print_padded(out, text, columns, widths[c], is_number(table->fields[c].type),
                         c + 1 == table->ncolumns);
        }
    if (more)
        fprintf(out, "... (the first %" PRIu64 " rows; -f csv or -o FILE gives all)\n",
                table->nrows);
    free(widths);
    return true;
}

/* ---- JSON ------------------------------------------------------------------------------------- */

/* RFC 8259, and bytes that are not UTF-8 as U+FFFD. */
static void print_json_string(FILE *out, const char *text, size_t nbytes)
{
    fputc('"', out);
    for (size_t i = 0; i < nbytes;) {
        unsigned char c = (unsigned char)text[i];
        char sequence[5] = {0};
        memcpy(sequence, text + i, nbytes - i < 4 ? nbytes - i : 4);
        size_t length = cli_utf8_length(sequence);
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else if (length == 0)
            fputs("\\ufffd", out);
        else
            fwrite(text + i, 1, length, out);
        i += length ? length : 1;
    }
    fputc('"', out);
}

/* JSON has no nan and no inf: null, and a number that every reader rounds to infinity. */
static void print_json_value(FILE *out, const struct pel_column *column, uint64_t row)
{
    struct cell cell;
    set_cell(&cell, column, row);
    char first = cell.nbytes ? cell.text[0] : '\0', second = cell.nbytes > 1 ? cell.text[1] : '\0';
    bool number = is_number(column->type);
    if (column->type == PEL_STRING)
        print_json_string(out, cell.text, cell.nbytes);
    else if (number && first == 'n')
        fputs("null", out);
    else if (number && (first == 'i' || second == 'i'))
        fputs(first == '-' ? "-1e999" : "1e999", out);
    else
        fwrite(cell.text, 1, cell.nbytes, out);
}

static void print_json_row(FILE *out, const struct pel_table *table, uint64_t row)
{
    fputc('{', out);
    for (size_t c = 0; c < table->ncolumns; c++) {
        fputs(c ? ", " : "", out);
        print_json_string(out, table->fields[c].name, strlen(table->fields[c].name));
        fputs(": ", out);
        print_json_value(out, &table->columns[c], row);
    }
    fputc('}', out);
}

/* One row of aggregates is an object, rows are a list of them, each on a line. */
static void print_json(FILE *out, const struct pel_table *table, bool scalar)
{
    if (scalar && table->nrows == 1) {
        print_json_row(out, table, 0);
        fputc('\n', out);
        return;
    }
    fputs("[", out);
    for (uint64_t row = 0; row < table->nrows; row++) {
        fputs(row ? ",\n " : "", out);
        print_json_row(out, table, row);
    }
    fputs("]\n", out);
}

/* ---- any -------------------------------------------------------------------------------------- */

static void print_value(FILE *out, const struct pel_table *table)
{
    struct cell cell;
    set_cell(&cell, &table->columns[0], 0);
    fwrite(cell.text, 1, cell.nbytes, out);
    fputc('\n', out);
}

bool bulk_print(FILE *out, enum bulk_format format, const struct pel_table *table,
                const struct bulk_look *look)
{
    if (format == BULK_TABLE)
        return print_table(out, table, look->more);
    if (format == BULK_JSON)
        print_json(out, table, look->scalar);
    else
        print_value(out, table);
    return true;
}
