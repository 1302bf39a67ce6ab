/* The subcommands, one file or folder each. To add one: its file, or its folder (and that in
 * CMakeLists.txt), a line here, a line in main.c. */
#ifndef PELTON_COMMANDS_H
#define PELTON_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command bulk_command;
extern const struct cli_command image_command;
extern const struct cli_command info_command;
extern const struct cli_command primes_command;

#endif
