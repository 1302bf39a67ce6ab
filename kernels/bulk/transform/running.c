#include "bulk/transform/running.h"

#include <string.h>

enum { GROUP = 8 };

static double sum_group(const double *x)
{
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

/* y_j = c + (g + s_j); returns g + s_7. */
static double scan_group(const double *x, double c, double g, double *y)
{
    double s1 = x[0] + x[1], s3 = s1 + (x[2] + x[3]), s5 = x[4] + x[5];
    double s7 = s3 + (s5 + (x[6] + x[7]));
    y[0] = c + (g + x[0]);
    y[1] = c + (g + s1);
    y[2] = c + (g + (s1 + x[2]));
    y[3] = c + (g + s3);
    y[4] = c + (g + (s3 + x[4]));
    y[5] = c + (g + (s3 + s5));
    y[6] = c + (g + (s3 + (s5 + x[6])));
    y[7] = c + (g + s7);
    return g + s7;
}

/* Of a group of n < 8: as if zeros followed. */
static double scan_rest(const double *x, size_t n, double c, double g, double *y)
{
    double rest[GROUP] = {0}, sums[GROUP];
    memcpy(rest, x, n * sizeof *x);
    g = scan_group(rest, c, g, sums);
    memcpy(y, sums, n * sizeof *y);
    return g;
}

#define LEVELS_BODY "bulk/transform/running_body.h"
#include "core/levels.h"

const struct pel_running *pel_running_for(enum pel_isa isa)
{
    static const struct pel_running *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}

double pel_running_total(const double *x, size_t n, double g)
{
    for (size_t i = 0; i + GROUP <= n; i += GROUP)
        g += sum_group(x + i);
    return g;
}
