#include "bulk/engine/run/drive.h"

#include <pthread.h>

/* The place of what ends a pass without belonging to a chunk: behind all that were handed out. */
#define NO_CHUNK UINT64_MAX

struct pass {
    const struct drive *drive;
    bool ended; /* atomic: no more chunks are taken */

    pthread_mutex_t lock; /* over all below: why it has ended, and where */
    int status;           /* 0: not yet */
    uint64_t chunk;
    struct pel_error error;
};

static void end_pass(struct pass *pass, uint64_t chunk, int status, const struct pel_error *error)
{
    pthread_mutex_lock(&pass->lock);
    if (!pass->status || chunk < pass->chunk) {
        pass->status = status;
        pass->chunk = chunk;
        pass->error = *error;
    }
    pthread_mutex_unlock(&pass->lock);
    __atomic_store_n(&pass->ended, true, __ATOMIC_RELEASE);
    if (status < 0 && pass->drive->failed)
        pass->drive->failed(pass->drive->ctx, chunk, status);
}

static int work_on_chunk(const struct drive *drive, void *worker, struct pel_chunk *chunk,
                         struct pel_error *error)
{
    uint64_t row;
    int status = 0;
    if (drive->source->fill)
        status = drive->source->fill(drive->source->ctx, chunk, &row, error);
    if (!status)
        status = drive->chunk(drive->ctx, worker, chunk, error);
    drive->source->release(drive->source->ctx, chunk);
    pel_progress_add(drive->team->progress, chunk->nrows);
    return status;
}

/* Takes one chunk. False when there was none to take. */
static bool step(struct pass *pass, void *worker)
{
    const struct drive *drive = pass->drive;
    struct pel_error error = {0};
    struct pel_chunk chunk;
    if (__atomic_load_n(&pass->ended, __ATOMIC_ACQUIRE))
        return false;
    if (pel_cancel_requested(drive->team->cancel)) {
        pel_error_set(&error, -ECANCELED, PEL_STAGE_COMPUTE, "canceled");
        end_pass(pass, NO_CHUNK, -ECANCELED, &error);
        return false;
    }
    int status = drive->source->next(drive->source->ctx, &chunk, &error);
    if (status < 0)
        end_pass(pass, NO_CHUNK, status, &error);
    if (status <= 0)
        return false;
    uint64_t index = chunk.index;
    status = work_on_chunk(drive, worker, &chunk, &error);
    if (status)
        end_pass(pass, index, status, &error);
    return true;
}

static void work(void *ctx, size_t index)
{
    struct pass *pass = ctx;
    struct pel_error error = {0};
    void *worker = NULL;
    (void)index;
    if (__atomic_load_n(&pass->ended, __ATOMIC_ACQUIRE))
        return;
    int status = pass->drive->open(pass->drive->ctx, &worker, &error);
    if (status) {
        end_pass(pass, NO_CHUNK, status, &error);
        return;
    }
    while (step(pass, worker))
        ;
    pass->drive->close(pass->drive->ctx, worker);
}

int pel_drive(const struct drive *drive, struct pel_error *err)
{
    struct pass pass = {.drive = drive};
    int status = drive->source->begin(drive->source->ctx, drive->wanted, err);
    if (status)
        return status;
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&pass.lock, NULL);
    status = pel_team_run(drive->team, (size_t)drive->team->nthreads, work, &pass);
    drive->source->end(drive->source->ctx);
    pthread_mutex_destroy(&pass.lock);
    if (pass.status < 0 && err)
        *err = pass.error;
    if (pass.status)
        return pass.status < 0 ? pass.status : 0;
    return status ? pel_error_set(err, status, PEL_STAGE_COMPUTE, "canceled") : 0;
}
