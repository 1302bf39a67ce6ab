/* Which format a file is of. */
#include "reader.h"

#include "error.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct pel_array_reader *const readers[] = {
    &pel_array_npy_reader, &pel_array_raw_reader, &pel_array_csv_reader};
#define NREADERS (sizeof readers / sizeof readers[0])

bool pel_has_suffix(const char *path, const char *const *suffixes, size_t nsuffixes)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < nsuffixes && suffixes[i]; i++) {
        size_t n = strlen(suffixes[i]);
        if (length > n && strcasecmp(path + length - n, suffixes[i]) == 0)
            return true;
    }
    return false;
}

/* The first bytes that a pipe has, which stay in it. */
static ssize_t peek(int fd, const struct pel_cancel *cancel, unsigned char *bytes, size_t nbytes)
{
    int ends[2];
    if (!pel_pipe_wait(fd, cancel) || pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    ssize_t n = tee(fd, ends[1], nbytes, SPLICE_F_NONBLOCK);
    if (n > 0)
        n = read(ends[0], bytes, (size_t)n);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return n;
}

/* The first bytes of a regular file, or of standard input: another pipe, opened for the look and closed, would
 * have lost its reader. */
static size_t read_head(const char *path, const struct pel_cancel *cancel, unsigned char *bytes,
                        size_t nbytes)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return 0;
    const bool piped = S_ISFIFO(status.st_mode) && strcmp(path, "/dev/stdin") == 0;
    if (!piped && !S_ISREG(status.st_mode))
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return 0;
    ssize_t n = piped ? peek(fd, cancel, bytes, nbytes) : pread(fd, bytes, nbytes, 0);
    (void)close(fd);
    return n > 0 ? (size_t)n : 0;
}

static const struct pel_array_reader *find(enum pel_array_format format)
{
    for (size_t i = 0; i < NREADERS; i++)
        if (readers[i]->format == format)
            return readers[i];
    return NULL;
}

enum pel_array_format pel_array_recognise(const char *path, const struct pel_cancel *cancel)
{
    unsigned char bytes[64];
    size_t nbytes = read_head(path, cancel, bytes, sizeof bytes);
    for (size_t i = 0; i < NREADERS; i++)
        if (readers[i]->probe && readers[i]->probe(bytes, nbytes))
            return readers[i]->format;
    for (size_t i = 0; i < NREADERS; i++)
        if (pel_has_suffix(path, readers[i]->suffixes, 4))
            return readers[i]->format;
    return PEL_ARRAY_AUTO;
}

int pel_source_open(struct pel_source **out, const char *path,
                    const struct pel_array_options *options, struct pel_error *err)
{
    static const struct pel_array_options none;
    *out = NULL;
    options = options ? options : &none;
    enum pel_array_format format = options->format;
    if (format == PEL_ARRAY_AUTO && options->dtype)
        format = PEL_ARRAY_RAW;
    if (format == PEL_ARRAY_AUTO)
        format = pel_array_recognise(path, options->io.cancel);
    const struct pel_array_reader *reader = find(format == PEL_ARRAY_AUTO ? PEL_ARRAY_CSV : format);
    if (!reader)
        return pel_error_set(err, -ENOTSUP, PEL_STAGE_OPEN,
                             "is of no format that can be read; is a type for raw numbers meant?");
    return reader->open(out, path, options, err);
}
