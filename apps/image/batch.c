/* Feeds the files of a plan to a crew of threads. The I/O lane loads, every thread of the crew
 * takes what is ready through the pipeline, the store lane writes; no thread that computes waits in
 * a read or a write. Memory: the loader has its byte budget, pictures and outputs share a gate. */
#include "image/image.h"

#include <pelton/crew.h>
#include <pelton/system.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- the gate: bytes of pictures and outputs in use ---- */

/* A thread takes once for a file and gives back in parts, whatever the other threads do; so whoever
 * waits here waits for somebody who does not. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t given;
    uint64_t limit, used;
    uint64_t tickets, serving; /* first come, first served: a large file must not starve */
};

static void gate_take(struct gate *gate, uint64_t nbytes)
{
    pthread_mutex_lock(&gate->lock);
    uint64_t ticket = gate->tickets++;
    while (ticket != gate->serving || gate->used + nbytes > gate->limit)
        pthread_cond_wait(&gate->given, &gate->lock);
    gate->serving++;
    gate->used += nbytes;
    pthread_cond_broadcast(&gate->given);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_give(struct gate *gate, uint64_t nbytes)
{
    pthread_mutex_lock(&gate->lock);
    gate->used -= nbytes;
    pthread_cond_broadcast(&gate->given);
    pthread_mutex_unlock(&gate->lock);
}

/* ---- the batch ---- */

struct batch {
    const struct image_options *options;
    struct pel_cancel *cancel;
    struct job **todo; /* what the loader is given, in its order */
    const char **paths;
    size_t ntodo;
    struct pel_load *load;
    struct pel_store *store;
    struct gate gate;
    uint64_t start_ns;
    int nthreads;
    struct pel_error open_error; /* of the loader */
    struct totals *totals;

    /* for the progress line; relaxed atomics */
    size_t done, failed;
    bool stopping; /* --fail-fast, and something has failed; atomic */
    uint64_t kilopixels;
};

/* The loader's part of --memory: read-ahead needs little, but one file must fit. */
static uint64_t memory_for_files(const struct image_options *options)
{
    return options->memory / 4;
}

static void count_end(struct batch *batch, const struct job *job)
{
    if (job->state == JOB_FAILED) {
        __atomic_add_fetch(&batch->failed, 1, __ATOMIC_RELAXED);
        if (batch->options->fail_fast) {
            __atomic_store_n(&batch->stopping, true, __ATOMIC_RELAXED);
            pel_load_cancel(batch->load);
        }
    }
    if (batch->options->verbose && job->state == JOB_DONE)
        cli_message("%s -> %s", job->input, job->output);
    __atomic_add_fetch(&batch->done, 1, __ATOMIC_RELAXED);
}

/* What the store lane needs to end a job; freed when it has. */
struct output {
    struct batch *batch;
    struct job *job;
    uint64_t nbytes;
};

static void stored(void *ctx, const struct pel_store_result *result)
{
    struct output *output = ctx;
    struct job *job = output->job;
    job->times.store_start = result->start_ns;
    job->times.store_end = result->end_ns;
    if (result->error.code == -EEXIST && output->batch->options->existing == EXISTING_SKIP)
        job_skip(job, "the output came to exist meanwhile");
    else if (result->error.code)
        job_fail(job, &result->error);
    else
        job->state = JOB_DONE;
    gate_give(&output->batch->gate, output->nbytes);
    count_end(output->batch, job);
    free(output);
}

/* ---- one thread of the crew ---- */

struct worker {
    struct batch *batch;
    struct pel_load_item item;
    bool lent;         /* item is to be released */
    uint64_t reserved; /* at the gate */
};

/* For pel_crew_wait: an item is there (1), none yet (0), none any more (-1). */
static int take_item(void *ctx)
{
    struct worker *worker = ctx;
    int status = pel_load_try_next(worker->batch->load, &worker->item);
    return status == 1 ? 1 : status == -EAGAIN ? 0 : -1;
}

static void release_item(void *ctx)
{
    struct worker *worker = ctx;
    if (worker->lent)
        pel_load_release(worker->batch->load, &worker->item);
    worker->lent = false;
}

static void reserve(void *ctx, uint64_t nbytes)
{
    struct worker *worker = ctx;
    gate_take(&worker->batch->gate, nbytes);
    worker->reserved = nbytes;
}

/* Hands the output over. Its bytes stay reserved until they are written, the rest is given back. */
static int hand_over(struct worker *worker, struct job *job, struct pel_bytes *bytes,
                     struct pel_error *err)
{
    struct batch *batch = worker->batch;
    struct output *output = malloc(sizeof *output);
    if (!output) {
        pel_bytes_free(bytes);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_WRITE, "out of memory");
    }
    uint64_t held = bytes->nbytes < worker->reserved ? bytes->nbytes : worker->reserved;
    *output = (struct output){batch, job, held};
    gate_give(&batch->gate, worker->reserved - held);
    worker->reserved = held;
    bool replace = batch->options->existing == EXISTING_OVERWRITE ||
                   batch->options->existing == EXISTING_UPDATE;
    int status = pel_store_put(batch->store, job->output, replace, bytes, stored, output, err);
    if (status)
        free(output);
    else
        worker->reserved = 0; /* stored() gives it back */
    return status;
}

/* The loader knows a limit for one file, but not where it comes from. */
static void explain_limit(const struct image_options *options, struct pel_error *error)
{
    char memory[32];
    size_t used = strlen(error->message);
    (void)snprintf(error->message + used, sizeof error->message - used,
                   ", a quarter of --memory %s", cli_format_bytes(options->memory, memory));
}

static void work_on(struct worker *worker, const struct pipeline *pipeline, struct job *job)
{
    const struct pel_load_item *item = &worker->item;
    job->times.load_start = item->start_ns;
    job->times.load_ready = item->ready_ns;
    job->bytes_in = item->nbytes;
    struct pel_error error = item->error;
    struct pel_bytes bytes = {0};
    int status = error.code;
    if (!status && __atomic_load_n(&worker->batch->stopping, __ATOMIC_RELAXED))
        status = pel_error_set(&error, -ECANCELED, PEL_STAGE_DECODE, "stopped by --fail-fast");
    if (status == -EFBIG && error.stage == PEL_STAGE_STAT)
        explain_limit(worker->batch->options, &error);
    if (item->flags & PEL_LOAD_CHANGED)
        job_warn(job, "the file was changed while it was read");
    if (!status)
        status = pipeline_run(pipeline, job, item->data, item->nbytes, &bytes, &error);
    release_item(worker);
    __atomic_add_fetch(&worker->batch->kilopixels, job->width_in * job->height_in / 1000,
                       __ATOMIC_RELAXED);
    if (!status)
        status = hand_over(worker, job, &bytes, &error);
    if (status) {
        job_fail(job, &error);
        count_end(worker->batch, job);
    }
    gate_give(&worker->batch->gate, worker->reserved);
    worker->reserved = 0;
}

static void member(void *ctx, struct pel_crew *crew, int index)
{
    struct batch *batch = ctx;
    if (!batch->load)
        return;
    /* The thread's first allocation is a small one: glibc makes a thread's arena as large as what is
     * first asked for, and never gives that back. */
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return; /* the others do its share; fail_untaken() speaks for all */
    worker->batch = batch;
    struct pipeline pipeline = {.options = batch->options,
                                .team = pel_team(batch->nthreads),
                                .max_nbytes = batch->gate.limit,
                                .reserve = reserve,
                                .loaded = release_item,
                                .ctx = worker};
    pipeline.team.crew = crew;
    pipeline.team.cancel = batch->cancel;
    if (pipeline.team.isa > batch->options->isa)
        pipeline.team.isa = batch->options->isa;
    for (;;) {
        uint64_t wait_start = pel_now_ns();
        if (pel_crew_wait(crew, take_item, worker) < 0)
            break;
        worker->lent = true;
        struct job *job = batch->todo[worker->item.index];
        job->thread = index;
        job->times.wait_start = wait_start;
        job->times.taken = pel_now_ns();
        work_on(worker, &pipeline, job);
    }
    free(worker);
}

/* ---- the run ---- */

static void wake_crew(void *crew)
{
    pel_crew_wake(crew);
}

/* Called once, when the crew's size is known and before its members start. */
static void begin(void *ctx, struct pel_crew *crew, int nmembers)
{
    struct batch *batch = ctx;
    const struct image_options *options = batch->options;
    batch->nthreads = nmembers;
    uint64_t largest_file = memory_for_files(options);
    uint64_t read_ahead = (uint64_t)256 << 20;
    struct pel_load_options load = {
        .backend = options->io_backend,
        .depth_max = options->depth,
        .budget_bytes = largest_file < read_ahead ? largest_file : read_ahead,
        .max_file_bytes = largest_file,
        .cancel = batch->cancel,
        .notify = wake_crew,
        .notify_ctx = crew,
        .sim = {.seed = 1, .latency_ns = options->io_latency_ns},
    };
    load.cpu_mask = cli_io_cpus(&load.cpu_mask_words);
    (void)!pel_load_open(&batch->load, batch->paths, batch->ntodo, &load, &batch->open_error);
}

/* Called once, when no member is left: stops the lanes, the I/O lane before the crew goes that it wakes,
 * and the store lane before that, because a failure there may cancel the loading. */
static void end(void *ctx)
{
    struct batch *batch = ctx;
    (void)pel_store_close(batch->store);
    batch->store = NULL;
    pel_load_close(batch->load, &batch->totals->load);
    batch->load = NULL;
}

static const char *format_duration(double seconds, char text[32])
{
    unsigned long s = (unsigned long)(seconds + 0.5);
    if (s >= 3600)
        (void)snprintf(text, 32, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        (void)snprintf(text, 32, "%lu:%02lu", s / 60, s % 60);
    return text;
}

static void progress_line(void *ctx, char *buffer, size_t size)
{
    struct batch *batch = ctx;
    size_t done = __atomic_load_n(&batch->done, __ATOMIC_RELAXED);
    size_t failed = __atomic_load_n(&batch->failed, __ATOMIC_RELAXED);
    double megapixels = (double)__atomic_load_n(&batch->kilopixels, __ATOMIC_RELAXED) / 1000;
    double seconds = (double)(pel_now_ns() - batch->start_ns) / 1e9;
    char left[32] = "?", failures[40] = "";
    if (done)
        format_duration(seconds * (double)(batch->ntodo - done) / (double)done, left);
    if (failed)
        (void)snprintf(failures, sizeof failures, ", %zu failed", failed);
    (void)snprintf(buffer, size, "%zu/%zu files (%.0f %%), %.1f MP/s, %.1f files/s, %s left%s",
                   done, batch->ntodo, 100 * (double)done / (double)batch->ntodo,
                   megapixels / seconds, (double)done / seconds, left, failures);
}

static bool list_todo(struct batch *batch, const struct plan *plan)
{
    batch->todo = malloc((plan->njobs + 1) * sizeof *batch->todo);
    batch->paths = malloc((plan->njobs + 1) * sizeof *batch->paths);
    if (!batch->todo || !batch->paths) {
        cli_message("out of memory for a list of %zu files", plan->njobs);
        return false;
    }
    for (size_t i = 0; i < plan->njobs; i++) {
        struct job *job = &plan->jobs[i];
        if (job->state != JOB_TODO)
            continue;
        batch->todo[batch->ntodo] = job;
        batch->paths[batch->ntodo++] = job->input;
    }
    return true;
}

/* Jobs that no thread could take. */
static void fail_untaken(const struct batch *batch)
{
    struct pel_error err;
    (void)pel_error_set(&err, -ENOMEM, PEL_STAGE_COMPUTE, "no thread had the memory to take it");
    for (size_t i = 0; i < batch->ntodo; i++)
        if (batch->todo[i]->state == JOB_TODO)
            job_fail(batch->todo[i], &err);
}

static void add_up(const struct batch *batch, const struct plan *plan, struct totals *totals)
{
    totals->files = plan->njobs;
    totals->nthreads = batch->nthreads;
    totals->seconds = (double)(pel_now_ns() - batch->start_ns) / 1e9;
    for (size_t i = 0; i < plan->njobs; i++) {
        const struct job *job = &plan->jobs[i];
        totals->converted += job->state == JOB_DONE;
        totals->damaged += job->state == JOB_DONE && job->damaged;
        totals->failed += job->state == JOB_FAILED;
        totals->skipped += job->state == JOB_SKIPPED;
        totals->cancelled += job->state == JOB_CANCELLED;
        totals->bytes_in += job->bytes_in;
        if (job->state == JOB_DONE) {
            totals->megapixels += (double)job->width_in * (double)job->height_in / 1e6;
            totals->bytes_out += job->bytes_out;
        }
    }
}

bool batch_run(struct plan *plan, const struct image_options *options, struct pel_cancel *cancel,
               struct totals *totals)
{
    *totals = (struct totals){0};
    struct batch batch = {
        .options = options,
        .cancel = cancel,
        .totals = totals,
        .gate = {.lock = PTHREAD_MUTEX_INITIALIZER,
                 .given = PTHREAD_COND_INITIALIZER,
                 .limit = options->memory - memory_for_files(options)},
        .start_ns = pel_now_ns(),
    };
    struct pel_error err = {0};
    struct pel_store_options store = {.durability = options->durability};
    store.cpu_mask = cli_io_cpus(&store.cpu_mask_words);
    bool good = list_todo(&batch, plan);
    /* What a killed run left; absent folders are fine. */
    for (size_t i = 0; good && i < plan->nfolders; i++)
        (void)pel_store_sweep(plan->folders[i]);
    if (good && pel_store_open(&batch.store, &store, &err)) {
        cli_message("cannot start writing: %s", err.message);
        good = false;
    }
    if (good && batch.ntodo) {
        if (!options->quiet)
            cli_progress_begin(options->progress, progress_line, &batch);
        int status = pel_crew_work(options->nthreads, begin, member, end, &batch);
        cli_progress_end();
        if (status || batch.open_error.code) {
            cli_message("cannot start: %s",
                        batch.open_error.code ? batch.open_error.message : strerror(-status));
            good = false;
        }
    }
    (void)pel_store_close(batch.store);
    fail_untaken(&batch);
    if (good)
        add_up(&batch, plan, totals);
    free(batch.todo);
    free(batch.paths);
    return good;
}
