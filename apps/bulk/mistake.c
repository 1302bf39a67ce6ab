/* Mistakes in queries: what, and the place underlined. */
#include "bulk/bulk.h"

#include <string.h>

/* Bytes of the query before the place and behind its beginning that are shown. */
enum { BEFORE = 60, BEHIND = 72 };

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The query around the place, control bytes as blanks, and marks below it; a character has one mark, however
 * many bytes it has. */
static void underline(const char *query, const struct pel_query_error *mistake)
{
    char line[BEFORE + BEHIND + 8], shown[4 * sizeof line], marks[sizeof line];
    size_t used = 0, columns = 0, from = mistake->lo > BEFORE ? mistake->lo - BEFORE : 0;
    for (int i = 0; i < 3 && from > 0 && is_continuation(query[from]); i++)
        from--;
    for (size_t i = from; query[i] && used < sizeof line - 1; i++) {
        if (i >= mistake->lo + BEHIND && !is_continuation(query[i]))
            break;
        line[used++] = (unsigned char)query[i] < 0x20 || query[i] == 0x7f ? ' ' : query[i];
        if (i < mistake->lo && !is_continuation(query[i]))
            marks[columns++] = ' ';
    }
    line[used] = '\0';
    marks[columns++] = '^';
    for (size_t i = mistake->lo + 1; i < mistake->hi && i < from + used; i++)
        if (!is_continuation(query[i]))
            marks[columns++] = '~';
    marks[columns] = '\0';
    fprintf(stderr, "  %s\n  %s\n", cli_printable(line, shown, sizeof shown), marks);
}

/* A column may be text for the sake of one field. The inputs' columns stand behind each other. */
static void tell_why_text(const struct bulk_inputs *inputs, size_t column)
{
    size_t i = 0;
    for (; i < inputs->n && column >= inputs->parts[i]->nfields; i++)
        column -= inputs->parts[i]->nfields;
    const char *why = i < inputs->n ? bulk_source_why_text(inputs->parts[i], column) : NULL;
    if (why)
        cli_message("%s: %s, and makes the column text; see --null and --types",
                    bulk_source_name(inputs->parts[i]), why);
}

void bulk_tell_mistake(const char *query, const struct bulk_inputs *inputs,
                       const struct pel_query_error *mistake)
{
    cli_message("query: %s%s%s%s", mistake->message, *mistake->hint ? " (" : "", mistake->hint,
                *mistake->hint ? ")" : "");
    underline(query, mistake);
    if (mistake->text_column)
        tell_why_text(inputs, mistake->text_column - 1);
    if (bulk_is_file(query))
        fprintf(stderr, "The query goes last, behind the inputs, and this is a file's name.\n");
}
