/* A descriptor as a stream that does not wait for ever: whoever reads a pipe may have stopped reading. */
#include "bulk/bulk.h"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POLL_MS = 50 };

struct stream {
    int fd;
    bool regular;
    const struct pel_cancel *cancel;
    int status; /* of the first write that failed */
};

/* A pipe that is ready takes PIPE_BUF bytes without waiting. */
static ssize_t write_some(const struct stream *stream, const char *bytes, size_t nbytes)
{
    struct pollfd poller = {.fd = stream->fd, .events = POLLOUT};
    while (!stream->regular && poll(&poller, 1, POLL_MS) <= 0)
        if (pel_cancel_requested(stream->cancel))
            return -ECANCELED;
    ssize_t n = write(stream->fd, bytes, stream->regular || nbytes < PIPE_BUF ? nbytes : PIPE_BUF);
    return n >= 0 || errno == EINTR || errno == EAGAIN ? (n > 0 ? n : 0) : -errno;
}

/* fopencookie wants fewer bytes than it gave for a failure. */
static ssize_t write_all(void *cookie, const char *bytes, size_t nbytes)
{
    struct stream *stream = cookie;
    size_t done = 0;
    while (!stream->status && done < nbytes) {
        ssize_t n = pel_cancel_requested(stream->cancel)
                        ? -ECANCELED
                        : write_some(stream, bytes + done, nbytes - done);
        if (n < 0)
            stream->status = (int)n;
        else
            done += (size_t)n;
    }
    return (ssize_t)done;
}

int bulk_print_to(int fd, const struct pel_cancel *cancel, enum bulk_format format,
                  const struct pel_table *table, const struct bulk_look *look)
{
    struct stat about;
    struct stream stream = {.fd = fd, .cancel = cancel};
    stream.regular = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    FILE *out = fopencookie(&stream, "w", (cookie_io_functions_t){.write = write_all});
    if (!out)
        return -ENOMEM;
    bool printed = bulk_print(out, format, table, look);
    (void)fclose(out); /* what fails is in the stream's status */
    return stream.status ? stream.status : printed ? 0 : -ENOMEM;
}
