/* Groups of rows against the plain version: every byte, for any number of threads and order of chunks. */
#include "groups.h"

#include "bulk/group/keys.h"

static void check_random(const enum pel_type *keys, size_t nkeys, size_t ndifferent, size_t nrows,
                         uint64_t seed)
{
    struct test_random random = {seed};
    struct group_case made = group_case_make(keys, nkeys, ndifferent, nrows, &random);
    group_case_fill(&made, nrows > 5000 ? 9 : 1, seed);
    group_check(&made);
    group_case_free(&made);
}

static const enum pel_type all_keys[] = {PEL_BOOL, PEL_I64, PEL_F32, PEL_F64, PEL_STRING};

static void test_key_types(void **state)
{
    (void)state;
    uint64_t seed = test_seed(1);
    for (size_t k = 0; k < 5; k++) {
        check_random(&all_keys[k], 1, 100, 3000, seed + k);
        check_random(&all_keys[k], 1, 40000, 100000, seed + 10 + k);
    }
}

static void test_several_keys(void **state)
{
    (void)state;
    for (size_t a = 0; a < 5; a++)
        for (size_t b = 0; b < 5; b++) {
            const enum pel_type keys[3] = {all_keys[a], all_keys[b], all_keys[(a + b) % 5]};
            check_random(keys, 2, 20, 2500, 50 + 5 * a + b);
            check_random(keys, 3, 300, 2500, 90 + 5 * a + b);
        }
    const enum pel_type keys[3] = {PEL_STRING, PEL_I64, PEL_F64};
    check_random(keys, 3, 100, 70000, 7);
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,    1,     2,     1023,  1024,   1025,
                                   2048, 65535, 65536, 65537, 131072, 196609};
    const enum pel_type i64 = PEL_I64;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        check_random(&i64, 1, 13, sizes[s], s);
        check_random(&i64, 1, 100000, sizes[s] < 70000 ? sizes[s] : 70000, 100 + s);
    }
}

/* Few groups in one chunk and many in the next: a worker's table overflows, and later it does not. */
static void test_changing_number_of_keys(void **state)
{
    (void)state;
    enum { NROWS = 5 * PEL_CHUNK_ROWS + 77 };
    struct test_random random = {3};
    const enum pel_type i64 = PEL_I64;
    struct group_case made = group_case_make(&i64, 1, 10, NROWS, &random);
    int64_t *keys = (int64_t *)(uintptr_t)made.keys[0].data;
    for (size_t i = 0; i < NROWS; i++)
        if (i / PEL_CHUNK_ROWS % 2)
            keys[i] = (int64_t)test_random_below(&random, 30000) << 44;
    made.aggregations[1] = (struct pel_aggregation){PEL_AGGREGATE_SUM, &made.values[0], 0};
    made.aggregations[2] = (struct pel_aggregation){PEL_AGGREGATE_ARGMAX, &made.values[3], 0};
    made.naggregations = 3;
    group_check(&made);
    group_case_free(&made);
}

/* Floats whose sum depends on the order. */
static void test_definition(void **state)
{
    (void)state;
    enum { NROWS = PEL_CHUNK_ROWS + 3 };
    int64_t *keys = group_room(NROWS, sizeof *keys);
    double *values = group_room(NROWS, sizeof *values);
    keys[0] = keys[5] = keys[PEL_CHUNK_ROWS] = keys[PEL_CHUNK_ROWS + 2] = 1;
    values[0] = 1;
    values[5] = 0x1p-53;
    values[PEL_CHUNK_ROWS] = 0x1p-53;
    values[PEL_CHUNK_ROWS + 2] = 0x1p-53;
    const struct pel_column key = {PEL_I64, false, 8, keys}, value = {PEL_F64, false, 8, values};
    const struct pel_aggregation what[] = {{PEL_AGGREGATE_SUM, &value, 0},
                                           {PEL_AGGREGATE_COUNT, NULL, 0},
                                           {PEL_AGGREGATE_ARGMAX, &value, 0},
                                           {PEL_AGGREGATE_LAST, &value, 0}};
    struct pel_team team = pel_team(2);
    struct pel_table got;
    assert_int_equal(pel_group(&key, 1, what, 4, NROWS, &team, NULL, &got, NULL), 0);
    assert_int_equal(got.nrows, 2);
    assert_string_equal(got.fields[0].name, "key0");
    assert_string_equal(got.fields[4].name, "aggregate3");
    assert_int_equal(((const int64_t *)got.columns[0].data)[0], 1);
    /* (1 + 2^-53 = 1) + (2^-53 + 2^-53), where one after the other would give 1. */
    assert_true(((const double *)got.columns[1].data)[0] == 1 + 0x1p-52);
    assert_int_equal(((const int64_t *)got.columns[2].data)[0], 4);
    assert_int_equal(((const int64_t *)got.columns[2].data)[1], NROWS - 4);
    assert_int_equal(((const int64_t *)got.columns[3].data)[0], 0);
    assert_int_equal(((const int64_t *)got.columns[3].data)[1], 1);
    assert_true(((const double *)got.columns[4].data)[0] == 0x1p-53);
    pel_table_free(&got);
    free(keys);
    free(values);
}

/* Zeros and NaNs are one key each, shown as the first. */
static void test_float_keys(void **state)
{
    (void)state;
    const double keys[] = {-0.0, group_nan(UINT64_C(0xfff8000000000123)), 0.0, NAN, -0.0, 1};
    const float singles[] = {0.0F, -0.0F, NAN, -NAN, 1, 1};
    const struct pel_column key = {PEL_F64, false, 8, keys}, single = {PEL_F32, false, 4, singles};
    struct pel_team team = pel_team(1);
    struct pel_table got;
    assert_int_equal(pel_group_distinct(&key, 1, 6, &team, NULL, &got, NULL), 0);
    assert_int_equal(got.nrows, 3);
    assert_memory_equal(got.columns[0].data, keys, 16);
    pel_table_free(&got);
    assert_int_equal(pel_group_distinct(&single, 1, 6, &team, NULL, &got, NULL), 0);
    assert_int_equal(got.nrows, 3);
    assert_memory_equal((const float *)got.columns[0].data + 1, &singles[2], 4);
    pel_table_free(&got);
}

/* The key whose hash is a given 64-bit number: what keys.c does, backwards. */
static uint64_t inverse(uint64_t odd)
{
    uint64_t x = odd;
    for (int i = 0; i < 6; i++)
        x *= 2 - odd * x;
    return x;
}

static int64_t key_of_hash(uint64_t hash)
{
    return (int64_t)(hash * inverse(UINT64_C(0x9e3779b97f4a7c15)));
}

static void test_collisions(void **state)
{
    (void)state;
    enum { NROWS = 6000, NKEYS = 900 };
    struct test_random random = {9};
    const enum pel_type i64 = PEL_I64;
    struct group_case made = group_case_make(&i64, 1, 10, NROWS, &random);
    group_case_fill(&made, 1, 0);
    uint64_t *keys = (uint64_t *)(uintptr_t)made.keys[0].data;
    for (size_t i = 0; i < NROWS; i++)
        keys[i] =
            (uint64_t)key_of_hash(UINT64_C(0x12345678) << 32 | test_random_below(&random, NKEYS));
    uint32_t hashes[2];
    const uint64_t *words = keys;
    pel_key_hash(&(enum key_kind){KEY_WORD}, 1, &words, 2, hashes);
    assert_int_equal(hashes[0], 0x12345678);
    assert_int_equal(hashes[1], 0x12345678);
    group_check(&made);
    group_case_free(&made);
}

/* ---- rows as the engine adds them ---------------------------------------------------------------------- */

/* Adds the rows of a chunk that are kept, in blocks of odd sizes. */
static void add_chunk(struct grouping *grouping, size_t worker, const struct group_case *made,
                      const bool *keep, uint64_t chunk, struct test_random *random)
{
    size_t lo = chunk * PEL_CHUNK_ROWS, hi = lo + PEL_CHUNK_ROWS;
    hi = hi < made->nrows ? hi : made->nrows;
    while (lo < hi) {
        static char dense[3 + GROUP_VALUES][PEL_BLOCK_ROWS * 16];
        const void *columns[3 + GROUP_VALUES];
        uint16_t places[PEL_BLOCK_ROWS];
        size_t n = 0, most = 1 + test_random_below(random, PEL_BLOCK_ROWS);
        for (; lo < hi && n < most; lo++) {
            if (!keep[lo])
                continue;
            for (size_t c = 0; c < made->nkeys + GROUP_VALUES; c++) {
                const struct pel_column *from =
                    c < made->nkeys ? &made->keys[c] : &made->values[c - made->nkeys];
                size_t nbytes = pel_type_nbytes(from->type);
                memcpy(dense[c] + n * nbytes, (const char *)from->data + lo * nbytes, nbytes);
            }
            places[n++] = (uint16_t)(lo % PEL_CHUNK_ROWS);
        }
        for (size_t c = 0; c < 3 + GROUP_VALUES; c++)
            columns[c] = dense[c];
        const struct grouping_rows rows = {

            .nrows = n,
            .chunk = chunk,
            .places = places,
            .keys = columns,
            .values = columns + made->nkeys};
        assert_int_equal(pel_grouping_add(grouping, worker, &rows, NULL), 0);
    }
    assert_int_equal(pel_grouping_end_chunk(grouping, worker, chunk, NULL), 0);
}

/* Chunks in any order from any of three workers, few bytes at a time in flight. */
static void check_engine(const struct group_case *made, const bool *keep, size_t memory_bytes,
                         const struct pel_table *expected, struct test_random *random)
{
    enum pel_type keys[3], values[GROUP_VALUES];
    struct grouping_aggregate aggregates[GROUP_AGGREGATES];
    const char *names[GROUP_AGGREGATES + 3];
    for (size_t k = 0; k < made->nkeys; k++)
        keys[k] = made->keys[k].type;
    for (size_t v = 0; v < GROUP_VALUES; v++)
        values[v] = made->values[v].type;
    for (size_t a = 0; a < made->naggregations; a++) {
        const struct pel_column *of = made->aggregations[a].values;
        aggregates[a] = (struct grouping_aggregate){made->aggregations[a].kind,
                                                    of ? (int)(of - made->values) : -1, 0};
    }
    for (size_t c = 0; c < GROUP_AGGREGATES + 3; c++)
        names[c] = "name";
    const struct grouping_spec spec = {keys,         made->nkeys, values,
                                       GROUP_VALUES, aggregates,  made->naggregations};
    struct grouping *grouping;
    assert_int_equal(pel_grouping_open(&grouping, &spec, 3, memory_bytes, NULL), 0);

    size_t nchunks = (made->nrows + PEL_CHUNK_ROWS - 1) / PEL_CHUNK_ROWS, *order;
    order = group_room(nchunks, sizeof *order);
    for (size_t c = 0; c < nchunks; c++) {
        size_t other = test_random_below(random, c + 1);
        order[c] = order[other];
        order[other] = c;
    }
    for (size_t c = 0; c < nchunks; c++)
        add_chunk(grouping, test_random_below(random, 3), made, keep, order[c], random);
    struct pel_team team = pel_team(2);
    struct pel_table got;
    assert_int_equal(pel_grouping_finish(grouping, &team, names, &got, NULL), 0);
    group_assert_equal(&got, expected);
    pel_table_free(&got);
    pel_grouping_close(grouping);
    free(order);
}

static void check_filtered(const enum pel_type *keys, size_t nkeys, size_t ndifferent,
                           size_t memory_bytes, struct test_random *random)
{
    enum { NROWS = 9 * PEL_CHUNK_ROWS + 5000 };
    struct group_case made = group_case_make(keys, nkeys, ndifferent, NROWS, random);
    group_case_fill(&made, 6, nkeys);
    bool *keep = group_room(NROWS, 1);
    for (size_t i = 0; i < NROWS; i++)
        keep[i] = i / PEL_CHUNK_ROWS != 2 && test_random_below(random, 4) == 0;
    struct pel_table expected;
    assert_int_equal(pel_group_reference(made.keys, nkeys, made.aggregations, made.naggregations,
                                         NROWS, keep, &expected),
                     0);
    check_engine(&made, keep, memory_bytes, &expected, random);
    pel_table_free(&expected);
    free(keep);
    group_case_free(&made);
}

/* With the least memory that will do, rows of four chunks or so make a batch. */
static void test_filters_and_order(void **state)
{
    (void)state;
    struct test_random random = {test_seed(11)};
    const enum pel_type keys[2] = {PEL_I64, PEL_STRING};
    check_filtered(keys, 1, 300, 0, &random);
    check_filtered(keys, 1, 30000, (size_t)24 << 20, &random);
    check_filtered(keys, 2, 1000, (size_t)128 << 20, &random);
}

/* ---- columns of other forms, and errors ------------------------------------------------------------------ */

static void test_narrow_columns(void **state)
{
    (void)state;
    static const enum pel_type types[] = {PEL_I8,  PEL_I16, PEL_I32, PEL_U8,
                                          PEL_U16, PEL_U32, PEL_U64, PEL_F16};
    enum { NROWS = 3000 };
    struct test_random random = {5};
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        struct group_case made = group_case_make(&types[t], 1, 100, NROWS, &random);
        for (size_t i = 0; types[t] == PEL_U64 && i < NROWS; i++)
            ((uint64_t *)(uintptr_t)made.keys[0].data)[i] &= INT64_MAX;
        group_case_fill(&made, 1, 0);
        group_check(&made);
        group_case_free(&made);
    }
}

/* Backwards, and with the other order of bytes. */
static void test_strides(void **state)
{
    (void)state;
    const uint32_t swapped[] = {0x01000000, 0xffffffff, 0x02000000, 0x01000000};
    const struct pel_column key = {PEL_I32, true, -4, swapped + 3};
    const uint16_t halves[] = {0x3c00, 0xc000, 0x0001, 0x7c00}; /* 1 -2 2^-24 inf */
    const struct pel_column value = {PEL_F16, false, 2, halves};
    const struct pel_aggregation what[] = {{PEL_AGGREGATE_SUM, &value, 0}};
    struct pel_team team = pel_team(1);
    struct pel_table got;
    assert_int_equal(pel_group(&key, 1, what, 1, 4, &team, NULL, &got, NULL), 0);
    const int64_t *keys = got.columns[0].data;
    const double *sums = got.columns[1].data;
    assert_int_equal(got.nrows, 3);
    assert_int_equal(keys[0], 1);
    assert_int_equal(keys[1], 2);
    assert_int_equal(keys[2], -1);
    assert_true(sums[0] == INFINITY && sums[1] == -2 && sums[2] == 0x1p-24);
    pel_table_free(&got);
}

static int group(const struct pel_column *keys, const struct pel_aggregation *what, size_t nwhat,
                 uint64_t nrows, const struct pel_team *team, size_t memory_bytes,
                 struct pel_error *err)
{
    const struct pel_group_options options = {.memory_bytes = memory_bytes};
    static const struct pel_table zero;
    struct pel_table got;
    memset(&got, 1, sizeof got);
    int status = pel_group(keys, 1, what, nwhat, nrows, team, &options, &got, err);
    assert_int_equal(err->code, status);
    if (status)
        assert_memory_equal(&got, &zero, sizeof got);
    pel_table_free(&got);
    return status;
}

static void test_overflow(void **state)
{
    (void)state;
    const int64_t keys[] = {1, 2, 1, 2, 2}, values[] = {INT64_MAX, INT64_MAX, 1, 1, -1};
    const struct pel_column key = {PEL_I64, false, 8, keys}, value = {PEL_I64, false, 8, values};
    const struct pel_aggregation what[] = {{PEL_AGGREGATE_SUM, &value, 0}};
    struct pel_team team = pel_team(1);
    struct pel_error err = {0};
    assert_int_equal(group(&key, what, 1, 5, &team, 0, &err), -ERANGE);
    err = (struct pel_error){0};
    const struct pel_column others = {PEL_I64, false, 8, keys + 1};
    const struct pel_column other_values = {PEL_I64, false, 8, values + 1};
    const struct pel_aggregation other[] = {{PEL_AGGREGATE_SUM, &other_values, 0}};
    assert_int_equal(group(&others, other, 1, 4, &team, 0, &err), 0); /* passes 2^63 on its way */

    const int64_t one[4] = {0}, three_of_four[] = {INT64_MAX, INT64_MAX, 3, INT64_MAX};
    const struct pel_column same = {PEL_I64, false, 8, one};
    const struct pel_column large = {PEL_I64, false, 8, three_of_four};
    const struct pel_aggregation mean[] = {{PEL_AGGREGATE_MEAN, &large, 0}};
    struct pel_table got;
    assert_int_equal(pel_group(&same, 1, mean, 1, 4, &team, NULL, &got, NULL), 0);
    assert_true(*(const double *)got.columns[1].data == 0x3p61);
    pel_table_free(&got);

    enum { NROWS = 3 * PEL_CHUNK_ROWS };
    uint64_t *wide = group_room(NROWS, sizeof *wide);
    wide[100000] = wide[140000] = wide[190000] = UINT64_MAX;
    const struct pel_column wide_key = {PEL_U64, false, 8, wide};
    for (size_t t = 0; t < 4; t++) {
        team = pel_team(group_threads[t]);
        assert_int_equal(group(&wide_key, NULL, 0, NROWS, &team, 0, &err), -ERANGE);
        assert_non_null(strstr(err.message, "row 100000:"));
    }
    free(wide);
}

static void test_limits(void **state)
{
    (void)state;
    enum { NROWS = 300000 };
    int64_t *keys = group_room(NROWS, sizeof *keys);
    for (int i = 0; i < NROWS; i++)
        keys[i] = i;
    const struct pel_column key = {PEL_I64, false, 8, keys};
    const struct pel_aggregation what[] = {{PEL_AGGREGATE_SUM, &key, 0}};
    for (size_t t = 0; t < 4; t++) {
        struct pel_team team = pel_team(group_threads[t]);
        struct pel_error err = {0};
        assert_int_equal(group(&key, what, 1, NROWS, &team, 5000000, &err), -ENOBUFS);
        assert_non_null(strstr(err.message, "limit of 5000000 bytes"));
        err = (struct pel_error){0};
        assert_int_equal(group(&key, what, 1, NROWS, &team, 200000000, &err), 0);

        struct pel_cancel cancel = {1};
        team.cancel = &cancel;
        assert_int_equal(group(&key, what, 1, NROWS, &team, 0, &err), -ECANCELED);
    }
    free(keys);
}

/* Texts of keys count, those too that were there before a table grew. */
static void test_limit_of_texts(void **state)
{
    (void)state;
    enum { NROWS = 6000, NBYTES = 1000 };
    struct pel_string *keys = group_room(NROWS, sizeof *keys);
    char *texts = group_room(NROWS, NBYTES);
    for (size_t i = 0; i < NROWS; i++) {
        keys[i] = (struct pel_string){texts + i * NBYTES, NBYTES};
        memcpy(texts + i * NBYTES, &i, sizeof i);
    }
    const struct pel_column key = {PEL_STRING, false, sizeof *keys, keys};
    for (size_t t = 0; t < 4; t++) {
        struct pel_team team = pel_team(group_threads[t]);
        struct pel_error err = {0};
        assert_int_equal(group(&key, NULL, 0, NROWS, &team, NROWS * NBYTES, &err), -ENOBUFS);
        err = (struct pel_error){0};
        assert_int_equal(group(&key, NULL, 0, NROWS, &team, 4 * NROWS * NBYTES, &err), 0);
    }
    free(texts);
    free(keys);
}

static void test_refused(void **state)
{
    (void)state;
    const double numbers[] = {1, 2};
    const struct pel_string texts[] = {{"a", 1}, {NULL, 0}};
    const struct pel_column value = {PEL_F64, false, 8, numbers},
                            text = {PEL_STRING, false, sizeof texts[0], texts};
    struct pel_team team = pel_team(1);
    struct pel_error err = {0};
    const struct pel_aggregation quantiles[] = {{PEL_AGGREGATE_QUANTILE, &value, 1.01},
                                                {PEL_AGGREGATE_QUANTILE, &value, NAN},
                                                {PEL_AGGREGATE_QUANTILE, &text, 0.5},
                                                {PEL_AGGREGATE_QUANTILE, NULL, 0.5}};
    for (int i = 0; i < 4; i++)
        assert_int_equal(group(&text, &quantiles[i], 1, 2, &team, 0, &err), -EINVAL);
    static const enum pel_aggregate wants_bool[] = {PEL_AGGREGATE_COUNT, PEL_AGGREGATE_ANY,
                                                    PEL_AGGREGATE_ALL};
    for (int i = 0; i < 3; i++) {
        const struct pel_aggregation what = {wants_bool[i], &value, 0};
        assert_int_equal(group(&text, &what, 1, 2, &team, 0, &err), -EINVAL);
    }
    const struct pel_aggregation of_text = {PEL_AGGREGATE_SUM, &text, 0},
                                 of_nothing = {PEL_AGGREGATE_SUM, NULL, 0};
    assert_int_equal(group(&text, &of_text, 1, 2, &team, 0, &err), -EINVAL);
    assert_int_equal(group(&text, &of_nothing, 1, 2, &team, 0, &err), -EINVAL);
    struct pel_table got;
    assert_int_equal(pel_group(&text, 0, NULL, 0, 2, &team, NULL, &got, &err), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_types),      cmocka_unit_test(test_several_keys),
        cmocka_unit_test(test_sizes),          cmocka_unit_test(test_changing_number_of_keys),
        cmocka_unit_test(test_definition),     cmocka_unit_test(test_float_keys),
        cmocka_unit_test(test_collisions),     cmocka_unit_test(test_filters_and_order),
        cmocka_unit_test(test_narrow_columns), cmocka_unit_test(test_strides),
        cmocka_unit_test(test_overflow),       cmocka_unit_test(test_limits),
        cmocka_unit_test(test_limit_of_texts), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
