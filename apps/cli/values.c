/* What options' values stand for, and the loop over a command line. */
#include "cli.h"

#include <string.h>

int cli_bad_value(const struct cli_command *command, const char *option, const char *value,
                  const char *reason)
{
    return cli_usage_error(command, "--%s %s: %s", option, value, reason);
}

int cli_set_number(const struct cli_command *command, const char *option, const char *value,
                   uint64_t lo, uint64_t hi, uint64_t *out)
{
    char reason[80];
    return cli_number(value, lo, hi, out, reason) ? CLI_OK
                                                  : cli_bad_value(command, option, value, reason);
}

int cli_find_word(const char *word, const char *(*name_of)(int index), int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(word, name_of(i)) == 0)
            return i;
    return -1;
}

int cli_set_word(const struct cli_command *command, const char *option, const char *value,
                 const char *(*name_of)(int index), int count, int *out)
{
    *out = cli_find_word(value, name_of, count);
    if (*out >= 0)
        return CLI_OK;
    char words[200] = "must be one of";
    for (int i = 0; i < count; i++) {
        size_t used = strlen(words);
        (void)snprintf(words + used, sizeof words - used, "%s %s", i ? "," : "", name_of(i));
    }
    return cli_bad_value(command, option, value, words);
}

static const char *isa_name(int index)
{
    return pel_isa_name((enum pel_isa)index);
}

int cli_set_isa(const struct cli_command *command, const char *value, enum pel_isa *out)
{
    int word = 0;
    int status = cli_set_word(command, "isa", value, isa_name, PEL_ISA_COUNT, &word);
    *out = (enum pel_isa)word;
    return status;
}

static const char *progress_name(int index)
{
    static const char *const names[] = {"auto", "always", "never"};
    return names[index];
}

int cli_set_progress(const struct cli_command *command, const char *value,
                     enum cli_progress_mode *out)
{
    int word = 0;
    int status = cli_set_word(command, "progress", value, progress_name, CLI_PROGRESS_COUNT, &word);
    *out = (enum cli_progress_mode)word;
    return status;
}

int cli_parse(const struct cli_command *command, int argc, char **argv,
              int (*set)(void *ctx, int id, const char *value), void *ctx, bool *helped)
{
    struct cli_parser parser;
    const char *value;
    int id, status = CLI_OK;
    *helped = false;
    cli_parse_begin(&parser, command, argc, argv);
    while (status == CLI_OK && !*helped && (id = cli_parse_next(&parser, &value)) != CLI_END) {
        *helped = id == CLI_HELPED;
        if (id == CLI_ERROR)
            status = CLI_USAGE;
        else if (!*helped)
            status = set(ctx, id, value);
    }
    cli_parse_end(&parser);
    return status;
}
