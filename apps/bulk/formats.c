/* Formats of results: their names, and what a file's name says of them. */
#include "bulk/bulk.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Suffixes are those that <pelton/array.h> knows, and .json. */
static const struct {
    const char *name;
    const char *suffixes[3];
    enum pel_array_format array;
    char delimiter;
    bool is_text;
} formats[BULK_FORMAT_COUNT] = {
    [BULK_AUTO] = {.name = "auto"},
    [BULK_TABLE] = {.name = "table", .is_text = true},
    [BULK_CSV] = {"csv", {".csv", ".txt"}, PEL_ARRAY_CSV, ',', true},
    [BULK_TSV] = {"tsv", {".tsv"}, PEL_ARRAY_CSV, '\t', true},
    [BULK_JSON] = {.name = "json", .suffixes = {".json"}, .is_text = true},
    [BULK_NPY] = {.name = "npy", .suffixes = {".npy"}, .array = PEL_ARRAY_NPY},
    [BULK_RAW] = {.name = "raw", .suffixes = {".raw", ".bin", ".dat"}, .array = PEL_ARRAY_RAW},
};
enum { NSUFFIXES = sizeof formats->suffixes / sizeof formats->suffixes[0] };

const char *bulk_format_name(int format)
{
    return formats[format].name;
}

enum pel_array_format bulk_format_array(enum bulk_format format)
{
    return formats[format].array;
}

char bulk_format_delimiter(enum bulk_format format)
{
    return formats[format].delimiter;
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name), n = strlen(suffix);
    return length > n && strcasecmp(name + length - n, suffix) == 0;
}

enum bulk_format bulk_format_of_name(const char *name)
{
    for (int f = 0; f < BULK_FORMAT_COUNT; f++)
        for (size_t i = 0; i < NSUFFIXES && formats[f].suffixes[i]; i++)
            if (has_suffix(name, formats[f].suffixes[i]))
                return (enum bulk_format)f;
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

/* A .txt may hold any text. */
static bool contradict(enum bulk_format format, const char *name)
{
    enum bulk_format said = bulk_format_of_name(name);
    bool any_text = has_suffix(name, ".txt") && formats[format].is_text;
    return said != BULK_AUTO && said != format && !any_text;
}

int bulk_choose_format(const struct cli_command *command, struct bulk_options *options)
{
    const char *output = options->output;
    bool binary = options->format != BULK_AUTO && !formats[options->format].is_text;
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
