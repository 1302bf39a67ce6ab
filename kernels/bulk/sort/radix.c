#include "bulk/sort/radix.h"

#include "bulk/sort/keys.h"
#include "bulk/stream.h"
#include "core/arena.h"

#include <string.h>

enum {
    BUCKETS_MAX = 2048, /* their lines, 128 KiB, stay in the second-level cache */
    CELL_BITS_MAX = 16,
    TASK_RECORDS_MAX = 1 << 30, /* a cell counts in 32 bits */
    DIGIT_BITS_MAX = 11,
    INSERTION_MAX = 24,
    LEAF_EXTRA_BITS =
        4, /* 1 in 32 of evenly spread records meets another in the bits that are looked at */
    BUCKET_MIN = 8192,
    CROWDED = 64,
    SPLIT_MIN = 1 << 20 /* records from which a bucket is split by the whole team */
};

/* Bits that it takes to write x. */
static inline int bits_of(uint64_t x)
{
    return x ? 64 - __builtin_clzll(x) : 0;
}

static inline size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What a task of a split has for itself. */
struct split_task {
    uint64_t min, max, first, last;
    bool sorted, reversed;
    uint32_t *cells;
    size_t *start,
        *at; /* of each bucket: the numbers of this task's first record and of its next */
    unsigned char *lines;
};

struct split;

/* The functions of a kind of records. */
struct steps {
    size_t record_nbytes;
    void (*scan)(void *split, size_t task);
    void (*count)(void *split, size_t task);
    void (*scatter)(void *split, size_t task);
    void (*work)(void *split, size_t worker);
    void (*store_piece)(void *split, size_t task);
    void (*alone)(const struct split *split);
};

/* Records that are still to be split, in radix->records or in radix->spare. */
struct rest {
    size_t lo, n;
    bool in_spare;
};

/* A sort in the works. */
struct radix {
    const struct radix_job *job;
    const struct steps *steps;
    const struct pel_team *team;
    struct pel_arena *arena; /* for all of this */
    void *records, *spare;   /* n records each; spare: perhaps the job's, perhaps NULL */
    size_t ntasks, nworkers, leaf_records;
    struct split_task *tasks;
    unsigned char **leaves; /* of each worker: 2 x leaf_records */
    uint64_t *totals;       /* of each cell, over all tasks */
    uint16_t *bucket_of;    /* each cell */
    size_t *bounds;         /* of the buckets */
    struct rest *rests;
    size_t nrests;
    bool cancelled; /* atomic: something was stored as it was */
};

/* One cut of records [lo, lo + n), which lie in `from` (NULL: are the job's input), into buckets in `to`.
 * Record i of `to` counts as number i + phase, so that numbers that are multiples of a line's records
 * begin a line. */
struct split {
    struct radix *radix;
    void *from, *to;
    size_t lo, n, phase;
    uint64_t min;
    int shift;
    size_t ncells, nbuckets, next;
};

static bool radix_cancelled(struct radix *radix)
{
    if (!pel_cancel_requested(radix->team->cancel))
        return false;
    __atomic_store_n(&radix->cancelled, true, __ATOMIC_RELAXED);
    return true;
}

#define RECORD uint32_t
#define NAME(name) name##_u32
#define KEY(record) (record)
#include "bulk/sort/radix_body.h"

#define RECORD uint64_t
#define NAME(name) name##_u64
#define KEY(record) (record)
#include "bulk/sort/radix_body.h"

#define RECORD uint64_t
#define NAME(name) name##_packed
#define KEY(record) ((record) >> 32)
#include "bulk/sort/radix_body.h"

#define RECORD struct radix_pair
#define NAME(name) name##_pair
#define KEY(record) ((record).key)
#include "bulk/sort/radix_body.h"

static const struct steps *const steps_of[] = {
    [RADIX_U32] = &steps_u32,
    [RADIX_U64] = &steps_u64,
    [RADIX_PACKED] = &steps_packed,
    [RADIX_PAIR] = &steps_pair,
};
_Static_assert(sizeof steps_of / sizeof steps_of[0] == RADIX_KIND_COUNT, "each kind has its own");

struct radix_pair *pel_radix_leaf(struct radix_pair *pairs, size_t n, struct radix_pair *a,
                                  struct radix_pair *b)
{
    return leaf_pair(pairs, n, a, b);
}

/* Looks at all records of the split: their range goes to *split. */
static int look(struct split *split, enum radix_order *order, struct pel_error *err)
{
    const struct radix *radix = split->radix;
    if (pel_team_run(radix->team, radix->ntasks, radix->steps->scan, split))
        return pel_sort_cancelled(err);
    uint64_t min = UINT64_MAX, max = 0;
    bool sorted = true, reversed = true;
    for (size_t t = 0; t < radix->ntasks; t++) {
        const struct split_task *task = &radix->tasks[t];
        min = task->min < min ? task->min : min;
        max = task->max > max ? task->max : max;
        sorted &= task->sorted && (!t || task[-1].last <= task->first);
        reversed &= task->reversed && (!t || task[-1].last > task->first ||
                                       (task[-1].last == task->first && !radix->job->strict));
    }
    *order = sorted ? RADIX_SORTED : reversed ? RADIX_REVERSED : RADIX_STORED;
    int cell_bits = bits_of(split->n) - 6;
    cell_bits = cell_bits < 8 ? 8 : cell_bits > CELL_BITS_MAX ? CELL_BITS_MAX : cell_bits;
    int bits = bits_of(max - min);
    split->min = min;
    split->shift = bits > cell_bits ? bits - cell_bits : 0;
    split->ncells = (size_t)((max - min) >> split->shift) + 1;
    return 0;
}

/* Adds the counts of all tasks up. */
static void total_cells(const struct split *split)
{
    const struct radix *radix = split->radix;
    memset(radix->totals, 0, split->ncells * sizeof *radix->totals);
    for (size_t t = 0; t < radix->ntasks; t++)
        for (size_t c = 0; c < split->ncells; c++)
            radix->totals[c] += radix->tasks[t].cells[c];
}

/* Cuts the range of cells into buckets of about equal size. A cell with as much as CROWDED of those has a
 * bucket for itself, which so is much narrower, or much smaller, than what was cut: the cutting ends. */
static void cut_buckets(struct split *split)
{
    const struct radix *radix = split->radix;
    size_t target = split->n / (BUCKETS_MAX - CROWDED) + 1, b = 0, end = split->lo;
    target = target < BUCKET_MIN ? BUCKET_MIN : target;
    radix->bounds[0] = end;
    for (size_t c = 0; c < split->ncells; c++) {
        size_t total = (size_t)radix->totals[c];
        if (end > radix->bounds[b] && total >= CROWDED * target)
            radix->bounds[++b] = end;
        radix->bucket_of[c] = (uint16_t)b;
        end += total;
        if (end - radix->bounds[b] >= target || c + 1 == split->ncells)
            radix->bounds[++b] = end;
    }
    split->nbuckets = b;
}

/* Where each task's records of each bucket begin. */
static void place_tasks(const struct split *split)
{
    const struct radix *radix = split->radix;
    for (size_t t = 0; t < radix->ntasks; t++) {
        struct split_task *task = &radix->tasks[t];
        for (size_t b = 0; b < split->nbuckets; b++)
            task->start[b] = t ? task[-1].at[b] : radix->bounds[b] + split->phase;
        memcpy(task->at, task->start, split->nbuckets * sizeof *task->at);
        for (size_t c = 0; c < split->ncells; c++)
            task->at[radix->bucket_of[c]] += task->cells[c];
    }
    for (size_t t = 0; t < radix->ntasks; t++)
        memcpy(radix->tasks[t].at, radix->tasks[t].start, split->nbuckets * sizeof(size_t));
}

/* Notes the buckets that the whole team is to split. */
static void note_rests(const struct split *split)
{
    struct radix *radix = split->radix;
    for (size_t b = 0; b < split->nbuckets; b++) {
        size_t lo = radix->bounds[b], n = radix->bounds[b + 1] - lo;
        if (n >= SPLIT_MIN)
            radix->rests[radix->nrests++] = (struct rest){lo, n, split->to == radix->spare};
    }
}

/* Memory for all records; NULL without. */
static void *take_records(const struct radix *radix)
{
    size_t nbytes;
    if (pel_size_mul(radix->job->n, radix->steps->record_nbytes, &nbytes))
        return NULL;
    return pel_arena_take_unset(radix->arena, nbytes);
}

/* Memory for the case that a bucket is too large for the caches. */
static int take_spare(struct radix *radix, const struct split *split, struct pel_error *err)
{
    bool needed = false;
    for (size_t b = 0; b < split->nbuckets; b++)
        needed |= radix->bounds[b + 1] - radix->bounds[b] > radix->leaf_records;
    if (!needed || radix->spare)
        return 0;
    radix->spare = take_records(radix);
    return radix->spare ? 0 : pel_sort_no_memory(err);
}

/* Cuts what was looked at into buckets, and sorts and stores all but the large ones. */
static int split_records(struct split *split, const struct pel_team *team, struct pel_error *err)
{
    struct radix *radix = split->radix;
    const struct steps *steps = radix->steps;
    split->phase =
        (uintptr_t)split->to / steps->record_nbytes % (STREAM_LINE_NBYTES / steps->record_nbytes);
    if (pel_team_run(team, radix->ntasks, steps->count, split))
        return pel_sort_cancelled(err);
    total_cells(split);
    cut_buckets(split);
    place_tasks(split);
    int status = take_spare(radix, split, err);
    if (status)
        return status;
    if (pel_team_run(team, radix->ntasks, steps->scatter, split))
        return pel_sort_cancelled(err);
    note_rests(split);
    struct pel_team whole = *team; /* what is cancelled now is stored as it is */
    whole.cancel = NULL;
    return pel_team_run(&whole, radix->nworkers, steps->work, split);
}

/* Splits and stores the rests, the order of which does not matter. */
static int split_rests(struct radix *radix, struct pel_error *err)
{
    struct pel_team whole = *radix->team;
    whole.cancel = NULL;
    int status = 0;
    while (!status && radix->nrests) {
        struct rest rest = radix->rests[--radix->nrests];
        struct split split = {.radix = radix,
                              .from = rest.in_spare ? radix->spare : radix->records,
                              .to = rest.in_spare ? radix->records : radix->spare,
                              .lo = rest.lo,
                              .n = rest.n};
        enum radix_order order = RADIX_SORTED;
        if (!radix_cancelled(radix))
            status = look(&split, &order, err);
        if (!status && order == RADIX_SORTED)
            status = pel_team_run(&whole, radix->ntasks, radix->steps->store_piece, &split);
        else if (!status)
            status = split_records(&split, &whole, err);
    }
    return status;
}

static int take_leaves(struct radix *radix)
{
    size_t nbytes = 2 * radix->leaf_records * radix->steps->record_nbytes;
    radix->leaves = pel_arena_take(radix->arena, radix->nworkers * sizeof *radix->leaves);
    for (size_t w = 0; radix->leaves && w < radix->nworkers; w++)
        if (!(radix->leaves[w] = pel_arena_take_unset(radix->arena, nbytes)))
            return -ENOMEM;
    return radix->leaves ? 0 : -ENOMEM;
}

static int take_buckets(struct radix *radix, size_t ncells)
{
    for (size_t t = 0; t < radix->ntasks; t++) {
        struct split_task *task = &radix->tasks[t];
        task->cells = pel_arena_take_unset(radix->arena, ncells * sizeof *task->cells);
        task->start = pel_arena_take(radix->arena, BUCKETS_MAX * sizeof *task->start);
        task->at = pel_arena_take(radix->arena, BUCKETS_MAX * sizeof *task->at);
        task->lines = pel_arena_take_unset(radix->arena, BUCKETS_MAX * STREAM_LINE_NBYTES);
        if (!task->cells || !task->start || !task->at || !task->lines)
            return -ENOMEM;
    }
    radix->totals = pel_arena_take(radix->arena, ncells * sizeof *radix->totals);
    radix->bucket_of = pel_arena_take(radix->arena, ncells * sizeof *radix->bucket_of);
    radix->bounds = pel_arena_take(radix->arena, (BUCKETS_MAX + 1) * sizeof *radix->bounds);
    radix->rests =
        pel_arena_take(radix->arena, (radix->job->n / SPLIT_MIN + 1) * sizeof *radix->rests);
    return radix->totals && radix->bucket_of && radix->bounds && radix->rests ? 0 : -ENOMEM;
}

/* The input is not in order: sorts it. */
static int sort_records(struct split *split, struct pel_error *err)
{
    struct radix *radix = split->radix;
    bool alone = radix->job->n <= radix->leaf_records;
    radix->records = take_records(radix);
    if (!radix->records || take_leaves(radix))
        return pel_sort_no_memory(err);
    if (alone) {
        radix->steps->alone(split);
        return 0;
    }
    if (take_buckets(radix, (size_t)1 << CELL_BITS_MAX))
        return pel_sort_no_memory(err);
    split->to = radix->records;
    int status = split_records(split, radix->team, err);
    if (!status)
        status = split_rests(radix, err);
    return status || !radix->cancelled ? status : pel_sort_cancelled(err);
}

int pel_radix_sort(const struct radix_job *job, const struct pel_team *team,
                   enum radix_order *order, struct pel_error *err)
{
    *order = RADIX_SORTED;
    if (job->n < 2)
        return 0;
    const struct steps *steps = steps_of[job->kind];
    struct radix radix = {.job = job, .steps = steps, .team = team, .spare = job->spare};
    radix.leaf_records = min_size(job->n, RADIX_LEAF_NBYTES / steps->record_nbytes);
    radix.nworkers = job->n > radix.leaf_records ? (size_t)team->nthreads : 1;
    radix.ntasks =
        job->n > radix.leaf_records ? 2 * (size_t)team->nthreads + job->n / TASK_RECORDS_MAX : 1;
    radix.arena = pel_arena_open();
    radix.tasks =
        radix.arena ? pel_arena_take(radix.arena, radix.ntasks * sizeof *radix.tasks) : NULL;
    struct split split = {.radix = &radix, .n = job->n};
    int status = radix.tasks ? look(&split, order, err) : pel_sort_no_memory(err);
    if (!status && *order == RADIX_STORED)
        status = sort_records(&split, err);
    pel_arena_close(radix.arena);
    return status;
}
