#include "file.h"

#include "error.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* First guess for a file that says 0: most are empty, those of procfs seldom exceed a page or two.
 */
#define UNKNOWN_BYTES ((size_t)16384)

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFIFO:
        return "a FIFO";
    case S_IFCHR:
        return "a character device";
    case S_IFBLK:
        return "a block device";
    case S_IFSOCK:
        return "a socket";
    default:
        return "something else";
    }
}

static int too_large(struct pel_error *err, enum pel_stage stage, uint64_t nbytes, bool at_least,
                     uint64_t limit)
{
    return pel_error_format(
        err, -EFBIG, stage, -1, "%s%llu bytes, above the limit of %llu bytes for one file",
        at_least ? "at least " : "", (unsigned long long)nbytes, (unsigned long long)limit);
}

/* The largest file that may be read: its size plus one must be a size_t. */
static uint64_t limit_of(const struct pel_load_options *options)
{
    uint64_t most = SIZE_MAX - 1;
    uint64_t limit = options->max_file_bytes;
    return limit && limit < most ? limit : most;
}

static int open_error(struct pel_error *err, int error)
{
    if (error == EMFILE || error == ENFILE)
        return pel_error_format(err, -error, PEL_STAGE_OPEN, -1,
                                "cannot open: %s; raise the limit of open files (ulimit -n)",
                                error == EMFILE ? "this process has too many files open"
                                                : "the system has too many files open");
    return pel_error_system(err, -error, PEL_STAGE_OPEN, "cannot open");
}

static int check(struct pel_file *file, const struct pel_load_options *options,
                 struct pel_error *err)
{
    if (fstat(file->fd, &file->before) != 0)
        return pel_error_system(err, -errno, PEL_STAGE_STAT, "cannot look at the file");
    if (S_ISDIR(file->before.st_mode))
        return pel_error_set(err, -EISDIR, PEL_STAGE_STAT, "is a folder, not a file");
    if (!S_ISREG(file->before.st_mode))
        return pel_error_format(err, -ENOTSUP, PEL_STAGE_STAT, -1,
                                "is %s; only regular files can be loaded",
                                kind_of(file->before.st_mode));
    uint64_t size = (uint64_t)file->before.st_size, limit = limit_of(options);
    if (size > limit)
        return too_large(err, PEL_STAGE_STAT, size, false, limit);
    file->size_known = size > 0;
    file->want = file->size_known ? (size_t)size : UNKNOWN_BYTES;
    if (file->want > limit)
        file->want = (size_t)limit;
    return 0;
}

int pel_file_open(struct pel_file *file, const char *path, const struct pel_load_options *options,
                  struct pel_error *err)
{
    memset(file, 0, sizeof *file);
    file->nonblocking = true;
    do
        file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (file->fd < 0 && errno == EINTR);
    if (file->fd < 0)
        return open_error(err, errno);
    int rc = check(file, options, err);
    if (rc)
        pel_file_close(file);
    return rc;
}

int pel_file_give_memory(struct pel_file *file, size_t want)
{
    unsigned char *data = realloc(file->data, want + 1);
    if (!data)
        return -ENOMEM;
    file->data = data;
    file->want = want;
    return 0;
}

void pel_file_restart(struct pel_file *file)
{
    free(file->data);
    file->data = NULL;
    file->filled = 0;
}

size_t pel_file_next_chunk(const struct pel_file *file, const struct pel_load_options *options)
{
    size_t left = file->want + 1 - file->filled;
    return left < options->chunk_bytes ? left : options->chunk_bytes;
}

size_t pel_file_more_wanted(const struct pel_file *file, const struct pel_load_options *options)
{
    uint64_t limit = limit_of(options), least = UNKNOWN_BYTES;
    uint64_t want = file->want < limit / 2 ? 2 * (uint64_t)file->want : limit;
    if (want < least)
        want = least < limit ? least : limit;
    return (size_t)want;
}

/* There are more bytes than `want`. */
static enum pel_file_step grow(struct pel_file *file, const struct pel_load_options *options,
                               struct pel_error *err)
{
    file->size_known = false;
    if (file->want < limit_of(options))
        return PEL_FILE_GROW;
    (void)too_large(err, PEL_STAGE_READ, (uint64_t)file->want + 1, true, limit_of(options));
    return PEL_FILE_FAILED;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The end was seen, or more than was wanted: looks once more at the file. at_end: reading gave 0,
 * so there is nothing to follow, whatever the size says. */
static enum pel_file_step finish(struct pel_file *file, const struct pel_load_options *options,
                                 bool at_end, struct pel_error *err)
{
    struct stat after;
    if (fstat(file->fd, &after) != 0) {
        (void)pel_error_system(err, -errno, PEL_STAGE_STAT, "cannot look at the file again");
        return PEL_FILE_FAILED;
    }
    const struct stat *before = &file->before;
    if (after.st_size != before->st_size || !same_time(after.st_mtim, before->st_mtim) ||
        !same_time(after.st_ctim, before->st_ctim))
        file->flags |= PEL_LOAD_CHANGED;
    bool grew = file->filled > file->want || after.st_size > before->st_size;
    if (grew && file->before.st_size > 0 && options->growth == PEL_LOAD_REJECT) {
        (void)pel_error_format(err, -EBUSY, PEL_STAGE_READ, (int64_t)file->filled,
                               "grew from %lld to %lld bytes while it was read",
                               (long long)before->st_size, (long long)after.st_size);
        return PEL_FILE_FAILED;
    }
    if (grew && !at_end && options->growth == PEL_LOAD_FOLLOW)
        return grow(file, options, err);
    if (file->filled > file->want) {
        file->filled = file->want;
        file->flags |= PEL_LOAD_CHANGED;
    }
    return PEL_FILE_DONE;
}

static enum pel_file_step ended_early(struct pel_file *file, const struct pel_load_options *options,
                                      struct pel_error *err)
{
    if (!options->accept_short) {
        (void)pel_error_format(err, -EIO, PEL_STAGE_READ, (int64_t)file->filled,
                               "ended after %zu of %lld bytes: it shrank while it was read",
                               file->filled, (long long)file->before.st_size);
        return PEL_FILE_FAILED;
    }
    file->flags |= PEL_LOAD_SHORT;
    return finish(file, options, true, err);
}

enum pel_file_step pel_file_advance(struct pel_file *file, const struct pel_load_options *options,
                                    size_t asked, int64_t result, struct pel_error *err)
{
    if (result < 0) {
        (void)pel_error_system(err, (int)result, PEL_STAGE_READ, "cannot read");
        err->offset = (int64_t)file->filled;
        return PEL_FILE_FAILED;
    }
    if (result == 0)
        return file->filled < (uint64_t)file->before.st_size ? ended_early(file, options, err)
                                                             : finish(file, options, true, err);
    file->filled += (size_t)result;
    if (!file->size_known)
        return file->filled > file->want ? grow(file, options, err) : PEL_FILE_READ_ON;
    if (file->filled > file->want)
        return finish(file, options, false, err);
    if (file->filled == file->want && (size_t)result < asked)
        return finish(file, options, false, err);
    return PEL_FILE_READ_ON;
}

size_t pel_file_trim(struct pel_file *file)
{
    size_t surplus = file->want - file->filled;
    if (surplus == 0)
        return 0;
    if (file->filled == 0) {
        free(file->data);
        file->data = NULL;
    } else {
        unsigned char *data = realloc(file->data, file->filled);
        if (!data)
            return 0;
        file->data = data;
    }
    file->want = file->filled;
    return surplus;
}

void pel_file_close(struct pel_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}
