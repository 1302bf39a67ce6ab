#include "bulk/group/grouping.h"

#include <stdlib.h>
#include <string.h>

/* Runs of many keys are added a batch at a time, so that a partition is used for thousands of rows once it is
 * in the cache: 64 MiB are 50 chunks of a key and a value, 25,000 rows a partition. */
static const size_t most_batch_nbytes = (size_t)64 << 20, usual_memory = (size_t)1 << 30;

int pel_grouping_no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "not enough memory to group rows");
}

/* ---- the shape -------------------------------------------------------------------------------------- */

/* Which of the kept states it is, added if it is new. */
static int keep(struct shape *shape, const struct accumulator *accumulator, int value)
{
    if (!accumulator)
        return -1;
    size_t s = 0;
    while (s < shape->nkept &&
           (shape->kept[s].accumulator != accumulator || shape->kept[s].value != value))
        s++;
    shape->kept[s] = (struct kept){accumulator, value};
    if (s == shape->nkept)
        shape->nkept++;
    return (int)s;
}

/* Which of the held columns it is, added if it is new. */
static int hold(struct shape *shape, int value)
{
    size_t h = 0;
    while (h < shape->nheld && shape->held[h] != value)
        h++;
    shape->held[h] = value;
    if (h == shape->nheld)
        shape->nheld++;
    return (int)h;
}

static int plan_quantile(struct shape *shape, size_t a, struct pel_error *err)
{
    const struct grouping_aggregate *what = &shape->aggregates[a];
    if (what->value < 0 || shape->value_types[what->value] == PEL_STRING)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "a quantile is of numbers");
    if (!(what->q >= 0 && what->q <= 1))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "a quantile that is not between 0 and 1");
    shape->held_of[a] = hold(shape, what->value);
    return 0;
}

static int plan_aggregates(struct shape *shape, struct pel_error *err)
{
    for (size_t a = 0; a < shape->naggregates; a++) {
        const struct grouping_aggregate *what = &shape->aggregates[a];
        shape->main[a] = shape->count[a] = shape->held_of[a] = -1;
        if (what->kind == PEL_AGGREGATE_QUANTILE) {
            int status = plan_quantile(shape, a, err);
            if (status)
                return status;
            continue;
        }
        bool has_value = what->value >= 0;
        enum pel_type type = has_value ? shape->value_types[what->value] : PEL_I64;
        struct accumulators found = pel_accumulators(what->kind, has_value, type);
        if (!found.main)
            return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                                 "an aggregate of groups is of a type that it does not take");
        shape->main[a] = keep(shape, found.main, what->value);
        shape->count[a] = keep(shape, found.count, -1);
    }
    return 0;
}

static void *copy(struct pel_arena *arena, const void *from, size_t nbytes)
{
    void *memory = pel_arena_take(arena, nbytes);
    return memory && nbytes ? memcpy(memory, from, nbytes) : memory;
}

static int make_shape(struct grouping *grouping, const struct grouping_spec *spec,
                      struct pel_error *err)
{
    struct pel_arena *arena = grouping->memory = pel_arena_open();
    if (!arena)
        return pel_grouping_no_memory(err);
    struct shape shape = {
        .nkeys = spec->nkeys, .nvalues = spec->nvalues, .naggregates = spec->naggregates};
    shape.key_types = copy(arena, spec->keys, spec->nkeys * sizeof *spec->keys);
    shape.value_types = copy(arena, spec->values, spec->nvalues * sizeof *spec->values);
    shape.aggregates = copy(arena, spec->aggregates, spec->naggregates * sizeof *spec->aggregates);
    shape.key_kinds = pel_arena_take(arena, spec->nkeys * sizeof *shape.key_kinds);
    shape.kept = pel_arena_take(arena, 2 * spec->naggregates * sizeof *shape.kept);
    shape.main = pel_arena_take(arena, spec->naggregates * sizeof *shape.main);
    shape.count = pel_arena_take(arena, spec->naggregates * sizeof *shape.count);
    shape.held = pel_arena_take(arena, spec->nvalues * sizeof *shape.held + 1);
    shape.held_of = pel_arena_take(arena, spec->naggregates * sizeof *shape.held_of);
    if (!shape.key_types || !shape.value_types || !shape.aggregates || !shape.key_kinds ||
        !shape.kept || !shape.main || !shape.count || !shape.held || !shape.held_of)
        return pel_grouping_no_memory(err);
    for (size_t k = 0; k < shape.nkeys; k++)
        shape.key_kinds[k] = pel_key_kind(shape.key_types[k]);
    int status = plan_aggregates(&shape, err);
    grouping->shape = shape;
    return status;
}

/* ---- open and close ---------------------------------------------------------------------------------- */

static int open_builders(struct grouping *grouping, size_t nworkers, struct pel_error *err)
{
    grouping->builders = calloc(nworkers, sizeof *grouping->builders);
    if (!grouping->builders)
        return pel_grouping_no_memory(err);
    for (; grouping->nbuilders < nworkers; grouping->nbuilders++)
        if (pel_builder_open(&grouping->builders[grouping->nbuilders], &grouping->shape)) {
            grouping->nbuilders++;
            return pel_grouping_no_memory(err);
        }
    return 0;
}

int pel_grouping_open(struct grouping **out, const struct grouping_spec *spec, size_t nworkers,
                      size_t memory_bytes, struct pel_error *err)
{
    *out = NULL;
    struct grouping *grouping = calloc(1, sizeof *grouping);
    if (!grouping)
        return pel_grouping_no_memory(err);
    grouping->limit_nbytes = memory_bytes ? memory_bytes : usual_memory;
    grouping->batch_nbytes = grouping->limit_nbytes / 8;
    if (grouping->batch_nbytes > most_batch_nbytes)
        grouping->batch_nbytes = most_batch_nbytes;
    grouping->ready_end = &grouping->waiting;
    int status = make_shape(grouping, spec, err);
    if (!status)
        status = open_builders(grouping, nworkers, err);
    if (!status && !(grouping->has_lock = !pthread_mutex_init(&grouping->lock, NULL)))
        status = pel_grouping_no_memory(err);
    if (status)
        pel_grouping_close(grouping);
    else
        *out = grouping;
    return status;
}

static void free_runs(struct run *run)
{
    while (run) {
        struct run *next = run->next;
        pel_run_free(run);
        run = next;
    }
}

void pel_grouping_close(struct grouping *grouping)
{
    if (!grouping)
        return;
    for (size_t b = 0; b < grouping->nbuilders; b++)
        pel_builder_close(&grouping->builders[b]);
    free(grouping->builders);
    for (size_t p = 0; p < NPARTITIONS; p++)
        pel_partition_close(&grouping->partitions[p]);
    free_runs(grouping->waiting);
    free_runs(grouping->batch.runs);
    free_runs(grouping->spares);
    if (grouping->has_lock)
        pthread_mutex_destroy(&grouping->lock);
    pel_arena_close(grouping->memory);
    free(grouping);
}

/* ---- chunks ------------------------------------------------------------------------------------------ */

int pel_grouping_add(struct grouping *grouping, size_t worker, const struct grouping_rows *rows,
                     struct pel_error *err)
{
    return pel_builder_add(&grouping->builders[worker], rows) ? pel_grouping_no_memory(err) : 0;
}

int pel_grouping_merge(struct grouping *grouping, const struct run *runs, size_t index,
                       struct pel_error *err)
{
    struct partition *partition = &grouping->partitions[index];
    size_t nbytes = pel_partition_nbytes(partition), ngroups = partition->table.ngroups;
    for (; runs; runs = runs->next) {
        if (pel_partition_add(partition, &grouping->shape, runs, index))
            return pel_grouping_no_memory(err);
        size_t grown = pel_partition_nbytes(partition) - nbytes;
        size_t held = __atomic_add_fetch(&grouping->nbytes, grown, __ATOMIC_RELAXED);
        __atomic_add_fetch(&grouping->ngroups, partition->table.ngroups - ngroups,
                           __ATOMIC_RELAXED);
        nbytes += grown;
        ngroups = partition->table.ngroups;
        if (held > grouping->limit_nbytes)
            return pel_grouping_full(grouping, err);
    }
    return 0;
}

/* Puts a run in its place, mostly the last. */
static void put_run(struct grouping *grouping, struct run *run)
{
    struct run **at = grouping->ready_end;
    while (*at && (*at)->chunk < run->chunk)
        at = &(*at)->next;
    run->next = *at;
    *at = run;
    for (struct run *next; (next = *grouping->ready_end) && next->chunk == grouping->next_chunk;) {
        grouping->next_chunk++;
        grouping->ready_nbytes += next->nbytes;
        grouping->ready_end = &next->next;
    }
}

/* What is ready becomes a batch, if it is enough and there is none. */
static void make_batch(struct grouping *grouping)
{
    if (grouping->batch.runs || grouping->ready_nbytes < grouping->batch_nbytes)
        return;
    grouping->batch = (struct batch){.runs = grouping->waiting};
    grouping->waiting = *grouping->ready_end;
    *grouping->ready_end = NULL;
    grouping->ready_end = &grouping->waiting;
    grouping->ready_nbytes = 0;
}

static void keep_spares(struct grouping *grouping, struct run *run)
{
    while (run) {
        struct run *next = run->next;
        pel_run_empty(run);
        run->next = grouping->spares;
        grouping->spares = run;
        run = next;
    }
}

static struct run *take_spare(struct grouping *grouping)
{
    pthread_mutex_lock(&grouping->lock);
    struct run *spare = grouping->spares;
    if (spare)
        grouping->spares = spare->next;
    pthread_mutex_unlock(&grouping->lock);
    return spare;
}

/* Adds partitions of the batch until all have been begun. */
static int help_batch(struct grouping *grouping, struct pel_error *err)
{
    int status = 0;
    pthread_mutex_lock(&grouping->lock);
    struct batch *batch = &grouping->batch;
    while (!status && batch->runs && batch->next < NPARTITIONS) {
        size_t index = batch->next++;
        pthread_mutex_unlock(&grouping->lock);
        status = pel_grouping_merge(grouping, batch->runs, index, err);
        pthread_mutex_lock(&grouping->lock);
        if (!status && ++batch->ncomplete == NPARTITIONS) {
            keep_spares(grouping, batch->runs);
            *batch = (struct batch){0};
        }
    }
    pthread_mutex_unlock(&grouping->lock);
    return status;
}

int pel_grouping_end_chunk(struct grouping *grouping, size_t worker, uint64_t chunk,
                           struct pel_error *err)
{
    struct builder *builder = &grouping->builders[worker];
    struct run *run = pel_builder_end(builder, chunk, take_spare(grouping));
    if (!run)
        return pel_grouping_no_memory(err);
    pthread_mutex_lock(&grouping->lock);
    put_run(grouping, run);
    make_batch(grouping);
    bool busy = grouping->batch.runs != NULL;
    pthread_mutex_unlock(&grouping->lock);
    return busy ? help_batch(grouping, err) : 0;
}
