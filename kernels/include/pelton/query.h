/* Queries over arrays, fused at compile time: macros that make one parallel loop of a source, stages and what is
 * to come of them, as PLINQ does with lambdas. For queries that are known only when the program runs there is
 * <pelton/engine.h>; where both define a result they give the same bits, if exp, sin and the like are those of
 * <pelton/math.h>, pel_exp(x), pel_sin(x): the last bits of libm's differ between machines.
 *
 *     #include <pelton/query.h>
 *
 *     #include <math.h>
 *     #include <stdio.h>
 *
 *     static double data[1000000];
 *
 *     int main(void)
 *     {
 *         int status;
 *         double total;
 *         PEL_FOR_ALL(PEL_RANGE(size_t, i, 0, 1000000, 1), PEL_EACH, data[i] = sin((double)i));
 *         PEL_SUM(total, PEL_FROM(double, x, data, 1000000),
 *                 PEL_WHERE(x > 0) PEL_LET(double, root, sqrt(x)),
 *                 root, .threads = 2, .status = &status);
 *         printf("%.17g, status %d\n", total, status);
 *         return 0;
 *     }
 *
 * A query is a statement, TERMINAL(results, source, stages, value, options):
 *
 * Sources: the rows, numbered from 0.
 *   PEL_FROM(type, name, array, n)         array[0], ..., array[n - 1], called `name` in turn; any type
 *   PEL_RANGE(type, name, start, n, step)  start + row * step: n numbers
 *
 * Stages, one behind the other without commas; PEL_EACH where there are none.
 *   PEL_LET(type, name, expression)        gives a value a name; PEL_SELECT is the same
 *   PEL_ZIP(type, name, array)             array[row]: another column, of at least as many rows
 *   PEL_INDEX(name)                        the row's number in the source, a size_t
 *   PEL_WHERE(condition)                   leaves out the other rows
 *   PEL_TAKE(k)                            ends with the k-th row that comes so far; k is the same for all rows
 *   PEL_TAKE_WHILE(condition)              ends before the first row that comes so far for which it is false
 *   PEL_FAIL_IF(condition, code)           such a row is an error; code is a negative errno value
 * There is at most one PEL_TAKE or PEL_TAKE_WHILE in a query, and none in PEL_FOR_ALL.
 *
 * Terminals, with the types of what they give. `value` and `key` are expressions of a row.
 *   PEL_SUM(double, source, stages, value)       as pel_sum, values left out being 0
 *   PEL_MEAN(double, ...)                        the sum divided by the number of values
 *   PEL_VARIANCE(double, ...)                    as pel_moments, divided by the number - .ddof
 *   PEL_MIN, PEL_MAX(double, ...)                NaN if there is one; -ENODATA of no rows
 *   PEL_ARGMIN, PEL_ARGMAX(uint64_t, ...)        the first row with that value, or with a NaN; likewise
 *   PEL_SUM_INT(int64_t, ...)                    of integers; -ERANGE if the sum is none (parts of it may not be)
 *   PEL_COUNT(uint64_t, source, stages)          the rows that come so far
 *   PEL_ANY, PEL_ALL(bool, source, stages, condition)
 *   PEL_HISTOGRAM(uint64_t counts[nbins], nbins, lo, hi, source, stages, value)   as pel_histogram
 *   PEL_GROUP(double sums[n], uint64_t counts[n], n, source, stages, key, value)
 *                                                for each integer key, 0 <= key < n (a row with another is
 *                                                -ERANGE); sums as pel_group has them
 *   PEL_TOP(uint64_t rows[k], double values[k], k, descending, source, stages, value)
 *                                                the k least or greatest, as pel_top orders them; if there are
 *                                                fewer, the rest is UINT64_MAX and NaN
 *   PEL_TO_ARRAY(type array[], size_t count, source, stages, value)
 *                                                the values in the order of rows; array has room for as many as
 *                                                the source has rows, and may be the source's, but not with
 *                                                PEL_TAKE; what lies behind the values is overwritten
 *   PEL_CONSUME(type, consumer, ctx, source, stages, value)
 *                                                int consumer(void *ctx, const void *values, size_t n) is called
 *                                                with the values in order, by one thread at a time, whichever;
 *                                                anything but 0 ends the query with that status
 *   PEL_FOR_ALL(source, stages, statement)       in parallel and in any order; a statement without commas outside
 *                                                of parentheses, a call or an assignment
 *   PEL_AGGREGATE(result, source, stages, value, type, seed, update, combine, finish)
 *                                                an aggregate of one's own: seed(type *) makes an empty one,
 *                                                update(type *, value) takes a value in, combine(type *into,
 *                                                const type *from) the right neighbour (so it need be
 *                                                associative only), and result = finish(const type *)
 *
 * Options, by their names; in C++, which is C++20 or later, in this order. In brackets what PLINQ has for it.
 *   .threads     at most so many; 0: what OpenMP says [WithDegreeOfParallelism]
 *   .partition   which rows a thread begins with; no result depends on it [Partitioner]
 *   .merge       when PEL_CONSUME's consumer is called [WithMergeOptions]
 *   .precision   of PEL_SUM and PEL_MEAN
 *   .ddof        of PEL_VARIANCE
 *   .cancel      looked at before each chunk of rows [WithCancellation]
 *   .progress    in rows
 *   .status      where to put 0, or the failure [AggregateException]
 *   .error       the same with a message; `offset` is the row that was an error
 *   (none)       results always come in the order of rows, which costs nothing that could be measured
 *                [AsOrdered]; PEL_FOR_ALL alone keeps none [AsUnordered]
 *
 * Results are the same for any number of threads, partition and chance: rows are cut into chunks of
 * PEL_CHUNK_ROWS, whose results are combined in their order, pairwise. Of rows that are errors the lowest one
 * counts, as if the loop had stopped there, and none behind the end of PEL_TAKE or what PEL_ANY has found; only
 * PEL_FOR_ALL may have done rows behind it. Expressions are evaluated by several threads at once, and may be for
 * rows that turn out not to count, or twice for a row; they may read any variable and call what may run in
 * parallel. `array`, `n`, `start` and `step` are evaluated once. A query inside of a query's expression belongs
 * into a function; it is serial, as any is inside of a parallel region, and of less rows than a chunk.
 * Names that begin with pel_ and PEL_ are taken.
 *
 * On failure (-EINVAL: options, bins, a negative n; -ENOMEM; -ECANCELED; and what is said above) doubles are
 * NaN, int64_t INT64_MIN, counts and rows UINT64_MAX, bools false, the counts of histograms and groups 0 and
 * sums of groups NaN, PEL_TO_ARRAY's array undefined, and PEL_AGGREGATE's result that of no rows. So a failure
 * without .status is seen in most results; it is not in those of PEL_ANY, PEL_ALL, PEL_FOR_ALL, PEL_CONSUME and
 * PEL_AGGREGATE.
 *
 * Compile with
 *
 *     cc -O3 -fopenmp -fno-math-errno -ffp-contract=off query.c $(pkg-config --cflags --libs pelton) -lm -o query
 *
 * and -march=native for this machine alone. -lm is for what the program calls, sin in the example. GCC 12
 * makes few vectors at -O2, and none of sqrt as long as it is to set errno. All levels of optimization give the
 * same bits, but -ffast-math does not, nor does GCC without -ffp-contract=off (or -std=c11), which makes one
 * operation of a product and a sum where there is one. Without -fopenmp, or if PELTON_QUERY_SERIAL is defined
 * before this header, a query is a plain serial loop, for a debugger say, with the same results.
 *
 * Cost: one pass at about the speed of a loop with `omp parallel for` by hand (a sum of roots as in the example:
 * within 3 % of its time in cache on a Zen 4); each query is compiled where it stands.
 * Memory: about 150 bytes a chunk; an accumulator or groups, bins and best values for each chunk that waits for
 * those before it; with PEL_CONSUME, address space for as many values as there are rows.
 */
#ifndef PELTON_QUERY_H
#define PELTON_QUERY_H

#include <pelton/bulk.h>

#if defined(_OPENMP) && !defined(PELTON_QUERY_SERIAL)
#include <omp.h>
#endif

PEL_BEGIN_DECLS

/* Threads begin with a stretch of neighbouring chunks each, with whichever chunk comes next, or with every
 * n-th; who has done his own helps the others. */
enum pel_query_partition {
    PEL_PARTITION_AUTO, /* range, but dynamic where values are handed on in order */
    PEL_PARTITION_RANGE,
    PEL_PARTITION_DYNAMIC,
    PEL_PARTITION_STRIPE,
    PEL_PARTITION_COUNT
};

/* When a consumer gets values: in one call at the end, and then only if nothing failed (FullyBuffered); every 16
 * chunks (AutoBuffered); or of each chunk as soon as it and those before it are there (NotBuffered). */
enum pel_query_merge { PEL_MERGE_FULL, PEL_MERGE_BLOCK, PEL_MERGE_STREAM, PEL_MERGE_COUNT };

#ifdef __cplusplus
#define PEL_QUERY_ZERO_                                                                            \
    {                                                                                              \
    }
#define PEL_QUERY_OR_ZERO_ = {} /* of a member that is not named, or GCC warns */
#else
#define PEL_QUERY_ZERO_                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define PEL_QUERY_OR_ZERO_
#endif

struct pel_query_options {
    int threads PEL_QUERY_OR_ZERO_;
    enum pel_query_partition partition PEL_QUERY_OR_ZERO_;
    enum pel_query_merge merge PEL_QUERY_OR_ZERO_;
    enum pel_precision precision PEL_QUERY_OR_ZERO_;
    unsigned ddof PEL_QUERY_OR_ZERO_;
    const struct pel_cancel *cancel PEL_QUERY_OR_ZERO_;
    struct pel_progress *progress PEL_QUERY_OR_ZERO_;
    int *status PEL_QUERY_OR_ZERO_;
    struct pel_error *error PEL_QUERY_OR_ZERO_;
    char end_ PEL_QUERY_OR_ZERO_; /* so that a query without options has one */
};

/* ---- stages --------------------------------------------------------------------------------------- */

#define PEL_FROM(type, name, array, n)                                                             \
    ((size_t)(n), const type *const pel_from_ = (array);, const type name = pel_from_[pel_row_];   \
     (void)name;)

#define PEL_RANGE(type, name, start, n, step)                                                      \
    ((size_t)(n), const type pel_start_ = (start); const type pel_step_ = (step);                  \
     , const type name = (type)(pel_start_ + (type)pel_row_ * pel_step_); (void)name;)

#define PEL_EACH
#define PEL_LET(type, name, ...) const type name = (__VA_ARGS__);
#define PEL_SELECT(type, name, ...) const type name = (__VA_ARGS__);
#define PEL_ZIP(type, name, array)                                                                 \
    const type *const pel_zip_##name = (array);                                                    \
    const type name = pel_zip_##name[pel_row_];
#define PEL_INDEX(name) const size_t name = pel_row_;
#define PEL_WHERE(...)                                                                             \
    if (!(__VA_ARGS__))                                                                            \
        break;

#define PEL_TAKE(k)                                                                                \
    const char PEL_TAKE_or_PEL_TAKE_WHILE_is_there_already = 0;                                    \
    (void)PEL_TAKE_or_PEL_TAKE_WHILE_is_there_already;                                             \
    PEL_FOR_ALL_cannot_follow_PEL_TAKE.most = (uint64_t)(k);                                       \
    if (PEL_FOR_ALL_cannot_follow_PEL_TAKE.taken >= PEL_FOR_ALL_cannot_follow_PEL_TAKE.most) {     \
        pel_end_.ended = true;                                                                     \
        break;                                                                                     \
    }                                                                                              \
    if (++PEL_FOR_ALL_cannot_follow_PEL_TAKE.taken == PEL_FOR_ALL_cannot_follow_PEL_TAKE.most)     \
        pel_end_.ended = true;

#define PEL_TAKE_WHILE(...)                                                                        \
    const char PEL_TAKE_or_PEL_TAKE_WHILE_is_there_already = 0;                                    \
    (void)PEL_TAKE_or_PEL_TAKE_WHILE_is_there_already;                                             \
    (void)PEL_FOR_ALL_cannot_follow_PEL_TAKE;                                                      \
    if (!(__VA_ARGS__)) {                                                                          \
        pel_end_.ended = true;                                                                     \
        break;                                                                                     \
    }

#define PEL_FAIL_IF(condition, failure)                                                            \
    if (condition) {                                                                               \
        pel_end_.ended = true;                                                                     \
        pel_end_.code = (failure);                                                                 \
        pel_end_.row = pel_row_;                                                                   \
        break;                                                                                     \
    }

/* ---- terminals ------------------------------------------------------------------------------------ */

#define PEL_SUM(...) PEL_QUERY_4_(PEL_SUM, __VA_ARGS__)
#define PEL_MEAN(...) PEL_QUERY_4_(PEL_MEAN, __VA_ARGS__)
#define PEL_VARIANCE(...) PEL_QUERY_4_(PEL_VARIANCE, __VA_ARGS__)
#define PEL_MIN(...) PEL_QUERY_4_(PEL_MIN, __VA_ARGS__)
#define PEL_MAX(...) PEL_QUERY_4_(PEL_MAX, __VA_ARGS__)
#define PEL_ARGMIN(...) PEL_QUERY_4_(PEL_ARGMIN, __VA_ARGS__)
#define PEL_ARGMAX(...) PEL_QUERY_4_(PEL_ARGMAX, __VA_ARGS__)
#define PEL_SUM_INT(...) PEL_QUERY_4_(PEL_SUM_INT, __VA_ARGS__)
#define PEL_COUNT(...) PEL_QUERY_3_(PEL_COUNT, __VA_ARGS__)
#define PEL_ANY(...) PEL_QUERY_4_(PEL_ANY, __VA_ARGS__)
#define PEL_ALL(...) PEL_QUERY_4_(PEL_ALL, __VA_ARGS__)
#define PEL_HISTOGRAM(...) PEL_QUERY_7_(PEL_HISTOGRAM, __VA_ARGS__)
#define PEL_GROUP(...) PEL_QUERY_7_(PEL_GROUP, __VA_ARGS__)
#define PEL_TOP(...) PEL_QUERY_7_(PEL_TOP, __VA_ARGS__)
#define PEL_TO_ARRAY(...) PEL_QUERY_5_(PEL_TO_ARRAY, __VA_ARGS__)
#define PEL_CONSUME(...) PEL_QUERY_6_(PEL_CONSUME, __VA_ARGS__)
#define PEL_FOR_ALL(...) PEL_QUERY_3_(PEL_FOR_ALL, __VA_ARGS__)
#define PEL_AGGREGATE(...) PEL_QUERY_9_(PEL_AGGREGATE, __VA_ARGS__)

/* ---- not for users -------------------------------------------------------------------------------- */

enum pel_query_kind {
    PEL_QUERY_SUM,
    PEL_QUERY_MEAN,
    PEL_QUERY_VARIANCE,
    PEL_QUERY_MIN,
    PEL_QUERY_MAX,
    PEL_QUERY_SUM_INT,
    PEL_QUERY_COUNT,
    PEL_QUERY_ANY,
    PEL_QUERY_HISTOGRAM,
    PEL_QUERY_GROUP,
    PEL_QUERY_TOP,
    PEL_QUERY_ARRAY,
    PEL_QUERY_CONSUME,
    PEL_QUERY_FOR_ALL,
    PEL_QUERY_AGGREGATE,
    PEL_QUERY_KIND_COUNT
};

struct pel_query_state;

struct pel_query {
    enum pel_query_kind kind;
    size_t nrows;
    size_t size;        /* bins, groups, best values, bytes of a value or an accumulator */
    double lo, hi;      /* histogram */
    bool descending;    /* best values */
    void *out, *counts; /* where results go */
    int (*consumer)(void *ctx, const void *values, size_t n);
    void *ctx;
    struct pel_query_options options;

    int nthreads;
    bool parallel; /* this round is worth a region */
    int status;
    struct pel_query_state *state; /* the library's */
};

/* How a chunk ended, and how far PEL_TAKE has come in it. They are the loop's own, so that a query that does
 * not need them has nothing of them. */
struct pel_query_end {
    bool ended; /* before its last row */
    int code;
    size_t row;
};
struct pel_query_limit {
    uint64_t taken, most;
};

/* What a thread has of the chunk it works on: rows [lo, hi). */
struct pel_query_worker {
    size_t line, chunk, lo, hi;
    uint64_t taken;
    size_t kept;
    unsigned char *values; /* of an array: where they go */
    bool found, placed;
    void *partial;
    size_t nblocks;
    double blocks[192]; /* partials of the chunk's blocks */
};

/* Checks the options and makes ready. A failure shows in that there is no round. */
PEL_API void pel_query_begin(struct pel_query *query, int max_threads); /* 0: no region */
/* Is there something to do (again)? */
PEL_API bool pel_query_round(struct pel_query *query);
PEL_API void pel_query_join(struct pel_query *query, struct pel_query_worker *worker);
PEL_API bool pel_query_claim(struct pel_query *query, struct pel_query_worker *worker);
/* Where to put the values of a block of arrays: in the array itself, where there is room for a block. */
PEL_API void *pel_query_place(struct pel_query *query, struct pel_query_worker *worker, size_t row,
                              void *otherwise);
/* Takes the values of a block, n of them, of rows from `row` on, that are kept (NULL: all). There is room for
 * PEL_BLOCK_ROWS, which may be overwritten. */
PEL_API void pel_query_block(struct pel_query *query, struct pel_query_worker *worker, size_t row,
                             size_t n, void *values, const unsigned char *keep);
/* Takes the sums of a block's values in the lanes of the tree. */
PEL_API void pel_query_lanes(struct pel_query_worker *worker, double lane[32]);
PEL_API void pel_query_done(struct pel_query *query, struct pel_query_worker *worker,
                            struct pel_query_end end, struct pel_query_limit limit);
/* The results; they end the query. */
PEL_API double pel_query_real(struct pel_query *query);
PEL_API uint64_t pel_query_row(struct pel_query *query);
PEL_API int64_t pel_query_integer(struct pel_query *query);
PEL_API uint64_t pel_query_count(struct pel_query *query);
PEL_API bool pel_query_found(struct pel_query *query, bool meaning);
PEL_API void pel_query_finish(struct pel_query *query);
/* The accumulators of the chunks that count, *n of them; they stay until the query is finished. */
PEL_API void *pel_query_accumulators(struct pel_query *query, size_t *n);

#if defined(_OPENMP) && !defined(PELTON_QUERY_SERIAL)
#define PEL_QUERY_REGION_                                                                          \
    _Pragma("omp parallel num_threads(pel_query_.nthreads) if(pel_query_.parallel)")
static inline int pel_query_threads(void)
{
    return omp_in_parallel() ? 0 : omp_get_max_threads();
}
#else
#define PEL_QUERY_REGION_
static inline int pel_query_threads(void)
{
    return 0;
}
#endif

PEL_END_DECLS

/* terminal(arguments, .end_ = 0), or an error that says so if there are fewer than a terminal has without
 * options. Up to 24 are counted. */
#define PEL_QUERY_3_(name, ...)                                                                    \
    PEL_QUERY_N_(name, (PEL_QUERY_16_, ARE, ARE, ARE, ARE, ARE, ARE, FEW, FEW, ), __VA_ARGS__)
#define PEL_QUERY_4_(name, ...)                                                                    \
    PEL_QUERY_N_(name, (PEL_QUERY_16_, ARE, ARE, ARE, ARE, ARE, FEW, FEW, FEW, ), __VA_ARGS__)
#define PEL_QUERY_5_(name, ...)                                                                    \
    PEL_QUERY_N_(name, (PEL_QUERY_16_, ARE, ARE, ARE, ARE, FEW, FEW, FEW, FEW, ), __VA_ARGS__)
#define PEL_QUERY_6_(name, ...)                                                                    \
    PEL_QUERY_N_(name, (PEL_QUERY_16_, ARE, ARE, ARE, FEW, FEW, FEW, FEW, FEW, ), __VA_ARGS__)
#define PEL_QUERY_7_(name, ...)                                                                    \
    PEL_QUERY_N_(name, (PEL_QUERY_16_, ARE, ARE, FEW, FEW, FEW, FEW, FEW, FEW, ), __VA_ARGS__)
#define PEL_QUERY_9_(name, ...)                                                                    \
    PEL_QUERY_N_(name, (PEL_QUERY_16_, FEW, FEW, FEW, FEW, FEW, FEW, FEW, FEW, ), __VA_ARGS__)
#define PEL_QUERY_16_ ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE, ARE
#define PEL_QUERY_N_(name, list, ...)                                                              \
    PEL_QUERY_JOIN_(PEL_QUERY_, PEL_QUERY_PICK_((__VA_ARGS__, PEL_QUERY_OPEN_LIST_ list)))         \
    (name, __VA_ARGS__)
#define PEL_QUERY_OPEN_LIST_(...) __VA_ARGS__
#define PEL_QUERY_PICK_(arguments) PEL_QUERY_25TH_ arguments
#define PEL_QUERY_25TH_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, \
                        ...)                                                                       \
    y
#define PEL_QUERY_JOIN_(a, b) PEL_QUERY_JOINED_(a, b)
#define PEL_QUERY_JOINED_(a, b) a##b
#define PEL_QUERY_ARE(name, ...) name##_(__VA_ARGS__, .end_ = 0)
#define PEL_QUERY_FEW(name, ...)                                                                   \
    PEL_QUERY_ASSERT_(0,                                                                           \
                      #name " takes more arguments before its options: what it gives, a source, "  \
                            "stages (PEL_EACH where there are none), and what it is of")
#ifdef __cplusplus
#define PEL_QUERY_ASSERT_ static_assert
#define PEL_QUERY_IS_REAL_(value) ((__typeof__((value) + 0))0.5 != 0)
#define PEL_QUERY_ZERO_                                                                            \
    {                                                                                              \
    }
#else
#define PEL_QUERY_ASSERT_ _Static_assert
#define PEL_QUERY_IS_REAL_(value)                                                                  \
    _Generic((value), float : 1, double : 1, long double : 1, default : 0)
#define PEL_QUERY_ZERO_                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#endif

/* An argument too many stands where options begin, most often as there are commas between stages. A builtin's
 * result is a constant expression, a string's first character is none in C; __extension__ is for -Wpedantic. */
#define PEL_QUERY_ASSERT_OPTIONS_(options)                                                         \
    __extension__ PEL_QUERY_ASSERT_(                                                               \
        __builtin_memcmp(options, ".", 1) == 0,                                                    \
        "an option begins with '.'; is there a comma between stages, which stand one behind "      \
        "the other without commas, or a comma outside of parentheses?")

/* The three parts of a source; that of rows comes first in a query, so it is the one to complain. */
#define PEL_the_source_must_be_PEL_FROM_or_PEL_RANGE(nrows, declare, bind) nrows
#define PEL_QUERY_DECLARE_(nrows, declare, bind) declare
#define PEL_QUERY_BIND_(nrows, declare, bind) bind

#define PEL_QUERY_BEGIN_(kind_, source, ...)                                                       \
    PEL_QUERY_ASSERT_OPTIONS_(#__VA_ARGS__);                                                       \
    const struct pel_query_options pel_options_ = {__VA_ARGS__};                                   \
    struct pel_query pel_query_ = PEL_QUERY_ZERO_;                                                 \
    pel_query_.kind = kind_;                                                                       \
    pel_query_.options = pel_options_;                                                             \
    pel_query_.nrows = PEL_the_source_must_be_PEL_FROM_or_PEL_RANGE source;                        \
    PEL_QUERY_DECLARE_ source

/* A row: a block of its own that runs once, which stages leave by `break`. */
/* clang-format off */
#define PEL_QUERY_ROW_(source, stages, begin_row, update, end_row)                                         \
    const size_t pel_row_ = pel_block_ + pel_i_;                                                           \
    begin_row                                                                                              \
    do {                                                                                                   \
        if (pel_end_.ended)                                                                                \
            break;                                                                                         \
        PEL_QUERY_BIND_ source                                                                             \
        stages                                                                                             \
        update                                                                                             \
    } while (0);                                                                                           \
    end_row

#define PEL_QUERY_ROWS_(source, stages, begin_row, update, end_row)                                        \
    for (size_t pel_i_ = 0; pel_i_ < pel_n_; pel_i_++) {                                                   \
        PEL_QUERY_ROW_(source, stages, begin_row, update, end_row)                                         \
    }

/* The loop over chunks and blocks. The last four are statements, to be put where their names say. */
#define PEL_QUERY_LOOP_(limit_, begin_chunk, rows, end_block, end_chunk)                                   \
    pel_query_begin(&pel_query_, pel_query_threads());                                                     \
    while (pel_query_round(&pel_query_)) {                                                                 \
        PEL_QUERY_REGION_                                                                                  \
        {                                                                                                  \
            struct pel_query_worker pel_worker_;                                                           \
            pel_query_join(&pel_query_, &pel_worker_);                                                     \
            while (pel_query_claim(&pel_query_, &pel_worker_)) {                                           \
                const size_t pel_chunk_end_ = pel_worker_.hi;                                              \
                struct pel_query_end pel_end_ = {false, 0, 0};                                             \
                struct pel_query_limit limit_ = {pel_worker_.taken, UINT64_MAX};                           \
                size_t pel_block_ = pel_worker_.lo;                                                        \
                begin_chunk                                                                                \
                for (; pel_block_ < pel_chunk_end_ && !pel_end_.ended; pel_block_ += PEL_BLOCK_ROWS) {     \
                    const size_t pel_left_ = pel_chunk_end_ - pel_block_;                                  \
                    const size_t pel_n_ = pel_left_ < PEL_BLOCK_ROWS ? pel_left_ : (size_t)PEL_BLOCK_ROWS; \
                    rows                                                                                   \
                    end_block                                                                              \
                }                                                                                          \
                end_chunk                                                                                  \
                pel_query_done(&pel_query_, &pel_worker_, pel_end_, limit_);                               \
            }                                                                                              \
        }                                                                                                  \
    }
/* clang-format on */

/* Values of a block side by side, 0 for rows that are left out. */
#define PEL_QUERY_SUMMANDS_(type, source, stages, value)                                           \
    PEL_QUERY_LOOP_(                                                                               \
        PEL_FOR_ALL_cannot_follow_PEL_TAKE, type pel_values_[PEL_BLOCK_ROWS];                      \
        ,                                                                                          \
        PEL_QUERY_ROWS_(source, stages, type pel_value_ = 0;                                       \
                        , PEL_QUERY_ASSERT_(!PEL_QUERY_IS_REAL_(value),                            \
                                            "PEL_SUM_INT is of integers, which a cast makes");     \
                        pel_value_ = (type)(value);, pel_values_[pel_i_] = pel_value_;),           \
        pel_query_block(&pel_query_, &pel_worker_, pel_block_, pel_n_, pel_values_, NULL);         \
        , )

/* The same of doubles; where the tree is wanted, only the sums in its lanes: a block's values are not stored,
 * which would cost a tenth where memory is the limit. `count` may be pel_kept_++. */
#define PEL_QUERY_LANES_(source, stages, value, count)                                             \
    PEL_QUERY_LOOP_(                                                                               \
        PEL_FOR_ALL_cannot_follow_PEL_TAKE, double pel_values_[PEL_BLOCK_ROWS];                    \
        size_t pel_kept_ = 0;                                                                      \
        ,                                                                                          \
        if (pel_query_.options.precision <= PEL_FAST) {                                            \
            double pel_lane_[32] = {0};                                                            \
            size_t pel_first_ = 0;                                                                 \
            for (; pel_first_ + 32 <= pel_n_; pel_first_ += 32)                                    \
                for (size_t pel_j_ = 0; pel_j_ < 32; pel_j_++) {                                   \
                    const size_t pel_i_ = pel_first_ + pel_j_;                                     \
                    PEL_QUERY_ROW_(source, stages, double pel_value_ = 0;                          \
                                   , pel_value_ = (double)(value); count;                          \
                                   , pel_lane_[pel_j_] += pel_value_;)                             \
                }                                                                                  \
            for (size_t pel_i_ = pel_first_; pel_i_ < pel_n_; pel_i_++) {                          \
                PEL_QUERY_ROW_(source, stages, double pel_value_ = 0;                              \
                               , pel_value_ = (double)(value); count;                              \
                               , pel_lane_[pel_i_ - pel_first_] += pel_value_;)                    \
            }                                                                                      \
            pel_query_lanes(&pel_worker_, pel_lane_);                                              \
        } else {                                                                                   \
            PEL_QUERY_ROWS_(source, stages, double pel_value_ = 0;, pel_value_ = (double)(value);  \
                            count;, pel_values_[pel_i_] = pel_value_;)                             \
            pel_query_block(&pel_query_, &pel_worker_, pel_block_, pel_n_, pel_values_, NULL);     \
        },                                                                                         \
        , pel_worker_.kept = pel_kept_;)

/* The same as the first, and which rows they are of. */
#define PEL_QUERY_VALUES_(type, source, stages, value)                                             \
    PEL_QUERY_LOOP_(                                                                               \
        PEL_FOR_ALL_cannot_follow_PEL_TAKE, type pel_values_[PEL_BLOCK_ROWS];                      \
        unsigned char pel_keep_[PEL_BLOCK_ROWS];                                                   \
        ,                                                                                          \
        PEL_QUERY_ROWS_(source, stages, type pel_value_ = 0; unsigned char pel_kept_ = 0;          \
                        , pel_value_ = (type)(value); pel_kept_ = 1;                               \
                        , pel_values_[pel_i_] = pel_value_; pel_keep_[pel_i_] = pel_kept_;),       \
        pel_query_block(&pel_query_, &pel_worker_, pel_block_, pel_n_, pel_values_, pel_keep_);    \
        , )

/* The same, in the array they are for. */
#define PEL_QUERY_ARRAY_(type, source, stages, value)                                              \
    PEL_QUERY_LOOP_(                                                                               \
        PEL_FOR_ALL_cannot_follow_PEL_TAKE, type pel_values_[PEL_BLOCK_ROWS];                      \
        unsigned char pel_keep_[PEL_BLOCK_ROWS];                                                   \
        type *pel_to_ =                                                                            \
            (type *)pel_query_place(&pel_query_, &pel_worker_, pel_block_, pel_values_);           \
        ,                                                                                          \
        PEL_QUERY_ROWS_(source, stages, type pel_value_ = PEL_QUERY_ZERO_;                         \
                        unsigned char pel_kept_ = 0;, pel_value_ = (value); pel_kept_ = 1;         \
                        , pel_to_[pel_i_] = pel_value_; pel_keep_[pel_i_] = pel_kept_;),           \
        pel_query_block(&pel_query_, &pel_worker_, pel_block_, pel_n_, pel_to_, pel_keep_);        \
        pel_to_ = (type *)pel_query_place(&pel_query_, &pel_worker_, pel_block_ + PEL_BLOCK_ROWS,  \
                                          pel_values_);                                            \
        , )

#define PEL_QUERY_REAL_(kind, result, source, stages, value, ...)                                  \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(kind, source, __VA_ARGS__)                                                \
        PEL_QUERY_VALUES_(double, source, stages, value)                                           \
        (result) = pel_query_real(&pel_query_);                                                    \
    } while (0)
#define PEL_VARIANCE_(...) PEL_QUERY_REAL_(PEL_QUERY_VARIANCE, __VA_ARGS__)
#define PEL_MIN_(...) PEL_QUERY_REAL_(PEL_QUERY_MIN, __VA_ARGS__)
#define PEL_MAX_(...) PEL_QUERY_REAL_(PEL_QUERY_MAX, __VA_ARGS__)

#define PEL_QUERY_WHICH_(kind, result, source, stages, value, ...)                                 \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(kind, source, __VA_ARGS__)                                                \
        PEL_QUERY_VALUES_(double, source, stages, value)                                           \
        (result) = pel_query_row(&pel_query_);                                                     \
    } while (0)
#define PEL_ARGMIN_(...) PEL_QUERY_WHICH_(PEL_QUERY_MIN, __VA_ARGS__)
#define PEL_ARGMAX_(...) PEL_QUERY_WHICH_(PEL_QUERY_MAX, __VA_ARGS__)

#define PEL_SUM_(result, source, stages, value, ...)                                               \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_SUM, source, __VA_ARGS__)                                       \
        PEL_QUERY_LANES_(source, stages, value, )                                                  \
        (result) = pel_query_real(&pel_query_);                                                    \
    } while (0)
#define PEL_MEAN_(result, source, stages, value, ...)                                              \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_MEAN, source, __VA_ARGS__)                                      \
        PEL_QUERY_LANES_(source, stages, value, pel_kept_++)                                       \
        (result) = pel_query_real(&pel_query_);                                                    \
    } while (0)

#define PEL_SUM_INT_(result, source, stages, value, ...)                                           \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_SUM_INT, source, __VA_ARGS__)                                   \
        PEL_QUERY_SUMMANDS_(int64_t, source, stages, value)                                        \
        (result) = pel_query_integer(&pel_query_);                                                 \
    } while (0)

#define PEL_COUNT_(result, source, stages, ...)                                                    \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_COUNT, source, __VA_ARGS__)                                     \
        PEL_QUERY_LOOP_(PEL_FOR_ALL_cannot_follow_PEL_TAKE, uint64_t pel_kept_ = 0;                \
                        , PEL_QUERY_ROWS_(source, stages, , pel_kept_++;, ), ,                     \
                        pel_worker_.kept = pel_kept_;)                                             \
        (result) = pel_query_count(&pel_query_);                                                   \
    } while (0)

/* What was found ends its chunk, so that a row behind it cannot fail any more. */
#define PEL_QUERY_FIND_(meaning, result, source, stages, condition, ...)                           \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_ANY, source, __VA_ARGS__)                                       \
        PEL_QUERY_LOOP_(PEL_FOR_ALL_cannot_follow_PEL_TAKE, bool pel_found_ = false;               \
                        ,                                                                          \
                        PEL_QUERY_ROWS_(source, stages, ,                                          \
                                        pel_found_ |= ((condition) ? true : false) == meaning;     \
                                        , ),                                                       \
                        if (pel_found_) break;                                                     \
                        , pel_worker_.found = pel_found_;)                                         \
        (result) = pel_query_found(&pel_query_, meaning);                                          \
    } while (0)
#define PEL_ANY_(...) PEL_QUERY_FIND_(true, __VA_ARGS__)
#define PEL_ALL_(...) PEL_QUERY_FIND_(false, __VA_ARGS__)

#define PEL_HISTOGRAM_(counts_, nbins, lo_, hi_, source, stages, value, ...)                       \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_HISTOGRAM, source, __VA_ARGS__)                                 \
        uint64_t *const pel_counts_ = (counts_);                                                   \
        pel_query_.counts = pel_counts_;                                                           \
        pel_query_.size = (size_t)(nbins);                                                         \
        pel_query_.lo = (lo_);                                                                     \
        pel_query_.hi = (hi_);                                                                     \
        PEL_QUERY_VALUES_(double, source, stages, value)                                           \
        pel_query_finish(&pel_query_);                                                             \
    } while (0)

#define PEL_GROUP_(sums_, counts_, ngroups, source, stages, key, value, ...)                       \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_GROUP, source, __VA_ARGS__)                                     \
        double *const pel_all_sums_ = (sums_);                                                     \
        uint64_t *const pel_all_counts_ = (counts_);                                               \
        const size_t pel_groups_ = (size_t)(ngroups);                                              \
        pel_query_.out = pel_all_sums_;                                                            \
        pel_query_.counts = pel_all_counts_;                                                       \
        pel_query_.size = pel_groups_;                                                             \
        PEL_QUERY_LOOP_(                                                                           \
            PEL_FOR_ALL_cannot_follow_PEL_TAKE,                                                    \
            double *const pel_sums_ = (double *)pel_worker_.partial;                               \
            uint64_t *const pel_counts_ = (uint64_t *)(pel_sums_ + pel_groups_);                   \
            ,                                                                                      \
            PEL_QUERY_ROWS_(                                                                       \
                source, stages, ,                                                                  \
                PEL_QUERY_ASSERT_(!PEL_QUERY_IS_REAL_(key),                                        \
                                  "a key of PEL_GROUP is an integer, which a cast makes");         \
                const int64_t pel_key_ = (int64_t)(key);                                           \
                PEL_FAIL_IF(pel_key_ < 0 || (uint64_t)pel_key_ >= pel_groups_, -ERANGE)            \
                    pel_sums_[pel_key_] += (double)(value);                                        \
                pel_counts_[pel_key_]++;, ),                                                       \
            , )                                                                                    \
        pel_query_finish(&pel_query_);                                                             \
    } while (0)

#define PEL_TOP_(rows_, values_, k_, descending_, source, stages, value, ...)                      \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_TOP, source, __VA_ARGS__)                                       \
        uint64_t *const pel_rows_ = (rows_);                                                       \
        double *const pel_best_ = (values_);                                                       \
        pel_query_.counts = pel_rows_;                                                             \
        pel_query_.out = pel_best_;                                                                \
        pel_query_.size = (size_t)(k_);                                                            \
        pel_query_.descending = (descending_);                                                     \
        PEL_QUERY_VALUES_(double, source, stages, value)                                           \
        pel_query_finish(&pel_query_);                                                             \
    } while (0)

#define PEL_TO_ARRAY_(array, count, source, stages, value, ...)                                    \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_ARRAY, source, __VA_ARGS__)                                     \
        pel_query_.out = (array);                                                                  \
        pel_query_.size = sizeof *(array);                                                         \
        PEL_QUERY_ARRAY_(__typeof__(*(array)), source, stages, value)                              \
        (count) = pel_query_count(&pel_query_);                                                    \
    } while (0)

#define PEL_CONSUME_(type, consumer_, ctx_, source, stages, value, ...)                            \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_CONSUME, source, __VA_ARGS__)                                   \
        pel_query_.consumer = (consumer_);                                                         \
        pel_query_.ctx = (ctx_);                                                                   \
        pel_query_.size = sizeof(type);                                                            \
        PEL_QUERY_ARRAY_(type, source, stages, value)                                              \
        pel_query_finish(&pel_query_);                                                             \
    } while (0)

#define PEL_FOR_ALL_(source, stages, statement, ...)                                               \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_FOR_ALL, source, __VA_ARGS__)                                   \
        PEL_QUERY_LOOP_(pel_limit_, , PEL_QUERY_ROWS_(source, stages, , statement;, ), , )         \
        pel_query_finish(&pel_query_);                                                             \
    } while (0)

#define PEL_AGGREGATE_(result, source, stages, value, type, seed, update, combine, finish, ...)    \
    do {                                                                                           \
        PEL_QUERY_BEGIN_(PEL_QUERY_AGGREGATE, source, __VA_ARGS__)                                 \
        PEL_QUERY_ASSERT_(__alignof__(type) <= 16, "an accumulator's alignment is at most 16");    \
        pel_query_.size = sizeof(type);                                                            \
        PEL_QUERY_LOOP_(PEL_FOR_ALL_cannot_follow_PEL_TAKE, type pel_into_; seed(&pel_into_);      \
                        , PEL_QUERY_ROWS_(source, stages, , update(&pel_into_, (value));, ), ,     \
                        *(type *)pel_worker_.partial = pel_into_;)                                 \
        size_t pel_chunks_;                                                                        \
        type *const pel_parts_ = (type *)pel_query_accumulators(&pel_query_, &pel_chunks_);        \
        for (size_t pel_span_ = 1; pel_span_ < pel_chunks_; pel_span_ *= 2)                        \
            for (size_t pel_i_ = 0; pel_i_ + pel_span_ < pel_chunks_; pel_i_ += 2 * pel_span_)     \
                combine(&pel_parts_[pel_i_], &pel_parts_[pel_i_ + pel_span_]);                     \
        type pel_total_;                                                                           \
        seed(&pel_total_);                                                                         \
        if (pel_chunks_)                                                                           \
            pel_total_ = pel_parts_[0];                                                            \
        (result) = finish(&pel_total_);                                                            \
        pel_query_finish(&pel_query_);                                                             \
    } while (0)

#endif
