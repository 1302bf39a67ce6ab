#include "primes/fold.h"

#include <pthread.h>
#include <stdlib.h>

enum { SLOTS_A_THREAD = 4 };

/* Chunk c has slot c modulo nslots from when it is begun until it is taken. */
struct run {
    const struct pel_fold *fold;
    void *ctx;
    unsigned char *slots;
    size_t slot_nbytes, nslots;

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t moved; /* a slot became free, or a chunk failed */
    bool *done;           /* of each slot: its chunk waits to be taken */
    size_t taken;         /* chunks */
    bool taking;          /* a thread is in take() */
    int status;           /* what the first chunk that failed returned */
};

static void *slot_of(const struct run *run, size_t chunk)
{
    return run->slots + chunk % run->nslots * run->slot_nbytes;
}

/* Waits for the chunk's slot. There is always a thread that need not wait: the one with the lowest chunk.
 * Returns non-zero when a lower chunk failed, and nobody will take this one's result. */
static int wait_for_slot(struct run *run, size_t chunk)
{
    pthread_mutex_lock(&run->lock);
    while (!run->status && chunk - run->taken >= run->nslots)
        pthread_cond_wait(&run->moved, &run->lock);
    int status = run->status;
    pthread_mutex_unlock(&run->lock);
    return status;
}

static int fail(struct run *run, int status)
{
    pthread_mutex_lock(&run->lock);
    if (!run->status)
        run->status = status;
    pthread_cond_broadcast(&run->moved);
    pthread_mutex_unlock(&run->lock);
    return status;
}

/* Hands in a chunk's result, and takes those that are next in order unless another thread is at it. */
static void hand_in(struct run *run, size_t chunk)
{
    pthread_mutex_lock(&run->lock);
    run->done[chunk % run->nslots] = true;
    while (!run->taking && run->done[run->taken % run->nslots]) {
        size_t next = run->taken;
        run->taking = true;
        run->done[next % run->nslots] = false;
        pthread_mutex_unlock(&run->lock);
        run->fold->take(run->ctx, slot_of(run, next));
        pthread_mutex_lock(&run->lock);
        run->taking = false;
        run->taken++;
        pthread_cond_broadcast(&run->moved);
    }
    pthread_mutex_unlock(&run->lock);
}

static int work_on_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    struct run *run = ctx;
    int status = wait_for_slot(run, chunk);
    if (!status)
        status = run->fold->work(run->ctx, sieve, chunk, slot_of(run, chunk));
    if (status)
        return fail(run, status);
    hand_in(run, chunk);
    return 0;
}

static int run_chunks(struct run *run, const struct pel_sieve_plan *plan,
                      const struct pel_team *team, struct pel_error *err)
{
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->moved, NULL);
    int status = pel_sieve_run(plan, team, work_on_chunk, run, err);
    pthread_cond_destroy(&run->moved);
    pthread_mutex_destroy(&run->lock);
    return status;
}

int pel_fold_run(const struct pel_sieve_plan *plan, const struct pel_team *team,
                 const struct pel_fold *fold, void *ctx, struct pel_error *err)
{
    struct run run = {.fold = fold, .ctx = ctx};
    run.nslots = SLOTS_A_THREAD * (size_t)team->nthreads;
    if (run.nslots > plan->nchunks)
        run.nslots = plan->nchunks;
    run.slot_nbytes = (fold->slot_nbytes + PEL_CACHE_LINE) / PEL_CACHE_LINE * PEL_CACHE_LINE;
    run.done = calloc(run.nslots, sizeof *run.done);
    size_t nbytes;
    if (!pel_size_mul(run.nslots, run.slot_nbytes, &nbytes))
        run.slots = aligned_alloc(PEL_CACHE_LINE, nbytes);
    int status;
    if (run.done && run.slots)
        status = run_chunks(&run, plan, team, err);
    else
        status =
            pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the results of chunks");
    free(run.done);
    free(run.slots);
    return status;
}
