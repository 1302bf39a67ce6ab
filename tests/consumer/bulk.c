/* How many primes below 940 leave 1 when divided by 4: a query over numbers in memory. And the sum of all. */
#include <pelton/bulk.h>
#include <pelton/engine.h>

#include <stdio.h>
#include <string.h>

enum { N = 940 };

/* The only value of the query's only row. */
static int ask(const char *query, struct pel_source *source, const struct pel_team *team,
               int64_t *value, struct pel_error *err)
{
    struct pel_plan *plan;
    struct pel_query_error mistake;
    struct pel_table table;
    int status =
        pel_plan_compile(&plan, query, strlen(query), source->fields, source->nfields, &mistake);
    if (status)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, mistake.message);
    status = pel_plan_table(plan, source, team, NULL, &table, err);
    pel_plan_free(plan);
    if (status)
        return status;
    *value = *(const int64_t *)table.columns[0].data;
    pel_table_free(&table);
    return 0;
}

int main(void)
{
    static double x[N];
    for (int i = 0; i < N; i++)
        x[i] = i;
    const struct pel_field field = {"x", PEL_F64};
    const struct pel_column column = {.type = PEL_F64, .stride = sizeof *x, .data = x};
    struct pel_team team = pel_team(0);
    struct pel_error err = {0};
    struct pel_source *source;
    int64_t n = 0;
    double sum = 0;
    int status = pel_source_columns(&source, &field, &column, 1, N, &err);
    if (!status)
        status = ask("where x % 4 == 1 | where isprime(int(x)) | count", source, &team, &n, &err);
    if (!status)
        status = pel_sum(PEL_F64, x, N, PEL_TREE, &team, &sum, &err);
    if (status || sum != N * (N - 1) / 2) {
        fprintf(stderr, "bulk: %s\n", err.message);
        return 1;
    }
    pel_source_free(source);
    printf("%lld\n", (long long)n);
    return 0;
}
