/* Groups by one int key whose values lie near each other, or do so for a while: every byte against the plain
 * version, at the edges of what is near. */
#include "groups.h"

#include "bulk/group/near.h"

enum { NROWS = 2 * PEL_CHUNK_ROWS + 3000 };

/* Keys from `least` on, ndifferent of them, the last one among the first block's. */
struct near_keys {
    int64_t least;
    uint64_t ndifferent;
};

static const struct near_keys near_keys[] = {
    {INT64_MIN, NEAR_RANGE},
    {INT64_MIN, NEAR_RANGE + 1},
    {INT64_MAX - NEAR_RANGE + 1, NEAR_RANGE},
    {INT64_MAX - NEAR_RANGE, NEAR_RANGE + 1},
    {-NEAR_RANGE / 2, NEAR_RANGE},
    {-NEAR_RANGE / 2, NEAR_RANGE + 1},
    {-7, 10},
    {INT64_MAX, 1},
};

static int64_t key_at(const struct near_keys *keys, uint64_t which)
{
    return (int64_t)((uint64_t)keys->least + which);
}

static int64_t *keys_of(const struct group_case *made)
{
    return (int64_t *)(uintptr_t)made->keys[0].data;
}

/* Every seventh value is one that a sum must not lose or add. */
static struct group_case make_case(const struct near_keys *keys, struct test_random *random)
{
    static const double special[] = {NAN, -0.0, 0.0, INFINITY, -INFINITY, 0x1p-1074};
    const enum pel_type i64 = PEL_I64;
    struct group_case made = group_case_make(&i64, 1, 2, NROWS, random);
    for (size_t i = 0; i < NROWS; i++)
        keys_of(&made)[i] = key_at(keys, test_random_below(random, keys->ndifferent));
    keys_of(&made)[3] = key_at(keys, keys->ndifferent - 1);
    keys_of(&made)[4] = key_at(keys, 0);
    double *values = (double *)(uintptr_t)made.values[0].data;
    for (size_t i = 0; i < NROWS; i += 7)
        values[i] = special[test_random_below(random, i % 2 ? 3 : 6)];
    return made;
}

/* Without a sum of doubles, with one alone, and with two after other aggregates. */
static void check_aggregates(struct group_case *made)
{
    const struct pel_column *v = made->values;
    const struct pel_aggregation some[] = {
        {PEL_AGGREGATE_COUNT, NULL, 0},  {PEL_AGGREGATE_ARGMAX, &v[1], 0},
        {PEL_AGGREGATE_SUM, &v[3], 0},   {PEL_AGGREGATE_MEAN, &v[0], 0},
        {PEL_AGGREGATE_MIN, &v[0], 0},   {PEL_AGGREGATE_SUM, &v[0], 0},
        {PEL_AGGREGATE_COUNT, &v[2], 0},
    };
    memcpy(made->aggregations, some, sizeof some);
    made->naggregations = 3;
    group_check(made);
    made->naggregations = sizeof some / sizeof some[0];
    group_check(made);
    made->aggregations[0] = some[5];
    made->naggregations = 1;
    group_check(made);
}

static void test_ranges(void **state)
{
    (void)state;
    struct test_random random = {test_seed(21)};
    for (size_t i = 0; i < sizeof near_keys / sizeof near_keys[0]; i++) {
        struct group_case made = make_case(&near_keys[i], &random);
        check_aggregates(&made);
        group_case_free(&made);
    }
}

/* Two sums of doubles: each gets its own values. */
static void test_two_sums(void **state)
{
    (void)state;
    struct test_random random = {test_seed(22)};
    struct group_case made = make_case(&near_keys[6], &random);
    struct pel_column other = group_column(PEL_F64, NROWS, 100, &random);
    made.aggregations[0] = (struct pel_aggregation){PEL_AGGREGATE_SUM, &other, 0};
    made.aggregations[1] = (struct pel_aggregation){PEL_AGGREGATE_SUM, &made.values[0], 0};
    made.naggregations = 2;
    group_check(&made);
    free((void *)(uintptr_t)other.data);
    group_case_free(&made);
}

/* A key that is not near, after few groups and after more than are found by hash in a chunk; what comes later
 * has keys that were there before and others. */
static void test_leaving(void **state)
{
    (void)state;
    static const size_t rows[] = {1,     1023,  1024,           1025,
                                  20000, 60000, PEL_CHUNK_ROWS, PEL_CHUNK_ROWS + 30000};
    struct test_random random = {test_seed(23)};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct near_keys *keys = &near_keys[i % 5];
        struct group_case made = make_case(keys, &random);
        keys_of(&made)[rows[i]] = key_at(keys, i % 2 ? 3 * NEAR_RANGE : UINT64_MAX - NEAR_RANGE);
        keys_of(&made)[rows[i] + 1500] = i % 2 ? INT64_MAX : INT64_MIN;
        made.aggregations[1] = (struct pel_aggregation){PEL_AGGREGATE_SUM, &made.values[0], 0};
        made.aggregations[2] = (struct pel_aggregation){PEL_AGGREGATE_LAST, &made.values[1], 0};
        made.naggregations = 3;
        group_check(&made);
        group_case_free(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_two_sums),
        cmocka_unit_test(test_leaving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
