/* The merge join against two nested loops. */
#include "sort_oracle.h"

static bool equal_keys(enum pel_type type, const void *a, const void *b)
{
    if (type == PEL_F32) {
        float x, y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        return x == y;
    }
    if (type == PEL_F64) {
        double x, y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        return x == y;
    }
    return !memcmp(a, b, pel_type_nbytes(type));
}

static void check_join(enum pel_type type, const void *left, size_t nleft, const void *right,
                       size_t nright, enum pel_join_kind kind, const struct pel_team *team)
{
    size_t nbytes = pel_type_nbytes(type), at = 0;
    struct pel_join out;
    assert_int_equal(pel_join(type, left, nleft, right, nright, kind, 0, team, &out, NULL), 0);
    for (size_t i = 0; i < nleft; i++) {
        bool any = false;
        for (size_t j = 0; j < nright; j++)
            if (equal_keys(type, (const char *)left + i * nbytes,
                           (const char *)right + j * nbytes)) {
                assert_true(at < out.n && out.left[at] == i && out.right[at] == j);
                any = true;
                at++;
            }
        if (!any && kind == PEL_JOIN_LEFT) {
            assert_true(at < out.n && out.left[at] == i && out.right[at] == PEL_JOIN_NONE);
            at++;
        }
    }
    assert_int_equal(at, out.n);
    pel_join_free(&out);
    assert_true(!out.left && !out.right && !out.n);
}

static void test_join(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{0, 0}, {0, 5}, {5, 0}, {1, 1}, {30, 40}, {200, 7}, {7, 200}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t t = 0; t < KEY_TYPES; t++)
            for (int p = 0; p < PATTERN_COUNT; p++) {
                struct pel_team team = pel_team(test_threads[(size_t)p % TEST_THREADS]);
                void *left = make_keys(key_types[t], p, sizes[s][0], 1);
                void *right = make_keys(key_types[t], p, sizes[s][1], 2);
                check_join(key_types[t], left, sizes[s][0], right, sizes[s][1],
                           t % 2 ? PEL_JOIN_INNER : PEL_JOIN_LEFT, &team);
                check_join(key_types[t], left, sizes[s][0], right, sizes[s][1],
                           t % 2 ? PEL_JOIN_LEFT : PEL_JOIN_INNER, &team);
                free(left);
                free(right);
            }
}

/* Rows i and j meet where i mod 50021 = j mod 30011, which arithmetic tells. */
static void test_large(void **state)
{
    (void)state;
    enum { NLEFT = 100001, NRIGHT = 80003, LEFT = 50021, RIGHT = 30011 };
    uint32_t *left = malloc(NLEFT * sizeof *left), *right = malloc(NRIGHT * sizeof *right);
    for (uint32_t i = 0; i < NLEFT; i++)
        left[i] = i % LEFT;
    for (uint32_t j = 0; j < NRIGHT; j++)
        right[j] = j % RIGHT;
    for (int t = 0; t < TEST_THREADS; t++) {
        struct pel_team team = pel_team(test_threads[t]);
        struct pel_join out;
        assert_int_equal(
            pel_join(PEL_U32, left, NLEFT, right, NRIGHT, PEL_JOIN_LEFT, 0, &team, &out, NULL), 0);
        size_t at = 0;
        for (uint64_t i = 0; i < NLEFT; i++) {
            uint64_t key = i % LEFT;
            if (key >= RIGHT) {
                assert_true(out.left[at] == i && out.right[at] == PEL_JOIN_NONE);
                at++;
            } else
                for (uint64_t j = key; j < NRIGHT; j += RIGHT, at++)
                    assert_true(out.left[at] == i && out.right[at] == j);
        }
        assert_int_equal(at, out.n);
        pel_join_free(&out);
    }
    free(left);
    free(right);
}

static void test_limits(void **state)
{
    (void)state;
    const int64_t keys[] = {5, 5, 5, 6};
    struct pel_team team = pel_team(1), stopped = team;
    struct pel_cancel cancel = {1};
    stopped.cancel = &cancel;
    struct pel_error err = {0};
    struct pel_join out;
    assert_int_equal(pel_join(PEL_I64, keys, 4, keys, 4, PEL_JOIN_INNER, 10, &team, &out, &err), 0);
    assert_int_equal(out.n, 10);
    pel_join_free(&out);
    assert_int_equal(pel_join(PEL_I64, keys, 4, keys, 4, PEL_JOIN_INNER, 9, &team, &out, &err),
                     -ENOBUFS);
    assert_true(!out.left && !out.right && !out.n);
    assert_int_equal(err.code, -ENOBUFS);
    assert_int_equal(pel_join(PEL_I64, keys, 4, keys, 4, PEL_JOIN_INNER, 0, &stopped, &out, &err),
                     -ECANCELED);
    assert_int_equal(pel_join(PEL_F16, keys, 4, keys, 4, PEL_JOIN_INNER, 0, &team, &out, &err),
                     -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
