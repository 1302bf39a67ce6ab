/* Running sums in one pass over memory: a chunk is added up, gets what those before it come to, and
 * is read again, from the cache. */
#include "bulk/message.h"
#include "bulk/reduce/values.h"
#include "bulk/stream.h"
#include "bulk/transform/relay.h"
#include "bulk/transform/running.h"

#include <math.h>
#include <stdalign.h>
#include <string.h>

struct scan {
    const struct pel_running *running;
    struct pel_values x;
    size_t n;
    bool exclusive;
    bool is_unsigned; /* x of PEL_U64, taken as PEL_I64 */
    bool streams;
    void *y;
    size_t bad_row; /* lowest row whose sum is no int64; atomic */
};

static struct pel_range chunk_rows(const struct scan *scan, size_t k)
{
    size_t lo = k * PEL_RUNNING_ROWS;
    return (struct pel_range){lo,
                              scan->n - lo < PEL_RUNNING_ROWS ? scan->n : lo + PEL_RUNNING_ROWS};
}

static size_t block_rows(size_t lo, size_t hi)
{
    return hi - lo < PEL_BLOCK_ROWS ? hi - lo : PEL_BLOCK_ROWS;
}

/* sums[0] is the sum before row lo, sums[1 + i] that of rows up to lo + i. */
static void put(const struct scan *scan, size_t lo, size_t n, const void *sums)
{
    const unsigned char *from = (const unsigned char *)sums + (scan->exclusive ? 0 : 8);
    unsigned char *to = (unsigned char *)scan->y + 8 * lo;
    if (scan->streams)
        pel_stream_copy(to, from, 8 * n);
    else
        memcpy(to, from, 8 * n);
}

/* ---- floats ---------------------------------------------------------------------------------- */

static void quieten(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = isnan(x[i]) ? (double)NAN : x[i];
}

static struct relay_sum sum_chunk(void *ctx, size_t k, void *scratch)
{
    const struct scan *scan = ctx;
    struct pel_range rows = chunk_rows(scan, k);
    double sum = 0;
    (void)scratch;
    for (size_t lo = rows.lo; lo < rows.hi; lo += PEL_BLOCK_ROWS) {
        double block[PEL_BLOCK_ROWS];
        size_t n = block_rows(lo, rows.hi);
        sum = pel_running_total(pel_values_f64(&scan->x, lo, n, block), n, sum);
    }
    return (struct relay_sum){.real = sum};
}

/* A NaN stays, so a block that does not end in one has none. */
static struct relay_sum scan_chunk(void *ctx, size_t k, struct relay_sum before)
{
    const struct scan *scan = ctx;
    struct pel_range rows = chunk_rows(scan, k);
    double sum = 0;
    for (size_t lo = rows.lo; lo < rows.hi; lo += PEL_BLOCK_ROWS) {
        double block[PEL_BLOCK_ROWS];
        /* Sums from the first on begin with a cache line. */
        alignas(64) double room[8 + PEL_BLOCK_ROWS], *sums = room + 7;
        size_t n = block_rows(lo, rows.hi);
        sums[0] = before.real + sum;
        sum = scan->running->sums(pel_values_f64(&scan->x, lo, n, block), n, before.real, sum,
                                  sums + 1);
        if (isnan(sums[n]))
            quieten(sums, n + 1);
        put(scan, lo, n, sums);
    }
    if (scan->streams)
        stream_end();
    return (struct relay_sum){.real = sum};
}

static void place_chunk(void *ctx, size_t k, struct relay_sum sum, struct relay_sum before,
                        void *scratch)
{
    (void)sum;
    (void)scratch;
    (void)scan_chunk(ctx, k, before);
}

/* ---- integers -------------------------------------------------------------------------------- */

static struct relay_sum sum_chunk_ints(void *ctx, size_t k, void *scratch)
{
    const struct scan *scan = ctx;
    struct pel_range rows = chunk_rows(scan, k);
    uint64_t sum = 0;
    (void)scratch;
    for (size_t lo = rows.lo; lo < rows.hi; lo += PEL_BLOCK_ROWS) {
        int64_t block[PEL_BLOCK_ROWS];
        size_t n = block_rows(lo, rows.hi);
        const int64_t *x = pel_values_i64(&scan->x, lo, n, block);
        for (size_t i = 0; i < n; i++)
            sum += (uint64_t)x[i];
    }
    return (struct relay_sum){.whole = sum};
}

/* Negative: sums[i] + x wrapped round, or a value was above INT64_MAX, which sums of such cannot
 * be. */
static int64_t went_wrong(const struct scan *scan, int64_t x, const uint64_t *sums)
{
    int64_t above = scan->is_unsigned ? x : 0;
    return (int64_t)((sums[0] ^ sums[1]) & ((uint64_t)x ^ sums[1])) | above;
}

static void find_bad_row(struct scan *scan, size_t lo, const int64_t *x, const uint64_t *sums)
{
    size_t i = 0, lowest = __atomic_load_n(&scan->bad_row, __ATOMIC_RELAXED);
    while (went_wrong(scan, x[i], sums + i) >= 0)
        i++;
    while (lo + i < lowest && !__atomic_compare_exchange_n(&scan->bad_row, &lowest, lo + i, false,
                                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* Sums that are not written may be too large: of an exclusive scan, that of all. */
static uint64_t scan_block_ints(struct scan *scan, size_t lo, size_t n, uint64_t before)
{
    int64_t block[PEL_BLOCK_ROWS], wrong = 0;
    uint64_t sums[1 + PEL_BLOCK_ROWS];
    const int64_t *x = pel_values_i64(&scan->x, lo, n, block);
    sums[0] = before;
    for (size_t i = 0; i < n; i++)
        sums[i + 1] = sums[i] + (uint64_t)x[i];
    size_t nwritten = scan->exclusive && lo + n == scan->n ? n - 1 : n;
    for (size_t i = 0; i < nwritten; i++)
        wrong |= went_wrong(scan, x[i], sums + i);
    if (wrong < 0)
        find_bad_row(scan, lo, x, sums);
    uint64_t sum = sums[n];
    put(scan, lo, n, sums);
    return sum;
}

static struct relay_sum scan_chunk_ints(void *ctx, size_t k, struct relay_sum before)
{
    struct scan *scan = ctx;
    struct pel_range rows = chunk_rows(scan, k);
    uint64_t sum = before.whole;
    for (size_t lo = rows.lo; lo < rows.hi; lo += PEL_BLOCK_ROWS)
        sum = scan_block_ints(scan, lo, block_rows(lo, rows.hi), sum);
    if (scan->streams)
        stream_end();
    return (struct relay_sum){.whole = sum - before.whole};
}

static void place_chunk_ints(void *ctx, size_t k, struct relay_sum sum, struct relay_sum before,
                             void *scratch)
{
    (void)sum;
    (void)scratch;
    (void)scan_chunk_ints(ctx, k, before);
}

int pel_scan_sum(enum pel_type type, const void *x, size_t n, bool exclusive, void *y,
                 const struct pel_team *team, struct pel_error *err)
{
    int status = pel_values_check(type, err);
    if (status)
        return status;
    bool is_float = pel_type_is_float(type), is_unsigned = type == PEL_U64;
    struct scan scan = {.running = pel_running_for(team->isa),
                        .x = {is_unsigned ? PEL_I64 : type, x, pel_lanes_for(team->isa)},
                        .n = n,
                        .exclusive = exclusive,
                        .is_unsigned = is_unsigned,
                        .streams = x != y && pel_stream_pays(n * sizeof(double)),
                        .y = y,
                        .bad_row = SIZE_MAX};
    const struct relay_work work = {.npieces = pel_reduce_leaves(n, PEL_RUNNING_ROWS),
                                    .ctx = &scan,
                                    .measure = is_float ? sum_chunk : sum_chunk_ints,
                                    .place = is_float ? place_chunk : place_chunk_ints,
                                    .measure_and_place = is_float ? scan_chunk : scan_chunk_ints,
                                    .overwrites = x == y};
    struct relay_sum total;
    status = pel_relay_run(&work, team, &total, err);
    if (status || scan.bad_row == SIZE_MAX)
        return status;
    return pel_message_number(err, -ERANGE, "the running sum of row ",
                              scan.bad_row + (exclusive ? 1 : 0),
                              " is outside of int64: -2^63 to 2^63 - 1");
}
