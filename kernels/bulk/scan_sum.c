/* Running sums in one pass over memory: a chunk is added up, gets what those before it come to, and is read
 * again, from the cache. */
#include "bulk/group/message.h"
#include "bulk/relay.h"
#include "bulk/stream.h"
#include "bulk/values.h"

#include <math.h>
#include <stdalign.h>
#include <string.h>

enum { SCAN_ROWS = 16384, GROUP = 8 };

struct scan {
    struct pel_values x;
    size_t n;
    bool exclusive;
    bool is_unsigned; /* x of PEL_U64, taken as PEL_I64 */
    bool alone;       /* one thread: chunks come in order, and are read once */
    bool streams;
    void *y;

    struct relay relay;
    double before; /* of the chunks before, in their turn */
    uint64_t before_ints;
    size_t bad_row; /* lowest row whose sum is no int64; atomic */
};

struct chunk {
    size_t k, lo, hi;
};

static struct chunk next_chunk(struct scan *scan)
{
    size_t k = relay_join(&scan->relay), lo = k * SCAN_ROWS;
    return (struct chunk){k, lo, scan->n - lo < SCAN_ROWS ? scan->n : lo + SCAN_ROWS};
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

/* ---- floats -------------------------------------------------------------------------------------- */

static double sum_group(const double *x)
{
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

/* y_j = before + (group + s_j). */
static void scan_group(const double *x, double before, double group, double *y)
{
    double s1 = x[0] + x[1], s3 = s1 + (x[2] + x[3]), s5 = x[4] + x[5];
    y[0] = before + (group + x[0]);
    y[1] = before + (group + s1);
    y[2] = before + (group + (s1 + x[2]));
    y[3] = before + (group + s3);
    y[4] = before + (group + (s3 + x[4]));
    y[5] = before + (group + (s3 + s5));
    y[6] = before + (group + (s3 + (s5 + x[6])));
    y[7] = before + (group + (s3 + (s5 + (x[6] + x[7]))));
}

/* The sum of n values from `sum` on. Where the last group is not full, nobody asks for the sum behind it. */
static double sum_block(const double *x, size_t n, double sum)
{
    for (size_t i = 0; i + GROUP <= n; i += GROUP)
        sum += sum_group(x + i);
    return sum;
}

static double scan_block(const double *x, size_t n, double before, double sum, double *y)
{
    size_t i = 0;
    for (; i + GROUP <= n; i += GROUP) {
        scan_group(x + i, before, sum, y + i);
        sum += sum_group(x + i);
    }
    if (i < n) {
        double rest[GROUP] = {0}, sums[GROUP];
        memcpy(rest, x + i, (n - i) * sizeof *x);
        scan_group(rest, before, sum, sums);
        memcpy(y + i, sums, (n - i) * sizeof *y);
    }
    return sum;
}

static void quieten(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = isnan(x[i]) ? (double)NAN : x[i];
}

static double sum_chunk(const struct scan *scan, struct chunk chunk)
{
    double sum = 0;
    for (size_t lo = chunk.lo; lo < chunk.hi; lo += PEL_BLOCK_ROWS) {
        double block[PEL_BLOCK_ROWS];
        size_t n = block_rows(lo, chunk.hi);
        sum = sum_block(pel_values_f64(&scan->x, lo, n, block), n, sum);
    }
    return sum;
}

/* A NaN stays, so a block that does not end in one has none. */
static double scan_chunk(const struct scan *scan, struct chunk chunk, double before)
{
    double sum = 0;
    for (size_t lo = chunk.lo; lo < chunk.hi; lo += PEL_BLOCK_ROWS) {
        double block[PEL_BLOCK_ROWS], sums[1 + PEL_BLOCK_ROWS];
        size_t n = block_rows(lo, chunk.hi);
        sums[0] = before + sum;
        sum = scan_block(pel_values_f64(&scan->x, lo, n, block), n, before, sum, sums + 1);
        if (isnan(sums[n]))
            quieten(sums, n + 1);
        put(scan, lo, n, sums);
    }
    return sum;
}

static void scan_floats(void *ctx, size_t index)
{
    struct scan *scan = ctx;
    struct chunk chunk = next_chunk(scan);
    (void)index;
    double sum = scan->alone ? 0 : sum_chunk(scan, chunk);
    relay_await(&scan->relay, chunk.k);
    double before = scan->before;
    if (scan->alone)
        sum = scan_chunk(scan, chunk, before);
    scan->before = before + sum;
    relay_pass(&scan->relay, chunk.k);
    if (!scan->alone)
        scan_chunk(scan, chunk, before);
    if (scan->streams)
        pel_stream_end();
}

/* ---- integers ------------------------------------------------------------------------------------ */

static uint64_t sum_chunk_ints(const struct scan *scan, struct chunk chunk)
{
    uint64_t sum = 0;
    for (size_t lo = chunk.lo; lo < chunk.hi; lo += PEL_BLOCK_ROWS) {
        int64_t block[PEL_BLOCK_ROWS];
        size_t n = block_rows(lo, chunk.hi);
        const int64_t *x = pel_values_i64(&scan->x, lo, n, block);
        for (size_t i = 0; i < n; i++)
            sum += (uint64_t)x[i];
    }
    return sum;
}

/* Negative: sums[i] + x wrapped round, or a value was above INT64_MAX, which sums of such cannot be. */
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

static uint64_t scan_chunk_ints(struct scan *scan, struct chunk chunk, uint64_t before)
{
    for (size_t lo = chunk.lo; lo < chunk.hi; lo += PEL_BLOCK_ROWS)
        before = scan_block_ints(scan, lo, block_rows(lo, chunk.hi), before);
    return before;
}

static void scan_ints(void *ctx, size_t index)
{
    struct scan *scan = ctx;
    struct chunk chunk = next_chunk(scan);
    (void)index;
    uint64_t sum = scan->alone ? 0 : sum_chunk_ints(scan, chunk);
    relay_await(&scan->relay, chunk.k);
    uint64_t before = scan->before_ints;
    scan->before_ints = scan->alone ? scan_chunk_ints(scan, chunk, before) : before + sum;
    relay_pass(&scan->relay, chunk.k);
    if (!scan->alone)
        scan_chunk_ints(scan, chunk, before);
    if (scan->streams)
        pel_stream_end();
}

int pel_scan_sum(enum pel_type type, const void *x, size_t n, bool exclusive, void *y,
                 const struct pel_team *team, struct pel_error *err)
{
    int status = pel_values_check(type, err);
    if (status)
        return status;
    bool is_float = pel_type_is_float(type), is_unsigned = type == PEL_U64;
    struct scan scan = {.x = {is_unsigned ? PEL_I64 : type, x, pel_lanes_for(team->isa)},
                        .n = n,
                        .exclusive = exclusive,
                        .is_unsigned = is_unsigned,
                        .alone = team->nthreads == 1,
                        .streams = x != y && pel_stream_pays(n * sizeof(double)),
                        .y = y,
                        .bad_row = SIZE_MAX};
    if (pel_team_run(team, pel_reduce_leaves(n, SCAN_ROWS), is_float ? scan_floats : scan_ints,
                     &scan))
        return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "the scan was cancelled");
    if (scan.bad_row == SIZE_MAX)
        return 0;
    return pel_message_number(err, -ERANGE, "the running sum of row ",
                              scan.bad_row + (exclusive ? 1 : 0),
                              " is outside of int64: -2^63 to 2^63 - 1");
}
