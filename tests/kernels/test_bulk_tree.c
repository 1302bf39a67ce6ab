/* The tree of partial results has the shape of pel_reduce's, in whatever order leaves arrive. */
#include "bulk/tree.h"

#include "support.h"

#include <stdlib.h>

/* Neither associative nor commutative: two trees of different shape differ. */
static void combine(void *ctx, void *into, const void *from)
{
    (void)ctx;
    uint64_t *a = into;
    const uint64_t *b = from;
    a[0] = a[0] * 6364136223846793005u + b[0] * 1442695040888963407u + 1;
    a[1] += b[1];
}

static void combine_plainly(void *into, const void *from)
{
    combine(NULL, into, from);
}

static void leaf(void *ctx, size_t lo, size_t hi, void *partial)
{
    (void)ctx, (void)hi;
    ((uint64_t *)partial)[0] = lo * 77 + 5;
    ((uint64_t *)partial)[1] = 1;
}

enum { MAX_LEAVES = 200 };

static void shape(void **state)
{
    (void)state;
    const struct pel_reduction reduction = {16, leaf, combine_plainly};
    struct pel_team team = pel_team(1);
    struct test_random random = {test_seed(1)};
    for (size_t n = 0; n <= MAX_LEAVES; n++)
        for (int order = 0; order < 6; order++) {
            uint64_t expected[MAX_LEAVES + 1][2] = {{1, 2}}, got[2] = {1, 2}, partial[2];
            size_t leaves[MAX_LEAVES];
            assert_int_equal(pel_reduce(&team, n, 1, &reduction, NULL, expected), 0);
            for (size_t i = 0; i < n; i++)
                leaves[i] = order == 0 ? i : n - 1 - i;
            for (size_t i = n; order > 1 && i > 1; i--) {
                size_t k = test_random_below(&random, i), swap = leaves[k];
                leaves[k] = leaves[i - 1];
                leaves[i - 1] = swap;
            }
            struct pel_tree *tree;
            assert_int_equal(pel_tree_open(&tree, 16, combine, NULL), 0);
            for (size_t i = 0; i < n; i++) {
                leaf(NULL, leaves[i], 0, partial);
                assert_int_equal(pel_tree_add(tree, leaves[i], partial), 0);
            }
            assert_int_equal(pel_tree_finish(tree, got), n > 0);
            assert_memory_equal(got, expected[0], 16);
            pel_tree_close(tree);
        }
}

struct adding {
    struct pel_tree *tree;
};

static void add(void *ctx, size_t index)
{
    uint64_t partial[2];
    leaf(NULL, index, 0, partial);
    assert_int_equal(pel_tree_add(((struct adding *)ctx)->tree, index, partial), 0);
}

static void many_threads(void **state)
{
    (void)state;
    const struct pel_reduction reduction = {16, leaf, combine_plainly};
    enum { N = 10007 };
    static uint64_t expected[N][2];
    struct pel_team team = pel_team(1);
    assert_int_equal(pel_reduce(&team, N, 1, &reduction, NULL, expected), 0);
    for (int threads = 2; threads <= 7; threads++) {
        struct adding adding;
        uint64_t got[2];
        team = pel_team(threads);
        assert_int_equal(pel_tree_open(&adding.tree, 16, combine, NULL), 0);
        assert_int_equal(pel_team_run(&team, N, add, &adding), 0);
        assert_true(pel_tree_finish(adding.tree, got));
        assert_memory_equal(got, expected[0], 16);
        pel_tree_close(adding.tree);
    }
}

/* Left unfinished, as after an error. */
static void unfinished(void **state)
{
    (void)state;
    struct pel_tree *tree;
    uint64_t partial[2] = {0};
    assert_int_equal(pel_tree_open(&tree, 16, combine, NULL), 0);
    for (uint64_t i = 1; i < 100; i += 3)
        assert_int_equal(pel_tree_add(tree, i, partial), 0);
    pel_tree_close(tree);
    pel_tree_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(unfinished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
