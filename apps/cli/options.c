/* Options from a table, on top of getopt_long(3). getopt keeps state of its own, so there can be
 * one parser at a time. */
#include "cli.h"

#include "text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long's `val` of table entry i is FIRST_LONG + i, out of the way of the letters. */
enum { FIRST_LONG = 256, OPERAND = 1 };

struct state {
    size_t noptions;
    struct option *longs;
    char *letters; /* getopt's short option string */
    const char **names;
    bool operands_only; /* after -- */
};

static bool is_end(const struct cli_option *option)
{
    return option->id == 0 && !option->name;
}

static bool is_heading(const struct cli_option *option)
{
    return option->id == 0 && option->name;
}

static int argument_kind(const struct cli_option *option)
{
    return !option->argument            ? no_argument
           : option->argument[0] == '[' ? optional_argument
                                        : required_argument;
}

static void *must_allocate(size_t n, size_t nbytes)
{
    void *memory = calloc(n, nbytes);
    if (!memory) {
        cli_message("out of memory");
        exit(CLI_SOME_FAILED);
    }
    return memory;
}

static void add_option(struct state *state, const struct cli_option *option, size_t index)
{
    struct option *into = &state->longs[state->noptions];
    into->name = state->names[state->noptions] = option->name;
    into->has_arg = argument_kind(option);
    into->val = FIRST_LONG + (int)index;
    state->noptions++;
    if (!option->letter)
        return;
    size_t end = strlen(state->letters);
    state->letters[end++] = option->letter;
    for (int i = 0; i < into->has_arg; i++) /* none, ":" or "::" */
        state->letters[end++] = ':';
}

void cli_parse_begin(struct cli_parser *parser, const struct cli_command *command, int argc,
                     char **argv)
{
    size_t length = 0;
    while (!is_end(&command->options[length]))
        length++;
    struct state *state = must_allocate(1, sizeof *state);
    state->longs = must_allocate(length + 1, sizeof *state->longs);
    state->names = must_allocate(length + 1, sizeof *state->names);
    state->letters = must_allocate(3 * length + 3, 1);
    strcpy(state->letters, "-:"); /* operands in their place as option 1; messages are ours */
    for (size_t i = 0; i < length; i++)
        if (!is_heading(&command->options[i]))
            add_option(state, &command->options[i], i);
    *parser = (struct cli_parser){.command = command, .argc = argc, .argv = argv, .state = state};
    optind = 0; /* GNU getopt: start afresh */
    opterr = 0;
}

void cli_parse_end(struct cli_parser *parser)
{
    struct state *state = parser->state;
    if (!state)
        return;
    free(state->longs);
    free(state->names);
    free(state->letters);
    free(state);
    parser->state = NULL;
}

/* The table entry that getopt means by a letter or a long option's val; NULL for anything else. */
static const struct cli_option *find_option(const struct cli_command *command, int val)
{
    if (val >= FIRST_LONG)
        return &command->options[val - FIRST_LONG];
    for (const struct cli_option *option = command->options; !is_end(option); option++)
        if (!is_heading(option) && val && option->letter == val)
            return option;
    return NULL;
}

/* `word` is what was typed after the dashes of a long option that getopt did not take. */
static void report_unknown_long(const struct cli_parser *parser, const char *word)
{
    const struct state *state = parser->state;
    char typed[64], shown[300], matches[256] = "";
    (void)snprintf(typed, sizeof typed, "%.*s", (int)strcspn(word, "="), word);
    size_t nmatches = 0, used = 0;
    for (size_t i = 0; i < state->noptions; i++) {
        if (strncmp(state->names[i], typed, strlen(typed)) != 0 || used + 64 > sizeof matches)
            continue;
        used += (size_t)snprintf(matches + used, sizeof matches - used, "%s'--%s'",
                                 nmatches++ ? ", " : "", state->names[i]);
    }
    const char *nearest = cli_nearest(typed, state->names);
    cli_printable(typed, shown, sizeof shown);
    if (nmatches > 1)
        cli_usage_error(parser->command, "option '--%s' is ambiguous: %s", shown, matches);
    else if (nearest)
        cli_usage_error(parser->command, "unknown option '--%s'; did you mean '--%s'?", shown,
                        nearest);
    else
        cli_usage_error(parser->command, "unknown option '--%s'", shown);
}

static int report_bad_option(const struct cli_parser *parser, int result)
{
    const struct cli_option *option = find_option(parser->command, optopt);
    const char *argument = parser->argv[optind - 1];
    char letter[2] = {(char)optopt, 0}, shown[8];
    if (result == ':' && option)
        cli_usage_error(parser->command, "option '--%s' needs an argument: %s", option->name,
                        option->argument);
    else if (option)
        cli_usage_error(parser->command, "option '--%s' takes no argument", option->name);
    else if (optopt)
        cli_usage_error(parser->command, "unknown option '-%s'",
                        cli_printable(letter, shown, sizeof shown));
    else
        report_unknown_long(parser, argument + 2);
    return CLI_ERROR;
}

static int next_operand(struct cli_parser *parser, const char **value)
{
    if (optind >= parser->argc)
        return CLI_END;
    *value = parser->argv[optind++];
    return CLI_OPERAND;
}

static void print_help(const struct cli_command *command);

int cli_parse_next(struct cli_parser *parser, const char **value)
{
    struct state *state = parser->state;
    *value = NULL;
    int result = state->operands_only
                     ? -1
                     : getopt_long(parser->argc, parser->argv, state->letters, state->longs, NULL);
    if (result == -1) {
        state->operands_only = true;
        return next_operand(parser, value);
    }
    if (result == '?' || result == ':')
        return report_bad_option(parser, result);
    *value = optarg;
    if (result == OPERAND)
        return CLI_OPERAND;
    int id = find_option(parser->command, result)->id;
    if (id != CLI_HELP)
        return id;
    print_help(parser->command);
    return CLI_HELPED;
}

int cli_usage_error(const struct cli_command *command, const char *format, ...)
{
    char prefix[64], suffix[96];
    (void)snprintf(prefix, sizeof prefix, "pelton %s: ", command->name);
    (void)snprintf(suffix, sizeof suffix, "Try 'pelton %s --help'.\n", command->name);
    va_list args;
    va_start(args, format);
    cli_emit(prefix, suffix, format, args);
    va_end(args);
    return CLI_USAGE;
}

/* ---- help ---- */

enum { WIDTH = 80, WIDEST_NAME = 30, GAP = 2 };

/* "  -o, --output=DIR" */
static int format_name(const struct cli_option *option, char *text, size_t size)
{
    char letter[8] = "    ";
    if (option->letter)
        (void)snprintf(letter, sizeof letter, "-%c, ", option->letter);
    const char *argument = option->argument ? option->argument : "";
    bool optional = argument[0] == '[';
    const char *equals = optional ? "[=" : *argument ? "=" : "";
    return snprintf(text, size, "  %s--%s%s%s", letter, option->name, equals, argument + optional);
}

/* Prints text in lines that fit, from the present column `indent` on. */
static void print_wrapped(const char *text, int indent)
{
    int column = indent;
    while (*text) {
        size_t length = strcspn(text, " \n");
        if (column > indent && column + 1 + (int)length > WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        }
        column += printf("%s%.*s", column > indent ? " " : "", (int)length, text);
        text += length;
        if (*text == '\n') {
            printf("\n%*s", indent, "");
            column = indent;
        }
        text += *text != '\0';
    }
    putchar('\n');
}

static void print_option(const struct cli_option *option, int indent)
{
    char name[128];
    int width = format_name(option, name, sizeof name);
    if (width + GAP > indent)
        printf("%s\n%*s", name, indent, "");
    else
        printf("%-*s", indent, name);
    print_wrapped(option->help, indent);
}

static int help_column(const struct cli_option *options)
{
    int widest = 0;
    for (char name[128]; !is_end(options); options++) {
        int width = is_heading(options) ? 0 : format_name(options, name, sizeof name);
        if (width > widest && width <= WIDEST_NAME)
            widest = width;
    }
    return widest + GAP;
}

static void print_help(const struct cli_command *command)
{
    const char *operands = command->operands ? command->operands : "";
    printf("Usage: pelton %s [options]%s%s\n\n", command->name, *operands ? " " : "", operands);
    print_wrapped(command->summary, 0);
    const struct cli_option *option = command->options;
    if (!is_heading(option))
        printf("\nOptions:\n");
    for (int indent = help_column(option); !is_end(option); option++) {
        if (is_heading(option))
            printf("\n%s:\n", option->name);
        else
            print_option(option, indent);
    }
    if (command->examples)
        printf("\n%s", command->examples);
}
