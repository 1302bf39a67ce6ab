/* pelton, asked as protocol.h says. */
#include "protocol.h"

#include <pelton/bulk.h>
#include <pelton/engine.h>
#include <pelton/query.h>

static int64_t *keys; /* of groups */
static size_t ngroups;
static struct pel_table table;

static void must(int status, const struct pel_error *err)
{
    if (status)
        stop(err->message[0] ? err->message : "failed without a message");
}

/* ---- sums --------------------------------------------------------------------------------------- */

static void sum(enum pel_precision precision, int threads)
{
    const struct pel_team team = pel_team(threads);
    struct pel_error err = {0};
    must(pel_sum(PEL_F64, x, n, precision, &team, &result, &err), &err);
}

static void run_sum_tree(int threads)
{
    sum(PEL_TREE, threads);
}

static void run_sum_dd(int threads)
{
    sum(PEL_DD, threads);
}

static void run_sum_exact(int threads)
{
    sum(PEL_EXACT, threads);
}

/* ---- queries ------------------------------------------------------------------------------------ */

/* From the text to a table in memory that is new. */
static void query(const char *text, int threads)
{
    const struct pel_team team = pel_team(threads);
    const struct pel_field field = {"x", PEL_F64};
    const struct pel_column column = {.type = PEL_F64, .stride = sizeof *x, .data = x};
    struct pel_error err = {0};
    struct pel_source *source;
    struct pel_plan *plan;
    must(pel_source_columns(&source, &field, &column, 1, n, &err), &err);
    must(pel_plan_compile(&plan, text, strlen(text), &field, 1, NULL), &err);
    must(pel_plan_table(plan, source, &team, NULL, &table, &err), &err);
    pel_plan_free(plan);
    pel_source_free(source);
}

static void run_macro_plain_sum(int threads)
{
    int status;
    PEL_SUM(result, PEL_FROM(double, value, x, n), PEL_WHERE(value > 0), value, .threads = threads,
            .status = &status);
    if (status)
        stop("PEL_SUM failed");
}

static void run_macro_sqrt_sum(int threads)
{
    int status;
    PEL_SUM(result, PEL_FROM(double, value, x, n), PEL_WHERE(value > 0), sqrt(value),
            .threads = threads, .status = &status);
    if (status)
        stop("PEL_SUM failed");
}

static void run_engine_sqrt_sum(int threads)
{
    query("where x > 0 | select sqrt(x) | sum", threads);
}

static void run_engine_array(int threads)
{
    query("select sqrt(x * x + 1)", threads);
}

static double check_table_value(void)
{
    double value = *(const double *)table.columns[0].data;
    pel_table_free(&table);
    return value;
}

static double check_table_array(void)
{
    const double *values = (const double *)table.columns[0].data;
    double value = values[n / 2] + values[n - 1];
    pel_table_free(&table);
    return value;
}

/* ---- filter and scan ---------------------------------------------------------------------------- */

static void run_filter(int threads)
{
    const struct pel_team team = pel_team(threads);
    const double zero = 0;
    struct pel_error err = {0};
    size_t nout;
    must(pel_filter_if(PEL_F64, x, n, PEL_GT, &zero, out, &nout, &team, &err), &err);
    result = (double)nout;
}

static void run_scan(int threads)
{
    const struct pel_team team = pel_team(threads);
    struct pel_error err = {0};
    must(pel_scan_sum(PEL_F64, x, n, false, out, &team, &err), &err);
}

/* ---- sorts -------------------------------------------------------------------------------------- */

static void sort(enum pel_type type, int threads)
{
    const struct pel_team team = pel_team(threads);
    struct pel_error err = {0};
    must(pel_sort(type, out, n, false, &team, &err), &err);
}

static void run_sort_f64(int threads)
{
    sort(PEL_F64, threads);
}

static void run_sort_u64(int threads)
{
    sort(PEL_U64, threads);
}

static void run_sort_u32(int threads)
{
    sort(PEL_U32, threads);
}

/* ---- groups ------------------------------------------------------------------------------------- */

static void prepare_keys(size_t wanted)
{
    if (ngroups == wanted)
        return;
    if (!keys)
        keys = room(n * sizeof *keys);
    for (size_t i = 0; i < n; i++)
        keys[i] = (int64_t)((random_bits(n + i) >> 32) * wanted >> 32);
    ngroups = wanted;
}

static void prepare_group_1e3(void)
{
    prepare_keys(1000);
}

static void prepare_group_1e6(void)
{
    prepare_keys(1000000);
}

static void run_group(int threads)
{
    const struct pel_team team = pel_team(threads);
    const struct pel_column key = {.type = PEL_I64, .stride = sizeof *keys, .data = keys};
    const struct pel_column values = {.type = PEL_F64, .stride = sizeof *x, .data = x};
    const struct pel_aggregation aggregation = {PEL_AGGREGATE_SUM, &values, 0};
    struct pel_error err = {0};
    must(pel_group(&key, 1, &aggregation, 1, n, &team, NULL, &table, &err), &err);
}

/* How many groups, and the squares of their sums. */
static double check_group(void)
{
    const double *sums = (const double *)table.columns[1].data;
    double value = (double)table.nrows;
    for (uint64_t i = 0; i < table.nrows; i++)
        value += sums[i] * sums[i];
    pel_table_free(&table);
    return value;
}

static const struct work works[] = {
    {"sum_tree", prepare_nothing, run_sum_tree, check_result},
    {"sum_dd", prepare_nothing, run_sum_dd, check_result},
    {"sum_exact", prepare_nothing, run_sum_exact, check_result},
    {"macro_plain_sum", prepare_nothing, run_macro_plain_sum, check_result},
    {"macro_sqrt_sum", prepare_nothing, run_macro_sqrt_sum, check_result},
    {"engine_sqrt_sum", prepare_nothing, run_engine_sqrt_sum, check_table_value},
    {"engine_array", prepare_nothing, run_engine_array, check_table_array},
    {"filter", prepare_out, run_filter, check_filtered},
    {"scan", prepare_out, run_scan, check_array},
    {"sort_f64", prepare_f64, run_sort_f64, check_f64},
    {"sort_u64", prepare_u64, run_sort_u64, check_u64},
    {"sort_u32", prepare_u32, run_sort_u32, check_u32},
    {"group_1e3", prepare_group_1e3, run_group, check_group},
    {"group_1e6", prepare_group_1e6, run_group, check_group},
    {NULL, NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
    return serve(argc, argv, works);
}
