/* Sorts and what is made of them without memory: whichever allocation fails, the call says so, leaves its
 * outputs zeroed, its input as it was, and nothing behind (which LeakSanitizer sees). */
#include "allocations.h"
#include "sort_oracle.h"

enum { N = 70001 };

struct input {
    uint64_t *keys, *same, *order;
    struct pel_string *strings;
    enum pel_type type;
};

typedef int call_fn(const struct input *in, const struct pel_team *team, struct pel_error *err);

static int sort(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    return pel_sort(PEL_U64, in->keys, N, false, team, err);
}

static int sort_with(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    return pel_sort_with(PEL_U64, in->keys, in->order, 8, N, false, team, err);
}

static int sort_with_bytes(const struct input *in, const struct pel_team *team,
                           struct pel_error *err)
{
    return pel_sort_with(PEL_U64, in->keys, in->order, 3, N, false, team, err);
}

static int argsort(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    return pel_argsort(PEL_F64, in->keys, N, true, in->order, team, err);
}

static int order(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    const struct pel_column keys[] = {column_of(PEL_STRING, in->strings),
                                      column_of(PEL_I64, in->keys)};
    return pel_order(keys, NULL, 2, N, in->order, team, err);
}

static int top(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    return pel_top(PEL_U64, in->keys, N, 1000, false, in->order, team, err);
}

static int quantiles(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    const double q[2] = {0.5, 0.9};
    double out[2];
    int status = pel_quantiles(PEL_U64, in->keys, N, q, 2, out, team, err);
    if (status)
        assert_true(out[0] == 0 && out[1] == 0);
    return status;
}

static int select_one(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    const size_t rank = 7;
    uint64_t out = 1;
    int status = pel_select(PEL_U64, in->keys, N, &rank, 1, &out, team, err);
    assert_true((out == 0) == (status != 0));
    return status;
}

static int split(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    size_t ntrue = 1;
    int status = pel_split(in->keys, 8, (const uint8_t *)in->keys, N, in->order, &ntrue, team, err);
    assert_true((ntrue == 0) == (status != 0));
    return status;
}

static int distinct(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    struct pel_distinct out;
    int status = pel_distinct(PEL_U64, in->keys, N, team, &out, err);
    assert_true(status ? !out.keys && !out.counts && !out.n : out.n > 0);
    pel_distinct_free(&out);
    return status;
}

static int join(const struct input *in, const struct pel_team *team, struct pel_error *err)
{
    struct pel_join out;
    int status = pel_join(PEL_U64, in->keys, N, in->keys, 1000, PEL_JOIN_LEFT, 0, team, &out, err);
    assert_true(status ? !out.left && !out.right && !out.n : out.n > 0);
    pel_join_free(&out);
    return status;
}

static void check_call(call_fn *call, const struct input *in, int nthreads)
{
    struct pel_team team = pel_team(nthreads);
    int failures = 0;
    for (int k = 0; k < 1000; k++) {
        struct pel_error err = {0};
        test_allocations_watch(k);
        int status = call(in, &team, &err);
        bool all = !test_allocations_end().failed;
        assert_int_equal(status, all ? 0 : -ENOMEM);
        assert_int_equal(err.code, status);
        if (all)
            break;
        assert_memory_equal(in->keys, in->same, N * 8);
        failures++;
    }
    assert_in_range(failures, 2, 999);
    memcpy(in->keys, in->same, N * 8);
}

static void test_any_allocation(void **state)
{
    (void)state;
    static call_fn *const calls[] = {sort,      sort_with,  sort_with_bytes, argsort,  order, top,
                                     quantiles, select_one, split,           distinct, join};
    struct input in = {.order = calloc(N, 8), .strings = malloc(N * sizeof *in.strings)};
    /* skewed: a second array of records is needed */
    in.keys = make_keys(PEL_U64, CLUSTER, N, 1);
    in.same = copied(in.keys, N * 8);
    for (size_t i = 0; i < N; i++)
        in.strings[i] = (struct pel_string){"aaaaaaaaa", in.keys[i] % 10};
    for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++)
        check_call(calls[c], &in, 1 + (int)c % 2);
    free(in.strings);
    free(in.order);
    free(in.same);
    free(in.keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
