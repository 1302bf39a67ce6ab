#include "support.h"

#include <pelton/core.h>

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/* ---- errors, sizes -------------------------------------------------------------------------- */

static void test_error_is_cut_at_the_record(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    struct pel_error err;
    assert_int_equal(pel_error_set(&err, -EINVAL, PEL_STAGE_DECODE, text), -EINVAL);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_int_equal(err.stage, PEL_STAGE_DECODE);
    assert_int_equal(err.offset, -1);
    assert_int_equal(pel_error_set(NULL, -ENOMEM, PEL_STAGE_READ, text), -ENOMEM);
}

static void test_names_are_never_null(void **state)
{
    (void)state;
    for (int i = -1; i <= PEL_STAGE_COUNT; i++)
        assert_non_null(pel_stage_name((enum pel_stage)i));
    for (int i = -1; i <= PEL_ISA_COUNT; i++)
        assert_non_null(pel_isa_name((enum pel_isa)i));
    assert_string_equal(pel_isa_name(PEL_ISA_AVX512), "avx512");
    assert_string_equal(pel_stage_name(PEL_STAGE_RENAME), "rename");
}

static void test_sizes_overflow_to_an_error(void **state)
{
    (void)state;
    size_t out = 1;
    assert_int_equal(pel_size_mul(SIZE_MAX / 2, 3, &out), -EOVERFLOW);
    assert_int_equal(out, 0);
    assert_int_equal(pel_size_add(SIZE_MAX, 1, &out), -EOVERFLOW);
    assert_int_equal(out, 0);
    assert_int_equal(pel_size_mul(1u << 20, 5, &out), 0);
    assert_int_equal(out, 5u << 20);
}

/* ---- partition ------------------------------------------------------------------------------ */

static void test_partition_covers_everything_once(void **state)
{
    (void)state;
    for (size_t nitems = 0; nitems < 70; nitems++)
        for (size_t ntasks = 1; ntasks < 20; ntasks++) {
            size_t at = 0;
            for (size_t i = 0; i < ntasks; i++) {
                struct pel_range range = pel_partition(nitems, ntasks, i);
                assert_int_equal(range.lo, at);
                assert_in_range(range.hi - range.lo, nitems / ntasks,
                                (nitems + ntasks - 1) / ntasks);
                at = range.hi;
            }
            assert_int_equal(at, nitems);
        }
}

static void test_partition_at_the_end_of_size_t(void **state)
{
    (void)state;
    struct pel_range range = pel_partition(SIZE_MAX, 3, 2);
    assert_true(range.hi == SIZE_MAX && range.lo == SIZE_MAX / 3 * 2);
    range = pel_partition(SIZE_MAX, SIZE_MAX, SIZE_MAX - 1);
    assert_true(range.lo == SIZE_MAX - 1 && range.hi == SIZE_MAX);
}

static void test_number_of_tasks(void **state)
{
    (void)state;
    struct pel_team team = {.nthreads = 4};
    assert_int_equal(pel_team_tasks(&team, 0, 1), 1);
    assert_int_equal(pel_team_tasks(&team, 99, 100), 1);
    assert_int_equal(pel_team_tasks(&team, 250, 100), 2);
    assert_in_range(pel_team_tasks(&team, 1000000, 1), 5, 64);
    assert_true(pel_team_tasks(&team, SIZE_MAX, 0) >= 4);
    team.nthreads = 1;
    assert_int_equal(pel_team_tasks(&team, 1000000, 1), 1);
}

/* ---- team ----------------------------------------------------------------------------------- */

struct counts {
    unsigned char *count;
    struct pel_cancel *cancel;
    size_t cancel_at;
};

static void count_task(void *ctx, size_t index)
{
    struct counts *counts = ctx;
    __atomic_fetch_add(&counts->count[index], 1, __ATOMIC_RELAXED);
    if (counts->cancel && index == counts->cancel_at)
        pel_cancel_request(counts->cancel);
}

static void test_each_task_runs_once(void **state)
{
    (void)state;
    for (int nthreads = 1; nthreads <= 7; nthreads++)
        for (size_t ntasks = 0; ntasks < 200; ntasks = ntasks * 2 + 1) {
            struct counts counts = {.count = calloc(ntasks + 1, 1)};
            struct pel_team team = {.nthreads = nthreads};
            assert_int_equal(pel_team_run(&team, ntasks, count_task, &counts), 0);
            for (size_t i = 0; i < ntasks; i++)
                assert_int_equal(counts.count[i], 1);
            free(counts.count);
        }
}

static void test_cancel_skips_the_rest(void **state)
{
    (void)state;
    for (int nthreads = 1; nthreads <= 3; nthreads++) {
        struct pel_cancel cancel = {0};
        struct counts counts = {calloc(1000, 1), &cancel, 10};
        struct pel_team team = {.nthreads = nthreads, .cancel = &cancel};
        assert_int_equal(pel_team_run(&team, 1000, count_task, &counts), -ECANCELED);
        size_t started = 0;
        for (size_t i = 0; i < 1000; i++)
            started += counts.count[i];
        assert_in_range(started, 11, 999);
        if (nthreads == 1)
            assert_int_equal(started, 11);
        free(counts.count);
    }
}

/* Raised by the last task, nothing is skipped: the work is complete. */
static void test_cancel_after_the_last_task_is_success(void **state)
{
    (void)state;
    struct pel_cancel cancel = {0};
    struct counts counts = {calloc(10, 1), &cancel, 9};
    struct pel_team team = {.nthreads = 1, .cancel = &cancel};
    assert_int_equal(pel_team_run(&team, 10, count_task, &counts), 0);
    free(counts.count);
}

static void raise_cancel(void *ctx, size_t index)
{
    (void)index;
    pel_cancel_request(ctx);
}

/* Going over the tasks that are skipped would take days. */
static void test_cancelled_with_many_tasks_left(void **state)
{
    (void)state;
    for (int n = 1; n <= 3; n++) {
        struct pel_cancel cancel = {0};
        struct pel_team team = pel_team(n);
        team.cancel = &cancel;
        assert_int_equal(pel_team_run(&team, SIZE_MAX / 2, raise_cancel, &cancel), -ECANCELED);
    }
}

#ifdef _OPENMP
struct nested {
    struct pel_team team;
    int other_threads;
};

static void note_thread(void *ctx, size_t index)
{
    (void)index;
    int *seen = ctx;
    if (omp_get_thread_num() != seen[0])
        seen[1]++;
}

static void run_nested(void *ctx, size_t index)
{
    (void)index;
    struct nested *nested = ctx;
    int seen[2] = {omp_get_thread_num(), 0};
    int status = pel_team_run(&nested->team, 20, note_thread, seen);
    __atomic_fetch_add(&nested->other_threads, seen[1] + (status != 0), __ATOMIC_RELAXED);
}

static void test_inside_a_region_the_caller_does_it_all(void **state)
{
    (void)state;
    struct nested nested = {.team = pel_team(3)};
    assert_int_equal(pel_team_run(&nested.team, 9, run_nested, &nested), 0);
    assert_int_equal(nested.other_threads, 0);
}
#endif

static void test_default_team(void **state)
{
    (void)state;
    struct pel_team team = pel_team(0);
    assert_true(team.nthreads >= 1);
    assert_int_equal(team.isa, pel_isa_best());
    assert_null(team.cancel);
    assert_null(team.crew);
#ifdef _OPENMP
    assert_int_equal(team.nthreads, omp_get_max_threads());
    assert_int_equal(pel_team(5).nthreads, 5);
#else
    assert_int_equal(pel_team(5).nthreads, 1);
#endif
}

/* ---- reduction ------------------------------------------------------------------------------ */

/* Spells the tree: a leaf is its first item's letter, a combination is a bracket. */
static void spell_leaf(void *ctx, size_t lo, size_t hi, void *partial)
{
    const size_t *nitems = ctx;
    assert_true(lo < hi && hi <= *nitems);
    char *text = partial;
    text[0] = (char)('a' + lo);
    text[1] = 0;
}

static int combined;

static void spell_combine(void *into, const void *from)
{
    combined++;
    char text[64] = "(";
    strcat(text, into);
    strcat(text, from);
    strcat(text, ")");
    memcpy(into, text, sizeof text);
}

static void test_tree_of_five_leaves(void **state)
{
    (void)state;
    const struct pel_reduction spell = {64, spell_leaf, spell_combine};
    static const char *const trees[] = {"", "a", "(ab)", "((ab)c)", "((ab)(cd))", "(((ab)(cd))e)"};
    for (size_t n = 1; n <= 5; n++)
        for (int nthreads = 1; nthreads <= 3; nthreads++) {
            char partials[5][64];
            struct pel_team team = {.nthreads = nthreads};
            combined = 0;
            assert_int_equal(pel_reduce(&team, n, 1, &spell, &n, partials), 0);
            assert_int_equal(combined, n - 1);
            assert_string_equal(partials[0], trees[n]);
        }
}

static void sum_leaf(void *ctx, size_t lo, size_t hi, void *partial)
{
    const double *values = ctx;
    double sum = 0;
    for (size_t i = lo; i < hi; i++)
        sum += values[i];
    *(double *)partial = sum;
}

static void sum_combine(void *into, const void *from)
{
    *(double *)into += *(const double *)from;
}

static void test_float_sum_has_one_value(void **state)
{
    (void)state;
    enum { N = 100003 };
    struct test_random random = {test_seed(1)};
    double *values = malloc(N * sizeof *values), expected = 0;
    for (size_t i = 0; i < N; i++)
        values[i] =
            (double)test_random_next(&random) * pow(2, (double)test_random_below(&random, 60));
    const struct pel_reduction sum = {sizeof(double), sum_leaf, sum_combine};
    assert_int_equal(pel_reduce_leaves(N, 1000), 101);
    for (int nthreads = 1; nthreads <= 7; nthreads++)
        for (int repeat = 0; repeat < 5; repeat++) {
            double partials[101];
            struct pel_team team = {.nthreads = nthreads};
            assert_int_equal(pel_reduce(&team, N, 1000, &sum, values, partials), 0);
            if (nthreads == 1 && repeat == 0)
                expected = partials[0];
            assert_memory_equal(&partials[0], &expected, sizeof expected);
        }
    free(values);
}

static void test_reduction_of_nothing_and_bad_leaves(void **state)
{
    (void)state;
    const struct pel_reduction sum = {sizeof(double), sum_leaf, sum_combine};
    struct pel_team team = {.nthreads = 2};
    double untouched = 5;
    assert_int_equal(pel_reduce(&team, 0, 10, &sum, NULL, &untouched), 0);
    assert_true(untouched == 5);
    assert_int_equal(pel_reduce(&team, 10, 0, &sum, NULL, &untouched), -EINVAL);
    struct pel_cancel cancel = {1};
    team.cancel = &cancel;
    assert_int_equal(pel_reduce(&team, 10, 10, &sum, NULL, &untouched), -ECANCELED);
    assert_int_equal(pel_reduce_leaves(SIZE_MAX, SIZE_MAX), 1);
    assert_true(pel_reduce_leaves(SIZE_MAX, 1) == SIZE_MAX);
}

/* ---- the machine ---------------------------------------------------------------------------- */

static void test_effective_cpus(void **state)
{
    (void)state;
    static const struct {
        struct pel_cpus cpus;
        int effective;
    } cases[] = {
        {{.online = 8, .affinity = 4, .quota_us = -1, .period_us = 100000}, 4},
        {{.online = 2, .affinity = 4, .quota_us = -1}, 2},
        {{.online = 8, .affinity = 8, .quota_us = 150000, .period_us = 100000}, 2},
        {{.online = 8, .affinity = 8, .quota_us = 200000, .period_us = 100000}, 2},
        {{.online = 8, .affinity = 8, .quota_us = 1000, .period_us = 100000}, 1},
        {{.online = 0, .affinity = -1, .quota_us = -1}, 1},
        {{.affinity = 3, .quota_us = INT64_MAX, .period_us = 1}, 3},
        {{.online = 64, .quota_us = 5, .period_us = 0}, 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(pel_cpus_effective(&cases[i].cpus), cases[i].effective);
}

static void test_openmp_description(void **state)
{
    (void)state;
    struct pel_openmp openmp;
    pel_openmp_describe(&openmp);
    assert_non_null(openmp.proc_bind);
    assert_true(openmp.max_threads >= 1);
    uint64_t mask[64], none[1] = {UINT64_MAX};
    int nprocs = pel_team_places(mask, 64), bits = 0;
    for (size_t i = 0; i < 64; i++)
        bits += __builtin_popcountll(mask[i]);
    assert_int_equal(bits, nprocs);
    assert_int_equal(nprocs > 0, openmp.num_places > 0);
    assert_int_equal(pel_team_places(none, 0), 0);
#ifdef _OPENMP
    assert_int_equal(openmp.version, _OPENMP);
#else
    assert_int_equal(openmp.version, 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_is_cut_at_the_record),
        cmocka_unit_test(test_names_are_never_null),
        cmocka_unit_test(test_sizes_overflow_to_an_error),
        cmocka_unit_test(test_partition_covers_everything_once),
        cmocka_unit_test(test_partition_at_the_end_of_size_t),
        cmocka_unit_test(test_number_of_tasks),
        cmocka_unit_test(test_each_task_runs_once),
        cmocka_unit_test(test_cancel_skips_the_rest),
        cmocka_unit_test(test_cancel_after_the_last_task_is_success),
#ifdef _OPENMP
        cmocka_unit_test(test_inside_a_region_the_caller_does_it_all),
#endif
        cmocka_unit_test(test_cancelled_with_many_tasks_left),
        cmocka_unit_test(test_default_team),
        cmocka_unit_test(test_tree_of_five_leaves),
        cmocka_unit_test(test_float_sum_has_one_value),
        cmocka_unit_test(test_reduction_of_nothing_and_bad_leaves),
        cmocka_unit_test(test_effective_cpus),
        cmocka_unit_test(test_openmp_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
