/* Where this process stands in the control groups (cgroups(7)), and reading their small files. */
#ifndef PELTON_IO_CGROUP_H
#define PELTON_IO_CGROUP_H

#include <pelton/core.h>

enum pel_cgroup_version { PEL_CGROUP_V1 = 1, PEL_CGROUP_V2 };

/* Calls visit for the folder of the process's group in each mounted hierarchy that has the
 * controller
 * ("cpu", "memory"), and for all its ancestors that can be seen, the group itself first. A limit
 * may stand in any of them. In version 2 every group is visited, whatever controllers it has. */
void pel_cgroup_walk(const char *root, const char *controller,
                     void (*visit)(void *ctx, enum pel_cgroup_version version, const char *folder),
                     void *ctx);

/* The first line of folder/name without its newline; false when there is none. */
bool pel_file_line(const char *folder, const char *name, char *line, size_t size);

/* The number that follows `key` at the beginning of a line of folder/name ("MemAvailable:  123
 * kB"); with key "" the one that begins the first line. False where there is no such number. */
bool pel_file_number(const char *folder, const char *name, const char *key, uint64_t *value);

#endif
