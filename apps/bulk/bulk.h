/* What the files of bulk/ share: bulk.c reads the options, inputs.c opens what the rows come from, run.c
 * compiles and runs the query, output.c shows the result. */
#ifndef PELTON_APPS_BULK_H
#define PELTON_APPS_BULK_H

#include "cli/cli.h"

#include <pelton/array.h>
#include <pelton/csv.h>
#include <pelton/engine.h>

/* How the result is written. */
enum bulk_format {
    BULK_AUTO, /* a file by its name; a terminal a table; otherwise CSV; a single value as it is */
    BULK_TABLE,
    BULK_CSV,
    BULK_TSV,
    BULK_JSON,
    BULK_NPY,
    BULK_RAW,
    BULK_FORMAT_COUNT
};
const char *bulk_format_name(int format);

struct bulk_options {
    const char **inputs; /* file names, "-" or generators such as range(1, 10) */
    size_t ninputs;
    const char *query;
    struct pel_array_options array;
    struct pel_csv_options csv;
    const char *output; /* NULL: standard output */
    enum bulk_format format;
    struct pel_run_options run;
    bool explain, overwrite, time, quiet, verbose;
    int nthreads;
    enum pel_isa isa;
    enum cli_progress_mode progress;
};

/* Opens the inputs, side by side where there are several. Returns the exit status, after a message where it
 * is not CLI_OK. */
int bulk_open(const struct cli_command *command, const struct bulk_options *options,
              struct pel_source **source);

/* The source of an operand such as range(1, 1e9, 2), primes(1, 1e6) or random(1e6, 42), named x;
 * *is_generator says whether the text is one at all. Returns as bulk_open. */
int bulk_generator(const struct cli_command *command, const char *text, bool *is_generator,
                   struct pel_source **source);

/* Compiles and runs the query and shows its result. Returns the exit status. */
int bulk_run(const struct bulk_options *options, struct pel_source *source,
             struct pel_cancel *cancel);

struct bulk_look {
    bool scalar; /* one row of aggregates */
    bool more;   /* rows were left out */
};

/* Prints a table: BULK_TABLE, BULK_JSON, or BULK_AUTO for its only value. False without memory. */
bool bulk_print(FILE *out, enum bulk_format format, const struct pel_table *table,
                const struct bulk_look *look);

#endif
