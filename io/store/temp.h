/* A temporary file on its way to becoming an output: `.NAME.pelton.PID.N` beside the target, locked
 * with flock(2) from its creation until it has been renamed or removed. Statuses are 0 or a
 * negative errno.
 */
#ifndef PELTON_IO_TEMP_H
#define PELTON_IO_TEMP_H

#include <pelton/core.h>

#include <limits.h>

struct pel_temp {
    int folder; /* O_PATH descriptor of the target's folder; -1: nothing is open */
    int fd;     /* to write through; -1 once closed */
    int lock;   /* the same open file, so the lock outlives the checked close of fd; -1: no file */
    char name[NAME_MAX + 1];
};

/* Nothing open, nothing there. */
void pel_temp_init(struct pel_temp *temp);

/* Opens the folder, making it and those above it where they are missing. With sync, the folder that
 * holds a new one is synced. `path` is written to meanwhile, and restored. */
int pel_temp_open_folder(struct pel_temp *temp, char *path, bool sync);

/* 0 where `name` may be created or replaced; -EEXIST, when it must not be replaced but exists;
 * -EISDIR for a folder; -ENOTSUP for a device, pipe or socket. */
int pel_temp_check_target(const struct pel_temp *temp, const char *name, bool replace);

/* Creates and locks the temporary file for target `name`, in the folder opened before. *counter
 * gives N, and is moved on past names that exist. */
int pel_temp_create(struct pel_temp *temp, const char *name, unsigned long *counter);

/* Writes all of data; *written says how far it came. */
int pel_temp_write(struct pel_temp *temp, const void *data, size_t nbytes, size_t *written);

/* Closes the way to write; what the system puts off until then (NFS, quotas) is reported here. */
int pel_temp_close_writing(struct pel_temp *temp);

/* Waits until the contents are on the medium. Never to be called again after an error: the second
 * call would succeed although the data is lost. */
int pel_temp_sync(struct pel_temp *temp);
int pel_temp_sync_folder(const struct pel_temp *temp);

/* Gives the file the target's name and ends the lock. On failure the file is still there, locked.
 */
int pel_temp_rename(struct pel_temp *temp, const char *name, bool replace);

/* The same where the system has no rename that refuses to replace: link, then unlink. */
int pel_temp_rename_by_link(struct pel_temp *temp, const char *name);

/* Removes the file, if there still is one, and closes everything. */
void pel_temp_discard(struct pel_temp *temp);

/* Is that the name of a temporary file of ours? */
bool pel_temp_is_name(const char *name);

#endif
