#include <pelton/core.h>

size_t pel_team_tasks(const struct pel_team *team, size_t nitems, size_t grain)
{
    /* Four tasks a thread: the last one to finish holds the others up by a quarter of a share. */
    const size_t tasks_per_thread = 4;
    if (team->nthreads <= 1)
        return 1;
    size_t by_grain = nitems / (grain ? grain : 1);
    size_t by_thread = tasks_per_thread * (size_t)team->nthreads;
    size_t ntasks = by_grain < by_thread ? by_grain : by_thread;
    return ntasks ? ntasks : 1;
}

struct pel_range pel_partition(size_t nitems, size_t ntasks, size_t index)
{
    size_t share = nitems / ntasks, longer = nitems % ntasks;
    struct pel_range range;
    range.lo = index * share + (index < longer ? index : longer);
    range.hi = range.lo + share + (index < longer);
    return range;
}
