/* Formats of results: their names, and what a file's name says of them. */
#include "bulk/bulk.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"auto", "table", "csv", "tsv", "json", "npy", "raw"};
_Static_assert(sizeof names / sizeof names[0] == BULK_FORMAT_COUNT, "a name each");

const char *bulk_format_name(int format)
{
    return names[format];
}

/* What <pelton/array.h> reads a name as, and JSON. */
static const struct {
    const char *suffix;
    enum bulk_format format;
} suffixes[] = {
    {".csv", BULK_CSV}, {".txt", BULK_CSV}, {".tsv", BULK_TSV}, {".json", BULK_JSON},
    {".npy", BULK_NPY}, {".raw", BULK_RAW}, {".bin", BULK_RAW}, {".dat", BULK_RAW},
};
enum { NSUFFIXES = sizeof suffixes / sizeof suffixes[0] };

enum bulk_format bulk_format_of_name(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < NSUFFIXES; i++) {
        size_t n = strlen(suffixes[i].suffix);
        if (length > n && strcasecmp(name + length - n, suffixes[i].suffix) == 0)
            return suffixes[i].format;
    }
    return BULK_AUTO;
}

bool bulk_is_file(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0;
}

/* Something that is no file is written as it comes, so its name says nothing. */
static bool is_device(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static bool is_text(enum bulk_format format)
{
    return format == BULK_TABLE || format == BULK_CSV || format == BULK_TSV || format == BULK_JSON;
}

/* A .txt may hold any text. */
static bool contradict(enum bulk_format format, const char *name)
{
    enum bulk_format said = bulk_format_of_name(name);
    size_t length = strlen(name);
    bool any_text = length > 4 && strcasecmp(name + length - 4, ".txt") == 0;
    return said != BULK_AUTO && said != format && !(any_text && is_text(format));
}

int bulk_choose_format(const struct cli_command *command, struct bulk_options *options)
{
    const char *output = options->output;
    bool binary = options->format == BULK_NPY || options->format == BULK_RAW;
    if (!output && binary && isatty(STDOUT_FILENO))
        return cli_usage_error(command, "no binary numbers to a terminal; redirect it, or name a "
                                        "file with -o FILE");
    if (!output || is_device(output))
        return CLI_OK;
    if (options->format == BULK_AUTO)
        options->format = bulk_format_of_name(output);
    if (options->format == BULK_AUTO)
        return cli_usage_error(command,
                               "the name %s tells no format: it ends in .csv, .tsv, .json, .npy or "
                               ".raw, or --format says it",
                               output);
    if (contradict(options->format, output))
        return cli_usage_error(command, "--format %s, but the name %s is that of a %s file",
                               bulk_format_name((int)options->format), output,
                               bulk_format_name((int)bulk_format_of_name(output)));
    return CLI_OK;
}
