/* One output that is written piece by piece. */
#include <pelton/store.h>

#include "error.h"
#include "target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct pel_output {
    struct pel_target target;
    bool replace;
    int device; /* a descriptor that is written directly; -1: there is a temporary file */
};

/* Whether the path leads, perhaps by a symbolic link, to what cannot be replaced but can be written. */
static bool is_device_or_pipe(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode));
}

static int open_device(struct pel_output *output, const char *path, struct pel_error *err)
{
    output->device = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    return output->device < 0 ? pel_error_system(err, -errno, PEL_STAGE_OPEN, "opening") : 0;
}

static int open_temp(struct pel_output *output, const char *path, struct pel_error *err)
{
    unsigned long counter = 0;
    int status = pel_target_init(&output->target, path, err);
    if (status)
        return status;
    (void)pel_store_sweep(output->target.folder);
    return pel_target_create(&output->target, output->replace, false, &counter, err);
}

static struct pel_output *new_output(void)
{
    struct pel_output *output = calloc(1, sizeof *output);
    if (!output)
        return NULL;
    output->device = -1;
    pel_temp_init(&output->target.temp);
    return output;
}

int pel_output_open_fd(struct pel_output **out, int fd, struct pel_error *err)
{
    struct pel_output *output = *out = new_output();
    if (!output)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "out of memory");
    output->device = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (output->device >= 0)
        return 0;
    int status = pel_error_system(err, -errno, PEL_STAGE_OPEN, "opening");
    pel_output_discard(output);
    *out = NULL;
    return status;
}

int pel_output_open(struct pel_output **out, const char *path, bool replace, struct pel_error *err)
{
    struct pel_output *output = new_output();
    *out = NULL;
    if (!output)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "out of memory");
    output->replace = replace;
    int status =
        is_device_or_pipe(path) ? open_device(output, path, err) : open_temp(output, path, err);
    if (status) {
        pel_output_discard(output);
        return status;
    }
    *out = output;
    return 0;
}

int pel_output_fd(const struct pel_output *output)
{
    return output->device >= 0 ? output->device : output->target.temp.fd;
}

int pel_output_finish(struct pel_output *output, struct pel_error *err)
{
    int status;
    if (output->device >= 0) {
        status = close(output->device) == 0
                     ? 0
                     : pel_error_system(err, -errno, PEL_STAGE_WRITE, "closing");
        output->device = -1;
    } else {
        status = pel_target_close_writing(&output->target, err);
        if (!status)
            status = pel_target_rename(&output->target, output->replace, err);
    }
    pel_output_discard(output);
    return status;
}

void pel_output_discard(struct pel_output *output)
{
    if (!output)
        return;
    if (output->device >= 0)
        close(output->device);
    pel_target_free(&output->target);
    free(output);
}
