#include "cli.h"

#include <pelton/system.h>

#include <limits.h>
#include <stdlib.h>

enum { MASK_WORDS = 128 }; /* 8192 processors, as many as Linux can be built for on x86-64 */

static uint64_t mask[MASK_WORDS];

const uint64_t *cli_io_cpus(size_t *nwords)
{
    bool bound = pel_team_places(mask, MASK_WORDS) > 0;
    *nwords = bound ? MASK_WORDS : 0;
    return bound ? mask : NULL;
}

int cli_threads(uint64_t asked)
{
    struct pel_openmp openmp;
    pel_openmp_describe(&openmp);
    if (openmp.version == 0)
        return 1;
    if (asked > 0)
        return asked < INT_MAX ? (int)asked : INT_MAX;
    const char *wish = getenv("OMP_NUM_THREADS");
    if (wish && *wish) /* the runtime has read it, list and all */
        return openmp.max_threads > 0 ? openmp.max_threads : 1;
    size_t nwords;
    const uint64_t *places = cli_io_cpus(&nwords);
    struct pel_cpus cpus;
    pel_system_cpus("", places, nwords, &cpus);
    return cpus.effective;
}
