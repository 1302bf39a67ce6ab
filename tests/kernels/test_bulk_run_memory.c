/* Queries and sources without memory: whichever allocation fails, the call says so and leaves nothing behind. */
#include "allocations.h"
#include "bulk_query.h"

static struct data data;

static void queries(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "select sum(x), var(x), count(), min(f), last(s), median(x)",
        "select x * 2, s",
        "where b | select x, s | skip 5 | take 1000",
        "select (x - mean(x)) / std(x)",
        "order by s, x desc | select x, s",
        "order by s, x desc | select x, s | take 50",
        "where b | group by s | select s, n = count(), t = sum(i) | order by t",
        "group by s, b | select m = median(x) - mean(x), quantile(f, 0.9)",
        "select histogram(x, 10, -1, 1)",
        "distinct",
        "where b | select cumsum(x), cumsum(cumsum(j))",
    };
    make_data(&data, 3);
    struct pel_source *source = data_source(&data, 70000);
    for (size_t q = 0; q < sizeof texts / sizeof texts[0]; q++)
        for (int threads = 1; threads < 3; threads++) {
            struct pel_plan *plan = compile(texts[q], source);
            struct pel_team team = pel_team(threads);
            for (int fail_at = 0;; fail_at += 1 + fail_at / 16) {
                struct pel_table got;
                struct pel_error err = {0};
                test_allocations_watch(fail_at);
                int status = pel_plan_table(plan, source, &team, NULL, &got, &err);
                struct test_allocations seen = test_allocations_end();
                /* A worker too few does not matter where the others have found enough. */
                assert_true(status == (seen.failed ? -ENOMEM : 0) || (!status && threads > 1));
                assert_true(!status || (err.message[0] && !got.memory));
                pel_table_free(&got);
                if (!seen.failed)
                    break;
            }
            pel_plan_free(plan);
        }
    pel_source_free(source);
}

/* A text that an arena has no room for yet. */
static void long_text(void **state)
{
    (void)state;
    enum { NBYTES = 1 << 20 };
    char *text = calloc(1, NBYTES);
    const struct pel_string string = {text, NBYTES};
    const struct pel_field field = {"s", PEL_STRING};
    const struct pel_column column = {PEL_STRING, false, sizeof string, &string};
    struct pel_source *source;
    assert_int_equal(pel_source_columns(&source, &field, &column, 1, 1, NULL), 0);
    struct pel_plan *plan = compile("select last(s)", source);
    const struct pel_team team = pel_team(1);
    for (int fail_at = 0;; fail_at++) {
        struct pel_table got;
        test_allocations_watch(fail_at);
        int status = pel_plan_table(plan, source, &team, NULL, &got, NULL);
        struct test_allocations seen = test_allocations_end();
        assert_int_equal(status, seen.failed ? -ENOMEM : 0);
        pel_table_free(&got);
        if (!seen.failed)
            break;
    }
    pel_plan_free(plan);
    pel_source_free(source);
    free(text);
}

static int make_source(int kind, struct pel_source **out, struct pel_error *err)
{
    static const double x = 1;
    const struct pel_field field = {"x", PEL_F64};
    const struct pel_column column = {.type = PEL_F64, .stride = 8, .data = &x};
    struct pel_source *parts[2] = {NULL, NULL};
    switch (kind) {
    case 0:
        return pel_source_columns(out, &field, &column, 1, 1, err);
    case 1:
        return pel_source_range(out, "r", 1, 10, 1, err);
    case 2:
        return pel_source_random(out, "u", 10, 1, err);
    case 3:
        return pel_source_primes(out, "p", 1, 100, err);
    }
    int status = pel_source_range(&parts[0], "r", 1, 10, 1, err);
    if (!status)
        status = pel_source_random(&parts[1], "u", 10, 1, err);
    if (!status)
        return pel_source_zip(out, parts, 2, err);
    pel_source_free(parts[0]);
    *out = NULL;
    return status;
}

static void sources(void **state)
{
    (void)state;
    for (int kind = 0; kind < 5; kind++)
        for (int fail_at = 0;; fail_at++) {
            struct pel_source *source;
            struct pel_error err = {0};
            struct pel_chunk chunk;
            const bool wanted[2] = {true, true};
            test_allocations_watch(fail_at);
            int status = make_source(kind, &source, &err);
            if (!status) {
                status = source->begin(source->ctx, wanted, &err);
                if (!status) {
                    status = source->next(source->ctx, &chunk, &err);
                    if (status > 0)
                        source->release(source->ctx, &chunk);
                    source->end(source->ctx);
                }
                pel_source_free(source);
            } else {
                assert_null(source);
            }
            struct test_allocations seen = test_allocations_end();
            assert_int_equal(status, seen.failed ? -ENOMEM : 1);
            assert_true(status > 0 || err.message[0]);
            if (!seen.failed)
                break;
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries),
        cmocka_unit_test(long_text),
        cmocka_unit_test(sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
