/* The program: finds the subcommand and hands over. */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

static const struct cli_command *const commands[] = {
    &image_command,
    &primes_command,
    &bulk_command,
    &info_command,
};
enum { NCOMMANDS = sizeof commands / sizeof commands[0] };

static const struct cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < NCOMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static void print_overview(FILE *out)
{
    fputs("Usage: pelton SUBCOMMAND [options] operands\n\n"
          "Data-parallel work on many cores: batches of images, fed by files that load asynchronously, prime\n"
          "numbers, and queries over large arrays.\n\n"
          "Subcommands:\n",
          out);
    for (size_t i = 0; i < NCOMMANDS; i++)
        fprintf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'pelton SUBCOMMAND --help' tells more; 'pelton --version' the version.\n\n"
          "Exit status: 0 done; 1 something failed; 2 wrong usage; 130 interrupted.\n",
          out);
}

static int report_unknown(const char *word)
{
    const char *names[NCOMMANDS + 1] = {NULL};
    for (size_t i = 0; i < NCOMMANDS; i++)
        names[i] = commands[i]->name;
    char shown[80];
    cli_printable(word, shown, sizeof shown);
    const char *nearest = cli_nearest(word, names);
    if (word[0] == '-')
        cli_message("unknown option '%s' (a subcommand comes first)", shown);
    else if (nearest)
        cli_message("no subcommand '%s'; did you mean '%s'?", shown, nearest);
    else
        cli_message("no subcommand '%s'", shown);
    fputs("Try 'pelton --help'.\n", stderr);
    return CLI_USAGE;
}

/* `pelton help image` is `pelton image --help`. */
static int print_command_help(char *name)
{
    const struct cli_command *command = find_command(name);
    char help[] = "--help", *argv[] = {name, help, NULL};
    return command ? command->run(command, 2, argv) : report_unknown(name);
}

static int run(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        print_overview(stderr);
        return CLI_USAGE;
    }
    if (strcmp(word, "--version") == 0) {
        puts("pelton " PEL_VERSION);
        return CLI_OK;
    }
    bool help = strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    if (help && argc > 2)
        return print_command_help(argv[2]);
    if (help) {
        print_overview(stdout);
        return CLI_OK;
    }
    const struct cli_command *command = find_command(word);
    return command ? command->run(command, argc - 1, argv + 1) : report_unknown(word);
}

/* A standard descriptor that came closed would be given to the first file opened, and what is
 * printed would land there. The stand-ins fail on use: reading descriptor 0, writing 1 and 2. */
static void hold_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* Results that never arrived are a failure, even when it shows only now. */
static int close_stdout(int status)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fclose(stdout) != 0)
        failed = true;
    if (!failed)
        return status;
    cli_message("cannot write standard output%s%s", errno ? ": " : "",
                errno ? strerror(errno) : "");
    return status == CLI_OK ? CLI_SOME_FAILED : status;
}

int main(int argc, char **argv)
{
    hold_standard_descriptors();
    cli_signals(NULL);
    return close_stdout(run(argc, argv));
}
