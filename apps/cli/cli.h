/* What the subcommands share: options from a table, numbers with units, messages, progress, signals. */
#ifndef PELTON_CLI_H
#define PELTON_CLI_H

#include <pelton/core.h>

#include <stdio.h>

enum cli_exit { CLI_OK = 0, CLI_SOME_FAILED = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

/* ---- options --------------------------------------------------------------------------------- */

/* One option. To add one to a subcommand: a value in its enum, a line in its table, a case in its
 * switch; --help and the parsing follow from the table. */
struct cli_option {
    int id;               /* > 0; 0 with a name: a heading in the help; 0 without: end of the table */
    char letter;          /* short form, or 0 */
    const char *name;     /* long form, without dashes */
    const char *argument; /* name of its argument in the help; NULL: none; in brackets: optional, only
                             as --name=ARG */
    const char *help;     /* wrapped by the help; may hold \n */
};

/* Options that every subcommand takes; put CLI_COMMON_OPTIONS in its table. The parser deals with
 * --help itself. */
enum { CLI_THREADS = 9001, CLI_QUIET, CLI_VERBOSE, CLI_JSON, CLI_HELP };
#define CLI_COMMON_OPTIONS                                                                             \
    {CLI_THREADS, 'j', "threads", "N", "compute with N threads (default: effective CPUs)"},            \
    {CLI_QUIET, 'q', "quiet", NULL, "no progress, no summary; failures only"},                         \
    {CLI_VERBOSE, 'v', "verbose", NULL, "say more"},                                                   \
    {CLI_JSON, 0, "json", NULL, "result as JSON on standard output"},                                  \
    {CLI_HELP, 'h', "help", NULL, "this text"}

struct cli_command {
    const char *name;
    const char *summary;  /* one line, for `pelton --help` */
    const char *operands; /* after [options] in the usage line */
    const struct cli_option *options;
    const char *examples; /* ends the help as it is, after a blank line; NULL: none */
    int (*run)(const struct cli_command *command, int argc, char **argv);
};

enum { CLI_END = 0, CLI_OPERAND = -1, CLI_ERROR = -2, CLI_HELPED = -3 };

struct cli_parser {
    const struct cli_command *command;
    int argc;
    char **argv;
    void *state; /* the parser's own */
};

/* Begins to parse argv (argv[0] is the subcommand's name). GNU style: --name=value, --name value, -j4,
 * -j 4, -qv, unambiguous abbreviations, operands anywhere, -- ends options. */
void cli_parse_begin(struct cli_parser *parser, const struct cli_command *command, int argc,
                     char **argv);

/* The next option's id, with *value its argument or NULL; CLI_OPERAND with *value; CLI_END; CLI_ERROR
 * after printing what is wrong (return CLI_USAGE then); CLI_HELPED after printing the help (return
 * CLI_OK). */
int cli_parse_next(struct cli_parser *parser, const char **value);
void cli_parse_end(struct cli_parser *parser);

/* All of a command line: set(ctx, id, value) is called for each option and operand (CLI_OPERAND) until it
 * returns something else than CLI_OK, which is then returned. Returns CLI_OK, or CLI_USAGE after a message;
 * with *helped the help was printed, and there is nothing left to do. */
int cli_parse(const struct cli_command *command, int argc, char **argv,
              int (*set)(void *ctx, int id, const char *value), void *ctx, bool *helped);

/* Prints "pelton image: MESSAGE" and "Try 'pelton image --help'." on stderr. Returns CLI_USAGE. */
int cli_usage_error(const struct cli_command *command, const char *format, ...) PEL_PRINTF(2, 3);

/* "--OPTION VALUE: REASON" as a usage error. Returns CLI_USAGE. */
int cli_bad_value(const struct cli_command *command, const char *option, const char *value,
                  const char *reason);

/* The number (see cli_number) or the index of the word that an option's value is, in *out. Returns CLI_OK,
 * or CLI_USAGE after a message. */
int cli_set_number(const struct cli_command *command, const char *option, const char *value, uint64_t lo,
                   uint64_t hi, uint64_t *out);
int cli_set_word(const struct cli_command *command, const char *option, const char *value,
                 const char *(*name_of)(int index), int count, int *out);

/* The index of `word` among count names, or -1. */
int cli_find_word(const char *word, const char *(*name_of)(int index), int count);

/* The candidate (of a list that ends with NULL) that `word` looks like a misspelling of, or NULL. */
const char *cli_nearest(const char *word, const char *const *candidates);

/* ---- numbers --------------------------------------------------------------------------------- */

/* 123, 1e10, 2^32, 1e12+2^20, 3*(2^20-1), 1e9/8, 64K, 1.5GiB (K M G T: powers of 1024, as KiB; kB MB GB
 * TB: of 1000; a trailing B alone is fine). Exact: each step, divisions too, must come out whole and below
 * 2^127, and the result within [lo, hi]. On failure returns false with why in `reason`: "not a number",
 * "not between 1 and 100". */
bool cli_number(const char *text, uint64_t lo, uint64_t hi, uint64_t *out, char reason[80]);

/* 250us, 5ms, 1.5s, in nanoseconds. */
bool cli_duration(const char *text, uint64_t *ns, char reason[80]);

/* "1.2 MB", "340 kB", "12 B" into text; returns text. */
const char *cli_format_bytes(uint64_t nbytes, char text[32]);

/* The most threads that -j takes. */
enum { CLI_MAX_THREADS = 4096 };

/* The -j rule of every subcommand: `asked` threads, or the effective CPUs when 0 (and OMP_NUM_THREADS
 * where that is set); never 0. */
int cli_threads(uint64_t asked);

/* This process's processors as it was started, before OpenMP bound anything: for the threads of
 * io/. Returns NULL when they need no mask. The storage is static; call from the main thread. */
const uint64_t *cli_io_cpus(size_t *nwords);

/* ---- files --------------------------------------------------------------------------------------- */

/* Writes what `write` puts into the stream to a file, complete or not at all, replacing what is there.
 * Returns false after printing why. All of it is held in memory first. */
bool cli_write_file(const char *path, void (*write)(FILE *stream, const void *ctx), const void *ctx);

/* Prints the JSON, which it deletes, on standard output. Returns the exit status. */
struct cJSON;
int cli_print_json(struct cJSON *root);

/* ---- messages, progress, signals ------------------------------------------------------------- */

/* "pelton: ..." and a newline on stderr, clear of the progress line. From any thread. */
void cli_message(const char *format, ...) PEL_PRINTF(1, 2);

/* A status line on stderr, rewritten 5 times a second by a thread of its own while stderr is a terminal;
 * with CLI_PROGRESS_ALWAYS and no terminal, once a second on lines of their own. `line` writes the
 * current text into buffer; it is called by that thread, at the end also by the caller's. */
enum cli_progress_mode {
    CLI_PROGRESS_AUTO,
    CLI_PROGRESS_ALWAYS,
    CLI_PROGRESS_NEVER,
    CLI_PROGRESS_COUNT
};
void cli_progress_begin(enum cli_progress_mode mode, void (*line)(void *ctx, char *buffer, size_t size),
                        void *ctx);
void cli_progress_end(void);

/* The values of --isa and --progress. They return as cli_set_word. */
int cli_set_isa(const struct cli_command *command, const char *value, enum pel_isa *out);
int cli_set_progress(const struct cli_command *command, const char *value,
                     enum cli_progress_mode *out);

/* Writes `text` with terminal control bytes and invalid UTF-8 shown as \xNN, for file names in
 * messages. Returns buffer. */
const char *cli_printable(const char *text, char *buffer, size_t size);

/* Length in bytes, 1 to 4, of the well-formed UTF-8 sequence at text (RFC 3629: no overlong forms,
 * no surrogates, nothing above U+10FFFF); 0 where there is none. */
size_t cli_utf8_length(const char *text);

/* Columns that text takes on a terminal. Sequences of 3 and more bytes count as two columns, which
 * is right for CJK and too many for the rest: a line may come out shorter than it could be, never
 * longer. */
int cli_columns(const char *text);

/* Cuts text, which must be well-formed, so that it takes at most `columns`. */
void cli_cut(char *text, int columns);

/* First SIGINT, SIGTERM or SIGHUP raises *cancel; a second ends the process at once with 130. SIGPIPE and
 * SIGXFSZ are ignored, so that writing reports an error instead (all that happens when cancel is NULL).
 */
void cli_signals(struct pel_cancel *cancel);

#endif
