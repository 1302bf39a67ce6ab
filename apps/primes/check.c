/* --check: verifies results by a way that shares nothing with how they were found.
 *
 * A count is counted again, a sum summed again: by the sieve, the combinatorial method, or a Miller-Rabin
 * test of each number, whichever of those not used so far should take the least time. The n-th prime must
 * be prime and the n-th of what is counted up to it. Lists, tuplets, gaps and residues come from a pass of
 * the sieve: the primes of that pass must be as many as another way counts, and the gaps and residues as
 * many as the primes. */
#include "primes/primes.h"

#include <math.h>

/* To test a number takes about 0.1 us: most have a small factor. */
static const double test_seconds = 1e-7;

const char *primes_decimal(struct pel_u128 n, char text[40])
{
    unsigned __int128 rest = (unsigned __int128)n.hi << 64 | n.lo;
    char *at = text + 39;
    *at = '\0';
    do
        *--at = (char)('0' + (int)(rest % 10));
    while (rest /= 10);
    return at;
}

bool primes_agree(const char *what, struct pel_u128 found, struct pel_u128 expected,
                  const char *expected_by)
{
    if (found.lo == expected.lo && found.hi == expected.hi)
        return true;
    char a[40], b[40];
    cli_message("check failed: the %s is %s, but %s by %s", what, primes_decimal(found, a),
                primes_decimal(expected, b), expected_by);
    return false;
}

/* ---- testing each number ---------------------------------------------------------------------- */

enum { BLOCK = 1 << 16 };

struct tests {
    uint64_t start, stop;
    uint64_t count, sum_lo, sum_hi; /* atomic; the sum in two parts that each have room to spare */
    struct pel_progress *progress;
};

static void test_block(void *ctx, size_t index)
{
    struct tests *tests = ctx;
    uint64_t first = tests->start + (uint64_t)index * BLOCK, left = tests->stop - first;
    uint64_t nnumbers = left < BLOCK ? left + 1 : BLOCK, count = 0;
    unsigned __int128 sum = 0;
    for (uint64_t i = 0; i < nnumbers; i++)
        if (pel_is_prime(first + i)) {
            count++;
            sum += first + i;
        }
    __atomic_fetch_add(&tests->count, count, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tests->sum_lo, (uint64_t)sum & UINT32_MAX, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tests->sum_hi, (uint64_t)(sum >> 32), __ATOMIC_RELAXED);
    pel_progress_add(tests->progress, nnumbers);
}

static int test_numbers(uint64_t start, uint64_t stop, const struct pel_team *team, uint64_t *count,
                        struct pel_u128 *sum)
{
    struct tests tests = {.start = start, .stop = stop, .progress = team->progress};
    pel_progress_begin(team->progress, stop - start);
    int status = pel_team_run(team, (size_t)((stop - start) / BLOCK + 1), test_block, &tests);
    unsigned __int128 total = ((unsigned __int128)tests.sum_hi << 32) + tests.sum_lo;
    *count = tests.count;
    *sum = (struct pel_u128){.lo = (uint64_t)total, .hi = (uint64_t)(total >> 64)};
    return status;
}

/* ---- another way ------------------------------------------------------------------------------ */

/* AUTO here stands for the test of each number. */
static const char *way_words(enum pel_primes_method way)
{
    return way == PEL_PRIMES_AUTO ? "a test of each number" : primes_method_words(way);
}

/* The quickest of those that were not used. */
static enum pel_primes_method choose_way(const struct primes_options *options,
                                         enum pel_primes_method used, uint64_t start, uint64_t stop,
                                         const struct pel_primes_estimate *estimate)
{
    enum pel_primes_method best = PEL_PRIMES_AUTO;
    double least = test_seconds * (double)(stop - start) / options->nthreads;
    for (enum pel_primes_method i = PEL_PRIMES_SIEVE; i <= PEL_PRIMES_COMBINATORIAL; i++)
        if (i != used && estimate->seconds[i] < least) {
            best = i;
            least = estimate->seconds[i];
        }
    primes_announce(options, "checking", least, way_words(best));
    return best;
}

static int check_count(const struct primes_options *options, const char *what, uint64_t found,
                       enum pel_primes_method used, uint64_t start, uint64_t stop,
                       const struct pel_team *team, const char **by, struct pel_error *err)
{
    struct pel_primes_estimate estimate;
    struct pel_u128 expected = {0}, sum;
    int status = pel_primes_estimate_count(start, stop, team, &estimate, err);
    if (status)
        return status;
    enum pel_primes_method way = choose_way(options, used, start, stop, &estimate);
    *by = way_words(way);
    status = way == PEL_PRIMES_AUTO ? test_numbers(start, stop, team, &expected.lo, &sum)
                                    : pel_primes_count(start, stop, way, team, &expected.lo, err);
    if (status)
        return status;
    return primes_agree(what, (struct pel_u128){.lo = found}, expected, *by) ? CLI_OK
                                                                             : CLI_SOME_FAILED;
}

static int check_sum(const struct primes_options *options, const struct pel_team *team,
                     struct primes_results *results, struct pel_error *err)
{
    uint64_t start = options->start, stop = options->stop, count;
    struct pel_primes_estimate estimate;
    struct pel_u128 expected = {0};
    int status = pel_primes_estimate_sum(start, stop, team, &estimate, err);
    if (status)
        return status;
    enum pel_primes_method way = choose_way(options, results->sum_method, start, stop, &estimate);
    results->sum_check = way_words(way);
    status = way == PEL_PRIMES_AUTO ? test_numbers(start, stop, team, &count, &expected)
                                    : pel_primes_sum(start, stop, way, team, &expected, err);
    if (status)
        return status;
    return primes_agree("sum", results->answers.sum, expected, results->sum_check)
               ? CLI_OK
               : CLI_SOME_FAILED;
}

/* ---- each kind of result ---------------------------------------------------------------------- */

static int check_nth(const struct primes_options *options, const struct pel_team *team,
                     struct primes_results *results, struct pel_error *err)
{
    if (!pel_is_prime(results->nth)) {
        cli_message("check failed: %llu is not prime", (unsigned long long)results->nth);
        return CLI_SOME_FAILED;
    }
    return check_count(options, "number of the prime", options->nth, results->method, 0,
                       results->nth, team, &results->check, err);
}

/* The parts of a pass must be as many as its primes. */
static bool check_totals(const struct primes_options *options, const struct primes_results *results)
{
    const struct pel_primes_answers *answers = &results->answers;
    struct pel_u128 primes = {.lo = answers->count}, pairs = {0}, classes = {0};
    struct pel_u128 neighbours = {.lo = answers->count ? answers->count - 1 : 0};
    for (size_t d = 0; d < PEL_PRIMES_GAP_MAX; d++)
        pairs.lo += answers->gaps[d];
    for (size_t r = 0; r < options->modulus; r++)
        classes.lo += results->residues[r];
    return (!(options->wants & WANT_GAPS) ||
            primes_agree("number of gaps", pairs, neighbours, "the count of primes")) &&
           (!(options->wants & WANT_RESIDUES) ||
            primes_agree("total of the residues", classes, primes, "the count of primes"));
}

static void tell(const struct primes_options *options, const char *what, const char *by)
{
    if (by && !options->quiet && !options->json)
        cli_message("%s checked by %s", what, by);
}

int primes_check(const struct primes_options *options, const struct pel_team *team,
                 struct primes_results *results, struct pel_error *err)
{
    uint64_t start = options->start, stop = options->stop;
    unsigned wants = options->wants;
    int status = CLI_OK;
    if (wants & WANT_NTH)
        status = check_nth(options, team, results, err);
    if (wants & WANT_LIST)
        status = check_count(options, "number of primes written", results->listed, PEL_PRIMES_SIEVE,
                             start, stop, team, &results->check, err);
    if (status == CLI_OK && (wants & (WANT_COUNT | WANT_PASS)))
        status = check_count(options, "count", results->answers.count, results->method, start, stop,
                             team, &results->check, err);
    if (status == CLI_OK && (wants & WANT_SUM))
        status = check_sum(options, team, results, err);
    if (status == CLI_OK && !check_totals(options, results))
        status = CLI_SOME_FAILED;
    if (status == CLI_OK) {
        tell(options, wants & WANT_NTH ? "number" : "count", results->check);
        tell(options, "sum", results->sum_check);
    }
    return status;
}
