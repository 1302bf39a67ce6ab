/* pi(x): by the sieve when x is small, by Gourdon's method above. */
#include "primes/pi.h"
#include "primes/pi/gourdon.h"

#include <math.h>
#include <stdlib.h>

/* Below, counting is as fast; Gourdon's formula needs x^(1/4) > p(K). */
#define SIEVE_MAX UINT64_C(3000000)

/* Below, 2 ms for all, or 1 ms for the tables, are not worth waking other threads for. */
#define TEAM_MIN UINT64_C(100000000000)
#define TEAM_MIN_TABLES UINT64_C(10000000000000)

/* ---- small x ------------------------------------------------------------------------------------ */

static int count_by_sieve(uint64_t x, const struct pel_team *team, uint64_t *pi,
                          struct pel_error *err)
{
    struct pel_team alone = {.nthreads = 1, .isa = team->isa};
    struct pel_sieve_plan plan;
    struct pel_sieve *sieve = NULL;
    int status = pel_sieve_plan(&plan, 0, x, 0, &alone, err);
    if (status)
        return status;
    *pi = (uint64_t)(x > 1) + (x > 2) + (x > 4);
    status = pel_sieve_open(&sieve, &plan, err);
    for (size_t i = 0; !status && i < plan.nchunks; i++)
        status = pel_sieve_count(sieve, i, pi);
    pel_sieve_close(sieve);
    pel_sieve_plan_free(&plan);
    pel_progress_begin(team->progress, 1);
    pel_progress_add(team->progress, 1);
    return status;
}

/* ---- large x ------------------------------------------------------------------------------------ */

/* y = alpha_y x^(1/3), z = alpha_z y: the larger they are, the more leaves are looked up and the fewer are
 * counted in a sieve, and the shorter is that of B. Least time was measured (EPYC, 2026) at alpha_y 6 for
 * 10^12, 7.5 for 10^14, 13 for 10^16, with alpha_z between 2 and 3, and is flat there: 30 % more or less
 * cost 3 %. */
static void choose_limits(struct pel_gourdon *g)
{
    double x = (double)g->x, beyond = fmax(0, log(x / 1e12));
    double alpha_y = 6 + 0.079 * beyond * beyond, alpha_z = 2.4;
    double y = fmax(alpha_y * cbrt(x), pow(x, 0.375) + 1), most = (double)(g->root2 - 1);
    g->y = (uint64_t)fmin(y, most);
    g->z = (uint64_t)fmin(alpha_z * y, most);
}

static int list_primes(struct pel_gourdon *g)
{
    g->nprimes = (size_t)pel_pi_at(&g->pi, g->y);
    g->primes = calloc(g->nprimes + 1 + PEL_PRIMES_MARGIN, sizeof *g->primes);
    if (!g->primes)
        return -ENOMEM;
    static const uint32_t first[] = {1, 2, 3, 5};
    size_t n = 0;
    for (; n < 4; n++)
        g->primes[n] = first[n];
    for (size_t w = 0; n <= g->nprimes; w++)
        for (uint64_t bits = g->pi.words[w].bits; bits && n <= g->nprimes; bits &= bits - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(bits);
            g->primes[n++] = (uint32_t)(240 * w + 30 * (bit / 8) + pel_wheel_residues[bit % 8]);
        }
    return 0;
}

static int prepare(struct pel_gourdon *g, struct pel_error *err)
{
    g->root2 = pel_root2(g->x);
    g->root3 = pel_root3(g->x);
    g->root4 = pel_root2(g->root2);
    choose_limits(g);
    int status = pel_pi_table_make(&g->pi, g->root2, g->team, err);
    if (status)
        return status;
    g->wheel = malloc(sizeof *g->wheel);
    status = g->wheel ? list_primes(g) : -ENOMEM;
    if (status)
        return status;
    pel_phi_wheel_make(g->wheel);
    return pel_factors_make(g);
}

/* Nanoseconds of one thread of a 3 GHz EPYC (2026), within a factor of 1.5, from
 * 10^12 to 10^18. */
static void estimate_work(struct pel_gourdon *g)
{
    double x = (double)g->x, log_x = log(x);
    g->easy_work = (uint64_t)(20 * pow(x, 2.0 / 3) / (log_x * log_x));
    g->pairs_work = (uint64_t)(0.1 * x / (double)g->y);
    g->hard_work = (uint64_t)(0.65 * x / (double)g->z);
    g->ordinary_work = (uint64_t)(1.4 * (double)g->z);
    pel_progress_begin(g->team->progress,
                       g->ordinary_work + g->easy_work + g->pairs_work + g->hard_work);
}

enum { NTERMS = 3 };

struct terms {
    const struct pel_gourdon_term *terms[NTERMS];
    void *states[NTERMS];
    int status;
};

static void work_on_terms(void *ctx, size_t worker)
{
    (void)worker;
    struct terms *all = ctx;
    for (int i = 0; i < NTERMS && !__atomic_load_n(&all->status, __ATOMIC_RELAXED); i++) {
        int status = all->terms[i]->work(all->states[i]);
        if (status)
            __atomic_store_n(&all->status, status, __ATOMIC_RELAXED);
    }
}

/* *sum = Phi0 + A + C + D. The terms with the largest pieces come first, so that no thread waits long for
 * another at the end. */
static int add_terms(const struct pel_gourdon *g, uint64_t *sum)
{
    struct terms all = {.terms = {&pel_gourdon_hard, &pel_gourdon_easy, &pel_gourdon_ordinary}};
    for (int i = 0; i < NTERMS && !all.status; i++)
        all.status = all.terms[i]->begin(g, &all.states[i]);
    if (!all.status) {
        int status = pel_team_run(g->team, (size_t)g->team->nthreads, work_on_terms, &all);
        if (!all.status)
            all.status = status;
    }
    *sum = 0;
    for (int i = 0; i < NTERMS; i++) {
        uint64_t term = 0;
        all.status = all.terms[i]->end(all.states[i], all.status, &term);
        *sum += term;
    }
    return all.status;
}

static int add_up(struct pel_gourdon *g, uint64_t *pi)
{
    uint64_t terms, pairs;
    estimate_work(g);
    int status = pel_gourdon_pairs(g, &pairs);
    if (!status)
        status = add_terms(g, &terms);
    if (!status)
        *pi = terms - pairs + pel_gourdon_sigma(g);
    return status;
}

int pel_primes_pi(uint64_t x, const struct pel_team *team, uint64_t *pi, struct pel_error *err)
{
    *pi = 0;
    if (pel_cancel_requested(team->cancel))
        return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "cancelled");
    if (x < SIEVE_MAX)
        return count_by_sieve(x, team, pi, err);
    struct pel_team alone = {
        .nthreads = 1, .isa = team->isa, .cancel = team->cancel, .progress = team->progress};
    struct pel_gourdon g = {.x = x, .team = x < TEAM_MIN_TABLES ? &alone : team};
    int status = prepare(&g, err);
    g.team = x < TEAM_MIN ? &alone : team;
    if (!status)
        status = add_up(&g, pi);
    pel_pi_table_free(&g.pi);
    free(g.primes);
    free(g.wheel);
    free(g.factors.entries);
    if (status == -ENOMEM)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "no memory for pi(x)");
    if (status == -ECANCELED)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "cancelled");
    return status;
}
