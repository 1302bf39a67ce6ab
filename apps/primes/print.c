/* Results on standard output: a bare number, lines of "name value", or JSON. */
#include "primes/primes.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdlib.h>

static const char *const tuplet_names[PEL_PRIMES_TUPLET_MAX + 1] = {
    [2] = "twins", [3] = "triplets", [4] = "quadruplets", [5] = "quintuplets", [6] = "sextuplets",
};

_Static_assert(PEL_PRIMES_TUPLET_MAX == 6, "a name for each");

/* ---- scalars ---------------------------------------------------------------------------------- */

struct scalar {
    const char *name;
    struct pel_u128 value;
};

enum { MAX_SCALARS = 3 + PEL_PRIMES_TUPLET_MAX };

static size_t collect_scalars(const struct primes_options *options,
                              const struct primes_results *results,
                              struct scalar scalars[MAX_SCALARS])
{
    const struct pel_primes_answers *answers = &results->answers;
    unsigned wants = options->wants;
    unsigned tuplets = options->tuplets | (wants & WANT_TWINS ? 1u << 2 : 0);
    size_t n = 0;
    if (wants & WANT_NTH)
        scalars[n++] = (struct scalar){"prime", {.lo = results->nth}};
    if (wants & WANT_COUNT)
        scalars[n++] = (struct scalar){"count", {.lo = answers->count}};
    if (wants & WANT_SUM)
        scalars[n++] = (struct scalar){"sum", answers->sum};
    for (unsigned k = 2; k <= PEL_PRIMES_TUPLET_MAX; k++)
        if (tuplets >> k & 1)
            scalars[n++] = (struct scalar){tuplet_names[k], {.lo = answers->tuplets[k]}};
    return n;
}

/* ---- residues --------------------------------------------------------------------------------- */

static bool coprime(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a == 1;
}

/* Classes that no prime but one can be in are left out where it is not there. */
static bool shown(const struct primes_options *options, const struct primes_results *results,
                  uint32_t r)
{
    return results->residues[r] > 0 || coprime(r, options->modulus);
}

/* ---- text ------------------------------------------------------------------------------------- */

static void print_tables(const struct primes_options *options, const struct primes_results *results)
{
    const struct pel_primes_answers *answers = &results->answers; /* zero where not asked for */
    for (unsigned d = 0; d < PEL_PRIMES_GAP_MAX; d++)
        if (answers->gaps[d])
            printf("gap %u %" PRIu64 "\n", d, answers->gaps[d]);
    for (size_t i = 0; i < answers->nmaximal; i++)
        printf("maximal %" PRIu32 " %" PRIu64 "\n", answers->maximal[i].length,
               answers->maximal[i].first);
    for (uint32_t r = 0; r < options->modulus; r++)
        if (shown(options, results, r))
            printf("residue %" PRIu32 " %" PRIu64 "\n", r, results->residues[r]);
}

static void print_text(const struct primes_options *options, const struct primes_results *results)
{
    struct scalar scalars[MAX_SCALARS];
    size_t n = collect_scalars(options, results, scalars);
    bool alone = n == 1 && !(options->wants & (WANT_GAPS | WANT_RESIDUES));
    char text[40];
    for (size_t i = 0; i < n; i++)
        printf("%s%s%s\n", alone ? "" : scalars[i].name, alone ? "" : " ",
               primes_decimal(scalars[i].value, text));
    print_tables(options, results);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

/* Exact whatever the size: cJSON's own numbers are doubles. */
static void add_exact(cJSON *object, const char *name, struct pel_u128 value)
{
    char text[40];
    cJSON_AddRawToObject(object, name, primes_decimal(value, text));
}

static void add_number(cJSON *object, const char *name, uint64_t value)
{
    add_exact(object, name, (struct pel_u128){.lo = value});
}

static void add_row(cJSON *rows, const char *a, uint64_t value_a, const char *b, uint64_t value_b)
{
    cJSON *row = cJSON_CreateObject();
    add_number(row, a, value_a);
    add_number(row, b, value_b);
    cJSON_AddItemToArray(rows, row);
}

static void add_gaps(cJSON *root, const struct pel_primes_answers *answers)
{
    cJSON *rows = cJSON_AddArrayToObject(root, "gaps");
    for (unsigned d = 0; d < PEL_PRIMES_GAP_MAX; d++)
        if (answers->gaps[d])
            add_row(rows, "gap", d, "pairs", answers->gaps[d]);
    rows = cJSON_AddArrayToObject(root, "maximal_gaps");
    for (size_t i = 0; i < answers->nmaximal; i++)
        add_row(rows, "gap", answers->maximal[i].length, "after", answers->maximal[i].first);
}

static void add_residues(cJSON *root, const struct primes_options *options,
                         const struct primes_results *results)
{
    add_number(root, "modulus", options->modulus);
    cJSON *rows = cJSON_AddArrayToObject(root, "residues");
    for (uint32_t r = 0; r < options->modulus; r++)
        if (shown(options, results, r))
            add_row(rows, "residue", r, "count", results->residues[r]);
}

static void add_list(cJSON *root, const struct primes_options *options,
                     const struct primes_results *results)
{
    char path[4096];
    cJSON *list = cJSON_AddObjectToObject(root, "list");
    cJSON_AddStringToObject(list, "file", cli_printable(options->output, path, sizeof path));
    add_number(list, "primes", results->listed);
}

static void add_run(cJSON *root, const struct primes_options *options,
                    const struct primes_results *results)
{
    if (options->wants & (WANT_COUNT | WANT_NTH | WANT_PASS))
        cJSON_AddStringToObject(root, "method", pel_primes_method_name(results->method));
    if (options->wants & WANT_SUM)
        cJSON_AddStringToObject(root, "sum_method", pel_primes_method_name(results->sum_method));
    if (results->check)
        cJSON_AddStringToObject(root, "checked_by", results->check);
    if (results->sum_check)
        cJSON_AddStringToObject(root, "sum_checked_by", results->sum_check);
    add_number(root, "threads", (uint64_t)options->nthreads);
    cJSON_AddNumberToObject(root, "seconds", results->seconds);
    if (options->check)
        cJSON_AddNumberToObject(root, "check_seconds", results->check_seconds);
}

static int print_json(const struct primes_options *options, const struct primes_results *results)
{
    struct scalar scalars[MAX_SCALARS];
    size_t n = collect_scalars(options, results, scalars);
    cJSON *root = cJSON_CreateObject();
    if (options->wants & WANT_NTH) {
        add_number(root, "nth", options->nth);
    } else {
        add_number(root, "start", options->start);
        add_number(root, "stop", options->stop);
    }
    for (size_t i = 0; i < n; i++)
        add_exact(root, scalars[i].name, scalars[i].value);
    if (options->wants & WANT_GAPS)
        add_gaps(root, &results->answers);
    if (options->wants & WANT_RESIDUES)
        add_residues(root, options, results);
    if (options->wants & WANT_LIST)
        add_list(root, options, results);
    add_run(root, options, results);
    return cli_print_json(root);
}

int primes_print(const struct primes_options *options, const struct primes_results *results)
{
    if (options->json)
        return print_json(options, results);
    if (options->time)
        cli_message("%.3f s", results->seconds);
    if (options->time && options->check)
        cli_message("%.3f s for the check", results->check_seconds);
    print_text(options, results);
    return CLI_OK;
}
