/* Opens what the rows come from: files, pipes and generators, side by side where there are several. */
#include "bulk/bulk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_standard(const char *name)
{
    return strcmp(name, "-") == 0 || strcmp(name, "/dev/stdin") == 0;
}

/* ---- one input ------------------------------------------------------------------------------------- */

static const char *name_of_file(const char *name)
{
    return is_standard(name) ? "standard input" : name;
}

/* --dtype, and --columns with it, are for the files that are not of a format with types of its own. */
static enum pel_array_format format_of(const struct bulk_options *options, const char *name)
{
    if (bulk_is_generator(name))
        return PEL_ARRAY_AUTO;
    if (options->array.format != PEL_ARRAY_AUTO)
        return options->array.format;
    if (bulk_format_of_name(name) == BULK_RAW)
        return PEL_ARRAY_RAW;
    enum pel_array_format format =
        pel_array_recognise(is_standard(name) ? "/dev/stdin" : name, options->array.io.cancel);
    if (format == PEL_ARRAY_AUTO)
        format = options->array.dtype ? PEL_ARRAY_RAW : PEL_ARRAY_CSV;
    return format;
}

/* What may have been meant by an input that cannot be opened. */
static const char *hint(const struct bulk_options *options, const char *name, int status)
{
    if (is_standard(name) && options->array.format == PEL_ARRAY_AUTO && status == -EILSEQ)
        return " (--from tells what comes through a pipe)";
    if (status != -ENOENT)
        return "";
    if (strchr(name, '(') && name[strlen(name) - 1] == ')')
        return " (computed rows are range(START, STOP[, STEP]), primes(START, STOP), random(N[, "
               "SEED]))";
    return bulk_is_file(options->query) ? " (the query goes last, behind the inputs)" : "";
}

static int open_file(const struct cli_command *command, const struct bulk_options *options,
                     const char *name, enum pel_array_format format, struct pel_source **source)
{
    struct pel_array_options array = options->array;
    struct pel_error err = {0};
    array.format = format;
    if (format != PEL_ARRAY_RAW && array.dtype) {
        array.dtype = NULL;
        array.names = NULL;
        array.nnames = 0;
    }
    if (format == PEL_ARRAY_RAW && options->array.format == PEL_ARRAY_AUTO && !array.dtype)
        return cli_usage_error(command, "%s: raw numbers need --dtype, such as f32", name);
    int status = pel_source_open(source, is_standard(name) ? "/dev/stdin" : name, &array, &err);
    if (!status)
        return CLI_OK;
    if (status == -ECANCELED) {
        cli_message("interrupted");
        return CLI_INTERRUPTED;
    }
    cli_message("%s: %s%s", name_of_file(name), err.message, hint(options, name, status));
    return CLI_SOME_FAILED;
}

static void tell_input(const struct pel_source *source)
{
    char rows[40] = "rows";
    if (source->nrows != PEL_ROWS_UNKNOWN)
        (void)snprintf(rows, sizeof rows, "%" PRIu64 " rows", source->nrows);
    char columns[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < source->nfields && used < sizeof columns; i++)
        used += (size_t)snprintf(columns + used, sizeof columns - used, "%s %s %s", i ? "," : "",
                                 source->fields[i].name, pel_type_name(source->fields[i].type));
    cli_message("%s: %s of%s", bulk_source_name(source), rows, columns);
}

static int open_input(const struct cli_command *command, const struct bulk_options *options,
                      const char *text, enum pel_array_format format, struct pel_source **source)
{
    bool is_generator;
    struct pel_source *inner = NULL;
    int status = bulk_generator(command, text, &is_generator, &inner);
    if (!is_generator)
        status = open_file(command, options, text, format, &inner);
    if (status != CLI_OK)
        return status;
    *source = bulk_name_source(inner, name_of_file(text));
    if (!*source) {
        cli_message("out of memory");
        return CLI_SOME_FAILED;
    }
    if (!is_generator && !options->quiet && pel_csv_names_are_numbers(inner))
        cli_message("%s: the first record, taken for names, is numbers: --no-header if it is data",
                    bulk_source_name(*source));
    return CLI_OK;
}

/* ---- several --------------------------------------------------------------------------------------- */

static bool has_column(const struct pel_source *source, const char *name)
{
    for (size_t i = 0; i < source->nfields; i++)
        if (strcmp(source->fields[i].name, name) == 0)
            return true;
    return false;
}

/* Marks the columns whose names are those of another input's, one input's behind the other's. */
static void mark_twins(const struct bulk_inputs *inputs, bool *twins)
{
    for (size_t i = 0; i < inputs->n; i++)
        for (size_t c = 0; c < inputs->parts[i]->nfields; c++, twins++)
            for (size_t k = 0; k < inputs->n && !*twins; k++)
                *twins = k != i && has_column(inputs->parts[k], inputs->parts[i]->fields[c].name);
}

/* Whether a marked column of an input has the name of another column. */
static bool is_taken(const struct bulk_inputs *inputs, size_t input, const bool *marked)
{
    const struct pel_source *part = inputs->parts[input];
    for (size_t c = 0; c < part->nfields; c++) {
        const char *name = part->fields[c].name;
        for (size_t i = 0; i < inputs->n && marked[c]; i++)
            if (i != input && has_column(inputs->parts[i], name))
                return true;
        for (size_t i = 0; i < part->nfields && marked[c]; i++)
            if (!marked[i] && strcmp(part->fields[i].name, name) == 0)
                return true;
    }
    return false;
}

/* The first number by which no name is taken: there is one, as the names are finitely many. */
static bool qualify(const struct bulk_inputs *inputs, size_t input, const bool *marked)
{
    bool done = true, taken = true;
    for (unsigned number = 1; done && taken; number++) {
        done = bulk_qualify(inputs->parts[input], marked, number);
        taken = done && is_taken(inputs, input, marked);
    }
    return done;
}

static int qualify_twins(const struct bulk_inputs *inputs)
{
    size_t ncolumns = 0, at = 0;
    for (size_t i = 0; i < inputs->n; i++)
        ncolumns += inputs->parts[i]->nfields;
    bool *twins = calloc(ncolumns + 1, sizeof *twins);
    bool done = twins != NULL;
    if (done)
        mark_twins(inputs, twins);
    for (size_t i = 0; i < inputs->n && done; i++) {
        done = qualify(inputs, i, twins + at);
        at += inputs->parts[i]->nfields;
    }
    free(twins);
    if (!done)
        cli_message("out of memory");
    return done ? CLI_OK : CLI_SOME_FAILED;
}

bool bulk_tell_lengths(const struct bulk_inputs *inputs, bool others_have_more)
{
    uint64_t least = PEL_ROWS_UNKNOWN;
    size_t shortest = 0;
    for (size_t i = 0; i < inputs->n; i++)
        if (bulk_source_nrows(inputs->parts[i]) < least) {
            least = bulk_source_nrows(inputs->parts[i]);
            shortest = i;
        }
    for (size_t i = 0; i < inputs->n; i++) {
        uint64_t nrows = bulk_source_nrows(inputs->parts[i]);
        if (nrows == least || (nrows == PEL_ROWS_UNKNOWN && !others_have_more))
            continue;
        char rows[40] = "more";
        if (nrows != PEL_ROWS_UNKNOWN)
            (void)snprintf(rows, sizeof rows, "%" PRIu64, nrows);
        cli_message("the inputs have different numbers of rows: %s has %" PRIu64 ", %s has %s",
                    bulk_source_name(inputs->parts[shortest]), least,
                    bulk_source_name(inputs->parts[i]), rows);
        return true;
    }
    return false;
}

static void free_parts(struct bulk_inputs *inputs)
{
    for (size_t i = 0; i < inputs->n; i++)
        pel_source_free(inputs->parts[i]);
    inputs->n = 0;
}

static int zip(struct bulk_inputs *inputs)
{
    struct pel_error err = {0};
    if (bulk_tell_lengths(inputs, false)) {
        free_parts(inputs);
        return CLI_SOME_FAILED;
    }
    if (pel_source_zip(&inputs->source, inputs->parts, inputs->n, &err) == 0)
        return CLI_OK;
    inputs->n = 0; /* they are freed */
    cli_message("%s", err.message);
    return CLI_SOME_FAILED;
}

static int name_columns(const struct bulk_options *options, const struct bulk_inputs *inputs)
{
    int status = inputs->n > 1 ? qualify_twins(inputs) : CLI_OK;
    for (size_t i = 0; i < inputs->n && options->verbose && status == CLI_OK; i++)
        tell_input(inputs->parts[i]);
    return status;
}

static int check_standard_input(const struct cli_command *command,
                                const struct bulk_options *options)
{
    size_t n = 0;
    for (size_t i = 0; i < options->ninputs; i++)
        n += is_standard(options->inputs[i]);
    return n < 2 ? CLI_OK : cli_usage_error(command, "standard input is among the inputs twice");
}

/* Options that no input has a use for. */
static int check_uses(const struct cli_command *command, const struct bulk_options *options,
                      const enum pel_array_format *formats)
{
    bool file = false, raw = false, csv = false;
    for (size_t i = 0; i < options->ninputs; i++) {
        file = file || !bulk_is_generator(options->inputs[i]);
        raw = raw || formats[i] == PEL_ARRAY_RAW;
        csv = csv || formats[i] == PEL_ARRAY_CSV;
    }
    const struct {
        const char *option, *kind;
        bool given, used;
    } uses[] = {
        {"from", "files", options->array.format != PEL_ARRAY_AUTO, file},
        {"columns", "files", options->columns, file},
        {"read", "files", options->array.access != PEL_ACCESS_AUTO, file},
        {"dtype", "raw files", options->array.dtype, raw},
        {"offset", "raw files", options->array.raw_offset, raw},
        {"types", "CSV", options->types, csv},
        {"null", "CSV", options->csv.nnulls, csv},
        {"delimiter", "CSV", options->csv.delimiter, csv},
        {"no-header", "CSV", options->csv.header == PEL_CSV_HEADER_NO, csv},
    };
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        if (uses[i].given && !uses[i].used)
            return cli_usage_error(command, "--%s is for %s, and %s is %s", uses[i].option,
                                   uses[i].kind, name_of_file(options->inputs[0]),
                                   !file ? "computed" : "read as another kind (--from)");
    return CLI_OK;
}

int bulk_open(const struct cli_command *command, const struct bulk_options *options,
              struct bulk_inputs *inputs)
{
    *inputs = (struct bulk_inputs){0};
    int status = check_standard_input(command, options);
    if (status != CLI_OK)
        return status;
    inputs->parts = calloc(options->ninputs, sizeof(struct pel_source *));
    inputs->formats = calloc(options->ninputs, sizeof *inputs->formats);
    if (!inputs->parts || !inputs->formats) {
        cli_message("out of memory");
        return CLI_SOME_FAILED;
    }
    for (size_t i = 0; i < options->ninputs; i++)
        inputs->formats[i] = format_of(options, options->inputs[i]);
    status = check_uses(command, options, inputs->formats);
    while (status == CLI_OK && inputs->n < options->ninputs) {
        const size_t i = inputs->n;
        status =
            open_input(command, options, options->inputs[i], inputs->formats[i], &inputs->parts[i]);
        inputs->n += status == CLI_OK;
    }
    if (status == CLI_OK)
        status = name_columns(options, inputs);
    if (status != CLI_OK)
        free_parts(inputs);
    else if (inputs->n > 1)
        status = zip(inputs);
    else
        inputs->source = inputs->parts[0];
    return status;
}

void bulk_close(struct bulk_inputs *inputs)
{
    pel_source_free(inputs->source);
    free(inputs->parts);
    free(inputs->formats);
}
