/* The ten queries of tests/kernels/bulk_ten.h by macros and by the engine, for vectors_bulk.sh.
 *
 *     ten                                        prints the precision and the text of each, on a line
 *     ten macros|engine QUERY THREADS X.raw Y.raw    the result of one (from 0): the last column, as doubles
 *
 * The files and the result are little-endian, whatever the machine is. */
#include "../../tests/kernels/bulk_ten.h"

#include <pelton/engine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From little-endian, or to it. */
static void swap(double *values, size_t n)
{
    const uint16_t one = 1;
    if (*(const unsigned char *)&one)
        return;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits = __builtin_bswap64(bits);
        memcpy(&values[i], &bits, sizeof bits);
    }
}

static double *read_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END))
        return NULL;
    *n = (size_t)ftell(file) / sizeof(double);
    rewind(file);
    double *values = malloc(*n * sizeof *values);
    if (values && fread(values, sizeof *values, *n, file) != *n) {
        free(values);
        values = NULL;
    }
    fclose(file);
    if (values)
        swap(values, *n);
    return values;
}

/* As the macros do: the values of the last column, and how many. */
static size_t ask_engine(const struct ten_query *query, const struct ten *ten, double *out)
{
    const struct pel_field fields[] = {{"x", PEL_F64}, {"y", PEL_F64}};
    const struct pel_column columns[] = {
        {.type = PEL_F64, .stride = sizeof *ten->x, .data = ten->x},
        {.type = PEL_F64, .stride = sizeof *ten->y, .data = ten->y}};
    const struct pel_team team = pel_team(ten->how.threads);
    const struct pel_run_options options = {.precision = query->precision};
    struct pel_source *source = NULL;
    struct pel_plan *plan = NULL;
    struct pel_table table = {0};
    if (pel_source_columns(&source, fields, columns, 2, ten->n, NULL) == 0 &&
        pel_plan_compile(&plan, query->text, strlen(query->text), fields, 2, NULL) == 0 &&
        pel_plan_table(plan, source, &team, &options, &table, NULL) == 0)
        for (uint64_t row = 0; row < table.nrows; row++) {
            const struct pel_column *last = &table.columns[table.ncolumns - 1];
            const char *at = (const char *)last->data + (ptrdiff_t)row * last->stride;
            out[row] = last->type == PEL_I64 ? (double)*(const int64_t *)(const void *)at
                                             : *(const double *)(const void *)at;
        }
    size_t n = (size_t)table.nrows;
    pel_table_free(&table);
    pel_plan_free(plan);
    pel_source_free(source);
    return n;
}

static int list(void)
{
    for (int i = 0; i < TEN; i++)
        printf("%s %s\n", pel_precision_name(ten_queries[i].precision), ten_queries[i].text);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 1)
        return list();
    if (argc != 6)
        return 2;
    int index = atoi(argv[2]), status = 2;
    size_t nx = 0, ny = 0;
    double *x = read_file(argv[4], &nx), *y = read_file(argv[5], &ny);
    double *out = malloc((nx + TEN_BINS) * sizeof *out);
    if (x && y && out && nx == ny && index >= 0 && index < TEN) {
        const struct ten ten = {.x = x, .y = y, .n = nx, .how = {.threads = atoi(argv[3])}};
        const struct ten_query *query = &ten_queries[index];
        size_t n =
            strcmp(argv[1], "engine") == 0 ? ask_engine(query, &ten, out) : query->run(&ten, out);
        swap(out, n);
        status = n == 0 || fwrite(out, sizeof *out, n, stdout) != n;
    }
    free(x);
    free(y);
    free(out);
    return status;
}
