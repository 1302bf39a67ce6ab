/* Compiles the query, runs it, and hands its result to whoever shows it. */
#include "bulk/bulk.h"

#include <pelton/store.h>
#include <pelton/system.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rows of a table on a terminal: who wants all of them names a file or a format. */
enum { TERMINAL_ROWS = 50 };

struct job {
    const struct bulk_options *options;
    const struct bulk_inputs *inputs;
    struct pel_source *source; /* that of the inputs, or its rows held in memory */
    struct pel_team team;
    struct pel_progress rows;
    uint64_t since_ns;
};

static int compile(const struct bulk_options *options, const struct bulk_inputs *inputs,
                   struct pel_plan **plan)
{
    const struct pel_source *source = inputs->source;
    const char *query = options->query;
    struct pel_query_error mistake = {0};
    int status =
        pel_plan_compile(plan, query, strlen(query), source->fields, source->nfields, &mistake);
    if (!status)
        return CLI_OK;
    if (status != -EINVAL) {
        cli_message("out of memory");
        return CLI_SOME_FAILED;
    }
    bulk_tell_mistake(query, inputs, &mistake);
    return CLI_USAGE;
}

/* ---- progress and failures -------------------------------------------------------------------------- */

static void progress_line(void *ctx, char *buffer, size_t size)
{
    struct job *job = ctx;
    uint64_t done = __atomic_load_n(&job->rows.done, __ATOMIC_RELAXED);
    uint64_t total = __atomic_load_n(&job->rows.total, __ATOMIC_RELAXED);
    double seconds = (double)(pel_now_ns() - job->since_ns) * 1e-9;
    double rate = (double)done / (seconds > 0 ? seconds : 1);
    if (total && done && done <= total)
        (void)snprintf(buffer, size, "%.0f %%, %.3g rows/s, %.0f s left",
                       100.0 * (double)done / (double)total, rate, (double)(total - done) / rate);
    else
        (void)snprintf(buffer, size, "%" PRIu64 " rows, %.3g rows/s", done, rate);
}

static bool is_of_output(const struct pel_error *err)
{
    return err->stage == PEL_STAGE_WRITE || err->stage == PEL_STAGE_RENAME ||
           err->stage == PEL_STAGE_SYNC;
}

/* Whoever reads standard output and has enough closes the pipe: nothing to be said about. */
static int report_failure(const struct job *job, int status, const struct pel_error *err)
{
    const struct bulk_options *options = job->options;
    if (status == -ECANCELED) {
        cli_message("interrupted");
        return CLI_INTERRUPTED;
    }
    if (status == -EPIPE || (status == -EMSGSIZE && bulk_tell_lengths(job->inputs, true)))
        return CLI_SOME_FAILED;
    if (is_of_output(err))
        cli_message("cannot write %s: %s%s", options->output ? options->output : "standard output",
                    err->message, status == -EEXIST ? " (--overwrite replaces it)" : "");
    else
        cli_message("%s%s", err->code ? err->message : strerror(-status),
                    status == -ENOBUFS ? " (--memory)" : "");
    return status == -EEXIST || status == -EISDIR ? CLI_USAGE : CLI_SOME_FAILED;
}

/* ---- results that are held in memory ------------------------------------------------------------------ */

/* A failure to open the output is one of writing, not of an input. */
static int not_opened(int status, struct pel_error *err)
{
    err->stage = PEL_STAGE_WRITE;
    return status;
}

/* Prints to FILE or standard output. */
static int print(const struct job *job, enum bulk_format format, const struct pel_table *table,
                 const struct bulk_look *look, struct pel_error *err)
{
    const struct bulk_options *options = job->options;
    struct pel_output *output;
    int status = options->output
                     ? pel_output_open(&output, options->output, options->overwrite, err)
                     : pel_output_open_fd(&output, STDOUT_FILENO, err);
    if (status)
        return not_opened(status, err);
    status = bulk_print_to(pel_output_fd(output), job->team.cancel, format, table, look);
    if (!status)
        return pel_output_finish(output, err);
    pel_output_discard(output);
    return pel_error_set(err, status, PEL_STAGE_WRITE, strerror(-status));
}

/* Runs the plan into memory and prints it. */
static int run_and_print(const struct job *job, const struct pel_plan *plan,
                         enum bulk_format format, bool cut, struct pel_error *err)
{
    const struct bulk_options *options = job->options;
    struct pel_table table;
    int status = pel_plan_table(plan, job->source, &job->team, &options->run, &table, err);
    cli_progress_end();
    if (status)
        return status;
    struct bulk_look look = {.scalar = pel_plan_is_scalar(plan),
                             .more = cut && table.nrows > TERMINAL_ROWS};
    if (look.more)
        table.nrows = TERMINAL_ROWS;
    status = print(job, format, &table, &look, err);
    pel_table_free(&table);
    return status;
}

/* The query with a `take` behind it, so that no more than the first rows are computed. -EINVAL: the text or
 * the stages are at a limit of queries and leave no room for one. */
static int compile_cut(const struct job *job, struct pel_plan **plan)
{
    const char *query = job->options->query;
    const bool blank = query[strspn(query, " \t\r\n")] == '\0';
    size_t room = strlen(query) + 32;
    char *cut = malloc(room);
    if (!cut)
        return -ENOMEM;
    (void)snprintf(cut, room, "%s%s take %d", query, blank ? "" : " |", TERMINAL_ROWS + 1);
    int status =
        pel_plan_compile(plan, cut, strlen(cut), job->source->fields, job->source->nfields, NULL);
    free(cut);
    return status;
}

/* The first rows for a terminal. */
static int show_first_rows(const struct job *job, const struct pel_plan *whole,
                           struct pel_error *err)
{
    struct pel_plan *plan;
    int status = compile_cut(job, &plan);
    if (status == -EINVAL)
        return run_and_print(job, whole, BULK_TABLE, true, err);
    if (status)
        return pel_error_set(err, status, PEL_STAGE_NONE, "out of memory");
    status = run_and_print(job, plan, BULK_TABLE, true, err);
    pel_plan_free(plan);
    return status;
}

/* ---- results that are streamed ------------------------------------------------------------------------ */

static int run_and_stream(const struct job *job, const struct pel_plan *plan,
                          enum bulk_format format, struct pel_error *err)
{
    const struct bulk_options *options = job->options;
    struct pel_csv_options csv = {.delimiter = bulk_format_delimiter(format)};
    struct pel_array_write_options write = {
        .format = bulk_format_array(format),
        .csv = &csv,
        .keep = !options->overwrite,
        .cancel = job->team.cancel,
    };
    write.cpu_mask = cli_io_cpus(&write.cpu_mask_words);
    struct pel_array_file *file;
    int status = options->output ? pel_array_file_open(&file, options->output, &write, err)
                                 : pel_array_file_open_fd(&file, STDOUT_FILENO, &write, err);
    if (status)
        return not_opened(status, err);
    status =
        pel_plan_run(plan, job->source, pel_array_file_sink(file), &job->team, &options->run, err);
    cli_progress_end();
    if (!status)
        return pel_array_file_finish(file, err);
    pel_array_file_discard(file);
    return status;
}

/* ---- the run ------------------------------------------------------------------------------------------ */

/* BULK_AUTO stands for the first rows on a terminal, and for a bare value. */
static int run_plan(const struct job *job, const struct pel_plan *plan, struct pel_error *err)
{
    const struct bulk_options *options = job->options;
    enum bulk_format format = options->format;
    size_t nfields;
    (void)pel_plan_fields(plan, &nfields);
    if (format == BULK_AUTO && pel_plan_is_scalar(plan) && nfields == 1)
        return run_and_print(job, plan, BULK_AUTO, false, err);
    if (format == BULK_AUTO && !options->output && isatty(STDOUT_FILENO))
        return show_first_rows(job, plan, err);
    if (format == BULK_AUTO)
        format = BULK_CSV;
    if (format == BULK_TABLE || format == BULK_JSON)
        return run_and_print(job, plan, format, false, err);
    return run_and_stream(job, plan, format, err);
}

static int explain(const struct pel_plan *plan)
{
    struct pel_bytes text;
    if (pel_plan_explain(plan, &text)) {
        cli_message("out of memory");
        return CLI_SOME_FAILED;
    }
    fwrite(text.data, 1, text.nbytes, stdout);
    pel_bytes_free(&text);
    return CLI_OK;
}

/* Where the rows come from can be read once, and the query reads them several times: from memory then. */
static int run_held(struct job *job, const struct pel_plan *plan, struct pel_error *err)
{
    struct pel_table table;
    struct pel_source *once = job->source;
    int status = bulk_hold(once, &job->team, &job->options->run, &table, &job->source, err);
    if (status)
        return status;
    status = run_plan(job, plan, err);
    pel_source_free(job->source);
    pel_table_free(&table);
    job->source = once;
    return status;
}

static void tell_plan(const struct job *job, const struct pel_plan *plan, bool held)
{
    const struct bulk_options *options = job->options;
    size_t nfields;
    (void)pel_plan_fields(plan, &nfields);
    bool value = options->format == BULK_AUTO && pel_plan_is_scalar(plan) && nfields == 1;
    bool table = options->format == BULK_AUTO && !options->output && isatty(STDOUT_FILENO);
    enum bulk_format format = options->format != BULK_AUTO ? options->format
                              : table                      ? BULK_TABLE
                                                           : BULK_CSV;
    cli_message("the rows are read %d time%s%s, by %d thread%s at most; result: %s, to %s",
                pel_plan_passes(plan), pel_plan_passes(plan) == 1 ? "" : "s",
                held ? ", from memory" : "", options->nthreads, options->nthreads == 1 ? "" : "s",
                value ? "the value" : bulk_format_name((int)format),
                options->output ? options->output : "standard output");
}

static int run(struct job *job, const struct pel_plan *plan)
{
    const struct bulk_options *options = job->options;
    struct pel_error err = {0};
    bool held = job->source->once && pel_plan_passes(plan) > 1;
    if (options->verbose)
        tell_plan(job, plan, held);
    job->since_ns = pel_now_ns();
    cli_progress_begin(options->progress, progress_line, job);
    int status = held ? run_held(job, plan, &err) : run_plan(job, plan, &err);
    cli_progress_end();
    if (status)
        return report_failure(job, status, &err);
    if (options->time)
        cli_message("%.3f s", (double)(pel_now_ns() - job->since_ns) * 1e-9);
    return CLI_OK;
}

int bulk_run(const struct bulk_options *options, const struct bulk_inputs *inputs,
             struct pel_cancel *cancel)
{
    struct job job = {.options = options,
                      .inputs = inputs,
                      .source = inputs->source,
                      .team = pel_team(options->nthreads)};
    job.team.isa = options->isa < job.team.isa ? options->isa : job.team.isa;
    job.team.cancel = cancel;
    job.team.progress = &job.rows;
    struct pel_plan *plan;
    int status = compile(options, inputs, &plan);
    if (status != CLI_OK)
        return status;
    status = options->explain ? explain(plan) : run(&job, plan);
    pel_plan_free(plan);
    return status;
}
