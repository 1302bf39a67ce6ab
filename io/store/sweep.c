#include <pelton/store.h>

#include "temp.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* With the lock held, `name` still means the file behind fd. Otherwise its writer has renamed it
 * since we opened it, and the name may by now be that of another temporary file, of a living
 * writer. */
static bool still_named(int folder, const char *name, int fd)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && S_ISREG(ours.st_mode) &&
           fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

static bool remove_if_dead(int folder, const char *name)
{
    /* O_NONBLOCK: a pipe of that name must not hold us up. Writable, since locks on NFS want that.
     */
    int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool removed = flock(fd, LOCK_EX | LOCK_NB) == 0 && still_named(folder, name, fd) &&
                   unlinkat(folder, name, 0) == 0;
    close(fd);
    return removed;
}

int pel_store_sweep(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    DIR *entries = fdopendir(fd);
    if (!entries) {
        int status = -errno;
        close(fd);
        return status;
    }
    int count = 0;
    for (struct dirent *entry; (entry = readdir(entries));)
        if (pel_temp_is_name(entry->d_name))
            count += remove_if_dead(fd, entry->d_name);
    closedir(entries);
    return count;
}
