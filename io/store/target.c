#include "target.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

static bool names_a_file(const char *name)
{
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int pel_target_init(struct pel_target *target, const char *path, struct pel_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *folder = !slash ? "." : slash == path ? "/" : path;
    size_t nfolder = slash && slash != path ? (size_t)(slash - path) : 1, nname = strlen(name);
    *target = (struct pel_target){0};
    pel_temp_init(&target->temp);
    if (!names_a_file(name))
        return pel_error_set(err, -EINVAL, PEL_STAGE_OPEN, "not the name of a file");
    target->folder = calloc(nfolder + 1 + nname + 1, 1);
    if (!target->folder)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "out of memory");
    target->name = target->folder + nfolder + 1;
    memcpy(target->folder, folder, nfolder);
    memcpy(target->name, name, nname);
    return 0;
}

/* Passes a status on; a failure is told in *err. */
static int step(struct pel_error *err, enum pel_stage stage, int status, const char *what)
{
    return status < 0 ? pel_error_system(err, status, stage, what) : 0;
}

static int check_target(const struct pel_target *target, bool replace, struct pel_error *err)
{
    int status = pel_temp_check_target(&target->temp, target->name, replace);
    switch (status) {
    case -EEXIST:
        return pel_error_set(err, status, PEL_STAGE_OPEN,
                             "exists already, and is not to be replaced");
    case -EISDIR:
        return pel_error_set(err, status, PEL_STAGE_OPEN, "there is a folder of that name");
    case -ENOTSUP:
        return pel_error_set(err, status, PEL_STAGE_OPEN,
                             "there is a device, pipe or socket of that name");
    default:
        return step(err, PEL_STAGE_OPEN, status, "looking for the target");
    }
}

int pel_target_create(struct pel_target *target, bool replace, bool sync, unsigned long *counter,
                      struct pel_error *err)
{
    struct pel_temp *temp = &target->temp;
    int status =
        step(err, PEL_STAGE_OPEN, pel_temp_open_folder(temp, target->folder, sync), "its folder");
    if (!status)
        status = check_target(target, replace, err);
    if (!status)
        status = step(err, PEL_STAGE_OPEN, pel_temp_create(temp, target->name, counter),
                      "a temporary file in its folder");
    if (status)
        pel_temp_discard(temp);
    return status;
}

int pel_target_close_writing(struct pel_target *target, struct pel_error *err)
{
    return step(err, PEL_STAGE_WRITE, pel_temp_close_writing(&target->temp), "closing");
}

int pel_target_rename(struct pel_target *target, bool replace, struct pel_error *err)
{
    int status = pel_temp_rename(&target->temp, target->name, replace);
    if (status == -EEXIST)
        return pel_error_set(err, status, PEL_STAGE_RENAME,
                             "came to exist meanwhile, and is not to be replaced");
    return step(err, PEL_STAGE_RENAME, status, "giving it its name");
}

void pel_target_free(struct pel_target *target)
{
    pel_temp_discard(&target->temp);
    free(target->folder);
    target->folder = target->name = NULL;
}
