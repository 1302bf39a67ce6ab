#include <pelton/core.h>

#include <limits.h>

int pel_cpus_effective(const struct pel_cpus *cpus)
{
    int64_t limit = INT_MAX;
    if (cpus->online > 0 && cpus->online < limit)
        limit = cpus->online;
    if (cpus->affinity > 0 && cpus->affinity < limit)
        limit = cpus->affinity;
    if (cpus->quota_us > 0 && cpus->period_us > 0) {
        int64_t by_quota =
            cpus->quota_us / cpus->period_us + (cpus->quota_us % cpus->period_us > 0);
        if (by_quota < limit)
            limit = by_quota;
    }
    return limit == INT_MAX ? 1 : (int)limit;
}
