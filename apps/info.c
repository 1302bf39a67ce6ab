#include "commands.h"

static const struct cli_option options[] = {CLI_COMMON_OPTIONS, {0}};

static int run(const struct cli_command *command, int argc, char **argv)
{
    struct cli_parser parser;
    const char *value;
    int id;
    cli_parse_begin(&parser, command, argc, argv);
    while ((id = cli_parse_next(&parser, &value)) > 0)
        ;
    if (id == CLI_OPERAND)
        id = cli_usage_error(command, "takes no operands: '%s'", value);
    cli_parse_end(&parser);
    if (id != CLI_END)
        return id == CLI_HELPED ? CLI_OK : CLI_USAGE;
    puts("pelton " PEL_VERSION);
    return CLI_OK;
}

const struct cli_command info_command = {
    .name = "info",
    .summary = "what was found: machine, limits, build, backends, formats, instruction sets",
    .options = options,
    .run = run,
};
