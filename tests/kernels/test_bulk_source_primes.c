/* Primes as rows, by several threads that sieve: every chunk holds what it holds by one. */
#include <pelton/primes.h>
#include <pelton/table.h>

#include "support.h"

#include <pthread.h>
#include <string.h>

struct reader {
    struct pel_source *source;
    const struct pel_primes_list *expected;
    uint64_t nrows; /* atomic */
    size_t most;    /* chunks for a thread */
};

static void *read_chunks(void *ctx)
{
    struct reader *reader = ctx;
    const struct pel_source *source = reader->source;
    struct pel_chunk chunk;
    uint64_t row;
    for (size_t i = 0; i < reader->most && source->next(source->ctx, &chunk, NULL) > 0; i++) {
        assert_int_equal(source->fill(source->ctx, &chunk, &row, NULL), 0);
        uint64_t first = chunk.index * PEL_CHUNK_ROWS;
        uint64_t left = reader->expected->n - first;
        assert_true(first < reader->expected->n);
        assert_int_equal(chunk.nrows, left < PEL_CHUNK_ROWS ? left : PEL_CHUNK_ROWS);
        assert_memory_equal(chunk.columns[0].data, reader->expected->primes + first,
                            chunk.nrows * 8);
        __atomic_fetch_add(&reader->nrows, chunk.nrows, __ATOMIC_RELAXED);
        source->release(source->ctx, &chunk);
    }
    return NULL;
}

/* A pass, and the rows that it had. */
static uint64_t read_pass(struct pel_source *source, const struct pel_primes_list *expected,
                          int nthreads, size_t most)
{
    const bool wanted = true;
    struct reader reader = {.source = source, .expected = expected, .most = most};
    pthread_t threads[8];
    assert_int_equal(source->begin(source->ctx, &wanted, NULL), 0);
    for (int i = 0; i < nthreads; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_chunks, &reader), 0);
    for (int i = 0; i < nthreads; i++)
        pthread_join(threads[i], NULL);
    source->end(source->ctx);
    return reader.nrows;
}

/* 821641 is prime number 65536, 1742537 number 131072; a segment is of 2 10^6 numbers here, but for the last
 * interval, where it is an eighth of that. */
static void any_threads(void **state)
{
    (void)state;
    static const struct {
        uint64_t start, stop;
    } cases[] = {{0, 30000000}, {0, 821640},  {0, 821641},
                 {0, 821642},   {0, 821647},  {0, 1742536},
                 {0, 1742537},  {0, 1742538}, {1000000000000000, 1000000000000000 + 20000000}};
    const struct pel_team team = pel_team(1);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pel_primes_list expected;
        struct pel_source *source;
        assert_int_equal(pel_primes_list(cases[k].start, cases[k].stop, &team, &expected, NULL), 0);
        assert_int_equal(pel_source_primes(&source, "x", cases[k].start, cases[k].stop, NULL), 0);
        static const int counts[] = {1, 2, 3, 7};
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(read_pass(source, &expected, counts[i], SIZE_MAX), expected.n);
        pel_source_free(source);
        pel_primes_list_free(&expected);
    }
}

/* A pass that ends before its last row leaves nothing to the next one. */
static void early_end(void **state)
{
    (void)state;
    const struct pel_team team = pel_team(1);
    struct pel_primes_list expected;
    struct pel_source *source;
    assert_int_equal(pel_primes_list(0, 10000000, &team, &expected, NULL), 0);
    assert_int_equal(pel_source_primes(&source, "x", 0, 10000000, NULL), 0);
    for (size_t most = 0; most < 4; most++)
        assert_int_equal(read_pass(source, &expected, 2, most), 2 * most * PEL_CHUNK_ROWS);
    assert_int_equal(read_pass(source, &expected, 2, SIZE_MAX), expected.n);
    pel_source_free(source);
    pel_primes_list_free(&expected);
}

/* A chunk that is given back without having been filled, as beside another source that has failed. */
static void not_filled(void **state)
{
    (void)state;
    struct pel_source *source;
    struct pel_chunk chunks[4];
    const bool wanted = true;
    assert_int_equal(pel_source_primes(&source, "x", 0, 5000000, NULL), 0);
    assert_int_equal(source->begin(source->ctx, &wanted, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(source->next(source->ctx, &chunks[i], NULL), 1);
        assert_int_equal(chunks[i].index, i);
    }
    for (size_t i = 4; i-- > 0;)
        source->release(source->ctx, &chunks[i]);
    source->end(source->ctx);
    pel_source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_threads), cmocka_unit_test(early_end),
                                       cmocka_unit_test(not_filled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
