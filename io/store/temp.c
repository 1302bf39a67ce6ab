#include "temp.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".pelton."

void pel_temp_init(struct pel_temp *temp)
{
    *temp = (struct pel_temp){.folder = -1, .fd = -1, .lock = -1};
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- folder and target ----------------------------------------------------------------------- */

static int sync_folder(int at, const char *path)
{
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = fsync(fd) == 0 ? 0 : -errno;
    close(fd);
    return status;
}

static int make_folders(char *path, bool sync);

/* Makes, or only syncs, the folder that holds `path`. */
static int with_parent(char *path, bool sync, int (*act)(char *parent, bool sync))
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return act(slash ? (char[]){"/"} : (char[]){"."}, sync);
    *slash = '\0';
    int status = act(path, sync);
    *slash = '/';
    return status;
}

static int sync_path(char *path, bool sync)
{
    return sync ? sync_folder(AT_FDCWD, path) : 0;
}

static int make_folders(char *path, bool sync)
{
    for (int attempt = 0;; attempt++) {
        if (mkdir(path, 0777) == 0)
            return with_parent(path, sync, sync_path);
        if (errno == EEXIST)
            return 0; /* whether it is a folder shows when it is opened */
        if (errno != ENOENT || attempt > 0)
            return -errno;
        int status = with_parent(path, sync, make_folders);
        if (status < 0)
            return status;
    }
}

int pel_temp_open_folder(struct pel_temp *temp, char *path, bool sync)
{
    int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    temp->folder = open(path, flags);
    if (temp->folder < 0 && errno == ENOENT) {
        int status = make_folders(path, sync);
        if (status < 0)
            return status;
        temp->folder = open(path, flags);
    }
    return temp->folder < 0 ? -errno : 0;
}

int pel_temp_check_target(const struct pel_temp *temp, const char *name, bool replace)
{
    struct stat status;
    if (fstatat(temp->folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (!replace)
        return -EEXIST;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    return S_ISREG(status.st_mode) || S_ISLNK(status.st_mode) ? 0 : -ENOTSUP;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool inside_utf8_sequence(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* ".NAME.pelton.PID.N" in at most `limit` bytes: a long NAME loses its middle, so that the folder's
 * limit on names does not refuse a file whose own name it accepts. */
static void format_name(char *out, size_t limit, const char *name, unsigned long n)
{
    char tail[64];
    size_t ntail = (size_t)snprintf(tail, sizeof tail, MARK "%ld.%lu", (long)getpid(), n);
    size_t length = strlen(name), room = limit - 1 - ntail;
    size_t head = length, rest = length;
    if (length > room) {
        head = (room - 1) / 2;
        rest = length - (room - 1 - head);
        while (head > 0 && inside_utf8_sequence(name[head]))
            head--;
        while (rest < length && inside_utf8_sequence(name[rest]))
            rest++;
    }
    (void)snprintf(out, limit + 1, ".%.*s%s%s%s", (int)head, name, length > room ? "~" : "",
                   name + rest, tail);
}

static const char *skip_digits_back(const char *begin, const char *end)
{
    while (end > begin && end[-1] >= '0' && end[-1] <= '9')
        end--;
    return end;
}

bool pel_temp_is_name(const char *name)
{
    if (name[0] != '.')
        return false;
    const char *end = name + strlen(name);
    const char *n = skip_digits_back(name, end);
    if (n == end || n == name || n[-1] != '.')
        return false;
    const char *pid = skip_digits_back(name, n - 1);
    size_t mark = sizeof MARK - 1;
    return pid < n - 1 && (size_t)(pid - name) >= 1 + 1 + mark &&
           strncmp(pid - mark, MARK, mark) == 0;
}

/* ---- the file -------------------------------------------------------------------------------- */

static size_t name_limit(int folder)
{
    long limit = fpathconf(folder, _PC_NAME_MAX);
    return limit >= 64 && limit < NAME_MAX ? (size_t)limit : NAME_MAX;
}

/* Locks a file just created. False when pel_store_sweep, coming between creation and lock, has
 * taken it for a dead one's. Where there are no locks (some network file systems) sweeping finds
 * that out as well, and leaves the file alone. */
static bool lock_new(int fd)
{
    struct stat status;
    int result;
    do
        result = flock(fd, LOCK_EX);
    while (result != 0 && errno == EINTR);
    return fstat(fd, &status) != 0 || status.st_nlink > 0;
}

int pel_temp_create(struct pel_temp *temp, const char *name, unsigned long *counter)
{
    size_t limit = name_limit(temp->folder);
    for (;;) {
        format_name(temp->name, limit, name, (*counter)++);
        temp->fd = openat(temp->folder, temp->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (temp->fd < 0 && errno != EEXIST)
            return -errno;
        if (temp->fd >= 0 && lock_new(temp->fd))
            break;
        close_fd(&temp->fd);
    }
    temp->lock = fcntl(temp->fd, F_DUPFD_CLOEXEC, 0);
    if (temp->lock >= 0)
        return 0;
    int status = -errno;
    unlinkat(temp->folder, temp->name, 0);
    close_fd(&temp->fd);
    return status;
}

int pel_temp_write(struct pel_temp *temp, const void *data, size_t nbytes, size_t *written)
{
    for (*written = 0; *written < nbytes;) {
        ssize_t n = write(temp->fd, (const char *)data + *written, nbytes - *written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        *written += (size_t)n;
    }
    return 0;
}

int pel_temp_close_writing(struct pel_temp *temp)
{
    int fd = temp->fd;
    temp->fd = -1; /* closed even when close reports an error */
    return close(fd) == 0 ? 0 : -errno;
}

int pel_temp_sync(struct pel_temp *temp)
{
    return fsync(temp->lock) == 0 ? 0 : -errno;
}

int pel_temp_sync_folder(const struct pel_temp *temp)
{
    return sync_folder(temp->folder, ".");
}

int pel_temp_rename_by_link(struct pel_temp *temp, const char *name)
{
    if (linkat(temp->folder, temp->name, temp->folder, name, 0) != 0)
        return -errno;
    unlinkat(temp->folder, temp->name, 0);
    close_fd(&temp->lock);
    return 0;
}

int pel_temp_rename(struct pel_temp *temp, const char *name, bool replace)
{
    int result = replace
                     ? renameat(temp->folder, temp->name, temp->folder, name)
                     : renameat2(temp->folder, temp->name, temp->folder, name, RENAME_NOREPLACE);
    if (result != 0 && !replace && (errno == EINVAL || errno == ENOSYS))
        return pel_temp_rename_by_link(temp, name);
    if (result != 0)
        return -errno;
    close_fd(&temp->lock);
    return 0;
}

void pel_temp_discard(struct pel_temp *temp)
{
    if (temp->lock >= 0)
        unlinkat(temp->folder, temp->name, 0);
    close_fd(&temp->fd);
    close_fd(&temp->lock);
    close_fd(&temp->folder);
}
