/* What the machine and its containers allow this process: processors and memory. */
#ifndef PELTON_SYSTEM_H
#define PELTON_SYSTEM_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

/* Reads online processors, this process's affinity and the tightest CPU quota of its cgroup and all
 * that cgroup's ancestors (version 2 cpu.max, version 1 cpu.cfs_*). What cannot be read counts as no
 * limit. root is put before /proc and /sys ("" for the real ones), so that tests can lay out a
 * machine. OpenMP may have bound the calling thread to one core before main(): pass the mask of
 * pel_team_places as places (nwords 0 when empty) to count that instead. */
PEL_API void pel_system_cpus(const char *root, const uint64_t *places, size_t nwords,
                             struct pel_cpus *out);

/* Bytes that can be used without swapping: the smaller of MemAvailable and what the memory limits of
 * the cgroup and its ancestors leave. 0 when nothing can be read. */
PEL_API uint64_t pel_system_memory(const char *root);

/* CLOCK_MONOTONIC in nanoseconds. */
PEL_API uint64_t pel_now_ns(void);

PEL_END_DECLS
#endif
