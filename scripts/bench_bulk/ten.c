/* The ten queries of tests/kernels/bulk_ten.h through macros, for vectors_bulk.sh.
 *
 *     ten                                prints the precision and the text of each, on a line
 *     ten QUERY THREADS x.raw y.raw      the result of one (from 0) as the bytes of its doubles */
#include "../../tests/kernels/bulk_ten.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    return values;
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
    if (argc != 5)
        return 2;
    int query = atoi(argv[1]), status = 2;
    size_t nx = 0, ny = 0;
    double *x = read_file(argv[3], &nx), *y = read_file(argv[4], &ny);
    double *out = malloc((nx + TEN_BINS) * sizeof *out);
    if (x && y && out && nx == ny && query >= 0 && query < TEN) {
        const struct ten ten = {.x = x, .y = y, .n = nx, .how = {.threads = atoi(argv[2])}};
        size_t n = ten_queries[query].run(&ten, out);
        status = fwrite(out, sizeof *out, n, stdout) != n;
    }
    free(x);
    free(y);
    free(out);
    return status;
}
