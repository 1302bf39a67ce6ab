/* The order of rows by several keys, by refinement: all rows are sorted by the first key; then each run of
 * rows that are tied in it by the next, and so on. A string is a key for every 7 bytes of it, which are
 * looked at only as far as there are ties. */
#include <pelton/sort.h>

#include "bulk/sort/keys.h"
#include "bulk/sort/radix.h"
#include "core/arena.h"

enum {
    TEXT_NBYTES = 7, /* of a string in one number; the lowest byte is how many, or TEXT_MORE */
    TEXT_MORE = 8,
    CHUNK_ROWS = 1 << 15
};

/* Rows of places [lo, lo + n) that are tied in all keys so far. */
struct run {
    size_t lo, n;
};

/* One key, or one piece of a string, of all rows. */
struct refinement {
    struct pel_column key;
    struct sort_map map;
    bool descending;
    size_t offset; /* into strings */

    size_t n, next;
    uint64_t *order;
    uint8_t *ties, *ties_then;  /* place i is tied with i - 1: before, after */
    struct radix_pair **memory; /* of each worker: 3 x RADIX_LEAF */
    size_t nworkers;
    const struct pel_team *team;
    struct run *large;          /* runs for the whole team */
    size_t nlarge;              /* atomic, as the next three */
    bool tied, more, cancelled; /* some rows are still tied; strings go on */
};

/* The number of 7 bytes of text: those, then how many of them are there. */
static uint64_t text_number(struct pel_string string, size_t offset)
{
    size_t left = string.nbytes > offset ? string.nbytes - offset : 0;
    size_t n = left < TEXT_NBYTES ? left : TEXT_NBYTES;
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++)
        number |= (uint64_t)(unsigned char)string.text[offset + i] << (56 - 8 * i);
    return number | (left > TEXT_NBYTES ? TEXT_MORE : n);
}

static uint64_t row_number(const struct refinement *by, uint64_t row)
{
    const unsigned char *value =
        (const unsigned char *)by->key.data + (ptrdiff_t)row * by->key.stride;
    if (by->key.type == PEL_BOOL)
        return (*value != 0) ^ by->descending;
    if (by->key.type == PEL_STRING) {
        struct pel_string string;
        memcpy(&string, value, sizeof string);
        uint64_t number = text_number(string, by->offset);
        return by->descending ? ~number : number;
    }
    if (!by->key.swapped)
        return sort_value(&by->map, value);
    unsigned char bytes[8];
    size_t nbytes = by->map.wide ? 8 : 4;
    for (size_t i = 0; i < nbytes; i++)
        bytes[i] = value[nbytes - 1 - i];
    return sort_value(&by->map, bytes);
}

/* Written once only: all workers look at it. */
static inline void set_flag(bool *flag)
{
    if (!__atomic_load_n(flag, __ATOMIC_RELAXED))
        __atomic_store_n(flag, true, __ATOMIC_RELAXED);
}

/* Place i, of this number, turned out to be tied with the one before. */
static inline void note_tie(struct refinement *by, size_t i, uint64_t number)
{
    by->ties_then[i] = 1;
    set_flag(&by->tied);
    uint64_t text = by->descending ? ~number : number;
    if (by->key.type == PEL_STRING && (text & 0xff) == TEXT_MORE)
        set_flag(&by->more);
}

/* ---- a run by the whole team ----------------------------------------------------------------------- */

struct run_job {
    struct refinement *by;
    struct run run;
    size_t ntasks;
};

static void load_rows(const void *ctx, size_t lo, size_t n, void *records)
{
    const struct run_job *job = ctx;
    const uint64_t *rows = job->by->order + job->run.lo + lo;
    struct radix_pair *out = records;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct radix_pair){row_number(job->by, rows[i]), rows[i]};
}

static void store_rows(void *ctx, size_t lo, size_t n, const void *records, bool continues)
{
    const struct run_job *job = ctx;
    const struct radix_pair *in = records;
    size_t place = job->run.lo + lo;
    for (size_t i = 0; i < n; i++) {
        job->by->order[place + i] = in[i].value;
        if (i ? in[i - 1].key == in[i].key : continues)
            note_tie(job->by, place + i, in[i].key);
    }
}

/* Finds the ties in a run that is in order as it is. */
static void find_ties(void *ctx, size_t index)
{
    const struct run_job *job = ctx;
    const uint64_t *order = job->by->order + job->run.lo;
    struct pel_range range = pel_partition(job->run.n, job->ntasks, index);
    if (range.lo == range.hi)
        return;
    uint64_t last = row_number(job->by, order[range.lo ? range.lo - 1 : 0]), number;
    for (size_t i = range.lo ? range.lo : 1; i < range.hi; i++, last = number)
        if ((number = row_number(job->by, order[i])) == last)
            note_tie(job->by, job->run.lo + i, number);
}

static int sort_run(struct refinement *by, struct run run, struct pel_error *err)
{
    struct run_job ctx = {by, run, pel_team_tasks(by->team, run.n, CHUNK_ROWS)};
    const struct radix_job job = {.kind = RADIX_PAIR,
                                  .n = run.n,
                                  .load = load_rows,
                                  .store = store_rows,
                                  .ctx = &ctx,
                                  .strict = true};
    enum radix_order how;
    int status = pel_radix_sort(&job, by->team, &how, err);
    if (status || how == RADIX_STORED)
        return status;
    if (how == RADIX_REVERSED)
        return pel_sort_reverse(by->order + run.lo, run.n, sizeof *by->order, by->team, err);
    return pel_team_run(by->team, ctx.ntasks, find_ties, &ctx) ? pel_sort_cancelled(err) : 0;
}

/* ---- many runs at once ------------------------------------------------------------------------------- */

static void sort_small_run(struct refinement *by, struct run run, struct radix_pair *memory)
{
    struct run_job ctx = {.by = by, .run = run};
    load_rows(&ctx, 0, run.n, memory);
    struct radix_pair *sorted =
        pel_radix_leaf(memory, run.n, memory + RADIX_LEAF, memory + 2 * RADIX_LEAF);
    store_rows(&ctx, 0, run.n, sorted, false);
}

/* The runs that begin in places [lo, hi). */
static void sort_runs(struct refinement *by, size_t lo, size_t hi, struct radix_pair *memory)
{
    while (lo < hi && by->ties[lo])
        lo++;
    for (size_t i = lo, end; i < hi; i = end) {
        for (end = i + 1; end < by->n && by->ties[end];)
            end++;
        struct run run = {i, end - i};
        if (run.n < 2)
            continue;
        if (run.n <= RADIX_LEAF)
            sort_small_run(by, run, memory);
        else
            by->large[__atomic_fetch_add(&by->nlarge, 1, __ATOMIC_RELAXED)] = run;
    }
}

static void refine_chunks(void *ctx, size_t index)
{
    struct refinement *by = ctx;
    for (size_t lo;
         (lo = CHUNK_ROWS * __atomic_fetch_add(&by->next, 1, __ATOMIC_RELAXED)) < by->n;) {
        if (pel_cancel_requested(by->team->cancel)) {
            set_flag(&by->cancelled);
            return;
        }
        sort_runs(by, lo, by->n - lo < CHUNK_ROWS ? by->n : lo + CHUNK_ROWS, by->memory[index]);
    }
}

/* Sorts each run of ties by the present key, and finds what is tied in it too. */
static int refine(struct refinement *by, struct pel_error *err)
{
    by->tied = by->more = false;
    by->next = by->nlarge = 0;
    memset(by->ties_then, 0, by->n);
    if (pel_team_run(by->team, by->nworkers, refine_chunks, by) || by->cancelled)
        return pel_sort_cancelled(err);
    int status = 0;
    for (size_t i = 0; i < by->nlarge && !status; i++)
        status = sort_run(by, by->large[i], err);
    uint8_t *ties = by->ties;
    by->ties = by->ties_then;
    by->ties_then = ties;
    return status;
}

/* ---- all keys --------------------------------------------------------------------------------------------- */

static int check_keys(const struct pel_column *keys, size_t nkeys, struct pel_error *err)
{
    for (size_t k = 0; k < nkeys; k++)
        if (!sort_is_key(keys[k].type) && keys[k].type != PEL_BOOL && keys[k].type != PEL_STRING)
            return pel_error_set(
                err, -EINVAL, PEL_STAGE_COMPUTE,
                "rows are ordered by bool, i32, i64, u32, u64, f32, f64 or string");
    return 0;
}

static int take_memory(struct refinement *by, struct pel_arena *arena)
{
    by->large = pel_arena_take(arena, (by->n / RADIX_LEAF + 1) * sizeof *by->large);
    by->memory = pel_arena_take(arena, by->nworkers * sizeof *by->memory);
    by->ties = pel_arena_take(arena, by->n);
    by->ties_then = pel_arena_take(arena, by->n);
    if (!by->large || !by->memory || !by->ties || !by->ties_then)
        return -ENOMEM;
    for (size_t w = 0; w < by->nworkers; w++) {
        by->memory[w] = pel_arena_take_unset(arena, (size_t)3 * RADIX_LEAF_NBYTES);
        if (!by->memory[w])
            return -ENOMEM;
    }
    return 0;
}

static int refine_by_keys(struct refinement *by, const struct pel_column *keys,
                          const bool *descending, size_t nkeys, struct pel_error *err)
{
    int status = pel_sort_rows(by->order, by->n, false, by->team, err);
    memset(by->ties + 1, 1, by->n - 1);
    by->tied = true;
    for (size_t k = 0; k < nkeys && by->tied && !status; k++) {
        by->key = keys[k];
        by->descending = descending && descending[k];
        by->map = sort_map(by->key.type, by->descending);
        by->offset = 0;
        status = refine(by, err);
        for (; by->more && !status; status = refine(by, err))
            by->offset += TEXT_NBYTES;
    }
    return status;
}

int pel_order(const struct pel_column *keys, const bool *descending, size_t nkeys, size_t n,
              uint64_t *order, const struct pel_team *team, struct pel_error *err)
{
    int status = check_keys(keys, nkeys, err);
    if (status)
        return status;
    if (nkeys == 0 || n < 2)
        return pel_sort_rows(order, n, false, team, err);
    if (nkeys == 1 && sort_is_key(keys->type) && !keys->swapped &&
        keys->stride == (ptrdiff_t)pel_type_nbytes(keys->type))
        return pel_argsort(keys->type, keys->data, n, descending && *descending, order, team, err);

    struct refinement by = {
        .n = n, .order = order, .team = team, .nworkers = (size_t)team->nthreads};
    struct pel_arena *arena = pel_arena_open();
    if (arena && !take_memory(&by, arena))
        status = refine_by_keys(&by, keys, descending, nkeys, err);
    else
        status = pel_sort_no_memory(err);
    pel_arena_close(arena);
    return status;
}
