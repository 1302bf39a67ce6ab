/* `pelton primes`: reads the options and refuses what makes no sense. */
#include "primes/primes.h"

#include "commands.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
    OPT_COUNT = 1,
    OPT_SUM,
    OPT_TWINS,
    OPT_TUPLETS,
    OPT_GAPS,
    OPT_RESIDUES,
    OPT_NTH,
    OPT_PRINT,
    OPT_OUTPUT,
    OPT_BINARY,
    OPT_OVERWRITE,
    OPT_METHOD,
    OPT_CHECK,
    OPT_TIME,
    OPT_ISA,
    OPT_PROGRESS,
};

static const struct cli_option option_table[] = {
    {0, 0, "What to find", NULL, NULL},
    {OPT_COUNT, 'c', "count", NULL,
     "how many primes there are (this, when nothing else is asked for)"},
    {OPT_SUM, 's', "sum", NULL, "their sum"},
    {OPT_TWINS, 0, "twins", NULL, "how many pairs differ by 2"},
    {OPT_TUPLETS, 0, "tuplets", "K",
     "how many runs of K primes lie as close as they can, K from 2 to 6, or all"},
    {OPT_GAPS, 0, "gaps", NULL,
     "how many neighbours differ by how much, and each gap (after which prime) that is longer than "
     "all "
     "before it"},
    {OPT_RESIDUES, 0, "residues", "M", "how many primes are in each class modulo M, M to 65536"},
    {OPT_NTH, 'n', "nth", "N", "the N-th prime instead; takes no interval"},

    {0, 0, "The list", NULL, NULL},
    {OPT_PRINT, 'p', "print", NULL, "write the primes, each on a line, to standard output"},
    {OPT_OUTPUT, 'o', "output", "FILE",
     "write them to FILE, which appears when it is complete, in a folder that is made as needed; - "
     "for "
     "standard output"},
    {OPT_BINARY, 'b', "binary", NULL, "as 64-bit little-endian numbers, not as text"},
    {OPT_OVERWRITE, 0, "overwrite", NULL, "replace FILE"},

    {0, 0, "How", NULL, NULL},
    {OPT_METHOD, 'm', "method", "METHOD",
     "auto (default: sieve or combinatorial, what should be faster), sieve, combinatorial (count, "
     "nth, and "
     "sum up to 1e18) or trial (slow, for comparison)"},
    {OPT_CHECK, 0, "check", NULL,
     "verify by a second way, which can take much longer; tuplets, gaps, residues and lists by the "
     "number of primes they come from"},
    {OPT_TIME, 0, "time", NULL, "print the seconds it took on standard error"},
    CLI_COMMON_OPTIONS,
    {OPT_ISA, 0, "isa", "LEVEL", "use at most baseline, avx2 or avx512 (the results are the same)"},
    {OPT_PROGRESS, 0, "progress", "WHEN", "auto (default: on a terminal), always or never"},
    {0, 0, NULL, NULL, NULL},
};

/* ---- values ----------------------------------------------------------------------------------- */

struct parse {
    const struct cli_command *command;
    struct primes_options *options;
    const char *operands[2];
    int noperands;
    uint64_t threads;
    bool print, has_output; /* -p, -o */
};

static const char *name_of_method(int i)
{
    return pel_primes_method_name((enum pel_primes_method)i);
}

static int set_tuplets(const struct parse *parse, const char *value)
{
    struct primes_options *o = parse->options;
    o->wants |= WANT_TUPLETS;
    if (strcmp(value, "all") == 0) {
        o->tuplets = (1u << (PEL_PRIMES_TUPLET_MAX + 1)) - (1u << 2);
        return CLI_OK;
    }
    if (value[0] < '2' || value[0] > '0' + PEL_PRIMES_TUPLET_MAX || value[1])
        return cli_bad_value(parse->command, "tuplets", value, "must be 2, 3, 4, 5, 6 or all");
    o->tuplets |= 1u << (value[0] - '0');
    return CLI_OK;
}

static int set_operand(struct parse *parse, const char *value)
{
    if (parse->noperands == 2)
        return cli_usage_error(parse->command, "more than START and STOP: '%s'", value);
    parse->operands[parse->noperands++] = value;
    return CLI_OK;
}

static void set_output(struct parse *parse, const char *value)
{
    bool standard = strcmp(value, "-") == 0 || strcmp(value, "/dev/stdout") == 0;
    parse->has_output = true;
    parse->options->output = standard ? NULL : value;
}

/* One option; long because there is a case for each. */
static int set_option(void *ctx, int id, const char *value)
{
    struct parse *parse = ctx;
    struct primes_options *o = parse->options;
    uint64_t number = 0;
    int word = 0, status = CLI_OK;
    switch (id) {
    case CLI_OPERAND:
        return set_operand(parse, value);
    case OPT_COUNT:
        o->wants |= WANT_COUNT;
        break;
    case OPT_SUM:
        o->wants |= WANT_SUM;
        break;
    case OPT_TWINS:
        o->wants |= WANT_TWINS;
        break;
    case OPT_TUPLETS:
        return set_tuplets(parse, value);
    case OPT_GAPS:
        o->wants |= WANT_GAPS;
        break;
    case OPT_RESIDUES:
        status =
            cli_set_number(parse->command, "residues", value, 1, PEL_PRIMES_MODULUS_MAX, &number);
        o->wants |= WANT_RESIDUES;
        o->modulus = (uint32_t)number;
        break;
    case OPT_NTH:
        o->wants |= WANT_NTH;
        return cli_set_number(parse->command, "nth", value, 1, PEL_PRIMES_NTH_MAX, &o->nth);
    case OPT_PRINT:
        parse->print = true;
        break;
    case OPT_OUTPUT:
        set_output(parse, value);
        break;
    case OPT_BINARY:
        o->binary = true;
        break;
    case OPT_OVERWRITE:
        o->overwrite = true;
        break;
    case OPT_METHOD:
        status = cli_set_word(parse->command, "method", value, name_of_method,
                              PEL_PRIMES_METHOD_COUNT, &word);
        o->method = (enum pel_primes_method)word;
        break;
    case OPT_CHECK:
        o->check = true;
        break;
    case OPT_TIME:
        o->time = true;
        break;
    case OPT_ISA:
        return cli_set_isa(parse->command, value, &o->isa);
    case OPT_PROGRESS:
        return cli_set_progress(parse->command, value, &o->progress);
    case CLI_THREADS:
        return cli_set_number(parse->command, "threads", value, 1, CLI_MAX_THREADS,
                              &parse->threads);
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

/* ---- what only makes sense, or is only known, when all options are there -------------------------- */

/* START STOP, STOP alone, or START +LENGTH. */
static int complete_interval(const struct parse *parse)
{
    struct primes_options *o = parse->options;
    const char *stop = parse->operands[parse->noperands - 1];
    bool relative = parse->noperands == 2 && stop[0] == '+';
    if (parse->noperands == 1 && stop[0] == '+')
        return cli_usage_error(parse->command, "%s is a length, which needs a START before it",
                               stop);
    uint64_t *values[2] = {&o->start, &o->stop};
    char reason[80];
    for (int i = 0; i < parse->noperands; i++) {
        const char *text = parse->operands[i];
        bool last = i == parse->noperands - 1;
        if (!cli_number(text + (last && relative), 0, UINT64_MAX, values[last], reason))
            return cli_usage_error(parse->command, "%s %s: %s", last ? "STOP" : "START", text,
                                   reason);
    }
    if (relative && __builtin_add_overflow(o->start, o->stop, &o->stop))
        return cli_usage_error(parse->command, "STOP %s: START%s is above 2^64-1", stop, stop);
    if (o->start > o->stop)
        return cli_usage_error(parse->command,
                               "the interval is reversed: START %" PRIu64 " is above STOP %" PRIu64,
                               o->start, o->stop);
    return CLI_OK;
}

static int check_list(const struct parse *parse)
{
    const struct primes_options *o = parse->options;
    bool standard = (o->wants & WANT_LIST) && !o->output;
    if (o->binary && !(o->wants & WANT_LIST))
        return cli_usage_error(parse->command, "--binary goes with --print or --output");
    if (o->overwrite && !o->output)
        return cli_usage_error(parse->command, "--overwrite goes with --output FILE");
    if (o->output && !*o->output)
        return cli_usage_error(parse->command, "--output needs the name of a file");
    if (standard && (o->wants != WANT_LIST || o->json))
        return cli_usage_error(
            parse->command,
            "standard output is taken by the list; write it to a file with -o FILE");
    if (standard && o->binary && isatty(STDOUT_FILENO))
        return cli_usage_error(
            parse->command,
            "no binary numbers to a terminal; redirect it, or name a file with -o FILE");
    return CLI_OK;
}

static int check_method(const struct parse *parse)
{
    const struct primes_options *o = parse->options;
    if (o->method == PEL_PRIMES_AUTO || o->method == PEL_PRIMES_SIEVE)
        return CLI_OK;
    const char *name = pel_primes_method_name(o->method);
    if (o->wants & (WANT_LIST | WANT_PASS))
        return cli_usage_error(
            parse->command, "--method %s only counts and sums; the rest goes by the sieve", name);
    if (o->method == PEL_PRIMES_TRIAL && (o->wants & WANT_NTH))
        return cli_usage_error(parse->command,
                               "--nth goes by the sieve or the combinatorial method");
    if (o->method == PEL_PRIMES_COMBINATORIAL && (o->wants & WANT_SUM) &&
        o->stop > PEL_PRIMES_SUM_MAX)
        return cli_usage_error(parse->command,
                               "STOP %" PRIu64
                               " is too large for a sum by --method %s, which goes up to "
                               "%" PRIu64,
                               o->stop, name, PEL_PRIMES_SUM_MAX);
    return CLI_OK;
}

static int complete_options(struct parse *parse)
{
    struct primes_options *o = parse->options;
    int status = CLI_OK;
    if (parse->print || parse->has_output)
        o->wants |= WANT_LIST;
    if ((o->wants & WANT_NTH) && (o->wants != WANT_NTH || parse->noperands))
        return cli_usage_error(parse->command, "--nth goes alone, without an interval");
    if (!(o->wants & WANT_NTH) && !parse->noperands)
        return cli_usage_error(parse->command, "no STOP: up to where?");
    if (!o->wants)
        o->wants = WANT_COUNT;
    if (!(o->wants & WANT_NTH))
        status = complete_interval(parse);
    if (status == CLI_OK)
        status = check_list(parse);
    if (status == CLI_OK)
        status = check_method(parse);
    if (o->quiet)
        o->progress = CLI_PROGRESS_NEVER;
    if (parse->print && !parse->has_output && isatty(STDOUT_FILENO) &&
        o->progress == CLI_PROGRESS_AUTO)
        o->progress = CLI_PROGRESS_NEVER; /* it would run into the list */
    o->nthreads = cli_threads(parse->threads);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------ */

static int parse_options(const struct cli_command *command, int argc, char **argv,
                         struct primes_options *options, bool *helped)
{
    struct parse parse = {.command = command, .options = options};
    int status = cli_parse(command, argc, argv, set_option, &parse, helped);
    return status || *helped ? status : complete_options(&parse);
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    static struct pel_cancel cancel; /* the signal handler keeps its address */
    struct primes_options options = {.isa = pel_isa_best()};
    bool helped = false;
    int status = parse_options(command, argc, argv, &options, &helped);
    if (status != CLI_OK || helped)
        return status;
    cli_signals(&cancel);
    return primes_run(&options, &cancel);
}

const struct cli_command primes_command = {
    .name = "primes",
    .summary = "prime numbers: count, sum, list, n-th, twins and tuplets, gaps, residues",
    .operands = "[START] STOP",
    .options = option_table,
    .examples = "The interval holds both ends, 0 <= START <= STOP <= 2^64-1; START is 0 where it "
                "is left out.\n"
                "Numbers may be written as 1e12, 2^32, 1e12+2^20, 10*(1e6-1); STOP also as "
                "+LENGTH. K, M, G and\n"
                "T are powers of 1024, as everywhere in pelton.\n"
                "\n"
                "Examples:\n"
                "  pelton primes 1e10\n"
                "  pelton primes 1e12 1e12+1e9 --sum --twins --gaps\n"
                "  pelton primes 1e9 --print | tail -n 1\n"
                "  pelton primes 1e18 +1e6 -o primes.txt\n"
                "  pelton primes --nth 1e9 --check\n"
                "\n"
                "Exit status: 0 done; 1 failed, a check disagreed, or the list's reader went away; "
                "2 wrong usage,\n"
                "or FILE exists; 130 interrupted.\n",
    .run = run,
};
