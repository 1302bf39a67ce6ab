#include "bulk/transform/relay.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdlib.h>

/* Looks at a number that another thread changes: some us, in which it reads 100 KiB. */
enum { PATIENCE = 5000 };

struct piece {
    struct relay_sum sum, before; /* of itself, of those before */
    bool measured;                /* under the lock */
};

struct relay {
    const struct relay_work *work;
    bool alone;
    struct piece *pieces;
    size_t njoined; /* pieces that somebody has begun with; atomic */
    size_t nknown; /* pieces, from the first, whose `before` is known; atomic, set under the lock */
    struct relay_sum total; /* of the pieces before the first that is not measured */
    pthread_mutex_t lock;   /* over the measures */
};

/* Who closes a gap adds up what has come in behind it. */
static void tell(struct relay *relay, size_t k, struct relay_sum sum)
{
    pthread_mutex_lock(&relay->lock);
    relay->pieces[k].sum = sum; /* the same, if it has been told before */
    relay->pieces[k].measured = true;
    size_t next = relay->nknown - 1, npieces = relay->work->npieces;
    for (; next < npieces && relay->pieces[next].measured; next++) {
        relay->total.whole += relay->pieces[next].sum.whole;
        relay->total.real += relay->pieces[next].sum.real;
        if (next + 1 < npieces)
            relay->pieces[next + 1].before = relay->total;
    }
    __atomic_store_n(&relay->nknown, next + 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&relay->lock);
}

/* Until it is known what is before piece k. */
static void await(struct relay *relay, size_t k)
{
    const struct relay_work *work = relay->work;
    size_t nknown;
    for (size_t i = 0; (nknown = __atomic_load_n(&relay->nknown, __ATOMIC_ACQUIRE)) <= k; i++) {
        if (i < PATIENCE)
            continue;
        if (work->overwrites)
            sched_yield();
        else
            tell(relay, nknown - 1, work->measure(work->ctx, nknown - 1, NULL));
    }
}

/* Numbers pieces in the order in which they are begun, so that those before are at work on other
 * threads, or done: nobody waits for what has not begun, however a loop hands out its tasks. */
static void run_piece(void *ctx, size_t index)
{
    struct relay *relay = ctx;
    const struct relay_work *work = relay->work;
    alignas(64) unsigned char scratch[RELAY_SCRATCH_NBYTES];
    (void)index;
    size_t k = __atomic_fetch_add(&relay->njoined, 1, __ATOMIC_RELAXED);
    const struct piece *piece = &relay->pieces[k];
    if (relay->alone && work->measure_and_place) {
        tell(relay, k, work->measure_and_place(work->ctx, k, piece->before));
        return;
    }
    struct relay_sum sum = work->measure(work->ctx, k, scratch);
    tell(relay, k, sum);
    await(relay, k);
    work->place(work->ctx, k, sum, piece->before, scratch);
}

int pel_relay_run(const struct relay_work *work, const struct pel_team *team,
                  struct relay_sum *total, struct pel_error *err)
{
    struct relay relay = {.work = work,
                          .alone = team->nthreads == 1,
                          .pieces = calloc(work->npieces + 1, sizeof *relay.pieces),
                          .nknown = 1};
    *total = (struct relay_sum){0, 0};
    if (!relay.pieces)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the sums of pieces");
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&relay.lock, NULL);
    int status = pel_team_run(team, work->npieces, run_piece, &relay);
    if (status)
        pel_error_set(err, status, PEL_STAGE_COMPUTE, "the filter or scan was cancelled");
    else
        *total = relay.total;
    pthread_mutex_destroy(&relay.lock);
    free(relay.pieces);
    return status;
}
