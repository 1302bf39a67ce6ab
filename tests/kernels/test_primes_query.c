/* Queries and parts: every prime once, in order, the same bits for any team. */
#include "primes_oracle.h"

#include "primes/part.h"

#include <pthread.h>

/* ---- queries ----------------------------------------------------------------------------------- */

/* What a query can see: how many, their sum, a floating point sum that depends on the order, that blocks
 * come in ascending order, and that parts are combined from the left to the right. */
struct seen {
    uint64_t n, sum, first, last;
    double inverse;
    bool begun, wrong;
};

static void begin(void *ctx, void *partial)
{
    struct seen *seen = partial;
    seen->wrong =
        ctx == NULL || seen->n || seen->sum || seen->first || seen->begun; /* not zeroed */
    seen->begun = true;
}

static void block(void *ctx, void *partial, const uint64_t *primes, size_t n)
{
    struct seen *seen = partial;
    seen->wrong |= ctx == NULL || n == 0 || !seen->begun || (seen->n && primes[0] <= seen->last);
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        seen->wrong |= i && primes[i] <= primes[i - 1];
        seen->sum += primes[i];
        seen->inverse += 1.0 / (double)primes[i];
    }
    seen->first = seen->n ? seen->first : primes[0];
    seen->last = primes[n - 1];
    seen->n += n;
}

static void combine(void *into, const void *from)
{
    struct seen *left = into;
    const struct seen *right = from;
    left->wrong |=
        !left->begun || right->wrong || (left->n && right->n && left->last >= right->first);
    if (!right->n)
        return;
    left->first = left->n ? left->first : right->first;
    left->last = right->last;
    left->n += right->n;
    left->sum += right->sum;
    left->inverse += right->inverse;
}

static const struct pel_primes_query query = {sizeof(struct seen), begin, block, combine};

static struct seen seen_in(struct interval in, const struct pel_team *team)
{
    struct seen seen;
    memset(&seen, 0xff, sizeof seen);
    assert_int_equal(pel_primes_query(in.start, in.stop, &query, &seen, team, &seen, NULL), 0);
    assert_false(seen.wrong);
    assert_true(seen.begun);
    return seen;
}

static void check(struct interval in, const struct pel_team *team)
{
    struct seen seen = seen_in(in, team);
    size_t n;
    uint64_t *primes = oracle_primes(in, &n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += primes[i];
    assert_int_equal(seen.n, n);
    assert_int_equal(seen.sum, sum);
    assert_int_equal(seen.first, n ? primes[0] : 0);
    assert_int_equal(seen.last, n ? primes[n - 1] : 0);
    free(primes);
}

static void test_every_small_interval(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    for (uint64_t start = 0; start <= 200; start++)
        for (uint64_t stop = start; stop <= 200; stop++)
            check((struct interval){start, stop}, &team);
}

static void test_edges_and_random_intervals(void **state)
{
    (void)state;
    struct test_random random = {test_seed(51)};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct pel_team team = team_of(test_threads[i % TEST_NTHREADS], (int)(i % PEL_ISA_COUNT));
        check(edges[i], &team);
    }
    for (unsigned i = 0; i < 24; i++) {
        struct pel_team team = team_of(test_threads[i % TEST_NTHREADS], (int)(i % PEL_ISA_COUNT));
        check(random_interval(&random, 20 + i, 60000), &team);
    }
}

/* Dozens of parts. */
static void test_the_same_bits(void **state)
{
    (void)state;
    static const struct interval intervals[] = {{0, 100000000},
                                                {UINT64_C(1000000000007), UINT64_C(1000123456789)}};
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++) {
        struct pel_team one = team_of(1, PEL_ISA_BASELINE);
        struct seen first = seen_in(intervals[i], &one);
        for (int t = 0; t < TEST_NTHREADS; t++) {
            struct pel_team team = team_of(test_threads[t], t);
            struct seen seen = seen_in(intervals[i], &team);
            assert_memory_equal(&seen, &first, sizeof seen);
        }
        if (i == 0)
            assert_int_equal(first.n, 5761455);
    }
}

static void test_failed_queries(void **state)
{
    (void)state;
    struct seen seen = {.n = 1};
    struct pel_cancel cancel = {0};
    struct pel_error err = {0};
    pel_cancel_request(&cancel);
    for (int t = 0; t < TEST_NTHREADS; t++) {
        struct pel_team team = pel_team(test_threads[t]);
        assert_int_equal(pel_primes_query(2, 1, &query, &seen, &team, &seen, NULL), -EINVAL);
        assert_int_equal(seen.n, 0);
        team.cancel = &cancel;
        assert_int_equal(pel_primes_query(0, 100000000, &query, &seen, &team, &seen, &err),
                         -ECANCELED);
        assert_int_equal(seen.n + seen.begun, 0);
        assert_int_equal(err.code, -ECANCELED);
    }
}

/* ---- parts ------------------------------------------------------------------------------------- */

/* Puts parts in order as a file would, keeping nothing: a thread with a part that is not the next one
 * waits in its first block. So it hangs unless the lowest part can always go on. */
struct writer {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t part; /* the one whose turn it is */
    uint64_t n, sum, last;
    bool wrong;
    uint64_t stop_after;       /* primes; then block returns 7 */
    struct pel_cancel *cancel; /* raised after as many, if not NULL */
    int failed;
};

static int write_block(void *ctx, uint64_t part, const uint64_t *primes, size_t n)
{
    struct writer *writer = ctx;
    pthread_mutex_lock(&writer->lock);
    while (!writer->failed && writer->part != part)
        pthread_cond_wait(&writer->moved, &writer->lock);
    writer->wrong |= n == 0 || (writer->n && primes[0] <= writer->last);
    for (size_t i = 0; i < n; i++)
        writer->sum += primes[i];
    writer->n += n;
    writer->last = primes[n - 1];
    bool enough = writer->stop_after && writer->n >= writer->stop_after;
    if (enough && writer->cancel)
        pel_cancel_request(writer->cancel);
    if (enough && !writer->cancel) {
        writer->failed = 7;
        pthread_cond_broadcast(&writer->moved);
    }
    int status = writer->failed;
    pthread_mutex_unlock(&writer->lock);
    return status;
}

static int end_part(void *ctx, uint64_t part)
{
    struct writer *writer = ctx;
    pthread_mutex_lock(&writer->lock);
    while (!writer->failed && writer->part != part)
        pthread_cond_wait(&writer->moved, &writer->lock);
    writer->part++;
    pthread_cond_broadcast(&writer->moved);
    int status = writer->failed;
    pthread_mutex_unlock(&writer->lock);
    return status;
}

static void part_failed(void *ctx, int status)
{
    struct writer *writer = ctx;
    pthread_mutex_lock(&writer->lock);
    writer->failed = status;
    pthread_cond_broadcast(&writer->moved);
    pthread_mutex_unlock(&writer->lock);
}

static const struct pel_primes_parts parts = {write_block, end_part, part_failed};

static struct writer writer_make(void)
{
    return (struct writer){.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};
}

static uint64_t check_parts(struct interval in, int nthreads, uint64_t n, uint64_t sum)
{
    struct writer writer = writer_make();
    struct pel_team team = pel_team(nthreads);
    assert_int_equal(pel_primes_parts(in.start, in.stop, &parts, &writer, &team, NULL), 0);
    assert_false(writer.wrong);
    assert_int_equal(writer.n, n);
    assert_int_equal(writer.sum, sum);
    return writer.part;
}

static void test_parts_in_order(void **state)
{
    (void)state;
    for (int t = 0; t < TEST_NTHREADS; t++) {
        uint64_t nparts =
            check_parts((struct interval){0, 100000000}, test_threads[t], 5761455, 279209790387276);
        assert_int_equal(nparts, (100000000 - 7) / pel_part_numbers(100000000) + 1);
    }
}

/* A short interval far up has parts to share. */
static void test_parts_of_a_short_interval(void **state)
{
    (void)state;
    const uint64_t start = UINT64_C(10000000000000);
    uint64_t nparts[2];
    for (int t = 0; t < 2; t++) /* as many as primesieve 11.0 says; their sum modulo 2^64 */
        nparts[t] = check_parts((struct interval){start, start + 100000000}, test_threads[t],
                                3342093, UINT64_C(14974353005000633131));
    assert_in_range(nparts[0], 8, 9);
    assert_int_equal(nparts[0], nparts[1]);
}

static void test_small_parts(void **state)
{
    (void)state;
    for (uint64_t start = 0; start <= 40; start++)
        for (uint64_t stop = start; stop <= 40; stop++) {
            uint64_t n = 0, sum = 0;
            for (uint64_t p = start; p <= stop; p++)
                if (pel_is_prime(p)) {
                    n++;
                    sum += p;
                }
            assert_int_equal(check_parts((struct interval){start, stop}, 2, n, sum), 1);
        }
    const struct pel_primes_parts blocks_only = {.block = write_block};
    struct writer writer = writer_make();
    struct pel_team team = pel_team(3);
    assert_int_equal(pel_primes_parts(0, 1000, &blocks_only, &writer, &team, NULL), 0);
    assert_int_equal(writer.n, 168);
}

static void test_stopped_parts(void **state)
{
    (void)state;
    for (int t = 0; t < TEST_NTHREADS; t++)
        for (uint64_t n = 1; n < 3000000; n = 5 * n + 12345) {
            struct writer writer = writer_make();
            struct pel_team team = pel_team(test_threads[t]);
            writer.stop_after = n;
            assert_int_equal(pel_primes_parts(0, 100000000, &parts, &writer, &team, NULL), 7);
        }
}

static void test_cancelled_parts(void **state)
{
    (void)state;
    for (int t = 0; t < TEST_NTHREADS; t++)
        for (uint64_t n = 1; n < 3000000; n = 5 * n + 12345) {
            struct writer writer = writer_make();
            struct pel_cancel cancel = {0};
            struct pel_error err = {0};
            struct pel_team team = pel_team(test_threads[t]);
            team.cancel = writer.cancel = &cancel;
            writer.stop_after = n;
            int status = pel_primes_parts(0, 100000000, &parts, &writer, &team, &err);
            assert_int_equal(status, -ECANCELED);
            assert_int_equal(err.code, -ECANCELED);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_small_interval),
        cmocka_unit_test(test_edges_and_random_intervals),
        cmocka_unit_test(test_the_same_bits),
        cmocka_unit_test(test_failed_queries),
        cmocka_unit_test(test_parts_in_order),
        cmocka_unit_test(test_small_parts),
        cmocka_unit_test(test_parts_of_a_short_interval),
        cmocka_unit_test(test_stopped_parts),
        cmocka_unit_test(test_cancelled_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
