/* `pelton image`: reads the options, then plan, batch, reports. */
#include "image/image.h"

#include "commands.h"

#include <pelton/system.h>

#include <cjson/cJSON.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OPT_OUTPUT = 1,
    OPT_NAME,
    OPT_FILES_FROM,
    OPT_NUL,
    OPT_ALL,
    OPT_SKIP_EXISTING,
    OPT_UPDATE,
    OPT_OVERWRITE,
    OPT_DRY_RUN,
    OPT_RESIZE,
    OPT_FIT,
    OPT_FILTER,
    OPT_SPACE,
    OPT_GRAY,
    OPT_BACKGROUND,
    OPT_FORMAT,
    OPT_QUALITY,
    OPT_SUBSAMPLING,
    OPT_COMPRESSION,
    OPT_STRIP,
    OPT_ON_TRUNCATED,
    OPT_MAX_PIXELS,
    OPT_DURABILITY,
    OPT_MEMORY,
    OPT_IO,
    OPT_DEPTH,
    OPT_ISA,
    OPT_FAIL_FAST,
    OPT_REPORT,
    OPT_TRACE,
    OPT_PROGRESS,
};

static const struct cli_option option_table[] = {
    {0, 0, "Inputs and outputs", NULL, NULL},
    {OPT_OUTPUT, 'o', "output", "DIR",
     "write below DIR, made as needed; the tree of each input "
     "folder is mirrored"},
    {OPT_FILES_FROM, 0, "files-from", "FILE",
     "take inputs from the lines of FILE, - for standard "
     "input; relative paths without .. keep their folders"},
    {OPT_NUL, '0', "null", NULL, "the list's entries end with NUL, not newline"},
    {OPT_ALL, 0, "all", NULL,
     "take every file of a folder, not only those with an "
     "image's name"},
    {OPT_NAME, 0, "name", "TEMPLATE",
     "name outputs by {dir} {name} {ext} {from} {n}: folder, "
     "name, new and old extension, number "
     "(default {dir}/{name}.{ext})"},
    {OPT_SKIP_EXISTING, 0, "skip-existing", NULL, "leave outputs alone that are there already"},
    {OPT_UPDATE, 0, "update", NULL, "replace outputs that are older than their input"},
    {OPT_OVERWRITE, 0, "overwrite", NULL, "replace outputs"},
    {OPT_DRY_RUN, 'n', "dry-run", NULL, "only print what would become what"},

    {0, 0, "The picture, in this order: orientation, gray, resize", NULL, NULL},
    {OPT_GRAY, 0, "gray", "[METHOD]", "to gray by bt601 (default), bt709 or linear luminance"},
    {OPT_RESIZE, 0, "resize", "GEOMETRY",
     "fit 800x600 (small pictures are enlarged, see >), 800x, x600 or 50%; "
     "then > only to shrink, < only to enlarge, ! exactly"},
    {OPT_FIT, 0, "fit", "HOW",
     "inside (default), cover (cuts), contain (pads) or fill "
     "(distorts)"},
    {OPT_FILTER, 0, "filter", "NAME",
     "nearest, box, triangle, catmullrom, mitchell or "
     "lanczos3 (default)"},
    {OPT_SPACE, 0, "space", "SPACE",
     "resize in linear light (default) or on gamma-encoded "
     "samples"},
    {OPT_BACKGROUND, 0, "background", "COLOR",
     "white (default), black, gray or #rrggbb, behind padding "
     "and where alpha cannot be kept"},

    {0, 0, "The output files", NULL, NULL},
    {OPT_FORMAT, 0, "format", "FORMAT",
     "png, jpeg, bmp, pnm, or same (default): as the input's "
     "name says, png where that cannot be written"},
    {OPT_QUALITY, 0, "quality", "N", "of JPEG, 1 to 100 (default 80)"},
    {OPT_SUBSAMPLING, 0, "subsampling", "S",
     "of JPEG colour: 420, 422, 444 or auto (default: 420 "
     "below quality 90, 444 from there)"},
    {OPT_COMPRESSION, 0, "compression", "N", "of PNG, 1 fast to 9 small (default 6)"},
    {OPT_STRIP, 0, "strip", NULL,
     "drop the ICC profile and colour chunks too (other "
     "metadata is never copied)"},
    {OPT_DURABILITY, 0, "durability", "LEVEL",
     "none (default): survives kill -9; data: synced before "
     "renamed; group: names synced too, in groups"},

    {0, 0, "Limits and failures", NULL, NULL},
    {OPT_ON_TRUNCATED, 0, "on-truncated", "DO",
     "with a file that ends early: error (default) or keep "
     "what is there"},
    {OPT_MAX_PIXELS, 0, "max-pixels", "N", "refuse larger images (default 5e8)"},
    {OPT_MEMORY, 0, "memory", "SIZE", "stay within SIZE (default: half of what is available)"},
    {OPT_FAIL_FAST, 0, "fail-fast", NULL, "stop at the first failure"},

    {0, 0, "The run", NULL, NULL},
    CLI_COMMON_OPTIONS,
    {OPT_IO, 0, "io", "BACKEND",
     "load by auto (default), aio, uring, sync, or sim:LATENCY, "
     "which delays each read (sim:5ms), for experiments"},
    {OPT_DEPTH, 0, "depth", "N", "files in flight at most, 1 to 256 (default 16)"},
    {OPT_ISA, 0, "isa", "LEVEL",
     "use at most baseline, avx2 or avx512 (the results are "
     "the same)"},
    {OPT_REPORT, 0, "report", "FILE", "one row a file, .json or .csv by its name"},
    {OPT_TRACE, 0, "trace", "FILE", "timeline for chrome://tracing or ui.perfetto.dev"},
    {OPT_PROGRESS, 0, "progress", "WHEN", "auto (default: on a terminal), always or never"},
    {0, 0, NULL, NULL, NULL},
};

/* ---- values ---- */

static const char *name_of_gray(int i)
{
    return pel_gray_name((enum pel_gray)i);
}
static const char *name_of_filter(int i)
{
    return pel_filter_name((enum pel_filter)i);
}
static const char *name_of_space(int i)
{
    return pel_space_name((enum pel_space)i);
}
static const char *name_of_fit(int i)
{
    return fit_name((enum fit)i);
}
static const char *name_of_durability(int i)
{
    static const char *const names[] = {"none", "data", "group"};
    return names[i];
}
static const char *name_of_subsampling(int i)
{
    static const char *const names[] = {"auto", "444", "422", "420"};
    return names[i];
}
static const char *name_of_truncated(int i)
{
    static const char *const names[] = {"error", "keep"};
    return names[i];
}

/* white, black, gray, #rgb or #rrggbb as 16-bit samples, opaque. */
static bool parse_color(const char *text, uint16_t color[4])
{
    static const struct {
        const char *name, *value;
    } named[] = {{"white", "#ffffff"}, {"black", "#000000"}, {"gray", "#808080"}};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strcmp(text, named[i].name) == 0)
            text = named[i].value;
    size_t digits = text[0] == '#' ? strspn(text + 1, "0123456789abcdefABCDEF") : 0;
    if ((digits != 3 && digits != 6) || text[digits + 1])
        return false;
    unsigned long value = strtoul(text + 1, NULL, 16);
    for (int i = 2; i >= 0; i--) {
        unsigned long sample = digits == 6 ? value & 0xff : (value & 0xf) * 0x11;
        color[i] = (uint16_t)(sample * 257);
        value >>= digits == 6 ? 8 : 4;
    }
    color[3] = 65535;
    return true;
}

/* ---- options ---- */

/* What the parse needs beside the options themselves. */
struct parse {
    const struct cli_command *command;
    struct image_options *options;
    bool has_fit, has_memory;
    enum fit fit;
    uint64_t threads;
};

static int set_small(const struct parse *parse, const char *option, const char *value, int lo,
                     int hi, int *out)
{
    uint64_t number = 0;
    int status = cli_set_number(parse->command, option, value, (uint64_t)lo, (uint64_t)hi, &number);
    *out = (int)number;
    return status;
}

static int set_format(const struct parse *parse, const char *value)
{
    if (strcmp(value, "same") == 0) {
        parse->options->format = NULL;
        return CLI_OK;
    }
    const struct pel_codec *codec = pel_codec_for_name(strcmp(value, "jpg") == 0 ? "jpeg" : value);
    if (!codec || !codec->encode)
        return cli_bad_value(parse->command, "format", value, "must be one of png, jpeg, bmp, pnm, same");
    parse->options->format = codec;
    return CLI_OK;
}

static int set_io(const struct parse *parse, const char *value)
{
    struct image_options *options = parse->options;
    char reason[80];
    static const char *const names[] = {"auto", "aio", "uring", "sync", NULL};
    for (int i = 0; names[i]; i++)
        if (strcmp(value, names[i]) == 0) {
            options->io_backend = names[i];
            return CLI_OK;
        }
    if (strncmp(value, "sim:", 4) != 0)
        return cli_bad_value(parse->command, "io", value, "must be auto, aio, uring, sync or sim:LATENCY");
    if (!cli_duration(value + 4, &options->io_latency_ns, reason))
        return cli_bad_value(parse->command, "io", value, reason);
    options->io_backend = "sim";
    return CLI_OK;
}

static int set_geometry(const struct parse *parse, const char *value)
{
    char reason[80];
    return geometry_parse(value, &parse->options->geometry, reason)
               ? CLI_OK
               : cli_bad_value(parse->command, "resize", value, reason);
}

static int set_report(const struct parse *parse, const char *value)
{
    parse->options->report_path = value;
    return report_path_valid(value)
               ? CLI_OK
               : cli_bad_value(parse->command, "report", value, "the name must end in .json or .csv");
}

static int set_existing(const struct parse *parse, enum existing existing)
{
    enum existing *chosen = &parse->options->existing;
    if (*chosen != EXISTING_REFUSE && *chosen != existing)
        return cli_usage_error(parse->command,
                               "--skip-existing, --update and --overwrite exclude each other");
    *chosen = existing;
    return CLI_OK;
}

/* One option; long because there is a case for each. */
static int set_option(void *ctx, int id, const char *value)
{
    struct parse *parse = ctx;
    struct image_options *o = parse->options;
    int word = 0, status = CLI_OK;
    switch (id) {
    case CLI_OPERAND:
        if (strcmp(value, "-") == 0)
            return cli_usage_error(parse->command, "'-' is not an input; a list of files comes "
                                                   "with --files-from -");
        if (!*value)
            return cli_usage_error(parse->command, "an input is an empty name");
        o->operands[o->noperands++] = value;
        break;
    case OPT_OUTPUT:
        o->output_folder = value;
        break;
    case OPT_NAME:
        o->name_template = value;
        break;
    case OPT_FILES_FROM:
        o->files_from = value;
        break;
    case OPT_NUL:
        o->nul_separated = true;
        break;
    case OPT_ALL:
        o->all_files = true;
        break;
    case OPT_SKIP_EXISTING:
        return set_existing(parse, EXISTING_SKIP);
    case OPT_UPDATE:
        return set_existing(parse, EXISTING_UPDATE);
    case OPT_OVERWRITE:
        return set_existing(parse, EXISTING_OVERWRITE);
    case OPT_DRY_RUN:
        o->dry_run = true;
        break;
    case OPT_RESIZE:
        return set_geometry(parse, value);
    case OPT_FIT:
        status = cli_set_word(parse->command, "fit", value, name_of_fit, FIT_COUNT, &word);
        parse->has_fit = true;
        parse->fit = (enum fit)word;
        break;
    case OPT_FILTER:
        status = cli_set_word(parse->command, "filter", value, name_of_filter, PEL_FILTER_COUNT, &word);
        o->filter = (enum pel_filter)word;
        break;
    case OPT_SPACE:
        status = cli_set_word(parse->command, "space", value, name_of_space, PEL_SPACE_COUNT, &word);
        o->space = (enum pel_space)word;
        break;
    case OPT_GRAY:
        if (value)
            status = cli_set_word(parse->command, "gray", value, name_of_gray, PEL_GRAY_COUNT, &word);
        o->gray = true;
        o->gray_method = (enum pel_gray)word;
        break;
    case OPT_BACKGROUND:
        if (!parse_color(value, o->background))
            return cli_bad_value(parse->command, "background", value,
                             "must be white, black, gray or like #ff8000");
        break;
    case OPT_FORMAT:
        return set_format(parse, value);
    case OPT_QUALITY:
        return set_small(parse, "quality", value, 1, 100, &o->encode.quality);
    case OPT_SUBSAMPLING:
        status = cli_set_word(parse->command, "subsampling", value, name_of_subsampling, 4, &word);
        o->encode.subsampling = (enum pel_subsampling)word;
        break;
    case OPT_COMPRESSION:
        return set_small(parse, "compression", value, 1, 9, &o->encode.compression);
    case OPT_STRIP:
        o->strip = true;
        break;
    case OPT_ON_TRUNCATED:
        status = cli_set_word(parse->command, "on-truncated", value, name_of_truncated, 2, &word);
        o->keep_truncated = word == 1;
        break;
    case OPT_MAX_PIXELS:
        return cli_set_number(parse->command, "max-pixels", value, 1, UINT64_MAX, &o->max_pixels);
    case OPT_DURABILITY:
        status = cli_set_word(parse->command, "durability", value, name_of_durability, 3, &word);
        o->durability = (enum pel_durability)word;
        break;
    case OPT_MEMORY:
        return cli_set_number(parse->command, "memory", value, 1 << 16, UINT64_MAX / 2, &o->memory);
    case OPT_IO:
        return set_io(parse, value);
    case OPT_DEPTH:
        return set_small(parse, "depth", value, 1, 256, &o->depth);
    case OPT_ISA:
        return cli_set_isa(parse->command, value, &o->isa);
    case OPT_FAIL_FAST:
        o->fail_fast = true;
        break;
    case OPT_REPORT:
        return set_report(parse, value);
    case OPT_TRACE:
        o->trace_path = value;
        break;
    case OPT_PROGRESS:
        return cli_set_progress(parse->command, value, &o->progress);
    case CLI_THREADS:
        return cli_set_number(parse->command, "threads", value, 1, CLI_MAX_THREADS, &parse->threads);
    case CLI_QUIET:
        o->quiet = true;
        break;
    case CLI_VERBOSE:
        o->verbose = true;
        break;
    case CLI_JSON:
        o->json = true;
        break;
    default:
        return CLI_USAGE;
    }
    return status;
}

/* What only makes sense, or is only known, when all options are there. */
static int complete_options(struct parse *parse)
{
    struct image_options *o = parse->options;
    if (!o->noperands && !o->files_from)
        return cli_usage_error(parse->command, "no inputs");
    if (!o->output_folder || !*o->output_folder)
        return cli_usage_error(parse->command, "no output folder; name one with -o DIR");
    for (size_t i = 0; o->gray && i < o->noperands; i++)
        if (cli_find_word(o->operands[i], name_of_gray, PEL_GRAY_COUNT) >= 0 &&
            access(o->operands[i], F_OK))
            return cli_usage_error(parse->command, "no input '%s'; did you mean --gray=%s?",
                                   o->operands[i], o->operands[i]);
    if (o->nul_separated && !o->files_from)
        return cli_usage_error(parse->command, "-0 goes with --files-from");
    if (parse->has_fit) {
        if (!o->geometry.wanted)
            return cli_usage_error(parse->command, "--fit goes with --resize");
        o->geometry.fit = parse->fit;
    }
    o->nthreads = cli_threads(parse->threads);
    if (!o->memory) {
        uint64_t available = pel_system_memory("");
        o->memory = available ? available / 2 : (uint64_t)1 << 30;
    }
    return CLI_OK;
}

static int parse_options(const struct cli_command *command, int argc, char **argv,
                         struct image_options *options, bool *helped)
{
    struct parse parse = {.command = command, .options = options};
    int status = cli_parse(command, argc, argv, set_option, &parse, helped);
    return status || *helped ? status : complete_options(&parse);
}

/* ---- the command ---- */

static void print_plan_json(const struct plan *plan)
{
    static char path[8192];
    cJSON *rows = cJSON_CreateArray();
    for (size_t i = 0; i < plan->njobs; i++) {
        const struct job *job = &plan->jobs[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "input", cli_printable(job->input, path, sizeof path));
        cJSON_AddStringToObject(row, "output", cli_printable(job->output, path, sizeof path));
        cJSON_AddStringToObject(row, "status", job_state_name(job->state));
        cJSON_AddItemToArray(rows, row);
    }
    char *text = cJSON_Print(rows);
    if (text)
        (void)puts(text);
    free(text);
    cJSON_Delete(rows);
}

static void print_plan(const struct plan *plan)
{
    for (size_t i = 0; i < plan->njobs; i++) {
        const struct job *job = &plan->jobs[i];
        if (job->state == JOB_TODO)
            printf("%s -> %s\n", job->input, job->output);
        else
            printf("%s: %s: %s\n", job->input, job_state_name(job->state),
                   job->reason ? job->reason : "");
    }
}

/* glibc keeps freed blocks in an arena a thread, up to 32 MB each: 96 photographs in --memory 10M took
 * 230 MB on 16 threads. Blocks over the threshold go back to the system at once, at the price of page
 * faults: with 256 kB instead of 4 MB a batch of photographs takes a tenth longer. So the threshold falls
 * as threads rise: what all arenas keep stays within the 64 MB that the program may take beside --memory.
 */
static void bound_arenas(int nthreads)
{
    int threshold = (8 << 20) / nthreads;
    threshold = threshold < 128 << 10 ? 128 << 10 : threshold > 4 << 20 ? 4 << 20 : threshold;
    (void)mallopt(M_MMAP_THRESHOLD, threshold);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * threshold);
}

static int convert(struct plan *plan, const struct image_options *options)
{
    static struct pel_cancel cancel; /* the signal handler keeps its address */
    cli_signals(&cancel);
    bound_arenas(options->nthreads);
    struct totals totals;
    if (!batch_run(plan, options, &cancel, &totals))
        return CLI_USAGE;
    bool report_written = !options->report_path || report_write(plan, &totals, options);
    bool trace_written = !options->trace_path || trace_write(plan, &totals, options);
    report_summary(plan, &totals, options);
    if (pel_cancel_requested(&cancel)) {
        cli_message("interrupted: %zu of %zu files done", totals.converted, totals.files);
        return CLI_INTERRUPTED;
    }
    return totals.failed || totals.cancelled || !report_written || !trace_written ? CLI_SOME_FAILED
                                                                                  : CLI_OK;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    struct image_options options = {
        .filter = PEL_FILTER_LANCZOS3,
        .space = PEL_SPACE_LINEAR,
        .background = {65535, 65535, 65535, 65535},
        .max_pixels = 500000000,
        .isa = pel_isa_best(),
        .operands = calloc((size_t)argc + 1, sizeof(char *)),
    };
    struct plan plan = {0};
    bool helped = false;
    if (!options.operands) {
        cli_message("out of memory");
        return CLI_USAGE;
    }
    int status = parse_options(command, argc, argv, &options, &helped);
    if (status == CLI_OK && !helped) {
        if (!plan_make(&plan, &options))
            status = CLI_USAGE;
        else if (options.dry_run && options.json)
            print_plan_json(&plan);
        else if (options.dry_run)
            print_plan(&plan);
        else
            status = convert(&plan, &options);
    }
    plan_free(&plan);
    free(options.operands);
    return status;
}

const struct cli_command image_command = {
    .name = "image",
    .summary = "batch: load, gray, resize, convert, save",
    .operands = "FILE|FOLDER... -o DIR",
    .options = option_table,
    .examples =
        "Reads PNG, JPEG, BMP, GIF, TGA and PNM; a folder is taken with its subfolders.\n"
        "\n"
        "Examples:\n"
        "  pelton image photos/ -o out/ --resize 800x600 --gray --format jpeg\n"
        "  pelton image *.png -o thumbs --resize 200x200 --fit cover --name '{name}-s.{ext}'\n"
        "  find . -name '*.jpg' -print0 | pelton image --files-from - -0 -o out --resize '50%'\n"
        "  pelton image photos/ -o out/ --update --report report.csv\n"
        "\n"
        "Exit status: 0 done; 1 done, but some inputs failed; 2 wrong usage; 130 interrupted.\n",
    .run = run,
};
