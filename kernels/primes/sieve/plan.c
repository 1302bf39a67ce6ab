/* Cuts an interval into chunks, and finds the sieving primes. */
#include "primes/sieve.h"

#include "core/caches.h"
#include "primes/root.h"
#include "primes/sieve/engine.h"
#include "primes/sieve/presieve.h"

#include <stdlib.h>
#include <string.h>

const uint8_t pel_wheel_residues[8] = {7, 11, 13, 17, 19, 23, 29, 31};

enum {
    MIN_SEGMENT = 64 << 10,
    MAX_SEGMENT = 1 << 20, /* offsets in it have 23 bits (large.c) */
    /* A chunk should have so many times sqrt(stop) numbers: beginning it costs a division for each sieving
     * prime. */
    CHUNK_ROOTS = 200,
    CHUNK_NBYTES = 1 << 30, /* and no more: it is what threads can be out of step by */
    FEW_CHUNKS = 16 /* a thread: with more, it matters little that some thread has one more */
};

/* Half of the second-level cache for the segment: primes' lists stream through the other half. */
static void size_segment(struct pel_sieve_plan *plan)
{
    struct pel_caches caches = pel_caches();
    plan->segment_nbytes = MIN_SEGMENT;
    while (plan->segment_nbytes < MAX_SEGMENT && 4 * plan->segment_nbytes <= caches.second)
        plan->segment_nbytes *= 2;
    plan->piece_nbytes = caches.first < plan->segment_nbytes ? caches.first : plan->segment_nbytes;
}

/* Bytes of a chunk when there is no wish: where chunks are few, as many for each thread as for the others,
 * but none so small that its beginning is most of its time. */
static uint64_t share_out(uint64_t nbytes, uint64_t chunk, uint64_t least, uint64_t nthreads)
{
    uint64_t nchunks = (nbytes - 1) / chunk + 1;
    if (nchunks >= FEW_CHUNKS * nthreads)
        return chunk;
    nchunks = (nchunks + nthreads - 1) / nthreads * nthreads;
    return nbytes / nchunks < least ? least : nbytes / nchunks + 1;
}

int pel_wheel_prepare(struct pel_sieve_plan *plan, uint64_t max_chunk, int nthreads)
{
    if (plan->stop < 7)
        return 0;
    plan->first_byte = plan->start < 7 ? 0 : (plan->start - 7) / 30;
    uint64_t nbytes = (plan->stop - 7) / 30 + 1 - plan->first_byte;
    uint64_t roots = pel_root2(plan->stop) / 30, chunk = CHUNK_ROOTS * roots,
             unit = plan->segment_nbytes;
    chunk = chunk < CHUNK_NBYTES ? (chunk + unit) / unit * unit : CHUNK_NBYTES;
    if (!max_chunk)
        chunk = share_out(nbytes, chunk, MIN_SEGMENT + roots / 4, (uint64_t)nthreads);
    else if (chunk > max_chunk / 30)
        chunk = max_chunk / 30 / 64 * 64;
    plan->chunk_bytes = chunk < 64 ? 64 : (chunk + 63) / 64 * 64;
    plan->nchunks = (size_t)((nbytes - 1) / plan->chunk_bytes + 1);
    return 0;
}

/* ---- the sieving primes ------------------------------------------------------------------------- */

static int copy_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    uint8_t *primes = ctx;
    struct pel_segment segment;
    int status = pel_sieve_begin(sieve, chunk);
    if (status)
        return status;
    while ((status = pel_sieve_next(sieve, &segment)) > 0)
        memcpy(primes + segment.base / 30, segment.bytes, segment.nbytes);
    return status;
}

/* By the sieve itself, which needs those up to the square root of their square root first, and so on until
 * the patterns do alone. */
static int find_sieving_primes(struct pel_sieve_plan *plan, const struct pel_team *team)
{
    const uint64_t limit = pel_root2(plan->stop);
    plan->primes_nbytes = limit < 7 ? 1 : (size_t)((limit - 7) / 30 + 1);
    plan->primes = calloc(plan->primes_nbytes + 8, 1);
    if (!plan->primes)
        return -ENOMEM;
    if (limit < PEL_PRESIEVE_NEXT)
        return 0;
    struct pel_team quiet = *team;
    quiet.progress = NULL;
    struct pel_sieve_plan inner = *plan;
    inner.start = 0;
    inner.stop = limit;
    inner.primes = NULL;
    int status = find_sieving_primes(&inner, team);
    if (!status) {
        inner.engine = &pel_wheel_engine;
        pel_wheel_prepare(&inner, 0, team->nthreads);
        status = pel_sieve_run(&inner, &quiet, copy_chunk, plan->primes, NULL);
    }
    free(inner.primes);
    return status;
}

int pel_sieve_plan_by(const struct pel_sieve_engine *engine, struct pel_sieve_plan *plan,
                      uint64_t start, uint64_t stop, uint64_t max_chunk,
                      const struct pel_team *team, struct pel_error *err)
{
    *plan =
        (struct pel_sieve_plan){.start = start, .stop = stop, .isa = team->isa, .engine = engine};
    if (start > stop)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "the interval ends before it starts");
    size_segment(plan);
    plan->presieve = pel_presieve_make();
    int status = plan->presieve ? find_sieving_primes(plan, team) : -ENOMEM;
    if (!status)
        status = engine->prepare(plan, max_chunk, team->nthreads);
    if (!status)
        return 0;
    pel_sieve_plan_free(plan);
    return pel_error_set(err, status, PEL_STAGE_COMPUTE,
                         status == -ENOMEM ? "no memory for the sieving primes" : "cancelled");
}

void pel_sieve_plan_free(struct pel_sieve_plan *plan)
{
    if (plan->engine)
        plan->engine->forget(plan);
    free(plan->primes);
    free(plan->presieve);
    *plan = (struct pel_sieve_plan){0};
}
