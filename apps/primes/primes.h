/* What the files of primes/ share: primes.c reads the options, run.c answers, check.c verifies, list.c
 * writes lists, print.c shows the rest. */
#ifndef PELTON_APPS_PRIMES_H
#define PELTON_APPS_PRIMES_H

#include "cli/cli.h"

#include <pelton/primes.h>

/* ---- what is asked for ------------------------------------------------------------------------ */

enum {
    WANT_COUNT = 1 << 0,
    WANT_SUM = 1 << 1,
    WANT_TWINS = 1 << 2,
    WANT_TUPLETS = 1 << 3,
    WANT_GAPS = 1 << 4,
    WANT_RESIDUES = 1 << 5,
    WANT_LIST = 1 << 6,
    WANT_NTH = 1 << 7
};

/* What only a pass over the primes themselves can answer. */
enum { WANT_PASS = WANT_TWINS | WANT_TUPLETS | WANT_GAPS | WANT_RESIDUES };

struct primes_options {
    unsigned wants;
    uint64_t start, stop;
    uint64_t nth;
    unsigned tuplets; /* bit k: k-tuplets */
    uint32_t modulus; /* of the residues */
    enum pel_primes_method method;
    bool check, time, json, quiet, verbose;
    bool binary, overwrite;
    const char *output; /* of the list; NULL: standard output */
    int nthreads;
    enum pel_isa isa;
    enum cli_progress_mode progress;
};

/* ---- what came out ---------------------------------------------------------------------------- */

struct primes_results {
    struct pel_primes_answers answers;
    uint64_t *residues; /* modulus counts, owned */
    uint64_t nth;
    uint64_t listed;               /* primes written */
    enum pel_primes_method method; /* of the count, or the n-th */
    enum pel_primes_method sum_method;
    const char *check, *sum_check; /* by what they were verified; NULL: they were not */
    double seconds, check_seconds;
};

/* ---- doing it --------------------------------------------------------------------------------- */

/* What the run shows while it goes on. */
struct primes_progress {
    struct pel_progress units;
    const char *doing; /* "counting"; atomic */
    double numbers;    /* in the interval */
    uint64_t since_ns; /* when `doing` began; atomic */
};
void primes_progress_phase(struct primes_progress *progress, const char *doing);

/* Does all that is asked for, prints it and returns the exit status. */
int primes_run(const struct primes_options *options, struct pel_cancel *cancel);

/* Writes the primes of the interval, in order, to options->output. *n is how many. Returns 0 or a negative
 * errno, told in *err except for -EPIPE: whoever was reading has enough. */
int primes_list(const struct primes_options *options, const struct pel_team *team, uint64_t *n,
                struct pel_error *err);

/* Verifies the results by ways that share nothing with how they were found: see check.c. Returns CLI_OK,
 * CLI_SOME_FAILED after telling what disagrees, or a negative errno told in *err. */
int primes_check(const struct primes_options *options, const struct pel_team *team,
                 struct primes_results *results, struct pel_error *err);

/* Whether what was found is what another way gives; otherwise says so. */
bool primes_agree(const char *what, struct pel_u128 found, struct pel_u128 expected,
                  const char *expected_by);

/* "the sieve", "the combinatorial method", "trial division" */
const char *primes_method_words(enum pel_primes_method method);

/* Says on standard error how long it should take, where that is long. */
void primes_announce(const struct primes_options *options, const char *doing, double seconds,
                     const char *way);

/* "12 s", "3 min 05 s", "2 h 10 min" into text; returns text. */
const char *primes_time(double seconds, char text[32]);

/* The decimal digits of n, somewhere in text. */
const char *primes_decimal(struct pel_u128 n, char text[40]);

/* As text or JSON on standard output. Returns the exit status. */
int primes_print(const struct primes_options *options, const struct primes_results *results);

/* ---- digits ----------------------------------------------------------------------------------- */

/* "0000\n" to "9999\n": the last four digits of a number and what ends its line. */
struct primes_text {
    char tails[10000][8];
};
void primes_text_init(struct primes_text *text);

/* Decimal digits of n. */
unsigned primes_text_width(uint64_t n);

/* Bytes behind a number's line that may be written to as well. */
enum { PRIMES_TEXT_SLACK = 24 };

/* Writes the ascending numbers, each on a line, to `out`, which has room for n lines of the last one's
 * width and PRIMES_TEXT_SLACK bytes. Returns the bytes that are text. */
size_t primes_text_format(const struct primes_text *text, const uint64_t *numbers, size_t n,
                          char *out);

#endif
