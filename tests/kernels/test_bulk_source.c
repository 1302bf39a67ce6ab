/* Sources that compute their rows or have them in memory: rows, chunks and errors. */
#include "bulk/source/philox.h"

#include <pelton/csv.h>
#include <pelton/primes.h>
#include <pelton/table.h>

#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Reads a pass of a source of one column of 8 bytes, checking chunks; returns a malloc'ed array. */
static uint64_t *read_pass(struct pel_source *source, size_t column, uint64_t *n)
{
    bool *wanted = calloc(source->nfields, sizeof *wanted);
    uint64_t *out = NULL, index = 0;
    memset(wanted, true, source->nfields);
    assert_int_equal(source->begin(source->ctx, wanted, NULL), 0);
    *n = 0;
    struct pel_chunk chunk;
    int status;
    while ((status = source->next(source->ctx, &chunk, NULL)) > 0) {
        uint64_t row;
        if (source->fill)
            assert_int_equal(source->fill(source->ctx, &chunk, &row, NULL), 0);
        assert_int_equal(chunk.index, index++);
        assert_true(chunk.nrows >= 1 && chunk.nrows <= PEL_CHUNK_ROWS);
        assert_int_equal(*n % PEL_CHUNK_ROWS, 0); /* only the last may be short */
        out = realloc(out, (size_t)(*n + chunk.nrows) * sizeof *out);
        const struct pel_column *from = &chunk.columns[column];
        for (size_t i = 0; i < chunk.nrows; i++)
            memcpy(out + *n + i, (const char *)from->data + (ptrdiff_t)i * from->stride, 8);
        *n += chunk.nrows;
        source->release(source->ctx, &chunk);
    }
    assert_int_equal(status, 0);
    assert_int_equal(source->next(source->ctx, &chunk, NULL), 0);
    source->end(source->ctx);
    free(wanted);
    if (source->nrows != PEL_ROWS_UNKNOWN)
        assert_int_equal(*n, source->nrows);
    return out;
}

static const size_t sizes[] = {0, 1, 1023, 1024, 1025, 65535, 65536, 65537, 131072, 200001};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

static void columns(void **state)
{
    (void)state;
    for (size_t k = 0; k < NSIZES; k++) {
        uint64_t n = sizes[k], nread;
        uint64_t *values = malloc((size_t)(2 * n + 2) * sizeof *values);
        for (uint64_t i = 0; i < 2 * n + 2; i++)
            values[i] = i * i;
        char a[] = "a", b[] = "b";
        const struct pel_field fields[] = {{a, PEL_I64}, {b, PEL_U64}};
        const struct pel_column views[] = {{.type = PEL_I64, .stride = 16, .data = values},
                                           {.type = PEL_U64, .stride = -8, .data = values + n}};
        struct pel_source *source;
        assert_int_equal(pel_source_columns(&source, fields, views, 2, n, NULL), 0);
        a[0] = b[0] = '-'; /* names are copied */
        assert_string_equal(source->fields[0].name, "a");
        assert_string_equal(source->fields[1].name, "b");
        for (int pass = 0; pass < 2; pass++) {
            uint64_t *got = read_pass(source, (size_t)pass, &nread);
            for (uint64_t i = 0; i < n; i++)
                assert_int_equal(got[i], pass ? (n - i) * (n - i) : 4 * i * i);
            free(got);
        }
        pel_source_free(source);
        free(values);
    }
}

static void wrong_columns(void **state)
{
    (void)state;
    struct pel_source *source;
    struct pel_error err = {0};
    double x = 1;
    const struct pel_field field = {"x", PEL_F64};
    struct pel_column column = {.type = PEL_F64, .stride = 8, .data = &x};
    assert_int_equal(pel_source_columns(&source, &field, &column, 0, 1, &err), -EINVAL);
    assert_int_equal(pel_source_columns(&source, &field, &column, 1, UINT64_MAX, &err), -EINVAL);
    column.type = PEL_I64;
    assert_int_equal(pel_source_columns(&source, &field, &column, 1, 1, &err), -EINVAL);
    column = (struct pel_column){.type = PEL_F64, .stride = 8};
    assert_int_equal(pel_source_columns(&source, &field, &column, 1, 1, &err), -EINVAL);
    assert_null(source);
    assert_true(err.message[0]);
}

static void ranges(void **state)
{
    (void)state;
    static const struct {
        int64_t start, stop, step;
        uint64_t n;
    } cases[] = {{1, 10, 1, 10},
                 {1, 10, 4, 3},
                 {1, 9, 4, 3},
                 {10, 1, -3, 4},
                 {5, 5, 7, 1},
                 {5, 4, 1, 0},
                 {5, 6, -1, 0},
                 {0, 65535, 1, 65536},
                 {0, 65536, 1, 65537},
                 {-100000, 100000, 2, 100001},
                 {INT64_MAX - 2, INT64_MAX, 1, 3},
                 {INT64_MIN, INT64_MIN + 5, 5, 2},
                 {INT64_MIN, INT64_MAX, INT64_MAX, 3},
                 {INT64_MAX, INT64_MIN, INT64_MIN, 2},
                 {INT64_MIN, INT64_MAX, INT64_C(1) << 50, 16384}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pel_source *source;
        assert_int_equal(
            pel_source_range(&source, "i", cases[k].start, cases[k].stop, cases[k].step, NULL), 0);
        assert_int_equal(source->nrows, cases[k].n);
        assert_int_equal(source->fields[0].type, PEL_I64);
        uint64_t n, *got = read_pass(source, 0, &n);
        for (uint64_t i = 0; i < n; i++)
            assert_int_equal(got[i], (uint64_t)cases[k].start + i * (uint64_t)cases[k].step);
        free(got);
        pel_source_free(source);
    }
    struct pel_source *source;
    assert_int_equal(pel_source_range(&source, "i", 1, 2, 0, NULL), -EINVAL);
    assert_null(source);
    assert_int_equal(pel_source_range(&source, "i", INT64_MIN, INT64_MAX, 1, NULL), -EINVAL);
    assert_int_equal(pel_source_range(&source, "i", 1, INT64_MAX, 1, NULL), 0);
    pel_source_free(source);
    assert_int_equal(pel_source_range(&source, "i", INT64_MIN, -1, 1, NULL), -EINVAL);
    assert_int_equal(pel_source_range(&source, "i", INT64_MIN, -2, 1, NULL), 0);
    assert_true(source->nrows == INT64_MAX);
    pel_source_free(source);
}

/* Known answers of the authors' Random123 for philox4x32, 10 rounds. */
static void philox(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
                 {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
                  {UINT32_MAX, UINT32_MAX},
                  {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
                 {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                  {0xa4093822, 0x299f31d0},
                  {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
    for (size_t k = 0; k < 3; k++) {
        uint32_t out[4];
        pel_philox(known[k].counter, known[k].key, out);
        assert_memory_equal(out, known[k].out, sizeof out);
    }
}

static double reference_random(uint64_t seed, uint64_t i)
{
    uint32_t counter[4] = {(uint32_t)(i / 2), (uint32_t)(i / 2 >> 32), 0, 0}, out[4];
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    pel_philox(counter, key, out);
    const uint32_t *words = out + 2 * (i % 2);
    return (double)(((uint64_t)words[1] << 32 | words[0]) >> 11) * 0x1p-53;
}

static void random_levels(void **state)
{
    (void)state;
    static const uint64_t firsts[] = {
        0, 1, 2, 31, 32, 33, 65536, (UINT64_C(1) << 33) - 5, UINT64_C(1) << 62};
    static const uint64_t seeds[] = {0, 1, UINT64_MAX, UINT64_C(0x123456789abcdef)};
    double out[200];
    for (int isa = 0; isa <= (int)pel_isa_best(); isa++)
        for (size_t f = 0; f < sizeof firsts / sizeof firsts[0]; f++)
            for (size_t n = 0; n < 200; n += n < 70 ? 1 : 43) {
                uint64_t seed = seeds[(f + n) % 4];
                out[n] = -1;
                pel_random_for((enum pel_isa)isa)(seed, firsts[f], n, out);
                assert_true(out[n] == -1);
                for (size_t i = 0; i < n; i++)
                    assert_true(out[i] == reference_random(seed, firsts[f] + i));
            }
}

static void random_source(void **state)
{
    (void)state;
    struct pel_source *source;
    assert_int_equal(pel_source_random(&source, "x", 100001, 7, NULL), 0);
    assert_int_equal(source->fields[0].type, PEL_F64);
    uint64_t n, *got = read_pass(source, 0, &n);
    double mean = 0;
    for (uint64_t i = 0; i < n; i++) {
        double x;
        memcpy(&x, &got[i], 8);
        assert_true(x == reference_random(7, i) && x >= 0 && x < 1);
        mean += x / (double)n;
    }
    assert_true(mean > 0.49 && mean < 0.51);
    free(got);
    pel_source_free(source);
    assert_int_equal(pel_source_random(&source, "x", UINT64_MAX, 7, NULL), -EINVAL);
}

static void primes(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    static const struct {
        uint64_t start, stop;
    } cases[] = {{0, 2000000},     {0, 1},   {2, 2},
                 {821000, 821641}, {24, 28}, {999999000000, 999999001000}};
    static uint64_t expected[200000];
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pel_source *source;
        assert_int_equal(pel_source_primes(&source, "p", cases[k].start, cases[k].stop, NULL), 0);
        size_t nexpected;
        assert_int_equal(pel_primes_copy(cases[k].start, cases[k].stop, &team, expected, 200000,
                                         &nexpected, NULL),
                         0);
        for (int pass = 0; pass < 2; pass++) {
            uint64_t n, *got = read_pass(source, 0, &n);
            assert_int_equal(n, nexpected);
            if (n)
                assert_memory_equal(got, expected, (size_t)n * 8);
            free(got);
        }
        pel_source_free(source);
    }
    struct pel_source *source;
    assert_int_equal(pel_source_primes(&source, "p", 3, 2, NULL), -EINVAL);
    assert_int_equal(pel_source_primes(&source, "p", 0, UINT64_C(1) << 63, NULL), -EINVAL);
    assert_null(source);
}

static struct pel_source *range(const char *name, int64_t stop)
{
    struct pel_source *source;
    assert_int_equal(pel_source_range(&source, name, 1, stop, 1, NULL), 0);
    return source;
}

static void zip(void **state)
{
    (void)state;
    struct pel_source *parts[3] = {range("a", 150000), NULL, NULL}, *source;
    assert_int_equal(pel_source_random(&parts[1], "b", 150000, 3, NULL), 0);
    assert_int_equal(pel_source_range(&parts[2], "c", 0, 149999 * 7, 7, NULL), 0);
    assert_int_equal(pel_source_zip(&source, parts, 3, NULL), 0);
    assert_int_equal(source->nfields, 3);
    assert_int_equal(source->nrows, 150000);
    assert_string_equal(source->fields[2].name, "c");
    for (size_t column = 0; column < 3; column++) {
        uint64_t n, *got = read_pass(source, column, &n);
        for (uint64_t i = 0; i < n; i++) {
            double x = reference_random(3, i);
            uint64_t bits;
            memcpy(&bits, &x, 8);
            assert_int_equal(got[i], column == 0 ? i + 1 : column == 1 ? bits : 7 * i);
        }
        free(got);
    }
    pel_source_free(source);
}

/* Of two sources that fail in a chunk, the one that fails first. */
static void failing_zip(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\n1\n2\n3\nx\n", "b\n1\nx\n3\n4\n"};
    static const struct pel_csv_type types[] = {{"a", PEL_I64}, {"b", PEL_I64}};
    for (int first = 0; first < 2; first++) {
        struct pel_source *source, *parts[2];
        for (int i = 0; i < 2; i++) {
            int k = i ? 1 - first : first;
            const struct pel_csv_options options = {.types = &types[k], .ntypes = 1};
            assert_int_equal(
                pel_source_csv_text(&parts[i], texts[k], strlen(texts[k]), &options, NULL), 0);
        }
        assert_int_equal(pel_source_zip(&source, parts, 2, NULL), 0);
        const bool wanted[2] = {true, true};
        struct pel_chunk chunk;
        uint64_t row = 9;
        struct pel_error err = {0};
        assert_int_equal(source->begin(source->ctx, wanted, NULL), 0);
        assert_int_equal(source->next(source->ctx, &chunk, NULL), 1);
        assert_int_equal(source->fill(source->ctx, &chunk, &row, &err), -EBADMSG);
        assert_int_equal(row, 1);
        assert_non_null(strstr(err.message, "row 1 "));
        source->release(source->ctx, &chunk);
        source->end(source->ctx);
        pel_source_free(source);
    }
}

static void unequal_zip(void **state)
{
    (void)state;
    struct pel_error err = {0};
    struct pel_source *source, *parts[2] = {range("a", 10), range("b", 11)};
    assert_int_equal(pel_source_zip(&source, parts, 2, &err), -EMSGSIZE);
    assert_non_null(strstr(err.message, "one has 10,"));
    parts[0] = range("a", 11), parts[1] = range("b", 10);
    assert_int_equal(pel_source_zip(&source, parts, 2, &err), -EMSGSIZE);
    assert_non_null(strstr(err.message, "one has 10,"));
    parts[0] = range("a", 10), parts[1] = range("a", 10);
    assert_int_equal(pel_source_zip(&source, parts, 2, &err), -EEXIST);
    assert_int_equal(pel_source_zip(&source, parts, 0, &err), -EINVAL);
    assert_null(source);

    /* Known only at the end: 6542 primes, 6541 or 70000 numbers. */
    static const int64_t lengths[] = {6541, 6543, 70000};
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(pel_source_primes(&parts[0], "p", 0, 65536, NULL), 0);
        parts[1] = range("i", lengths[k]);
        assert_int_equal(pel_source_zip(&source, parts, 2, NULL), 0);
        assert_true(source->nrows == PEL_ROWS_UNKNOWN);
        const bool wanted[2] = {true, true};
        assert_int_equal(source->begin(source->ctx, wanted, NULL), 0);
        struct pel_chunk chunk;
        err = (struct pel_error){0};
        assert_int_equal(source->next(source->ctx, &chunk, &err), -EMSGSIZE);
        assert_non_null(strstr(err.message, k == 0 ? "6541" : "6542"));
        source->end(source->ctx);
        pel_source_free(source);
    }
}

struct reader {
    struct pel_source *source;
    uint64_t sum, nrows;
    pthread_mutex_t lock;
};

static void *read_along(void *ctx)
{
    struct reader *reader = ctx;
    struct pel_chunk chunk;
    while (reader->source->next(reader->source->ctx, &chunk, NULL) > 0) {
        uint64_t row, sum = 0;
        if (reader->source->fill)
            assert_int_equal(reader->source->fill(reader->source->ctx, &chunk, &row, NULL), 0);
        for (size_t i = 0; i < chunk.nrows; i++)
            for (size_t k = 0; k < reader->source->nfields; k++)
                sum += ((const uint64_t *)chunk.columns[k].data)[i] * (k + 1);
        pthread_mutex_lock(&reader->lock);
        reader->sum += sum;
        reader->nrows += chunk.nrows;
        pthread_mutex_unlock(&reader->lock);
        reader->source->release(reader->source->ctx, &chunk);
    }
    return NULL;
}

/* From several threads at once every row is given once. */
static void many_threads(void **state)
{
    (void)state;
    struct pel_source *parts[2] = {range("a", 1000000), NULL};
    struct reader reader = {.lock = PTHREAD_MUTEX_INITIALIZER};
    assert_int_equal(pel_source_range(&parts[1], "b", 0, 999999, 1, NULL), 0);
    assert_int_equal(pel_source_zip(&reader.source, parts, 2, NULL), 0);
    const bool wanted[2] = {true, true};
    assert_int_equal(reader.source->begin(reader.source->ctx, wanted, NULL), 0);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_along, &reader), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    reader.source->end(reader.source->ctx);
    assert_int_equal(reader.nrows, 1000000);
    assert_int_equal(reader.sum, UINT64_C(500000500000) + 2 * UINT64_C(499999500000));
    pel_source_free(reader.source);
    pel_source_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns),       cmocka_unit_test(wrong_columns),
        cmocka_unit_test(ranges),        cmocka_unit_test(philox),
        cmocka_unit_test(random_levels), cmocka_unit_test(random_source),
        cmocka_unit_test(primes),        cmocka_unit_test(zip),
        cmocka_unit_test(failing_zip),   cmocka_unit_test(unequal_zip),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
