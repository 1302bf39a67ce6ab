/* Every function that pel_function_describe lists, with arguments of every type that it takes: that its loops
 * exist and agree at each instruction set and under filters, and aggregates alone with those of groups. */
#include "bulk_query.h"

#include <math.h>

enum { NROWS = 3000, ARGUMENTS_NBYTES = 64 };

static struct data data;
static struct pel_source *source;

/* Small whole numbers, so that sums are exact however they are added. */
static int open_source(void **state)
{
    (void)state;
    make_data(&data, test_seed(3));
    for (size_t k = 0; k < NROWS; k++) {
        data.i[k] = data.i[k] % 50;
        data.x[k] = (double)(data.i[(k + 1) % NROWS] % 50);
        data.f[k] = (float)(data.i[(k + 2) % NROWS] % 50);
    }
    source = data_source(&data, NROWS);
    return 0;
}

static int close_source(void **state)
{
    (void)state;
    pel_source_free(source);
    return 0;
}

/* Of "a, q": a column in the place of each name, or a number where only that makes sense. */
static void write_arguments(const struct pel_function_info *function, const char *first,
                            const char *other, char out[ARGUMENTS_NBYTES])
{
    static const char *const constants[][2] = {
        {"q", "0.25"}, {"bins", "10"}, {"lo", "-50"}, {"hi", "50"}};
    char names[ARGUMENTS_NBYTES];
    (void)snprintf(names, sizeof names, "%s", function->arguments);
    *out = '\0';
    for (char *rest = names, *name; (name = strtok_r(rest, "[], ", &rest));) {
        const char *argument = *out ? other : first;
        for (size_t i = 0; i < 4 && function->aggregate; i++)
            if (strcmp(name, constants[i][0]) == 0)
                argument = constants[i][1];
        if (strcmp(name, "...") == 0)
            argument = first;
        size_t n = strlen(out);
        (void)snprintf(out + n, ARGUMENTS_NBYTES - n, "%s%s", n ? ", " : "", argument);
    }
}

static bool compiles(const char *text)
{
    struct pel_plan *plan;
    bool does =
        pel_plan_compile(&plan, text, strlen(text), source->fields, source->nfields, NULL) == 0;
    pel_plan_free(plan);
    return does;
}

/* Runs `text` at each instruction set, with the same result, which is *out. */
static int run_at_each_level(const char *text, struct pel_table *out)
{
    int status = 0;
    for (int level = 0; level <= (int)pel_isa_best(); level++) {
        const struct pel_team team = {.nthreads = 1, .isa = (enum pel_isa)level};
        struct pel_error err = {0};
        struct pel_table table;
        int its_status = run_text(text, source, &team, NULL, &table, &err);
        if (level == 0) {
            status = its_status;
            *out = table;
            continue;
        }
        assert_int_equal(its_status, status);
        if (status == 0)
            assert_same_tables(&table, out);
        pel_table_free(&table);
    }
    if (status != 0 && status != -ERANGE && status != -EDOM)
        fail_msg("%s: status %d", text, status);
    return status;
}

/* The rows that a filter leaves have what they have without it; a running sum, what it was before the filter. */
static void check_map(const char *call, bool running)
{
    char text[200];
    struct pel_table all, some;
    (void)snprintf(text, sizeof text, "select r = %s, row", call);
    int status = run_at_each_level(text, &all);
    if (running)
        (void)snprintf(text, sizeof text, "let r = %s | where row %% 7 == 3 | select r, row", call);
    else
        (void)snprintf(text, sizeof text, "where j == 1 and row %% 7 == 3 | select r = %s, row",
                       call);
    int some_status = run_at_each_level(text, &some);
    if (status == 0) {
        assert_int_equal(some_status, 0);
        size_t nbytes = pel_type_nbytes(all.fields[0].type);
        for (uint64_t k = 0; k < some.nrows && all.fields[0].type != PEL_STRING; k++) {
            int64_t row = *(const int64_t *)cell(&some, 1, k);
            if (memcmp(cell(&some, 0, k), cell(&all, 0, (uint64_t)row), nbytes) != 0)
                fail_msg("%s of row %lld is not the same behind a filter", call, (long long)row);
        }
    }
    pel_table_free(&all);
    pel_table_free(&some);
}

static double number_of(const struct pel_table *table)
{
    const void *at = cell(table, 0, 0);
    switch (table->fields[0].type) {
    case PEL_BOOL:
        return *(const uint8_t *)at;
    case PEL_I64:
        return (double)*(const int64_t *)at;
    case PEL_F32:
        return (double)*(const float *)at;
    default:
        return *(const double *)at;
    }
}

/* Alone, and of a group that has all rows. */
static void check_aggregate(const char *call, bool histogram)
{
    char text[200];
    struct pel_table alone, grouped;
    (void)snprintf(text, sizeof text, "select r = %s", call);
    int status = run_at_each_level(text, &alone);
    (void)snprintf(text, sizeof text, "group by j | select r = %s", call);
    if (status == 0 && !histogram && compiles(text)) {
        assert_int_equal(run_at_each_level(text, &grouped), 0);
        assert_int_equal(grouped.fields[0].type, alone.fields[0].type);
        if (alone.fields[0].type != PEL_STRING) {
            double a = number_of(&alone), b = number_of(&grouped);
            if (!(fabs(a - b) <= 1e-12 * fabs(a)))
                fail_msg("%s is %.17g alone, %.17g in a group", call, a, b);
        }
        pel_table_free(&grouped);
    }
    pel_table_free(&alone);
}

static void test_every_function_runs(void **state)
{
    (void)state;
    struct pel_function_info function;
    for (int f = 0; pel_function_describe(f, &function); f++) {
        int ntaken = 0;
        for (int a = 0; a < DATA_COLUMNS - 1; a++)
            for (int b = 0; b < DATA_COLUMNS - 1; b++) {
                char arguments[ARGUMENTS_NBYTES], call[100], text[120];
                write_arguments(&function, data_fields[a].name, data_fields[b].name, arguments);
                (void)snprintf(call, sizeof call, "%s(%s)", function.name, arguments);
                (void)snprintf(text, sizeof text, "select r = %s", call);
                if (!compiles(text))
                    continue;
                ntaken++;
                if (function.aggregate)
                    check_aggregate(call, strcmp(function.name, "histogram") == 0);
                else
                    check_map(call, strcmp(function.name, "cumsum") == 0);
            }
        if (ntaken == 0)
            fail_msg("%s takes no arguments of those tried", function.name);
    }
}

/* Rounded once, from sums that no int64 holds. */
static void test_means_of_large_ints(void **state)
{
    (void)state;
    const struct pel_team team = pel_team(1);
    make_data(&data, test_seed(4));
    for (size_t k = 0; k < NROWS; k++)
        data.i[k] = data.i[k] * (1 << 18) + (int64_t)k * 7919;
    for (uint64_t n = 1; n <= 300; n++) {
        struct pel_source *rows = data_source(&data, n);
        struct pel_table alone, grouped;
        assert_int_equal(run_text("select mean(i)", rows, &team, NULL, &alone, NULL), 0);
        assert_int_equal(run_text("group by j | select mean(i)", rows, &team, NULL, &grouped, NULL),
                         0);
        assert_same_tables(&alone, &grouped);
        pel_table_free(&alone);
        pel_table_free(&grouped);
        pel_source_free(rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_function_runs),
                                       cmocka_unit_test(test_means_of_large_ints)};
    return cmocka_run_group_tests(tests, open_source, close_source);
}
