/* An output's way from a path to a complete file of that name, for outputs that are put as a whole
 * (store.c) and for those that are written piece by piece (output.c). Failures are told in *err, with
 * the stage; statuses are 0 or a negative errno. */
#ifndef PELTON_IO_TARGET_H
#define PELTON_IO_TARGET_H

#include "temp.h"

struct pel_target {
    struct pel_temp temp;
    char *folder, *name; /* one block of memory, at folder */
};

/* Cuts the path into folder and name, and keeps copies. -EINVAL: not the name of a file; -ENOMEM. */
PEL_MUST_CHECK int pel_target_init(struct pel_target *target, const char *path,
                                   struct pel_error *err);

/* Makes the folder where it is missing (synced with `sync`), looks whether the target may be created or
 * replaced, and creates the temporary file. After a failure nothing is open, and it may be tried again. */
PEL_MUST_CHECK int pel_target_create(struct pel_target *target, bool replace, bool sync,
                                     unsigned long *counter, struct pel_error *err);

/* Closes the way to write and checks the outcome. */
PEL_MUST_CHECK int pel_target_close_writing(struct pel_target *target, struct pel_error *err);

/* Gives the complete file its name. */
int pel_target_rename(struct pel_target *target, bool replace, struct pel_error *err);

/* Removes what has not become the target, and frees the names. */
void pel_target_free(struct pel_target *target);

#endif
