#include "bulk/engine/run/running.h"

#include "bulk/transform/running.h"

#include <stdlib.h>
#include <string.h>

/* Floats are added up by pieces, of which a chunk has these. */
enum { PIECES = PEL_CHUNK_ROWS / PEL_RUNNING_ROWS };

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for running sums");
}

/* ---- what workers share --------------------------------------------------------------------------- */

int pel_running_open(struct pel_running_pass *pass, const struct segment *segment, bool alone,
                     struct pel_error *err)
{
    *pass = (struct pel_running_pass){.segment = segment, .alone = alone, .end = UINT64_MAX};
    /* With default attributes these only store constants on Linux: they cannot fail. */
    (void)pthread_mutex_init(&pass->lock, NULL);
    (void)pthread_cond_init(&pass->passed, NULL);
    pass->turns = calloc((size_t)segment->nsums + 1, sizeof *pass->turns);
    pass->totals = calloc((size_t)segment->nrunning + 1, sizeof *pass->totals);
    return pass->turns && pass->totals ? 0 : no_memory(err);
}

void pel_running_close(struct pel_running_pass *pass)
{
    free(pass->turns);
    free(pass->totals);
    pthread_cond_destroy(&pass->passed);
    pthread_mutex_destroy(&pass->lock);
}

void pel_running_failed(struct pel_running_pass *pass, uint64_t chunk)
{
    pthread_mutex_lock(&pass->lock);
    if (chunk < pass->end)
        pass->end = chunk;
    pthread_cond_broadcast(&pass->passed);
    pthread_mutex_unlock(&pass->lock);
}

/* Adds a chunk's pieces to what is before it, which is left in `before`; false where that is not known. */
static bool take_turn(struct pel_running_pass *pass, int step, uint64_t chunk,
                      const struct running_sum *pieces, struct running_sum *before)
{
    const struct segment *sums = &pass->segment->sums[step];
    pthread_mutex_lock(&pass->lock);
    while (pass->turns[step] < chunk && chunk < pass->end)
        pthread_cond_wait(&pass->passed, &pass->lock);
    bool known = pass->turns[step] == chunk && chunk < pass->end;
    for (int i = 0; i < sums->nvalues && known; i++) {
        struct running_sum *total = &pass->totals[sums->running[i]];
        before[sums->running[i]] = *total;
        for (int k = 0; k < PIECES; k++, pieces++) {
            total->real += pieces->real;
            total->whole += pieces->whole;
        }
    }
    pass->turns[step] += known;
    pthread_cond_broadcast(&pass->passed);
    pthread_mutex_unlock(&pass->lock);
    return known;
}

/* ---- a worker ------------------------------------------------------------------------------------- */

int pel_running_worker_open(struct pel_running_worker *worker, const struct pel_running_pass *pass,
                            const struct pel_table *results, enum pel_isa isa,
                            struct pel_error *err)
{
    const struct segment *segment = pass->segment;
    *worker = (struct pel_running_worker){NULL, NULL, NULL};
    if (pass->alone || segment->nsums == 0)
        return 0;
    worker->machines = calloc((size_t)segment->nsums, sizeof *worker->machines);
    worker->before = calloc((size_t)segment->nrunning, sizeof *worker->before);
    worker->pieces = calloc((size_t)segment->nrunning * PIECES, sizeof *worker->pieces);
    if (!worker->machines || !worker->before || !worker->pieces)
        return no_memory(err);
    for (int i = 0; i < segment->nsums; i++) {
        int status = pel_machine_open(&worker->machines[i], &segment->sums[i], results, isa, err);
        if (status)
            return status;
    }
    return 0;
}

void pel_running_worker_close(struct pel_running_worker *worker,
                              const struct pel_running_pass *pass)
{
    for (int i = 0; i < pass->segment->nsums && worker->machines; i++)
        pel_machine_close(worker->machines[i]);
    free(worker->machines);
    free(worker->before);
    free(worker->pieces);
}

/* The sums of a chunk's pieces, up to where a row has failed. */
static int add_up(struct machine *machine, const struct segment *sums,
                  const struct pel_chunk *chunk, struct running_sum *pieces)
{
    for (size_t lo = 0; lo < chunk->nrows; lo += PEL_BLOCK_ROWS) {
        size_t n = chunk->nrows - lo < PEL_BLOCK_ROWS ? chunk->nrows - lo : PEL_BLOCK_ROWS;
        uint64_t row;
        int status = pel_machine_run(machine, chunk, lo, n, &row, NULL);
        if (status)
            return status;
        for (int i = 0; i < sums->nvalues; i++)
            pel_machine_add_up(machine, sums->values[i],
                               &pieces[i * PIECES + (int)(lo / PEL_RUNNING_ROWS)]);
    }
    return 0;
}

int pel_running_begin(struct pel_running_pass *pass, struct pel_running_worker *worker,
                      struct machine *machine, const struct pel_chunk *chunk, struct pel_error *err)
{
    const struct segment *segment = pass->segment;
    for (int step = 0; step < segment->nsums && worker->machines; step++) {
        memset(worker->pieces, 0, (size_t)segment->nrunning * PIECES * sizeof *worker->pieces);
        pel_machine_begin_sums(worker->machines[step], worker->before);
        if (add_up(worker->machines[step], &segment->sums[step], chunk, worker->pieces))
            pel_running_failed(pass, chunk->index + 1); /* which it will find out itself, too */
        if (!take_turn(pass, step, chunk->index, worker->pieces, worker->before))
            return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "canceled");
    }
    if (worker->machines)
        pel_machine_begin_sums(machine, worker->before);
    return 0;
}
