/* Answers what was asked for: which method, in how many passes, and what is told meanwhile. */
#include "primes/primes.h"

#include <pelton/system.h>

#include <math.h>
#include <stdlib.h>

/* ---- progress --------------------------------------------------------------------------------- */

void primes_progress_phase(struct primes_progress *progress, const char *doing)
{
    pel_progress_begin(&progress->units, 0);
    __atomic_store_n(&progress->since_ns, pel_now_ns(), __ATOMIC_RELAXED);
    __atomic_store_n(&progress->doing, doing, __ATOMIC_RELAXED);
}

const char *primes_time(double seconds, char text[32])
{
    uint64_t whole = (uint64_t)fmin(seconds + 0.5, 1e15);
    if (whole < 60)
        (void)snprintf(text, 32, "%u s", (unsigned)whole);
    else if (whole < 3600)
        (void)snprintf(text, 32, "%u min %02u s", (unsigned)(whole / 60), (unsigned)(whole % 60));
    else
        (void)snprintf(text, 32, "%llu h %02u min", (unsigned long long)(whole / 3600),
                       (unsigned)(whole / 60 % 60));
    return text;
}

static void progress_line(void *ctx, char *buffer, size_t size)
{
    struct primes_progress *progress = ctx;
    uint64_t done = __atomic_load_n(&progress->units.done, __ATOMIC_RELAXED);
    uint64_t total = __atomic_load_n(&progress->units.total, __ATOMIC_RELAXED);
    uint64_t since_ns = __atomic_load_n(&progress->since_ns, __ATOMIC_RELAXED);
    const char *doing = __atomic_load_n(&progress->doing, __ATOMIC_RELAXED);
    double seconds = (double)(pel_now_ns() - since_ns) * 1e-9;
    double share = total ? fmin((double)done / (double)total, 1) : 0;
    char left[32];
    if (share <= 0)
        (void)snprintf(buffer, size, "%s", doing);
    else
        (void)snprintf(buffer, size, "%s: %.0f %%, %.3g numbers/s, %s left", doing, 100 * share,
                       share * progress->numbers / seconds,
                       primes_time(seconds * (1 - share) / share, left));
}

/* ---- the method ------------------------------------------------------------------------------- */

const char *primes_method_words(enum pel_primes_method method)
{
    static const char *const words[PEL_PRIMES_METHOD_COUNT] = {
        [PEL_PRIMES_AUTO] = "any method",
        [PEL_PRIMES_SIEVE] = "the sieve",
        [PEL_PRIMES_COMBINATORIAL] = "the combinatorial method",
        [PEL_PRIMES_TRIAL] = "trial division",
    };
    return words[method];
}

static void print_estimate(const char *what, const struct pel_primes_estimate *estimate)
{
    char text[200] = "";
    size_t used = 0;
    for (enum pel_primes_method i = PEL_PRIMES_SIEVE; i < PEL_PRIMES_METHOD_COUNT; i++)
        if (isfinite(estimate->seconds[i]))
            used += (size_t)snprintf(text + used, sizeof text - used, ", %.2g s by %s",
                                     estimate->seconds[i], primes_method_words(i));
    cli_message("%s should take%s", what, text + 1);
}

/* From so many seconds on, people are told what they wait for. */
static const double long_seconds = 30;

void primes_announce(const struct primes_options *options, const char *doing, double seconds,
                     const char *way)
{
    char text[32];
    if (seconds > long_seconds && !options->quiet)
        cli_message("%s by %s should take about %s", doing, way, primes_time(seconds, text));
}

/* What only a pass of the sieve can answer. */
static int announce_pass(const struct primes_options *options, const char *doing,
                         const struct pel_team *team, struct pel_error *err)
{
    struct pel_primes_estimate expected;
    int status = pel_primes_estimate_count(options->start, options->stop, team, &expected, err);
    if (!status)
        primes_announce(options, doing, expected.seconds[PEL_PRIMES_SIEVE],
                        primes_method_words(PEL_PRIMES_SIEVE));
    return status;
}

/* What AUTO stands for is found out here, so that it can be told. */
static int choose(const struct primes_options *options, const char *what,
                  int (*estimate)(uint64_t, uint64_t, const struct pel_team *,
                                  struct pel_primes_estimate *, struct pel_error *),
                  uint64_t start, uint64_t stop, const struct pel_team *team,
                  enum pel_primes_method *method, struct pel_error *err)
{
    struct pel_primes_estimate expected;
    int status = estimate(start, stop, team, &expected, err);
    if (status)
        return status;
    *method = options->method == PEL_PRIMES_AUTO ? expected.choice : options->method;
    if (options->verbose)
        print_estimate(what, &expected);
    primes_announce(options, what, expected.seconds[*method], primes_method_words(*method));
    return 0;
}

static void tell_method(const struct primes_options *options, const char *done,
                        enum pel_primes_method method)
{
    if (options->method == PEL_PRIMES_AUTO && !options->quiet && !options->json)
        cli_message("%s by %s", done, primes_method_words(method));
}

/* ---- answers ---------------------------------------------------------------------------------- */

/* About the n-th prime; enough to choose a method by. */
static uint64_t guess_nth(uint64_t n)
{
    double x = fmax((double)n, 6), guess = x * (log(x) + log(log(x)));
    return guess < 0x1p64 - 0x1p12 ? (uint64_t)guess : UINT64_MAX;
}

static int answer_nth(const struct primes_options *options, const struct pel_team *team,
                      struct primes_results *results, struct pel_error *err)
{
    int status = choose(options, "counting up to it", pel_primes_estimate_count, 0,
                        guess_nth(options->nth), team, &results->method, err);
    if (!status)
        status = pel_primes_nth(options->nth, results->method, team, &results->nth, err);
    if (!status)
        tell_method(options, "found", results->method);
    return status;
}

static unsigned what_to_find(const struct primes_options *options)
{
    unsigned wants = options->wants, find = 0;
    if ((wants & WANT_COUNT) || options->check)
        find |= PEL_PRIMES_FIND_COUNT;
    if (wants & WANT_SUM)
        find |= PEL_PRIMES_FIND_SUM;
    if (options->tuplets & ~(1u << 2))
        find |= PEL_PRIMES_FIND_TUPLETS;
    else if ((wants & WANT_TWINS) || options->tuplets)
        find |= PEL_PRIMES_FIND_TWINS;
    if (wants & WANT_GAPS)
        find |= PEL_PRIMES_FIND_GAPS;
    if (wants & WANT_RESIDUES)
        find |= PEL_PRIMES_FIND_RESIDUES;
    return find;
}

static int answer_in_one_pass(const struct primes_options *options, const struct pel_team *team,
                              struct primes_results *results, struct pel_error *err)
{
    results->method = results->sum_method = PEL_PRIMES_SIEVE;
    if (options->modulus) {
        results->residues = calloc(options->modulus, sizeof *results->residues);
        if (!results->residues)
            return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "out of memory");
    }
    return pel_primes_find(options->start, options->stop, what_to_find(options), results->residues,
                           options->modulus, team, &results->answers, err);
}

static int answer_count_and_sum(const struct primes_options *options, const struct pel_team *team,
                                struct primes_results *results, struct pel_error *err)
{
    uint64_t start = options->start, stop = options->stop;
    bool count = options->wants & WANT_COUNT, sum = options->wants & WANT_SUM;
    enum pel_primes_method *method = &results->method, *sum_method = &results->sum_method;
    int status = 0;
    if (count)
        status =
            choose(options, "counting", pel_primes_estimate_count, start, stop, team, method, err);
    if (!status && sum)
        status =
            choose(options, "summing", pel_primes_estimate_sum, start, stop, team, sum_method, err);
    if (!status && count && sum && *method == PEL_PRIMES_SIEVE && *sum_method == PEL_PRIMES_SIEVE) {
        status = answer_in_one_pass(options, team, results, err);
    } else {
        if (!status && count)
            status = pel_primes_count(start, stop, *method, team, &results->answers.count, err);
        if (!status && sum)
            status = pel_primes_sum(start, stop, *sum_method, team, &results->answers.sum, err);
    }
    if (!status && count)
        tell_method(options, "counted", *method);
    if (!status && sum)
        tell_method(options, "summed", *sum_method);
    return status;
}

static int answer(const struct primes_options *options, const struct pel_team *team,
                  struct primes_progress *progress, struct primes_results *results,
                  struct pel_error *err)
{
    unsigned wants = options->wants;
    int status = 0;
    if (wants & WANT_LIST) {
        primes_progress_phase(progress, "listing");
        if (options->output) /* on standard output the list itself shows how it goes */
            status = announce_pass(options, "listing", team, err);
        if (!status)
            status = primes_list(options, team, &results->listed, err);
    }
    if (status || wants == WANT_LIST)
        return status;
    primes_progress_phase(progress, wants & WANT_PASS    ? "sieving"
                                    : wants & WANT_NTH   ? "looking"
                                    : wants & WANT_COUNT ? "counting"
                                                         : "summing");
    if (wants & WANT_NTH)
        return answer_nth(options, team, results, err);
    if (!(wants & WANT_PASS))
        return answer_count_and_sum(options, team, results, err);
    status = announce_pass(options, "sieving", team, err);
    return status ? status : answer_in_one_pass(options, team, results, err);
}

/* ---- the run ---------------------------------------------------------------------------------- */

/* Whoever reads the list and has enough closes the pipe: nothing to be said about. */
static int report_failure(const struct primes_options *options, int status,
                          const struct pel_error *err)
{
    if (status == -ECANCELED) {
        cli_message("interrupted");
        return CLI_INTERRUPTED;
    }
    const char *output = options->output ? options->output : "standard output";
    if (err->stage == PEL_STAGE_COMPUTE || err->stage == PEL_STAGE_NONE)
        cli_message("%s", err->message);
    else if (status != -EPIPE)
        cli_message("cannot write %s: %s%s", output, err->message,
                    status == -EEXIST ? " (--overwrite replaces it)" : "");
    return status == -EEXIST || status == -EISDIR ? CLI_USAGE : CLI_SOME_FAILED;
}

static void tell_list(const struct primes_options *options, const struct primes_results *results)
{
    if ((options->wants & WANT_LIST) && options->output && !options->quiet && !options->json)
        cli_message("%llu primes written to %s", (unsigned long long)results->listed,
                    options->output);
}

static double seconds_since(uint64_t ns)
{
    return (double)(pel_now_ns() - ns) * 1e-9;
}

static int run_and_check(const struct primes_options *options, const struct pel_team *team,
                         struct primes_progress *progress, struct primes_results *results)
{
    struct pel_error err = {0};
    uint64_t since = pel_now_ns();
    int status = answer(options, team, progress, results, &err);
    results->seconds = seconds_since(since);
    if (status)
        return report_failure(options, status, &err);
    tell_list(options, results);
    if (!options->check)
        return CLI_OK;
    since = pel_now_ns();
    primes_progress_phase(progress, "checking");
    status = primes_check(options, team, results, &err);
    results->check_seconds = seconds_since(since);
    return status < 0 ? report_failure(options, status, &err) : status;
}

int primes_run(const struct primes_options *options, struct pel_cancel *cancel)
{
    struct primes_results *results = calloc(1, sizeof *results);
    if (!results) {
        cli_message("out of memory");
        return CLI_SOME_FAILED;
    }
    struct primes_progress progress = {.numbers = (double)(options->stop - options->start)};
    struct pel_team team = pel_team(options->nthreads);
    team.isa = options->isa < team.isa ? options->isa : team.isa;
    team.cancel = cancel;
    team.progress = &progress.units;
    if (options->wants & WANT_NTH)
        progress.numbers = (double)guess_nth(options->nth);
    primes_progress_phase(&progress, "starting");
    cli_progress_begin(options->progress, progress_line, &progress);
    int status = run_and_check(options, &team, &progress, results);
    cli_progress_end();
    if (status == CLI_OK)
        status = primes_print(options, results);
    free(results->residues);
    free(results);
    return status;
}
