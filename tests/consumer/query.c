/* Queries over an array of structures: what PLINQ would write as
 *
 *     readings.AsParallel().Where(r => r.celsius > 30).Select(r => r.celsius * 1.8 + 32).Average()
 *
 * Compiled with OpenMP the queries run in parallel, without it serially; the results are the same. */
#include <pelton/query.h>

#include <stdio.h>
#include <stdlib.h>

struct reading {
    int station; /* 0 to 3 */
    double celsius;
};

enum { READINGS = 1000000, STATIONS = 4 };

static int fail(const char *what, int status)
{
    fprintf(stderr, "%s: status %d\n", what, status);
    return 1;
}

int main(void)
{
    struct reading *readings = malloc(READINGS * sizeof *readings);
    double *hot = malloc(READINGS * sizeof *hot);
    if (!readings || !hot)
        return fail("readings", -ENOMEM);

    PEL_FOR_ALL(PEL_RANGE(int, i, 0, READINGS, 1), PEL_EACH,
                (readings[i] = (struct reading){i % STATIONS, i % 97 - 48.5}));

    int status;
    double mean;
    PEL_MEAN(mean, PEL_FROM(struct reading, r, readings, READINGS),
             PEL_WHERE(r.celsius > 30) PEL_SELECT(double, fahrenheit, r.celsius * 1.8 + 32),
             fahrenheit, .threads = 2, .status = &status);
    if (status || mean < 102 || mean > 103)
        return fail("mean", status);

    double sums[STATIONS];
    uint64_t counts[STATIONS];
    PEL_GROUP(sums, counts, STATIONS, PEL_FROM(struct reading, r, readings, READINGS), PEL_EACH,
              r.station, r.celsius, .status = &status);
    if (status || counts[3] != READINGS / STATIONS)
        return fail("groups", status);

    /* The first 76 hot readings, as they come. */
    size_t nhot;
    PEL_TO_ARRAY(hot, nhot, PEL_FROM(struct reading, r, readings, READINGS),
                 PEL_WHERE(r.celsius > 47) PEL_TAKE(76), r.celsius, .status = &status);
    if (status || hot[75] != 47.5)
        return fail("hot", status);

    printf("%zu\n", nhot);
    free(hot);
    free(readings);
    return 0;
}
