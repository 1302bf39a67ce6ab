/* Sorts, argsort and the order by several keys, against the reference, and against what an order is. */
#include "sort_oracle.h"

#include <pthread.h>
#include <time.h>

/* What tells apart keys that are equal but of different bits in pel_sort, as u64: see <pelton/sort.h>. */
static uint64_t tie_of(enum pel_type type, const void *key, bool descending)
{
    uint64_t bits = 0;
    memcpy(&bits, key, pel_type_nbytes(type));
    if (type == PEL_F32)
        bits = (bits & UINT64_C(0x7fffffff)) << 29 | bits >> 31 << 63;
    bits ^= (uint64_t)descending << 63;
    bool negative = bits >> 63;
    return bits << 1 ? (negative ? ~bits | UINT64_C(1) << 63 : bits) : !negative;
}

/* The keys as pel_sort gives them, malloc'ed. */
static void *sorted_keys(enum pel_type type, const void *keys, size_t n, bool descending)
{
    size_t nbytes = pel_type_nbytes(type);
    bool is_float = type == PEL_F32 || type == PEL_F64;
    uint64_t *ties = malloc((n + 1) * sizeof *ties), *order = malloc((n + 1) * sizeof *order);
    for (size_t i = 0; i < n; i++)
        ties[i] = is_float ? tie_of(type, (const char *)keys + i * nbytes, descending) : 0;
    const struct pel_column columns[] = {column_of(type, keys), column_of(PEL_U64, ties)};
    const bool descends[] = {descending, false};
    struct pel_team team = pel_team(1);
    assert_int_equal(pel_order(columns, descends, 2, n, order, &team, NULL), 0);
    check_order(columns, descends, 2, n, order);
    void *sorted = gathered(keys, nbytes, order, n);
    free(order);
    free(ties);
    return sorted;
}

static void check_sort(enum pel_type type, const void *keys, size_t n, bool descending,
                       const struct pel_team *team)
{
    size_t nbytes = pel_type_nbytes(type);
    void *expected = sorted_keys(type, keys, n, descending), *sorted = copied(keys, n * nbytes);
    assert_int_equal(pel_sort(type, sorted, n, descending, team, NULL), 0);
    assert_memory_equal(sorted, expected, n * nbytes);
    free(sorted);
    free(expected);
}

static void check_with(enum pel_type type, const void *keys, size_t n, bool descending,
                       size_t payload_nbytes, const uint64_t *order, const struct pel_team *team)
{
    size_t nbytes = pel_type_nbytes(type);
    unsigned char *payload = malloc(n * payload_nbytes + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t b = 0; b < payload_nbytes; b++)
            payload[i * payload_nbytes + b] = (unsigned char)((i >> (b % 4 * 8)) + b / 4 * 17);
    void *sorted = copied(keys, n * nbytes);
    void *expected_keys = gathered(keys, nbytes, order, n);
    void *expected = gathered(payload, payload_nbytes, order, n);
    assert_int_equal(
        pel_sort_with(type, sorted, payload, payload_nbytes, n, descending, team, NULL), 0);
    assert_memory_equal(sorted, expected_keys, n * nbytes);
    assert_memory_equal(payload, expected, n * payload_nbytes);
    free(expected);
    free(expected_keys);
    free(sorted);
    free(payload);
}

static void check_all(enum pel_type type, int pattern, size_t n, bool descending,
                      size_t payload_nbytes, const struct pel_team *team)
{
    void *keys = make_keys(type, pattern, n, n);
    const struct pel_column key = column_of(type, keys);
    uint64_t *order = malloc((n + 1) * sizeof *order);
    assert_int_equal(pel_argsort(type, keys, n, descending, order, team, NULL), 0);
    check_order(&key, &descending, 1, n, order);
    check_sort(type, keys, n, descending, team);
    check_with(type, keys, n, descending, payload_nbytes, order, team);
    free(order);
    free(keys);
}

static void test_reference(void **state)
{
    (void)state;
    for (size_t t = 0; t < KEY_TYPES; t++)
        for (int p = 0; p < PATTERN_COUNT; p++)
            for (size_t n = 0; n < 70; n += n < 10 ? 1 : 13)
                for (int descending = 0; descending < 2; descending++) {
                    void *keys = make_keys(key_types[t], p, n, n);
                    const struct pel_column key = column_of(key_types[t], keys);
                    const bool descends = descending;
                    uint64_t *order = make_order(key_types[t], keys, n, descends);
                    check_order(&key, &descends, 1, n, order);
                    free(order);
                    free(keys);
                }
}

static void test_small(void **state)
{
    (void)state;
    static const size_t payloads[] = {4, 8, 1, 12};
    struct pel_team team = pel_team(2);
    for (size_t n = 0; n <= 300; n += n < 70 ? 1 : 9)
        for (size_t t = 0; t < KEY_TYPES; t++)
            for (int p = 0; p < PATTERN_COUNT; p++)
                check_all(key_types[t], p, n, (n + (size_t)p) % 2, payloads[(n + t) % 4], &team);
}

/* Around the blocks of a radix sort, its leaves (65536 u64, 32768 pairs, 131072 u32) and its buckets. */
static void test_edges(void **state)
{
    (void)state;
    static const size_t sizes[] = {511,   512,   513,   1023,  1025,  8191,   8193,   32767, 32768,
                                   32769, 65535, 65536, 65537, 70001, 131071, 131073, 300007};
    static const size_t payloads[] = {4, 8, 3};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t k = 0; k < 6; k++) {
            size_t turn = s * 6 + k;
            struct pel_team team = pel_team(test_threads[turn % TEST_THREADS]);
            check_all(key_types[k], (int)(turn * 5 % PATTERN_COUNT), sizes[s], turn / 6 % 2,
                      payloads[turn % 3], &team);
        }
}

/* Every pattern for every type at a size that is split into buckets, the same for any team. */
static void test_patterns(void **state)
{
    (void)state;
    const size_t n = 66001;
    for (size_t t = 0; t < KEY_TYPES; t++)
        for (int p = 0; p < PATTERN_COUNT; p++) {
            struct pel_team team = pel_team(test_threads[(t + (size_t)p) % TEST_THREADS]);
            team.isa = (enum pel_isa)(p % PEL_ISA_COUNT);
            check_all(key_types[t], p, n, t % 2, p % 2 ? 8 : 4, &team);
        }
}

static void test_teams(void **state)
{
    (void)state;
    const size_t n = 140009;
    for (size_t t = 0; t < KEY_TYPES; t++)
        for (int threads = 0; threads < TEST_THREADS; threads++) {
            struct pel_team team = pel_team(test_threads[threads]);
            team.isa = (enum pel_isa)(threads % PEL_ISA_COUNT);
            void *keys = make_keys(key_types[t], SPECIAL, n, 1);
            check_sort(key_types[t], keys, n, false, &team);
            free(keys);
        }
}

/* Buckets so large that the team splits them again. */
static void test_large(void **state)
{
    (void)state;
    static const struct {
        enum pel_type type;
        int pattern;
        bool descending;
    } cases[] = {{PEL_U32, CLUSTER, false},
                 {PEL_I64, CLUSTER, true},
                 {PEL_I32, SMALL, true},
                 {PEL_F64, FEW, false}};
    const size_t n = 1100001;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct pel_team team = pel_team(c % 2 ? 1 : 2);
        void *keys = make_keys(cases[c].type, cases[c].pattern, n, c);
        const struct pel_column key = column_of(cases[c].type, keys);
        uint64_t *order = malloc(n * sizeof *order);
        assert_int_equal(
            pel_argsort(cases[c].type, keys, n, cases[c].descending, order, &team, NULL), 0);
        check_order(&key, &cases[c].descending, 1, n, order);
        void *expected = gathered(keys, pel_type_nbytes(cases[c].type), order, n);
        assert_int_equal(pel_sort(cases[c].type, keys, n, cases[c].descending, &team, NULL), 0);
        assert_memory_equal(keys, expected, n * pel_type_nbytes(cases[c].type));
        free(expected);
        free(order);
        free(keys);
    }
}

/* In reverse but for two equal keys, wherever the parts of two tasks may meet: they stay as they were. */
static void test_reversed_but_for_a_tie(void **state)
{
    (void)state;
    enum { N = 40000 };
    static uint64_t keys[N], order[N];
    const struct pel_column key = column_of(PEL_U64, keys);
    for (int threads = 0; threads < TEST_THREADS; threads++)
        for (size_t ntasks = 2 * (size_t)test_threads[threads], t = 1; t < ntasks; t++) {
            struct pel_team team = pel_team(test_threads[threads]);
            size_t place = pel_partition(N, ntasks, t).lo;
            for (size_t i = 0; i < N; i++)
                keys[i] = N - i + (i == place);
            assert_int_equal(pel_argsort(PEL_U64, keys, N, false, order, &team, NULL), 0);
            check_order(&key, NULL, 1, N, order);
        }
}

/* ---- several keys ------------------------------------------------------------------------------------ */

struct rows {
    struct pel_column columns[5]; /* bool, i64, f32, f64, string */
    void *memory[6];
};

static void make_rows(struct rows *rows, size_t n, size_t distinct, uint64_t seed)
{
    static const enum pel_type types[] = {PEL_BOOL, PEL_I64, PEL_F32, PEL_F64, PEL_STRING};
    struct test_random random = {seed};
    char *text = malloc(64 * n + 1);
    for (int c = 0; c < 5; c++)
        rows->memory[c] = malloc(n * pel_type_nbytes(types[c]) + 1);
    rows->memory[5] = text;
    for (size_t i = 0; i < n; i++) {
        size_t draw = test_random_below(&random, distinct);
        ((unsigned char *)rows->memory[0])[i] = (unsigned char)(test_random_next(&random) & 2);
        ((int64_t *)rows->memory[1])[i] = (int64_t)draw - 5;
        ((float *)rows->memory[2])[i] = draw % 7 == 3 ? NAN : (float)draw * (draw % 2 ? -0.0f : 1);
        ((double *)rows->memory[3])[i] =
            draw % 11 == 3 ? -NAN : ldexp((double)draw, -(int)draw % 9);
        /* common beginnings, zeros inside, texts that others begin with */
        char *start = text + 64 * i;
        size_t nbytes = draw % 5 * 7 + test_random_below(&random, 3);
        memset(start, 'a', 64);
        if (nbytes && draw % 3)
            start[nbytes - 1] = (char)(draw % 4 * 85);
        ((struct pel_string *)rows->memory[4])[i] =
            (struct pel_string){nbytes ? start : NULL, nbytes};
    }
    for (int c = 0; c < 5; c++)
        rows->columns[c] = column_of(types[c], rows->memory[c]);
}

static void free_rows(struct rows *rows)
{
    for (int c = 0; c < 6; c++)
        free(rows->memory[c]);
}

static void test_keys(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 30, 1000, 40000, 120001};
    struct test_random random = {5};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int round = 0; round < 12; round++) {
            size_t n = sizes[s], nkeys = test_random_below(&random, 6);
            struct rows rows;
            make_rows(&rows, n, 1 + test_random_below(&random, 1 + n / (1 + (size_t)round)),
                      (uint64_t)round);
            struct pel_column keys[5];
            bool descending[5];
            for (size_t k = 0; k < nkeys; k++) {
                keys[k] = rows.columns[test_random_below(&random, 5)];
                descending[k] = test_random_next(&random) & 1;
            }
            struct pel_team team = pel_team(test_threads[round % TEST_THREADS]);
            uint64_t *order = malloc((n + 1) * sizeof *order);
            const bool *how = round % 5 ? descending : NULL;
            assert_int_equal(pel_order(keys, how, nkeys, n, order, &team, NULL), 0);
            check_order(keys, how, nkeys, n, order);
            free(order);
            free_rows(&rows);
        }
}

static void check_two_keys(const int64_t *first, const int64_t *second, size_t n)
{
    const struct pel_column keys[] = {column_of(PEL_I64, first), column_of(PEL_I64, second)};
    uint64_t *order = malloc(n * sizeof *order);
    struct pel_team team = pel_team(3);
    assert_int_equal(pel_order(keys, NULL, 2, n, order, &team, NULL), 0);
    check_order(keys, NULL, 2, n, order);
    free(order);
}

/* A first key that is in order, and one whose equals are more than 2^20, which tasks store in pieces: what is
 * tied where two tasks meet is no more and no less than elsewhere. */
static void test_ties_between_tasks(void **state)
{
    (void)state;
    const size_t n = 1200001;
    int64_t *first = malloc(n * sizeof *first), *second = malloc(n * sizeof *second);
    for (size_t i = 0; i < n; i++) {
        first[i] = (int64_t)i;
        second[i] = -(int64_t)i;
    }
    check_two_keys(first, second, 140001);
    for (size_t i = 0; i < n; i++)
        first[i] = i % 10 ? 5 : (int64_t)(i * 7919 % 100003);
    check_two_keys(first, second, n);
    free(second);
    free(first);
}

/* Every other row from the last to the first, and bytes the other way round. */
static void test_strides(void **state)
{
    (void)state;
    enum { N = 2001 };
    static int64_t values[2 * N], swapped[N];
    struct test_random random = {9};
    for (size_t i = 0; i < 2 * N; i++)
        values[i] = (int64_t)(test_random_next(&random) % 500) - 250;
    for (size_t i = 0; i < N; i++)
        swapped[i] = (int64_t)__builtin_bswap64((uint64_t)values[N - 1 - i]);
    const struct pel_column keys[] = {{PEL_I64, true, 8, swapped},
                                      {PEL_I64, false, -16, values + 2 * N - 2}};
    uint64_t order[N];
    struct pel_team team = pel_team(2);
    for (size_t nkeys = 1; nkeys <= 2; nkeys++) {
        assert_int_equal(pel_order(keys, NULL, nkeys, N, order, &team, NULL), 0);
        check_order(keys, NULL, nkeys, N, order);
        assert_int_equal(pel_order(keys + 1, NULL, 1, N, order, &team, NULL), 0);
        check_order(keys + 1, NULL, 1, N, order);
    }
}

/* ---- what goes wrong ---------------------------------------------------------------------------------- */

static void test_bad_arguments(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    struct pel_error err = {0};
    uint64_t order[2];
    float keys[2] = {2, 1};
    const struct pel_column key = {PEL_I8, false, 1, keys};
    assert_int_equal(pel_sort(PEL_F16, keys, 2, false, &team, &err), -EINVAL);
    assert_int_equal(pel_argsort(PEL_STRING, keys, 2, false, order, &team, &err), -EINVAL);
    assert_int_equal(pel_order(&key, NULL, 1, 2, order, &team, &err), -EINVAL);
    assert_int_equal(pel_sort_with(PEL_BOOL, keys, order, 8, 2, false, &team, &err), -EINVAL);
    assert_int_equal(pel_sort_with(PEL_F32, keys, order, 0, 2, false, &team, &err), -EINVAL);
    assert_int_equal(err.code, -EINVAL);
    assert_true(keys[0] == 2);
}

/* Cancelled, a sort leaves a permutation. */
static void test_cancel(void **state)
{
    (void)state;
    const size_t n = 400000;
    struct pel_cancel cancel = {0};
    pel_cancel_request(&cancel);
    for (int threads = 1; threads <= 2; threads++) {
        struct pel_team team = pel_team(threads), willing = team;
        team.cancel = &cancel;
        uint64_t *keys = make_keys(PEL_U64, RANDOM_BITS, n, 3), *same = copied(keys, n * 8);
        uint64_t *order = malloc(n * sizeof *order);
        struct pel_error err = {0};
        assert_int_equal(pel_sort(PEL_U64, keys, n, false, &team, &err), -ECANCELED);
        assert_int_equal(err.code, -ECANCELED);
        assert_int_equal(pel_argsort(PEL_U64, keys, n, false, order, &team, NULL), -ECANCELED);
        assert_int_equal(pel_sort_with(PEL_U64, keys, order, 8, n, false, &team, NULL), -ECANCELED);
        assert_int_equal(pel_sort(PEL_U64, keys, n, false, &willing, NULL), 0);
        assert_int_equal(pel_sort(PEL_U64, same, n, false, &willing, NULL), 0);
        assert_memory_equal(keys, same, n * 8);
        free(order);
        free(same);
        free(keys);
    }
}

struct later {
    struct pel_cancel cancel;
    long ns;
};

static void *cancel_later(void *arg)
{
    struct later *later = arg;
    (void)nanosleep(&(struct timespec){.tv_nsec = later->ns}, NULL);
    pel_cancel_request(&later->cancel);
    return NULL;
}

/* Cancelled at any moment, a sort that does not say so is complete. */
static void test_cancel_later(void **state)
{
    (void)state;
    const size_t n = 600000;
    uint64_t *keys = make_keys(PEL_U64, RANDOM_BITS, n, 3), *sorted = copied(keys, n * 8);
    struct pel_team willing = pel_team(2);
    assert_int_equal(pel_sort(PEL_U64, sorted, n, false, &willing, NULL), 0);
    for (long k = 0; k < 12; k++) {
        struct later later = {.ns = k * 700000};
        struct pel_team team = pel_team(1 + (int)k % 2);
        uint64_t *same = copied(keys, n * 8);
        pthread_t thread;
        team.cancel = &later.cancel;
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &later), 0);
        int status = pel_sort(PEL_U64, same, n, false, &team, NULL);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(status == 0 || status == -ECANCELED);
        if (status == 0)
            assert_memory_equal(same, sorted, n * 8);
        free(same);
    }
    free(sorted);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_teams),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_reversed_but_for_a_tie),
        cmocka_unit_test(test_ties_between_tasks),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
