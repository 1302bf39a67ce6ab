/* Options with several items: --columns and --types. */
#include "bulk/bulk.h"

#include <stdlib.h>
#include <string.h>

/* The items of a list with commas, ended by NULL: one allocation. NULL without memory. */
static char **split(const char *text, size_t *n)
{
    size_t nbytes = strlen(text) + 1;
    *n = 1;
    for (const char *at = text; *at; at++)
        *n += *at == ',';
    char **items = malloc((*n + 1) * sizeof *items + nbytes);
    if (!items)
        return NULL;
    char *copy = memcpy(items + *n + 1, text, nbytes);
    for (size_t i = 0; i < *n; i++) {
        items[i] = copy;
        copy = strchrnul(copy, ',');
        *copy++ = '\0';
    }
    items[*n] = NULL;
    return items;
}

static const struct {
    const char *word;
    enum pel_type type;
} type_words[] = {
    {"int", PEL_I64}, {"i64", PEL_I64},   {"float", PEL_F64},     {"f64", PEL_F64},
    {"f32", PEL_F32}, {"bool", PEL_BOOL}, {"string", PEL_STRING},
};
enum { NTYPES = sizeof type_words / sizeof type_words[0] };

/* NAME=TYPE; the name may hold an equals sign. */
static bool set_type(char *item, struct pel_csv_type *out)
{
    char *equals = strrchr(item, '=');
    for (size_t i = 0; equals && i < NTYPES; i++)
        if (strcmp(equals + 1, type_words[i].word) == 0) {
            *equals = '\0';
            *out = (struct pel_csv_type){item, type_words[i].type};
            return true;
        }
    return false;
}

static int cut_types(const struct cli_command *command, struct bulk_options *options,
                     struct bulk_lists *lists)
{
    size_t n = 0;
    lists->types = options->types ? split(options->types, &n) : NULL;
    lists->csv_types = calloc(n + 1, sizeof *lists->csv_types);
    if (!lists->csv_types || (options->types && !lists->types)) {
        cli_message("out of memory");
        return CLI_SOME_FAILED;
    }
    for (size_t i = 0; i < n; i++)
        if (!set_type(lists->types[i], &lists->csv_types[i]))
            return cli_bad_value(command, "types", options->types,
                                 "must be NAME=TYPE, with commas between several; a type is int, "
                                 "float, f32, bool or string");
    options->csv.types = lists->csv_types;
    options->csv.ntypes = n;
    return CLI_OK;
}

int bulk_cut_lists(const struct cli_command *command, struct bulk_options *options,
                   struct bulk_lists *lists)
{
    if (options->columns) {
        lists->columns = split(options->columns, &options->array.nnames);
        if (!lists->columns) {
            cli_message("out of memory");
            return CLI_SOME_FAILED;
        }
        options->array.names = (const char *const *)lists->columns;
    }
    return cut_types(command, options, lists);
}

void bulk_lists_free(struct bulk_lists *lists)
{
    free(lists->columns);
    free(lists->types);
    free(lists->csv_types);
}
