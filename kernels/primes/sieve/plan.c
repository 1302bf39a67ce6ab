/* Cuts an interval into chunks and runs them on a team. */
#include "primes/sieve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const uint8_t pel_wheel_residues[8] = {7, 11, 13, 17, 19, 23, 29, 31};

enum {
    SEGMENT_NBYTES = 256 << 10,
    /* The fewest numbers a chunk should have, and how many times sqrt(stop): beginning a chunk costs a
     * division for each sieving prime. */
    MIN_CHUNK = 10000000,
    CHUNK_ROOTS = 200
};

static uint64_t root(uint64_t n)
{
    uint64_t r = (uint64_t)sqrt((double)n);
    while (r > UINT32_MAX || r * r > n)
        r--;
    while (r < UINT32_MAX && (r + 1) * (r + 1) <= n)
        r++;
    return r;
}

/* Sets the bits of the primes up to `limit`, by the sieve of Eratosthenes on plain bytes. */
static int find_sieving_primes(struct pel_sieve_plan *plan, uint64_t limit)
{
    plan->primes_nbytes = limit < 7 ? 1 : (size_t)((limit - 7) / 30 + 1);
    plan->primes = calloc(plan->primes_nbytes, 1);
    unsigned char *composite = calloc((size_t)limit + 1, 1);
    if (!plan->primes || !composite) {
        free(composite);
        return -ENOMEM;
    }
    for (uint64_t p = 2; p * p <= limit; p++)
        if (!composite[p])
            for (uint64_t m = p * p; m <= limit; m += p)
                composite[m] = 1;
    for (size_t k = 0; k < plan->primes_nbytes; k++)
        for (int b = 0; b < 8; b++) {
            uint64_t n = 30 * (uint64_t)k + pel_wheel_residues[b];
            if (n <= limit && !composite[n])
                plan->primes[k] |= (uint8_t)(1u << b);
        }
    free(composite);
    return 0;
}

int pel_sieve_plan(struct pel_sieve_plan *plan, uint64_t start, uint64_t stop, uint64_t max_chunk,
                   const struct pel_team *team, struct pel_error *err)
{
    *plan = (struct pel_sieve_plan){.start = start, .stop = stop, .isa = team->isa};
    if (start > stop)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "the interval ends before it starts");
    if (find_sieving_primes(plan, root(stop))) {
        pel_sieve_plan_free(plan);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the sieving primes");
    }
    plan->segment_nbytes = SEGMENT_NBYTES;
    if (stop < 7)
        return 0;
    uint64_t first = start < 7 ? 0 : (start - 7) / 30, nbytes = (stop - 7) / 30 + 1 - first;
    uint64_t chunk = CHUNK_ROOTS * root(stop);
    if (chunk < MIN_CHUNK)
        chunk = MIN_CHUNK;
    if (max_chunk && chunk > max_chunk)
        chunk = max_chunk;
    plan->first_byte = first;
    plan->chunk_bytes = (chunk / 30 + 63) / 64 * 64;
    if (plan->chunk_bytes == 0)
        plan->chunk_bytes = 64;
    plan->nchunks = (size_t)((nbytes - 1) / plan->chunk_bytes + 1);
    return 0;
}

void pel_sieve_plan_free(struct pel_sieve_plan *plan)
{
    free(plan->primes);
    *plan = (struct pel_sieve_plan){0};
}

/* ---- on a team -------------------------------------------------------------------------------- */

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
    __atomic_compare_exchange_n(&run->status, &none, status, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* One worker: opens a sieve and claims chunks until there are none. */
static void work_on_chunks(void *ctx, size_t worker)
{
    (void)worker;
    struct run *run = ctx;
    struct pel_sieve *sieve = NULL;
    int status = 0;
    while (!__atomic_load_n(&run->status, __ATOMIC_RELAXED)) {
        size_t chunk = __atomic_fetch_add(&run->next, 1, __ATOMIC_RELAXED);
        if (chunk >= run->plan->nchunks)
            break;
        if (pel_cancel_requested(run->team->cancel))
            status = -ECANCELED;
        else if (!sieve)
            status = pel_sieve_open(&sieve, run->plan, NULL);
        if (!status)
            status = run->work(run->ctx, sieve, chunk);
        if (status) {
            fail(run, status);
            break;
        }
        pel_progress_add(run->team->progress, 30 * run->plan->chunk_bytes);
    }
    pel_sieve_close(sieve);
}

int pel_sieve_run(const struct pel_sieve_plan *plan, const struct pel_team *team,
                  int (*work)(void *ctx, struct pel_sieve *sieve, size_t chunk), void *ctx,
                  struct pel_error *err)
{
    struct run run = {.plan = plan, .team = team, .work = work, .ctx = ctx};
    pel_progress_begin(team->progress, 30 * plan->chunk_bytes * plan->nchunks);
    size_t nworkers = (size_t)team->nthreads < plan->nchunks ? (size_t)team->nthreads : plan->nchunks;
    int status = pel_team_run(team, nworkers, work_on_chunks, &run);
    if (run.status)
        status = run.status;
    if (status == -ENOMEM)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "no memory for the sieve");
    if (status == -ECANCELED)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "cancelled");
    return status;
}
