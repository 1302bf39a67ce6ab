#include "primes/slices.h"

#include "primes/decode.h"
#include "primes/part.h"
#include "primes/sieve.h"
#include "primes/tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A chunk of the plan as a bitmap. */
struct pel_slices_segment {
    struct pel_slices_segment *next; /* in the interval; of those that are free, any */
    bool sieved;
    size_t nusers;  /* slices, and the queue */
    size_t nprimes; /* that are in no slice yet */
    uint64_t base;
    size_t nbytes;
    uint8_t *bytes;
    uint16_t *counts; /* of each block */
};

/* A thread's while it sieves, then the next one's. */
struct worker {
    struct worker *next;
    struct pel_sieve *sieve;
};

struct pel_slices {
    struct pel_sieve_plan plan;
    pel_decode_fn *decode;
    const struct pel_tally *tally;

    pthread_mutex_t lock; /* over all below, and what of a segment is not the work of its sieve */
    pthread_cond_t moved; /* a segment has been sieved */
    size_t nbegun;        /* segments */
    /* From where the next slice begins, in the order of the interval. */
    struct pel_slices_segment *head, *tail;
    struct pel_slices_segment *spare;
    struct worker *idle;
    size_t block, passed; /* where the next slice begins in the head */
    uint64_t nslices;     /* that have been cut */
    int status;
};

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the sieve of primes");
}

static size_t nblocks(size_t nbytes)
{
    return (nbytes + PEL_SLICES_BLOCK_NBYTES - 1) / PEL_SLICES_BLOCK_NBYTES;
}

/* ---- segments ------------------------------------------------------------------------------------- */

static struct pel_slices_segment *make_segment(const struct pel_slices *slices)
{
    size_t n = nblocks((size_t)slices->plan.chunk_bytes);
    struct pel_slices_segment *segment = calloc(1, sizeof *segment + n * sizeof *segment->counts);
    if (!segment)
        return NULL;
    segment->counts = (uint16_t *)(segment + 1);
    segment->bytes = aligned_alloc(PEL_CACHE_LINE, n * PEL_SLICES_BLOCK_NBYTES);
    if (segment->bytes)
        return segment;
    free(segment);
    return NULL;
}

/* Under the lock: a segment for the next chunk, at the end of the queue. */
static struct pel_slices_segment *begin_segment(struct pel_slices *slices)
{
    struct pel_slices_segment *segment = slices->spare;
    if (segment)
        slices->spare = segment->next;
    else
        segment = make_segment(slices);
    if (!segment)
        return NULL;
    segment->next = NULL;
    segment->sieved = false;
    segment->nusers = 1;
    segment->nprimes = segment->nbytes = 0;
    if (slices->head)
        slices->tail->next = segment;
    else
        slices->head = segment;
    slices->tail = segment;
    return segment;
}

/* Under the lock. */
static void leave_segment(struct pel_slices *slices, struct pel_slices_segment *segment)
{
    if (--segment->nusers)
        return;
    segment->next = slices->spare;
    slices->spare = segment;
}

static void count_blocks(const struct pel_slices *slices, struct pel_slices_segment *segment)
{
    size_t n = nblocks(segment->nbytes);
    memset(segment->bytes + segment->nbytes, 0, n * PEL_SLICES_BLOCK_NBYTES - segment->nbytes);
    for (size_t i = 0; i < n; i++) {
        uint64_t count = slices->tally->count(segment->bytes + i * PEL_SLICES_BLOCK_NBYTES,
                                              PEL_SLICES_BLOCK_NBYTES);
        segment->counts[i] = (uint16_t)count;
        segment->nprimes += (size_t)count;
    }
}

/* Outside of the lock; makes a worker where there is none. */
static int open_worker(const struct pel_slices *slices, struct worker **worker)
{
    if (*worker)
        return 0;
    struct worker *made = calloc(1, sizeof *made);
    int status = made ? pel_sieve_open(&made->sieve, &slices->plan, NULL) : -ENOMEM;
    if (status)
        free(made);
    else
        *worker = made;
    return status;
}

static int sieve_chunk(struct pel_sieve *sieve, size_t chunk, struct pel_slices_segment *segment)
{
    struct pel_segment piece;
    int status = pel_sieve_begin(sieve, chunk);
    while (!status && (status = pel_sieve_next(sieve, &piece)) > 0) {
        status = 0;
        if (segment->nbytes == 0)
            segment->base = piece.base;
        memcpy(segment->bytes + segment->nbytes, piece.bytes, piece.nbytes);
        segment->nbytes += piece.nbytes;
    }
    return status;
}

/* Under the lock, which is given up meanwhile. */
static int sieve_next(struct pel_slices *slices)
{
    struct pel_slices_segment *segment = begin_segment(slices);
    struct worker *worker = slices->idle;
    if (!segment)
        return -ENOMEM;
    size_t chunk = slices->nbegun++;
    slices->idle = worker ? worker->next : NULL;
    pthread_mutex_unlock(&slices->lock);
    int status = open_worker(slices, &worker);
    if (!status)
        status = sieve_chunk(worker->sieve, chunk, segment);
    if (!status)
        count_blocks(slices, segment);
    pthread_mutex_lock(&slices->lock);
    segment->sieved = true;
    if (worker) {
        worker->next = slices->idle;
        slices->idle = worker;
    }
    return status;
}

/* ---- slices --------------------------------------------------------------------------------------- */

/* Primes that are ready for the next slice; *all: there is no segment behind them, *blocked: one that is being
 * sieved. */
static size_t count_ready(const struct pel_slices *slices, bool *all, bool *blocked)
{
    const struct pel_slices_segment *segment = slices->head;
    size_t n = 0;
    for (; segment && segment->sieved; segment = segment->next)
        n += segment->nprimes;
    *blocked = segment != NULL;
    *all = !segment && slices->nbegun == slices->plan.nchunks;
    return n;
}

/* Passes over n primes of the head, which has more. */
static void pass(struct pel_slices *slices, size_t n)
{
    const struct pel_slices_segment *head = slices->head;
    size_t to = slices->passed + n;
    for (; to >= head->counts[slices->block]; slices->block++)
        to -= head->counts[slices->block];
    slices->passed = to;
    slices->head->nprimes -= n;
}

static void pass_head(struct pel_slices *slices)
{
    struct pel_slices_segment *head = slices->head;
    slices->head = head->next;
    slices->block = slices->passed = 0;
    leave_segment(slices, head);
}

/* n primes that are ready. */
static void cut(struct pel_slices *slices, size_t n, struct pel_slice *slice)
{
    while (slices->head->nprimes == 0)
        pass_head(slices);
    *slice = (struct pel_slice){.index = slices->nslices++,
                                .nprimes = n,
                                .first = slices->head,
                                .block = slices->block,
                                .passed = slices->passed};
    for (;; pass_head(slices)) {
        slice->last = slices->head;
        slices->head->nusers++;
        if (slices->head->nprimes >= n)
            break;
        n -= slices->head->nprimes;
    }
    if (slices->head->nprimes > n)
        pass(slices, n);
    else
        slices->head->nprimes = 0;
}

/* A thread that has sieved a segment, and cannot go on before others have sieved theirs, waits for them: so no more
 * segments are in memory than threads and slices. */
static int next_locked(struct pel_slices *slices, struct pel_slice *slice)
{
    for (bool helped = false, all, blocked;;) {
        if (slices->status)
            return slices->status;
        size_t n = count_ready(slices, &all, &blocked);
        if (n >= PEL_SLICE_PRIMES || all) {
            n = n < PEL_SLICE_PRIMES ? n : PEL_SLICE_PRIMES;
            if (n)
                cut(slices, n, slice);
            return n > 0;
        }
        if (slices->nbegun == slices->plan.nchunks || (helped && blocked)) {
            pthread_cond_wait(&slices->moved, &slices->lock);
            continue;
        }
        int status = sieve_next(slices);
        if (status)
            slices->status = status;
        helped = true;
        pthread_cond_broadcast(&slices->moved);
    }
}

int pel_slices_next(struct pel_slices *slices, struct pel_slice *slice, struct pel_error *err)
{
    pthread_mutex_lock(&slices->lock);
    int status = next_locked(slices, slice);
    pthread_mutex_unlock(&slices->lock);
    return status < 0 ? no_memory(err) : status;
}

void pel_slices_release(struct pel_slices *slices, const struct pel_slice *slice)
{
    pthread_mutex_lock(&slices->lock);
    struct pel_slices_segment *next = slice->first, *segment;
    do {
        segment = next;
        next = segment->next; /* of a segment that is left, this is the next one that is spare */
        leave_segment(slices, segment);
    } while (segment != slice->last);
    pthread_mutex_unlock(&slices->lock);
}

/* One word more than needed fits, whatever it holds, so that the decoder does not stop before. */
const uint64_t *pel_slices_decode(const struct pel_slices *slices, const struct pel_slice *slice,
                                  uint64_t *room)
{
    const struct pel_slices_segment *segment = slice->first;
    size_t at = slice->block * PEL_SLICES_BLOCK_NBYTES, n = 0, used;
    const size_t needed = slice->passed + slice->nprimes;
    for (; n < needed; segment = segment->next, at = 0)
        n += slices->decode(segment->bytes + at, segment->nbytes - at,
                            segment->base + 30 * (uint64_t)at, room + n, needed + 64 - n, &used);
    return room + slice->passed;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

int pel_slices_open(struct pel_slices **out, uint64_t start, uint64_t stop, struct pel_error *err)
{
    const struct pel_team team = pel_team(1);
    struct pel_slices *slices = calloc(1, sizeof *slices);
    *out = NULL;
    if (!slices)
        return no_memory(err);
    int status = pel_sieve_plan(&slices->plan, start, stop, pel_part_numbers_within(start, stop),
                                &team, err);
    if (status) {
        free(slices);
        return status;
    }
    slices->decode = pel_decode_for(team.isa);
    slices->tally = pel_tally_for(team.isa);
    /* With default attributes these only store constants on Linux: they cannot fail. */
    (void)pthread_mutex_init(&slices->lock, NULL);
    (void)pthread_cond_init(&slices->moved, NULL);
    *out = slices;
    return 0;
}

static void free_segments(struct pel_slices_segment *segment)
{
    for (struct pel_slices_segment *next; segment; segment = next) {
        next = segment->next;
        free(segment->bytes);
        free(segment);
    }
}

void pel_slices_close(struct pel_slices *slices)
{
    if (!slices)
        return;
    free_segments(slices->head);
    free_segments(slices->spare);
    for (struct worker *worker; (worker = slices->idle);) {
        slices->idle = worker->next;
        pel_sieve_close(worker->sieve);
        free(worker);
    }
    pel_sieve_plan_free(&slices->plan);
    pthread_cond_destroy(&slices->moved);
    pthread_mutex_destroy(&slices->lock);
    free(slices);
}
