#include <pelton/system.h>

#include "cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t pel_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- processors ------------------------------------------------------------------------------ */

/* How many processors a list such as "0-3,8,10-11" names; 0 when it is not such a list. */
static int count_list(const char *text)
{
    long count = 0;
    for (;;) {
        char *end;
        long first = strtol(text, &end, 10), last = first;
        if (end == text)
            return 0;
        if (*end == '-') {
            text = end + 1;
            last = strtol(text, &end, 10);
        }
        if (end == text || first < 0 || last < first || last > 1 << 20)
            return 0;
        count += last - first + 1;
        if (*end != ',')
            return *end == '\0' ? (int)count : 0;
        text = end + 1;
    }
}

static int count_online(const char *root)
{
    char line[4096];
    return pel_file_line(root, "sys/devices/system/cpu/online", line, sizeof line)
               ? count_list(line)
               : 0;
}

/* The calling thread's, not the main thread's: that one OpenMP may have bound. */
static int count_affinity(const char *root)
{
    static const char key[] = "Cpus_allowed_list:";
    char path[4096], line[4096];
    (void)snprintf(path, sizeof path, "%s/proc/thread-self/status", root);
    FILE *file = fopen(path, "re");
    int count = 0;
    while (file && count == 0 && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, key, sizeof key - 1) == 0)
            count = count_list(line + sizeof key - 1);
    }
    if (file)
        fclose(file);
    return count;
}

static int count_bits(const uint64_t *mask, size_t nwords)
{
    int count = 0;
    for (size_t i = 0; i < nwords; i++)
        for (uint64_t word = mask[i]; word; word &= word - 1)
            count++;
    return count;
}

static bool read_quota(enum pel_cgroup_version version, const char *folder, int64_t *quota,
                       int64_t *period)
{
    char line[128], rest;
    if (version == PEL_CGROUP_V2)
        return pel_file_line(folder, "cpu.max", line, sizeof line) &&
               sscanf(line, "%" SCNd64 " %" SCNd64 " %c", quota, period, &rest) == 2;
    uint64_t q, p;
    if (!pel_file_number(folder, "cpu.cfs_quota_us", "", &q) ||
        !pel_file_number(folder, "cpu.cfs_period_us", "", &p) || q > INT64_MAX || p > INT64_MAX)
        return false;
    *quota = (int64_t)q;
    *period = (int64_t)p;
    return true;
}

/* Keeps the tightest quota. "max" and -1, which mean no quota, do not read as one. */
static void visit_quota(void *ctx, enum pel_cgroup_version version, const char *folder)
{
    struct pel_cpus *cpus = ctx;
    int64_t quota, period;
    if (!read_quota(version, folder, &quota, &period) || quota <= 0 || period <= 0)
        return;
    bool tighter = cpus->quota_us < 0 || (double)quota / (double)period <
                                             (double)cpus->quota_us / (double)cpus->period_us;
    if (tighter) {
        cpus->quota_us = quota;
        cpus->period_us = period;
    }
}

void pel_system_cpus(const char *root, const uint64_t *places, size_t nwords, struct pel_cpus *out)
{
    *out = (struct pel_cpus){.quota_us = -1};
    out->online = count_online(root);
    out->affinity = count_bits(places, nwords);
    if (out->affinity == 0)
        out->affinity = count_affinity(root);
    pel_cgroup_walk(root, "cpu", visit_quota, out);
    out->effective = pel_cpus_effective(out);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* One limit: the files that hold it, what is used of it, and the key in memory.stat of the part of
 * that use which is page cache the kernel gives up first. */
struct memory_limit {
    enum pel_cgroup_version version;
    const char *limit, *usage, *cache;
};

static const struct memory_limit memory_limits[] = {
    {PEL_CGROUP_V2, "memory.max", "memory.current", "inactive_file "},
    {PEL_CGROUP_V2, "memory.high", "memory.current", "inactive_file "},
    {PEL_CGROUP_V1, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "},
};

static void visit_memory(void *ctx, enum pel_cgroup_version version, const char *folder)
{
    uint64_t *least = ctx;
    for (size_t i = 0; i < sizeof memory_limits / sizeof memory_limits[0]; i++) {
        const struct memory_limit *files = &memory_limits[i];
        uint64_t limit, usage, cache;
        if (files->version != version || !pel_file_number(folder, files->limit, "", &limit) ||
            !pel_file_number(folder, files->usage, "", &usage))
            continue;
        if (!pel_file_number(folder, "memory.stat", files->cache, &cache) || cache > usage)
            cache = 0;
        uint64_t taken = usage - cache, left = limit > taken ? limit - taken : 1;
        *least = left < *least ? left : *least;
    }
}

uint64_t pel_system_memory(const char *root)
{
    char folder[4096];
    uint64_t least = UINT64_MAX, available;
    (void)snprintf(folder, sizeof folder, "%s/proc", root);
    if (pel_file_number(folder, "meminfo", "MemAvailable:", &available) &&
        available <= UINT64_MAX / 1024)
        least = available * 1024;
    pel_cgroup_walk(root, "memory", visit_memory, &least);
    return least == UINT64_MAX ? 0 : least;
}
