/* What happened, for people (summary) and machines (--report, --json). */
#include "image/image.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- one row a file ---- */

/* Milliseconds from a to b; 0 where either was never reached. */
static double span_ms(uint64_t a, uint64_t b)
{
    return a && b > a ? (double)(b - a) / 1e6 : 0;
}

/* The columns of a row, in order; one list serves JSON and CSV. To add one: a line in make_row, and one in
 * the README's table. Numbers that do not apply are left out (JSON null, CSV empty) rather than 0. */
struct column {
    const char *name;
    bool is_text;
    const char *text; /* NULL: not there */
    double number;
    bool known;
};

enum { COLUMNS_MAX = 40 };

static struct column text_column(const char *name, const char *text)
{
    return (struct column){.name = name, .is_text = true, .text = text, .known = text != NULL};
}

static struct column number_column(const char *name, double number, bool known)
{
    return (struct column){.name = name, .number = number, .known = known};
}

static size_t make_row(const struct job *job, char paths[2][8192], struct column row[COLUMNS_MAX])
{
    const struct job_times *t = &job->times;
    bool header = job->width_in > 0, done = job->state == JOB_DONE, loaded = t->taken > 0;
    bool failed = job->state == JOB_FAILED || job->state == JOB_CANCELLED;
    size_t n = 0;
    row[n++] = text_column("input", cli_printable(job->input, paths[0], sizeof paths[0]));
    row[n++] = text_column(
        "output", *job->output ? cli_printable(job->output, paths[1], sizeof paths[1]) : NULL);
    row[n++] = text_column("status", job_state_name(job->state));
    row[n++] = text_column("stage", failed ? pel_stage_name(job->stage) : NULL);
    row[n++] = number_column("errno", -job->code, failed);
    row[n++] = number_column("offset", (double)job->offset, failed && job->offset >= 0);
    row[n++] = text_column("reason", job->reason);
    row[n++] = text_column("warning", job->warning);
    row[n++] = number_column("damaged", job->damaged, done);
    row[n++] = text_column("format_in", job->input_format);
    row[n++] = text_column("format_out", job->format ? job->format->name : NULL);
    row[n++] = number_column("width_in", (double)job->width_in, header);
    row[n++] = number_column("height_in", (double)job->height_in, header);
    row[n++] = number_column("channels_in", job->channels_in, header);
    row[n++] = number_column("bits_in", job->bits_in, header);
    row[n++] = number_column("orientation", job->orientation, header);
    row[n++] = number_column("width_out", (double)job->width_out, done);
    row[n++] = number_column("height_out", (double)job->height_out, done);
    row[n++] = number_column("channels_out", job->channels_out, done);
    row[n++] = number_column("bits_out", job->bits_out, done);
    row[n++] = number_column("bytes_in", (double)job->bytes_in, loaded);
    row[n++] = number_column("bytes_out", (double)job->bytes_out, done);
    row[n++] = number_column("thread", job->thread, loaded);
    row[n++] = number_column("load_ms", span_ms(t->load_start, t->load_ready), loaded);
    row[n++] = number_column("wait_ms", span_ms(t->wait_start, t->taken), loaded);
    row[n++] = number_column("decode_ms", span_ms(t->decode_start, t->compute_start), loaded);
    row[n++] = number_column("compute_ms", span_ms(t->compute_start, t->encode_start), loaded);
    row[n++] = number_column("encode_ms", span_ms(t->encode_start, t->encode_end), loaded);
    row[n++] = number_column("queue_ms", span_ms(t->encode_end, t->store_start), done);
    row[n++] = number_column("store_ms", span_ms(t->store_start, t->store_end), done);
    assert(n <= COLUMNS_MAX);
    return n;
}

static void write_json_row(FILE *stream, const struct column *row, size_t n)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < n; i++) {
        if (!row[i].known)
            cJSON_AddNullToObject(object, row[i].name);
        else if (row[i].is_text)
            cJSON_AddStringToObject(object, row[i].name, row[i].text);
        else
            cJSON_AddNumberToObject(object, row[i].name, row[i].number);
    }
    char *text = cJSON_PrintUnformatted(object);
    (void)fputs(text ? text : "{}", stream);
    free(text);
    cJSON_Delete(object);
}

/* RFC 4180: a field with a comma, quote or line end is quoted, its quotes doubled. */
static void write_csv_text(FILE *stream, const char *text)
{
    bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    if (quoted)
        (void)fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"')
            (void)fputc('"', stream);
        (void)fputc(*text, stream);
    }
    if (quoted)
        (void)fputc('"', stream);
}

static void write_csv_row(FILE *stream, const struct column *row, size_t n, bool header)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            (void)fputc(',', stream);
        if (header)
            (void)fputs(row[i].name, stream);
        else if (row[i].known && row[i].is_text)
            write_csv_text(stream, row[i].text);
        else if (row[i].known)
            (void)fprintf(stream, "%.15g", row[i].number);
    }
    (void)fputs("\r\n", stream);
}

static bool path_ends(const char *path, const char *ending)
{
    size_t length = strlen(path), n = strlen(ending);
    return length > n && strcasecmp(path + length - n, ending) == 0;
}

bool report_path_valid(const char *path)
{
    return path_ends(path, ".json") || path_ends(path, ".csv");
}

/* ---- totals ---- */

static double per_second(double amount, double seconds)
{
    return seconds > 0 ? amount / seconds : 0;
}

static cJSON *totals_json(const struct totals *totals)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "files", (double)totals->files);
    cJSON_AddNumberToObject(object, "converted", (double)totals->converted);
    cJSON_AddNumberToObject(object, "damaged", (double)totals->damaged);
    cJSON_AddNumberToObject(object, "failed", (double)totals->failed);
    cJSON_AddNumberToObject(object, "skipped", (double)totals->skipped);
    cJSON_AddNumberToObject(object, "cancelled", (double)totals->cancelled);
    cJSON_AddNumberToObject(object, "megapixels", totals->megapixels);
    cJSON_AddNumberToObject(object, "bytes_in", (double)totals->bytes_in);
    cJSON_AddNumberToObject(object, "bytes_out", (double)totals->bytes_out);
    cJSON_AddNumberToObject(object, "seconds", totals->seconds);
    cJSON_AddNumberToObject(object, "mp_per_s", per_second(totals->megapixels, totals->seconds));
    cJSON_AddNumberToObject(object, "threads", totals->nthreads);
    cJSON *io = cJSON_AddObjectToObject(object, "io");
    cJSON_AddStringToObject(io, "backend", totals->load.backend ? totals->load.backend : "none");
    cJSON_AddStringToObject(io, "fallback_reason", totals->load.fallback_reason);
    cJSON_AddNumberToObject(io, "hot_files", (double)totals->load.hot);
    cJSON_AddNumberToObject(io, "reads", (double)totals->load.submitted);
    cJSON_AddNumberToObject(io, "peak_bytes", (double)totals->load.peak_bytes);
    cJSON_AddNumberToObject(io, "peak_depth", totals->load.peak_depth);
    cJSON_AddNumberToObject(io, "sync_fallbacks", (double)totals->load.sync_fallbacks);
    cJSON_AddNumberToObject(io, "abandoned", totals->load.abandoned);
    return object;
}

/* What a report is made of. */
struct report {
    const struct plan *plan;
    const struct totals *totals;
};

static void write_json(FILE *stream, const void *ctx)
{
    static char paths[2][8192];
    const struct report *report = ctx;
    struct column row[COLUMNS_MAX];
    cJSON *object = totals_json(report->totals);
    char *summary = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    (void)fprintf(stream,
                  "{\"schema\":\"pelton.image/1\",\"version\":\"%s\",\"totals\":%s,\n\"files\":[",
                  PEL_VERSION, summary ? summary : "{}");
    free(summary);
    for (size_t i = 0; i < report->plan->njobs; i++) {
        (void)fputs(i ? ",\n" : "\n", stream);
        write_json_row(stream, row, make_row(&report->plan->jobs[i], paths, row));
    }
    (void)fputs("\n]}\n", stream);
}

static void write_csv(FILE *stream, const void *ctx)
{
    static char paths[2][8192];
    const struct report *report = ctx;
    struct column row[COLUMNS_MAX];
    struct job nobody = {.input = (char *)"", .output = (char *)""};
    write_csv_row(stream, row, make_row(&nobody, paths, row), true);
    for (size_t i = 0; i < report->plan->njobs; i++)
        write_csv_row(stream, row, make_row(&report->plan->jobs[i], paths, row), false);
}

bool report_write(const struct plan *plan, const struct totals *totals,
                  const struct image_options *options)
{
    const struct report report = {plan, totals};
    const char *path = options->report_path;
    return cli_write_file(path, path_ends(path, ".json") ? write_json : write_csv, &report);
}

/* ---- the summary ---- */

static void print_failure(const struct job *job)
{
    /* What happened after the output's bytes were made concerns the output. */
    bool storing = job->bytes_out > 0;
    char place[48] = "";
    if (job->offset >= 0)
        (void)snprintf(place, sizeof place, " (at byte %" PRId64 ")", job->offset);
    cli_message("%s%s%s: %s: %s%s", job->input, storing ? " -> " : "", storing ? job->output : "",
                pel_stage_name(job->stage), job->reason ? job->reason : strerror(-job->code),
                place);
}

static void print_failures(const struct plan *plan)
{
    for (size_t i = 0; i < plan->njobs; i++) {
        const struct job *job = &plan->jobs[i];
        if (job->state == JOB_FAILED)
            print_failure(job);
        else if (job->state == JOB_DONE && job->damaged)
            cli_message("%s: kept, though damaged: %s", job->input,
                        job->warning ? job->warning : "");
    }
}

static void print_text(const struct plan *plan, const struct totals *totals)
{
    char in[32], out[32];
    if (totals->files == 0 && plan->ignored) {
        printf("no file has an image's name (%zu other%s ignored; --all takes them too)\n",
               plan->ignored, plan->ignored == 1 ? "" : "s");
        return;
    }
    printf("%zu of %zu file%s converted", totals->converted, totals->files,
           totals->files == 1 ? "" : "s");
    if (totals->damaged)
        printf(" (%zu of them damaged)", totals->damaged);
    if (totals->failed)
        printf(", %zu failed", totals->failed);
    if (totals->skipped)
        printf(", %zu skipped", totals->skipped);
    if (totals->cancelled)
        printf(", %zu not done", totals->cancelled);
    if (plan->ignored)
        printf(" (%zu other file%s ignored)", plan->ignored, plan->ignored == 1 ? "" : "s");
    printf("\n");
    if (!totals->converted)
        return;
    printf("%.1f megapixels, %s in, %s out\n", totals->megapixels,
           cli_format_bytes(totals->bytes_in, in), cli_format_bytes(totals->bytes_out, out));
    printf("%.2f s on %d thread%s: %.1f MP/s, %.1f files/s\n", totals->seconds, totals->nthreads,
           totals->nthreads == 1 ? "" : "s", per_second(totals->megapixels, totals->seconds),
           per_second((double)totals->converted, totals->seconds));
}

static void add_failures(cJSON *object, const struct plan *plan)
{
    static char path[8192];
    cJSON *failures = cJSON_AddArrayToObject(object, "failures");
    for (size_t i = 0; i < plan->njobs; i++) {
        const struct job *job = &plan->jobs[i];
        if (job->state != JOB_FAILED)
            continue;
        cJSON *failure = cJSON_CreateObject();
        cJSON_AddStringToObject(failure, "input", cli_printable(job->input, path, sizeof path));
        cJSON_AddStringToObject(failure, "stage", pel_stage_name(job->stage));
        cJSON_AddStringToObject(failure, "reason", job->reason ? job->reason : "");
        cJSON_AddItemToArray(failures, failure);
    }
}

void report_summary(const struct plan *plan, const struct totals *totals,
                    const struct image_options *options)
{
    if (options->json) {
        cJSON *object = totals_json(totals);
        add_failures(object, plan);
        char *text = cJSON_Print(object);
        if (text)
            (void)puts(text);
        free(text);
        cJSON_Delete(object);
    } else if (!options->quiet) {
        print_text(plan, totals);
    }
    (void)fflush(stdout);
    print_failures(plan);
    if (totals->load.fallback_reason[0])
        cli_message("input by %s: %s", totals->load.backend, totals->load.fallback_reason);
    if (totals->load.abandoned)
        cli_message("%d read%s stuck in the system: given up", totals->load.abandoned,
                    totals->load.abandoned == 1 ? " was" : "s were");
}
