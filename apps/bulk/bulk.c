/* `pelton bulk`: reads the options and refuses what makes no sense. */
#include "bulk/bulk.h"

#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OPT_FROM = 1,
    OPT_DTYPE,
    OPT_COLUMNS,
    OPT_OFFSET,
    OPT_TYPES,
    OPT_NULL,
    OPT_DELIMITER,
    OPT_NO_HEADER,
    OPT_READ,
    OPT_OUTPUT,
    OPT_FORMAT,
    OPT_OVERWRITE,
    OPT_SUM,
    OPT_MEMORY,
    OPT_EXPLAIN,
    OPT_FUNCTIONS,
    OPT_TIME,
    OPT_ISA,
    OPT_PROGRESS,
};

static const struct cli_option option_table[] = {
    {0, 0, "Input", NULL, NULL},
    {OPT_FROM, 0, "from", "FORMAT",
     "npy, raw, csv or tsv (default: by the file's name, or its first bytes)"},
    {OPT_COLUMNS, 0, "columns", "NAMES",
     "names of the columns, with commas, instead of those they have; with --dtype, of raw files "
     "only"},
    {OPT_DTYPE, 0, "dtype", "TYPE",
     "of raw files: i8 to i64, u8 to u64, f16, f32 or f64 for all columns, or one for each with "
     "commas; f32le or f32be where the order of bytes is not the machine's own"},
    {OPT_OFFSET, 0, "offset", "SIZE", "bytes to leave out at the start of a raw file"},
    {OPT_TYPES, 0, "types", "NAME=TYPE,...",
     "of columns of a CSV: int, float, f32, bool or string, where the first 65,536 records "
     "mislead"},
    {OPT_NULL, 0, "null", "TEXT",
     "what stands for no value in a CSV, besides an empty field; may be given several times"},
    {OPT_DELIMITER, 0, "delimiter", "C", "between the fields of a CSV (default: the likely one)"},
    {OPT_NO_HEADER, 0, "no-header", NULL, "the first record of a CSV is data"},
    {OPT_READ, 0, "read", "HOW",
     "auto (default: map what the page cache holds, stream the rest), map or stream"},

    {0, 0, "Result", NULL, NULL},
    {OPT_OUTPUT, 'o', "output", "FILE",
     "write it to FILE, which appears when it is complete, in a folder that is made as needed; - "
     "for standard output"},
    {OPT_FORMAT, 'f', "format", "FORMAT",
     "table, csv, tsv, json, npy or raw (default: by FILE's name; a terminal gets the first 50 "
     "rows "
     "as a table, anything else CSV; a single value stands alone)"},
    {OPT_OVERWRITE, 0, "overwrite", NULL, "replace FILE"},
    {OPT_EXPLAIN, 0, "explain", NULL, "show how the query would be run, and do not run it"},
    {OPT_FUNCTIONS, 0, "functions", NULL,
     "list the functions and aggregates of queries with their accuracy, and do nothing else"},

    {0, 0, "How", NULL, NULL},
    {OPT_SUM, 0, "sum", "PRECISION",
     "of floats: tree (default), fast, dd (double-double) or exact (rounded once)"},
    {OPT_MEMORY, 0, "memory", "SIZE",
     "for what must be held at once: groups, rows to be ordered, quantiles, a table or JSON, a "
     "pipe "
     "that is read twice (default 1GiB)"},
    {OPT_TIME, 0, "time", NULL, "print the seconds it took on standard error"},
    CLI_COMMON_OPTIONS,
    {OPT_ISA, 0, "isa", "LEVEL", "use at most baseline, avx2 or avx512 (the results are the same)"},
    {OPT_PROGRESS, 0, "progress", "WHEN", "auto (default: on a terminal), always or never"},
    {0, 0, NULL, NULL, NULL},
};

/* ---- values ----------------------------------------------------------------------------------- */

struct parse {
    const struct cli_command *command;
    struct bulk_options *options;
    uint64_t threads;
    const char **nulls;
};

static const enum bulk_format read_formats[] = {BULK_AUTO, BULK_NPY, BULK_RAW, BULK_CSV, BULK_TSV};
enum { NREAD_FORMATS = sizeof read_formats / sizeof read_formats[0] };

static const char *name_of_read_format(int i)
{
    return bulk_format_name((int)read_formats[i]);
}

static const char *name_of_access(int i)
{
    static const char *const names[] = {"auto", "map", "stream"};
    return names[i];
}

static const char *name_of_precision(int i)
{
    return pel_precision_name((enum pel_precision)i);
}

static int set_from(const struct parse *parse, const char *value)
{
    struct bulk_options *o = parse->options;
    int word = 0;
    int status =
        cli_set_word(parse->command, "from", value, name_of_read_format, NREAD_FORMATS, &word);
    if (status)
        return status;
    enum bulk_format format = read_formats[word];
    o->array.format = bulk_format_array(format);
    if (format == BULK_TSV)
        o->csv.delimiter = bulk_format_delimiter(format);
    return CLI_OK;
}

static int set_delimiter(const struct parse *parse, const char *value)
{
    bool tab = strcmp(value, "\\t") == 0 || strcmp(value, "tab") == 0;
    if (!tab && (strlen(value) != 1 || strchr("\"\r\n", value[0])))
        return cli_bad_value(parse->command, "delimiter", value,
                             "must be one byte, no quote and no end of line, or tab");
    parse->options->csv.delimiter = tab ? '\t' : value[0];
    return CLI_OK;
}

static int add_operand(const struct parse *parse, const char *value)
{
    struct bulk_options *o = parse->options;
    o->inputs[o->ninputs++] = value; /* has room for all of argv */
    return CLI_OK;
}

static void set_output(struct bulk_options *options, const char *value)
{
    bool standard = strcmp(value, "-") == 0 || strcmp(value, "/dev/stdout") == 0;
    options->output = standard ? NULL : value;
}

/* One option; long because there is a case for each. */
static int set_option(void *ctx, int id, const char *value)
{
    struct parse *parse = ctx;
    struct bulk_options *o = parse->options;
    uint64_t number = 0;
    int word = 0, status = CLI_OK;
    switch (id) {
    case CLI_OPERAND:
        return add_operand(parse, value);
    case OPT_FROM:
        return set_from(parse, value);
    case OPT_DTYPE:
        o->array.dtype = value;
        break;
    case OPT_COLUMNS:
        o->columns = value;
        break;
    case OPT_OFFSET:
        return cli_set_number(parse->command, "offset", value, 0, INT64_MAX, &o->array.raw_offset);
    case OPT_TYPES:
        o->types = value;
        break;
    case OPT_NULL:
        parse->nulls[o->csv.nnulls++] = value; /* has room for all of argv */
        break;
    case OPT_DELIMITER:
        return set_delimiter(parse, value);
    case OPT_NO_HEADER:
        o->csv.header = PEL_CSV_HEADER_NO;
        break;
    case OPT_READ:
        status = cli_set_word(parse->command, "read", value, name_of_access, 3, &word);
        o->array.access = (enum pel_array_access)word;
        break;
    case OPT_OUTPUT:
        set_output(o, value);
        break;
    case OPT_FORMAT:
        status = cli_set_word(parse->command, "format", value, bulk_format_name, BULK_FORMAT_COUNT,
                              &word);
        o->format = (enum bulk_format)word;
        break;
    case OPT_OVERWRITE:
        o->overwrite = true;
        break;
    case OPT_SUM:
        status = cli_set_word(parse->command, "sum", value, name_of_precision, PEL_PRECISION_COUNT,
                              &word);
        o->run.precision = (enum pel_precision)word;
        break;
    case OPT_MEMORY:
        status = cli_set_number(parse->command, "memory", value, 1 << 20, SIZE_MAX / 4, &number);
        o->run.memory_bytes = (size_t)number;
        break;
    case OPT_EXPLAIN:
        o->explain = true;
        break;
    case OPT_FUNCTIONS:
        o->functions = true;
        break;
    case OPT_TIME:
        o->time = true;
        break;
    case OPT_ISA:
        return cli_set_isa(parse->command, value, &o->isa);
    case OPT_PROGRESS:
        return cli_set_progress(parse->command, value, &o->progress);
    case CLI_THREADS:
        return cli_set_number(parse->command, "threads", value, 1, CLI_MAX_THREADS,
                              &parse->threads);
    case CLI_QUIET:
        o->quiet = true;
        break;
    case CLI_VERBOSE:
        o->verbose = true;
        break;
    case CLI_JSON:
        o->format = BULK_JSON;
        break;
    default:
        return CLI_USAGE;
    }
    return status;
}

/* ---- what only makes sense, or is only known, when all options are there -------------------------- */

static int complete_options(struct parse *parse)
{
    struct bulk_options *o = parse->options;
    if (o->ninputs < 2)
        return cli_usage_error(parse->command,
                               o->ninputs ? "no query after '%s', or no input before it"
                                          : "no input and no query",
                               o->inputs[0]);
    o->query = o->inputs[--o->ninputs];
    if (o->overwrite && !o->output)
        return cli_usage_error(parse->command, "--overwrite goes with --output FILE");
    if (o->output && !*o->output)
        return cli_usage_error(parse->command, "--output needs the name of a file");
    if (bulk_choose_format(parse->command, o) != CLI_OK)
        return CLI_USAGE;
    if (o->quiet)
        o->progress = CLI_PROGRESS_NEVER;
    o->array.csv = &o->csv;
    o->array.io.cpu_mask = cli_io_cpus(&o->array.io.cpu_mask_words);
    o->nthreads = cli_threads(parse->threads);
    return CLI_OK;
}

/* ---- the command ------------------------------------------------------------------------------ */

static int open_and_run(const struct cli_command *command, struct bulk_options *options)
{
    static struct pel_cancel cancel; /* the signal handler keeps its address */
    struct bulk_inputs inputs;
    cli_signals(&cancel);
    options->array.io.cancel = &cancel;
    int status = bulk_open(command, options, &inputs);
    if (status == CLI_OK)
        status = bulk_run(options, &inputs, &cancel);
    bulk_close(&inputs);
    return status;
}

static int parse_and_run(struct parse *parse, int argc, char **argv, struct bulk_lists *lists)
{
    bool helped = false;
    int status = cli_parse(parse->command, argc, argv, set_option, parse, &helped);
    if (status != CLI_OK || helped)
        return status;
    if (parse->options->functions) {
        bulk_print_functions();
        return CLI_OK;
    }
    status = complete_options(parse);
    if (status == CLI_OK)
        status = bulk_cut_lists(parse->command, parse->options, lists);
    return status == CLI_OK ? open_and_run(parse->command, parse->options) : status;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    struct bulk_options options = {.isa = pel_isa_best()};
    struct parse parse = {.command = command, .options = &options};
    struct bulk_lists lists = {0};
    options.inputs = calloc((size_t)argc + 1, sizeof *options.inputs);
    parse.nulls = calloc((size_t)argc + 1, sizeof *parse.nulls);
    options.csv.nulls = parse.nulls;
    int status = CLI_SOME_FAILED;
    if (options.inputs && parse.nulls)
        status = parse_and_run(&parse, argc, argv, &lists);
    else
        cli_message("out of memory");
    bulk_lists_free(&lists);
    free(parse.nulls);
    free(options.inputs);
    return status;
}

const struct cli_command bulk_command = {
    .name = "bulk",
    .summary = "queries and transforms over arrays: .npy, raw, CSV",
    .operands = "INPUT... QUERY",
    .options = option_table,
    .examples =
        "INPUT is a file, - for standard input, or rows that are computed, in a column x:\n"
        "  range(START, STOP[, STEP])  whole numbers, STOP included\n"
        "  primes(START, STOP)         the primes among them\n"
        "  random(N[, SEED])           uniform in [0, 1)\n"
        "Columns of several inputs stand side by side; those of the same name are a.price and "
        "b.price,\n"
        "after the files a.csv and b.csv, range.x or stdin.price, and a_2.price where that is "
        "taken.\n"
        "A .npy of one dimension is a column named as the file; a single column is also x.\n"
        "\n"
        "QUERY is a list of stages with | between them:\n"
        "  where EXPR          let NAME = EXPR, ...      select EXPR, NAME = EXPR, ...\n"
        "  group by EXPR, ...  order by EXPR [desc], ... distinct\n"
        "  take N              skip N                    take while EXPR\n"
        "  sum, count, min, max, argmin, argmax, any, all, mean, var, std, median, quantile(x, "
        "q),\n"
        "  first, last, histogram(x, bins, lo, hi): as a last stage, or of columns in a select\n"
        "\n"
        "--functions lists what else there is to call. Without a stage ('') rows stay as they "
        "are.\n"
        "\n"
        "A file's suffix tells its format: .npy, .csv, .tsv, .json (results only); .raw, .bin and\n"
        ".dat are raw. As JSON, one row of aggregates is an object, rows are a list of objects;\n"
        "integers are exact, NaN is null, infinities are 1e999 and -1e999.\n"
        "\n"
        "Examples:\n"
        "  pelton bulk x.npy 'where x > 0 | select sqrt(x) | sum'\n"
        "  pelton bulk trades.csv 'where price > 10 | group by city | select city, n = count(),\n"
        "      avg = mean(price) | order by avg desc | take 10'\n"
        "  pelton bulk 'range(1, 1e9)' 'where isprime(x) | count'\n"
        "  pelton bulk a.npy b.npy 'select clip((a - mean(a)) / std(a) * b, -3, 3)' -o out.npy\n"
        "  pelton bulk log.raw --dtype f32 --columns t,v 'select histogram(v, 64, -1, 1)' --json\n"
        "\n"
        "Exit status: 0 done; 1 failed, or the result's reader went away; 2 wrong usage, a mistake "
        "in\n"
        "the query, or FILE exists; 130 interrupted. Of a query that fails in a row, standard "
        "output\n"
        "has the rows of what is read before it, to a multiple of 65,536; FILE stays as it was.\n",
    .run = run,
};
