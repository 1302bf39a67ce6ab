/* What the files of bulk/ share: bulk.c reads the options, lists.c those with several items; inputs.c opens what
 * the rows come from, with named.c and generators.c; run.c compiles and runs the query, with mistake.c and
 * hold.c; print.c shows, through stream.c, what <pelton/array.h> does not write; formats.c knows what names of files stand for. */
#ifndef PELTON_APPS_BULK_H
#define PELTON_APPS_BULK_H

#include "cli/cli.h"

#include <pelton/array.h>
#include <pelton/csv.h>
#include <pelton/engine.h>

/* What inputs are read as, and how the result is written. To add one: a value here, its row in formats.c, and
 * where it is read from, read_formats in bulk.c. */
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

/* That <pelton/array.h> reads and writes it as; PEL_ARRAY_AUTO: it does not, print.c writes it. */
enum pel_array_format bulk_format_array(enum bulk_format format);

/* Of CSV and TSV. */
char bulk_format_delimiter(enum bulk_format format);

struct bulk_options {
    const char **inputs; /* file names, "-" or generators such as range(1, 10) */
    size_t ninputs;
    const char *query;
    const char *columns, *types; /* as they were typed; NULL: not given */
    struct pel_array_options array;
    struct pel_csv_options csv;
    const char *output; /* NULL: standard output */
    enum bulk_format format;
    struct pel_run_options run;
    bool explain, functions, overwrite, time, quiet, verbose;
    int nthreads;
    enum pel_isa isa;
    enum cli_progress_mode progress;
};

/* What options with several items are cut into, which the options then point at. */
struct bulk_lists {
    char **columns, **types;
    struct pel_csv_type *csv_types;
};

/* Returns the exit status, after a message where it is not CLI_OK; free in any case. */
int bulk_cut_lists(const struct cli_command *command, struct bulk_options *options,
                   struct bulk_lists *lists);
void bulk_lists_free(struct bulk_lists *lists);

/* ---- formats -------------------------------------------------------------------------------------- */

/* That the suffix of a file's name stands for; BULK_AUTO where it stands for none. */
enum bulk_format bulk_format_of_name(const char *name);

/* Settles the format of the result, and that of a file from its name. CLI_USAGE after a message where they
 * contradict each other or the name tells none. BULK_AUTO is left to standard output, devices and pipes. */
int bulk_choose_format(const struct cli_command *command, struct bulk_options *options);

bool bulk_is_file(const char *name);

/* ---- inputs --------------------------------------------------------------------------------------- */

/* What the rows come from: the inputs, and one source of them all. */
struct bulk_inputs {
    struct pel_source *source;
    struct pel_source **parts; /* made by bulk_name_source; they belong to `source` */
    size_t n;
    enum pel_array_format *formats; /* of each; of what is computed, AUTO */
};

/* Opens the inputs, side by side where there are several. Returns the exit status, after a message where it
 * is not CLI_OK; close in any case. */
int bulk_open(const struct cli_command *command, const struct bulk_options *options,
              struct bulk_inputs *inputs);
void bulk_close(struct bulk_inputs *inputs);

/* Says which inputs have different numbers of rows, if any do as far as is known; `others_have_more` says
 * that those whose number is unknown go on behind the shortest. */
bool bulk_tell_lengths(const struct bulk_inputs *inputs, bool others_have_more);

/* A source whose failures begin with its name, which stays the caller's. NULL, with the inner one freed,
 * without memory. */
struct pel_source *bulk_name_source(struct pel_source *inner, const char *name);
const char *bulk_source_name(const struct pel_source *source);

/* Calls the columns that are marked NAME.column, after the file or generator; NAME_2.column where the number
 * is 2. False without memory. */
bool bulk_qualify(struct pel_source *source, const bool *columns, unsigned number);

/* Why a column of such a source is text, where that may be a mistake of the data's, else NULL. */
const char *bulk_source_why_text(const struct pel_source *source, size_t column);

/* Rows of such a source, by its own word or because it has been read to its end; or PEL_ROWS_UNKNOWN. */
uint64_t bulk_source_nrows(const struct pel_source *source);

/* The source of an operand such as range(1, 1e9, 2), primes(1, 1e6) or random(1e6, 42), named x;
 * *is_generator says whether the text is one at all. Returns as bulk_open. */
bool bulk_is_generator(const char *text);
int bulk_generator(const struct cli_command *command, const char *text, bool *is_generator,
                   struct pel_source **source);

/* ---- the run --------------------------------------------------------------------------------------- */

/* Compiles and runs the query and shows its result. Returns the exit status. */
int bulk_run(const struct bulk_options *options, const struct bulk_inputs *inputs,
             struct pel_cancel *cancel);

/* The rows of a source that can be read once, in memory, so that they can be read again: *held takes its
 * place, and is freed before *table. */
int bulk_hold(struct pel_source *source, const struct pel_team *team,
              const struct pel_run_options *options, struct pel_table *table,
              struct pel_source **held, struct pel_error *err);

/* Says that a query does not compile, why and where. */
void bulk_tell_mistake(const char *query, const struct bulk_inputs *inputs,
                       const struct pel_query_error *mistake);

/* What there is to call in a query, on standard output. */
void bulk_print_functions(void);

struct bulk_look {
    bool scalar; /* one row of aggregates */
    bool more;   /* rows were left out */
};

/* Prints a table: BULK_TABLE, BULK_JSON, or BULK_AUTO for its only value. False without memory. */
bool bulk_print(FILE *out, enum bulk_format format, const struct pel_table *table,
                const struct bulk_look *look);

/* The same to a descriptor; -ECANCELED when *cancel is raised, though nobody reads at the other end. Returns 0
 * or a negative errno. */
int bulk_print_to(int fd, const struct pel_cancel *cancel, enum bulk_format format,
                  const struct pel_table *table, const struct bulk_look *look);

#endif
