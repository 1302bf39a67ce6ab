/* The chunks of a plan on a team. */
#include "primes/sieve/engine.h"

struct run {
    const struct pel_sieve_plan *plan;
    const struct pel_team *team;
    int (*work)(void *ctx, struct pel_sieve *sieve, size_t chunk);
    void *ctx;
    size_t next; /* chunk to be claimed */
    int status;  /* first failure */
};

static void fail(struct run *run, int status)
{
    int none = 0;
    __atomic_compare_exchange_n(&run->status, &none, status, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
}

static int open_for(const struct run *run, struct pel_sieve **sieve)
{
    int status = pel_sieve_open(sieve, run->plan, NULL);
    if (!status) {
        (*sieve)->cancel = run->team->cancel;
        (*sieve)->progress = run->team->progress;
    }
    return status;
}

/* One worker: opens a sieve and claims chunks until there are none. What can fail or stop it comes before
 * the claim, so that work() sees every chunk that is claimed. */
static void work_on_chunks(void *ctx, size_t worker)
{
    (void)worker;
    struct run *run = ctx;
    struct pel_sieve *sieve = NULL;
    int status = 0;
    while (!status && !__atomic_load_n(&run->status, __ATOMIC_RELAXED) &&
           __atomic_load_n(&run->next, __ATOMIC_RELAXED) < run->plan->nchunks) {
        status = pel_cancel_requested(run->team->cancel) ? -ECANCELED : 0;
        if (!status && !sieve)
            status = open_for(run, &sieve);
        if (status)
            break;
        size_t chunk = __atomic_fetch_add(&run->next, 1, __ATOMIC_RELAXED);
        if (chunk < run->plan->nchunks)
            status = run->work(run->ctx, sieve, chunk);
    }
    if (status)
        fail(run, status);
    pel_sieve_close(sieve);
}

int pel_sieve_run(const struct pel_sieve_plan *plan, const struct pel_team *team,
                  int (*work)(void *ctx, struct pel_sieve *sieve, size_t chunk), void *ctx,
                  struct pel_error *err)
{
    struct run run = {.plan = plan, .team = team, .work = work, .ctx = ctx};
    if (plan->nchunks > 0) {
        uint64_t nbytes = (plan->stop - 7) / 30 + 1 - plan->first_byte;
        pel_progress_begin(team->progress,
                           nbytes + plan->nchunks * plan->engine->begin_progress(plan));
    }
    size_t nworkers =
        (size_t)team->nthreads < plan->nchunks ? (size_t)team->nthreads : plan->nchunks;
    int status = pel_team_run(team, nworkers, work_on_chunks, &run);
    if (run.status)
        status = run.status;
    if (status == -ENOMEM)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "no memory for the sieve");
    if (status == -ECANCELED)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "cancelled");
    return status;
}
