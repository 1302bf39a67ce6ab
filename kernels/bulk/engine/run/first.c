/* Each worker keeps the rows that may be among the first n of those it has seen: all of them, until there are 2 n
 * and some; then it sorts these, leaves the first n, and from there on takes only rows that come before the last
 * of them, its bound. Of a million rows in random order that is a few thousand for a small n. */
#include "bulk/engine/run/first.h"

#include "bulk/engine/run/gather.h"
#include "bulk/engine/run/kept.h"
#include "bulk/engine/run/scan.h"
#include "bulk/sort/keys.h"
#include "bulk/table_make.h"

#include <pelton/sort.h>

#include <pthread.h>
#include <stdlib.h>

struct job {
    struct first first;
    pthread_mutex_t lock;
    struct kept *done; /* of workers that have no more chunks */
};

struct worker {
    struct kept *kept;
    const void **values; /* of the block */
    size_t nvalues;      /* that are there: one, or, once a row may be taken, all */
};

static int no_memory(struct pel_error *err)
{
    return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the first rows");
}

/* ---- the bound ----------------------------------------------------------------------------------------- */

/* First whether there is any, which mostly there is not, and is found eight at a time. */
#define BITS(op)                                                                                   \
    do {                                                                                           \
        for (size_t i = 0; i < n; i++)                                                             \
            any |= values[i] op bound;                                                             \
        for (size_t i = 0; any && i < n; i++)                                                      \
            bits |= (uint64_t)(values[i] op bound) << i;                                           \
    } while (0)

/* Which of n <= 64 values come before the bound, or, with `tied`, are equal to it? */
#define BEFORE(type)                                                                               \
    static uint64_t before_##type(const type *values, size_t n, type bound, bool descending,       \
                                  bool tied)                                                       \
    {                                                                                              \
        uint64_t any = 0, bits = 0;                                                                \
        if (descending && tied)                                                                    \
            BITS(>=);                                                                              \
        else if (descending)                                                                       \
            BITS(>);                                                                               \
        else if (tied)                                                                             \
            BITS(<=);                                                                              \
        else                                                                                       \
            BITS(<);                                                                               \
        return bits;                                                                               \
    }
BEFORE(int64_t)
BEFORE(float)
BEFORE(double)

/* Which of n <= 64 rows may come before the bound, by their first key? *certain: they do. A NaN as bound is
 * behind all. */
static uint64_t find_before(const struct first *first, const struct kept *kept, const void *values,
                            size_t n, bool *certain)
{
    const void *bound = kept_cell(kept->columns, (size_t)first->n - 1);
    bool descending = first->descending[0], tied = first->rows->norder > 1;
    enum pel_type type = kept->columns->type;
    *certain = !tied;
    if (type == PEL_I64)
        return before_int64_t(values, n, *(const int64_t *)bound, descending, tied);
    if (type == PEL_F32 && *(const float *)bound == *(const float *)bound)
        return before_float(values, n, *(const float *)bound, descending, tied);
    if (type == PEL_F64 && *(const double *)bound == *(const double *)bound)
        return before_double(values, n, *(const double *)bound, descending, tied);
    *certain = false;
    return UINT64_MAX;
}

static int compare_texts(const struct pel_string *a, const struct pel_string *b)
{
    size_t n = a->nbytes < b->nbytes ? a->nbytes : b->nbytes;
    int answer = n ? memcmp(a->text, b->text, n) : 0;
    return answer ? answer : (a->nbytes > b->nbytes) - (a->nbytes < b->nbytes);
}

/* Below, at or above 0: a comes before b, with it, or behind it. */
static int compare(enum pel_type type, bool descending, const void *a, const void *b)
{
    if (type == PEL_BOOL || type == PEL_STRING) {
        int answer =
            type == PEL_STRING ? compare_texts(a, b) : *(const uint8_t *)a - *(const uint8_t *)b;
        return descending ? -answer : answer;
    }
    struct sort_map map = sort_map(type, descending);
    uint64_t x = sort_value(&map, a), y = sort_value(&map, b);
    return (x > y) - (x < y);
}

/* Does row i of the block come before the bound? It is later than all that are kept, so not if it is equal. */
static bool is_before(const struct first *first, const struct worker *worker, size_t i)
{
    int answer = 0;
    for (int k = 0; k < first->rows->norder && !answer; k++) {
        const struct pel_column *column = &worker->kept->columns[k];
        const char *values = worker->values[k];
        answer = compare(column->type, first->descending[k], values + i * (size_t)column->stride,
                         kept_cell(column, (size_t)first->n - 1));
    }
    return answer < 0;
}

/* ---- blocks ------------------------------------------------------------------------------------------------ */

/* Keeps rows lo + i of the block for each bit i that is set, but those that do not come before the bound. */
static int keep_rows(const struct first *first, struct worker *worker,
                     const struct scan_block *block, size_t lo, uint64_t bits, bool certain,
                     struct pel_error *err)
{
    uint64_t places[64], numbers[64];
    size_t n = 0;
    for (; worker->nvalues < first->rows->nfields; worker->nvalues++)
        worker->values[worker->nvalues] =
            pel_machine_value(block->machine, first->rows->values[worker->nvalues]);
    for (; bits; bits &= bits - 1) {
        places[n] = lo + (size_t)__builtin_ctzll(bits);
        numbers[n] = pel_block_row(block) + places[n];
        n += certain || is_before(first, worker, places[n]);
    }
    return n ? pel_kept_add(first, worker->kept, worker->values, places, numbers, n, err) : 0;
}

static int take_block(void *ctx, void *own, const struct scan_block *block, struct pel_error *err)
{
    const struct first *first = &((const struct job *)ctx)->first;
    struct worker *worker = own;
    const struct kept *kept = worker->kept;
    int status = 0;
    worker->values[0] = pel_machine_value(block->machine, first->rows->values[0]);
    worker->nvalues = 1;
    for (size_t lo = 0; lo < block->n && !status; lo += 64) {
        const char *values = (const char *)worker->values[0] + lo * (size_t)kept->columns->stride;
        uint64_t bits = block->selected[lo / 64];
        bool certain = true;
        if (bits && kept->bounded)
            bits &=
                find_before(first, kept, values, block->n - lo < 64 ? block->n - lo : 64, &certain);
        if (bits)
            status = keep_rows(first, worker, block, lo, bits, certain, err);
    }
    return status;
}

static int open_worker(void *ctx, void *own, struct pel_error *err)
{
    const struct first *first = &((const struct job *)ctx)->first;
    struct worker *worker = own;
    worker->values = calloc(first->rows->nfields, sizeof *worker->values);
    worker->kept = worker->values ? pel_kept_make(first) : NULL;
    return worker->kept ? 0 : no_memory(err);
}

static void close_worker(void *ctx, void *own)
{
    struct job *job = ctx;
    struct worker *worker = own;
    free(worker->values);
    if (!worker->kept)
        return;
    pthread_mutex_lock(&job->lock);
    worker->kept->next = job->done;
    job->done = worker->kept;
    pthread_mutex_unlock(&job->lock);
}

/* ---- all of them --------------------------------------------------------------------------------------- */

/* Rows in order of their numbers, as a table. */
static int make_table(const struct first *first, const struct kept *all, struct pel_table *out,
                      struct pel_error *err)
{
    const struct segment *rows = first->rows;
    uint64_t *order = malloc(all->n * sizeof *order + 1);
    int status = order ? pel_order(&all->columns[rows->nfields], NULL, 1, all->n, order,
                                   first->run->team, err)
                       : no_memory(err);
    if (!status)
        status = pel_table_make(out, rows->fields, rows->nfields, all->n, &first->run->held, err);
    for (size_t i = 0; i < rows->nfields && !status; i++)
        pel_gather(all->columns[i].data, order, 0, all->n, (size_t)all->columns[i].stride,
                   (void *)out->columns[i].data);
    free(order);
    return status ? status : pel_table_own_texts(out, &first->run->held, err);
}

static int find(struct job *job, struct pel_source *source, struct pel_table *out,
                struct pel_error *err)
{
    const struct first *first = &job->first;
    struct scan scan = {.segment = first->rows,
                        .source = source,
                        .results = first->run->results,
                        .team = first->run->team,
                        .ctx = job,
                        .worker_nbytes = sizeof(struct worker),
                        .open = open_worker,
                        .block = take_block,
                        .close = close_worker};
    int status = pel_scan(&scan, err);
    for (struct kept *kept = job->done; kept && kept->next && !status; kept = kept->next)
        status = pel_kept_append(first, job->done, kept->next, err);
    if (!status)
        status = make_table(first, job->done, out, err);
    while (job->done) {
        struct kept *kept = job->done;
        job->done = kept->next;
        pel_kept_free(first, kept);
    }
    return status;
}

int pel_run_first(struct run *run, const struct segment *rows, uint64_t n,
                  struct pel_source *source, struct pel_table *out, struct pel_error *err)
{
    struct job job = {.first = {.run = run, .rows = rows, .n = n, .ncolumns = rows->nfields + 1}};
    struct first *first = &job.first;
    first->row_nbytes = sizeof(uint64_t);
    for (size_t i = 0; i < rows->nfields; i++)
        first->row_nbytes += pel_type_nbytes(rows->fields[i].type);
    first->descending = calloc((size_t)rows->norder, sizeof *first->descending);
    if (!first->descending)
        return no_memory(err);
    for (int i = 0; i < rows->norder; i++)
        first->descending[i] = rows->order[i].descending;
    /* With default attributes this only stores constants on Linux: it cannot fail. */
    (void)pthread_mutex_init(&job.lock, NULL);
    int status = find(&job, source, out, err);
    pthread_mutex_destroy(&job.lock);
    free(first->descending);
    return status;
}
