/* Counts and sums: which method, and each method's way to the answer. */
#include "primes/cost.h"
#include "primes/decode.h"
#include "primes/pi.h"
#include "primes/sieve.h"
#include "primes/trial.h"

#include <stdlib.h>

const char *pel_primes_method_name(enum pel_primes_method method)
{
    static const char *const names[PEL_PRIMES_METHOD_COUNT] = {
        [PEL_PRIMES_AUTO] = "auto",
        [PEL_PRIMES_SIEVE] = "sieve",
        [PEL_PRIMES_COMBINATORIAL] = "combinatorial",
        [PEL_PRIMES_TRIAL] = "trial",
    };
    return (unsigned)method < PEL_PRIMES_METHOD_COUNT ? names[method] : "";
}

/* Resolves AUTO and refuses what cannot be done. */
static int choose(enum pel_primes_quantity quantity, uint64_t start, uint64_t stop,
                  const struct pel_team *team, enum pel_primes_method *method,
                  struct pel_error *err)
{
    if (start > stop)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "the interval ends before it starts");
    if ((unsigned)*method >= PEL_PRIMES_METHOD_COUNT)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "unknown method");
    if (*method == PEL_PRIMES_COMBINATORIAL && quantity == PEL_PRIMES_SUM &&
        stop > PEL_PRIMES_SUM_MAX)
        return pel_error_set(err, -ERANGE, PEL_STAGE_COMPUTE,
                             "sums by the combinatorial method go up to 10^18");
    if (pel_cancel_requested(team->cancel))
        return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "cancelled");
    if (*method == PEL_PRIMES_AUTO) {
        struct pel_primes_estimate estimate;
        pel_primes_cost(quantity, start, stop, team, &estimate);
        *method = estimate.choice;
    }
    return 0;
}

static int estimate(enum pel_primes_quantity quantity, uint64_t start, uint64_t stop,
                    const struct pel_team *team, struct pel_primes_estimate *out,
                    struct pel_error *err)
{
    enum pel_primes_method method = PEL_PRIMES_AUTO;
    *out = (struct pel_primes_estimate){0};
    int status = choose(quantity, start, stop, team, &method, err);
    if (!status)
        pel_primes_cost(quantity, start, stop, team, out);
    return status;
}

int pel_primes_estimate_count(uint64_t start, uint64_t stop, const struct pel_team *team,
                              struct pel_primes_estimate *out, struct pel_error *err)
{
    return estimate(PEL_PRIMES_COUNT, start, stop, team, out, err);
}

int pel_primes_estimate_sum(uint64_t start, uint64_t stop, const struct pel_team *team,
                            struct pel_primes_estimate *out, struct pel_error *err)
{
    return estimate(PEL_PRIMES_SUM, start, stop, team, out, err);
}

/* ---- count ------------------------------------------------------------------------------------ */

static int count_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    uint64_t count = 0;
    int status = pel_sieve_count(sieve, chunk, &count);
    if (!status)
        __atomic_fetch_add((uint64_t *)ctx, count, __ATOMIC_RELAXED);
    return status;
}

static int count_by_sieve(uint64_t start, uint64_t stop, const struct pel_team *team,
                          uint64_t *count, struct pel_error *err)
{
    struct pel_sieve_plan plan;
    int status = pel_sieve_plan_counts(&plan, start, stop, team, err);
    if (status)
        return status;
    uint64_t first[3], found = pel_decode_first(start, stop, first);
    status = pel_sieve_run(&plan, team, count_chunk, &found, err);
    pel_sieve_plan_free(&plan);
    if (!status)
        *count = found;
    return status;
}

static int count_by_pi(uint64_t start, uint64_t stop, const struct pel_team *team, uint64_t *count,
                       struct pel_error *err)
{
    uint64_t below = 0, up_to = 0;
    int status = start > 2 ? pel_primes_pi(start - 1, team, &below, err) : 0;
    if (!status)
        status = pel_primes_pi(stop, team, &up_to, err);
    if (!status)
        *count = up_to - below;
    return status;
}

int pel_primes_count(uint64_t start, uint64_t stop, enum pel_primes_method method,
                     const struct pel_team *team, uint64_t *count, struct pel_error *err)
{
    *count = 0;
    int status = choose(PEL_PRIMES_COUNT, start, stop, team, &method, err);
    if (status)
        return status;
    struct pel_u128 sum;
    switch (method) {
    case PEL_PRIMES_COMBINATORIAL:
        return count_by_pi(start, stop, team, count, err);
    case PEL_PRIMES_TRIAL:
        return pel_trial_run(start, stop, team, count, &sum, err);
    default:
        return count_by_sieve(start, stop, team, count, err);
    }
}

/* ---- sum -------------------------------------------------------------------------------------- */

static int sum_by_sieve(uint64_t start, uint64_t stop, const struct pel_team *team,
                        struct pel_u128 *sum, struct pel_error *err)
{
    struct pel_primes_answers *answers = malloc(sizeof *answers); /* 16 KB, mostly histogram */
    if (!answers)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the sum of primes");
    int status = pel_primes_find(start, stop, PEL_PRIMES_FIND_SUM, NULL, 0, team, answers, err);
    *sum = answers->sum;
    free(answers);
    return status;
}

static int sum_by_pi(uint64_t start, uint64_t stop, const struct pel_team *team,
                     struct pel_u128 *sum, struct pel_error *err)
{
    struct pel_u128 below = {0, 0}, up_to = {0, 0};
    int status = start > 2 ? pel_primes_sum_up_to(start - 1, team, &below, err) : 0;
    if (!status)
        status = pel_primes_sum_up_to(stop, team, &up_to, err);
    if (!status)
        *sum = (struct pel_u128){up_to.lo - below.lo, up_to.hi - below.hi - (up_to.lo < below.lo)};
    return status;
}

int pel_primes_sum(uint64_t start, uint64_t stop, enum pel_primes_method method,
                   const struct pel_team *team, struct pel_u128 *sum, struct pel_error *err)
{
    *sum = (struct pel_u128){0, 0};
    int status = choose(PEL_PRIMES_SUM, start, stop, team, &method, err);
    if (status)
        return status;
    uint64_t count;
    switch (method) {
    case PEL_PRIMES_COMBINATORIAL:
        return sum_by_pi(start, stop, team, sum, err);
    case PEL_PRIMES_TRIAL:
        return pel_trial_run(start, stop, team, &count, sum, err);
    default:
        return sum_by_sieve(start, stop, team, sum, err);
    }
}
