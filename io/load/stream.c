/* A stream as its callers see it. What the lane does is in stream_lane.c. */
#include "stream.h"

#include "error.h"
#include "thread.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CANCEL_POLL_NS 50000000
#define DRAIN_NS UINT64_C(5000000000)
/* Warm, segments that stay in the second-level cache between the lane's copy and the caller's use; cold,
 * large enough for a disk. */
#define SEGMENT_BYTES ((size_t)1 << 20)
enum { DEPTH = 4 };

/* ---- opening ---- */

static int invalid(struct pel_error *err, const char *what)
{
    return pel_error_set(err, -EINVAL, PEL_STAGE_NONE, what);
}

static int check_options(const struct pel_stream_options *options, struct pel_error *err)
{
    if (options->depth < 0 || options->depth > PEL_STREAM_DEPTH)
        return pel_error_format(err, -EINVAL, PEL_STAGE_NONE, -1, "depth %d is not in 1 to %d",
                                options->depth, PEL_STREAM_DEPTH);
    if (options->segment_bytes > SIZE_MAX / 2)
        return invalid(err, "segments are too large");
    if (options->ranges && (options->nranges == 0 || options->nbytes == 0))
        return invalid(err, "ranges need a number and a length");
    return 0;
}

static struct timespec after_ns(uint64_t ns)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec += (time_t)(ns / 1000000000u);
    now.tv_nsec += (long)(ns % 1000000000u);
    if (now.tv_nsec >= 1000000000) {
        now.tv_sec++;
        now.tv_nsec -= 1000000000;
    }
    return now;
}

static void init_waiting(struct pel_stream *stream)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&stream->lock, NULL);
    (void)pthread_cond_init(&stream->ready, &monotonic);
    (void)pthread_cond_init(&stream->wake, &monotonic);
    (void)pthread_cond_init(&stream->gone, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static struct pel_stream *new_stream(const struct pel_stream_options *options)
{
    struct pel_stream *stream = calloc(1, sizeof *stream);
    size_t nranges = options->ranges ? options->nranges : 1;
    uint64_t *ranges = calloc(nranges, sizeof *ranges);
    if (!stream || !ranges) {
        free(stream);
        free(ranges);
        return NULL;
    }
    if (options->ranges)
        memcpy(ranges, options->ranges, nranges * sizeof *ranges);
    stream->options = *options;
    stream->options.ranges = NULL;
    stream->options.nranges = nranges;
    if (!stream->options.segment_bytes)
        stream->options.segment_bytes = SEGMENT_BYTES;
    if (!stream->options.depth)
        stream->options.depth = DEPTH;
    if (!stream->options.drain_ns)
        stream->options.drain_ns = DRAIN_NS;
    stream->ranges = ranges;
    stream->generation = pel_fork_generation();
    init_waiting(stream);
    return stream;
}

static void free_slots(struct pel_stream_slot *slot)
{
    for (struct pel_stream_slot *next; slot; slot = next) {
        next = slot->next;
        free(slot->data);
        free(slot);
    }
}

void pel_stream_free(struct pel_stream *stream)
{
    free_slots(stream->head);
    free_slots(stream->free);
    for (int i = 0; i < stream->nfds; i++)
        (void)close(stream->fds[i]);
    if (stream->backend)
        stream->backend->end(stream->backend_state);
    (void)pthread_mutex_destroy(&stream->lock);
    (void)pthread_cond_destroy(&stream->ready);
    (void)pthread_cond_destroy(&stream->wake);
    (void)pthread_cond_destroy(&stream->gone);
    free(stream->ranges);
    free(stream);
}

/* glibc runs one request per descriptor at a time: depth needs as many descriptors of the same file. Those
 * that cannot be had are done without. */
static void open_more(struct pel_stream *stream)
{
    char path[40];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", stream->fds[0]);
    while (stream->nfds < stream->options.depth) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
            return;
        stream->fds[stream->nfds++] = fd;
    }
}

/* No byte's number may exceed what the system can count. */
static int check_reach(const struct pel_stream *stream, struct pel_error *err)
{
    uint64_t most = INT64_MAX, nbytes = stream->range_bytes;
    bool ok = stream->start <= most;
    for (size_t i = 0; ok && i < stream->options.nranges; i++) {
        uint64_t offset = stream->ranges[i];
        ok = offset <= most - stream->start &&
             (nbytes == UINT64_MAX || nbytes <= most - stream->start - offset);
    }
    return ok ? 0 : invalid(err, "the bytes to read lie beyond the largest file");
}

/* What kind of thing fds[0] is, and from where to where it is read. */
static int look(struct pel_stream *stream, struct pel_error *err)
{
    const struct pel_stream_options *options = &stream->options;
    struct stat status;
    if (fstat(stream->fds[0], &status) != 0)
        return pel_error_system(err, -errno, PEL_STAGE_STAT, "cannot look at the file");
    if (S_ISDIR(status.st_mode))
        return pel_error_set(err, -EISDIR, PEL_STAGE_STAT, "is a folder, not a file");
    stream->plain = !S_ISREG(status.st_mode) || status.st_size == 0;
    stream->start = options->offset;
    stream->range_bytes = options->nbytes ? options->nbytes : UINT64_MAX;
    if (stream->plain)
        stream->position = options->taken;
    if (stream->position > stream->start)
        return invalid(err, "the bytes to read lie before those that were taken");
    if (stream->plain)
        return options->nranges > 1
                   ? invalid(err, "only a regular file can be read at several places")
                   : check_reach(stream, err);
    off_t position = lseek(stream->fds[0], 0, SEEK_CUR);
    if (position > 0 && __builtin_add_overflow(stream->start, (uint64_t)position, &stream->start))
        return invalid(err, "the bytes to read lie beyond the largest file");
    uint64_t size = (uint64_t)status.st_size;
    if (!options->nbytes)
        stream->range_bytes = size > stream->start ? size - stream->start : 0;
    if (stream->range_bytes == 0)
        stream->ended = true;
    else
        open_more(stream);
    return check_reach(stream, err);
}

static int begin_backend(struct pel_stream *stream, struct pel_error *err)
{
    const char *name = stream->options.backend ? stream->options.backend : "auto";
    const struct pel_load_options options = {.sim = stream->options.sim};
    const struct pel_backend *backend = pel_backend_find(name);
    char reason[120];
    if (!backend)
        return pel_error_format(err, -EINVAL, PEL_STAGE_NONE, -1, "unknown I/O backend '%.60s'",
                                name);
    int rc = pel_backend_begin(&backend, &options, &stream->backend_state, reason, sizeof reason);
    if (rc)
        return pel_error_format(err, rc, PEL_STAGE_NONE, -1, "no I/O backend: %s", reason);
    stream->backend = backend;
    stream->tries_cache = backend->tries_cache;
    return 0;
}

static int start(struct pel_stream *stream, struct pel_error *err)
{
    const struct pel_stream_options *options = &stream->options;
    int rc = look(stream, err);
    if (!rc)
        rc = begin_backend(stream, err);
    if (rc)
        return rc;
    rc = pel_thread_start(&stream->lane, options->cpu_mask, options->cpu_mask_words,
                          pel_stream_main, stream);
    return rc ? pel_error_system(err, rc, PEL_STAGE_NONE, "cannot start the I/O thread") : 0;
}

/* fd: from now on the stream's. */
static int open_stream(struct pel_stream **out, int fd, const struct pel_stream_options *options,
                       struct pel_error *err)
{
    static const struct pel_stream_options none;
    options = options ? options : &none;
    int rc = check_options(options, err);
    struct pel_stream *stream = rc ? NULL : new_stream(options);
    if (!stream) {
        (void)close(fd);
        return rc ? rc : pel_error_set(err, -ENOMEM, PEL_STAGE_NONE, "no memory for the stream");
    }
    stream->fds[stream->nfds++] = fd;
    rc = start(stream, err);
    if (rc)
        pel_stream_free(stream);
    else
        *out = stream;
    return rc;
}

/* O_NONBLOCK: a FIFO that nobody writes to is opened at once; the lane waits for its writer. */
int pel_stream_open(struct pel_stream **out, const char *path,
                    const struct pel_stream_options *options, struct pel_error *err)
{
    int fd;
    *out = NULL;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? pel_error_system(err, -errno, PEL_STAGE_OPEN, "cannot open")
                  : open_stream(out, fd, options, err);
}

int pel_stream_open_fd(struct pel_stream **out, int fd, const struct pel_stream_options *options,
                       struct pel_error *err)
{
    *out = NULL;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return own < 0 ? pel_error_system(err, -errno, PEL_STAGE_OPEN, "cannot use the descriptor")
                   : open_stream(out, own, options, err);
}

/* ---- segments ---- */

static bool inherited(const struct pel_stream *stream)
{
    return stream->generation != pel_fork_generation();
}

static int give_error(struct pel_error *err, const struct pel_error *error)
{
    if (err)
        *err = *error;
    return error->code;
}

/* Under the lock: the first of the queue, if it is there; -EAGAIN: not yet. An empty segment is the end of a
 * pipe, and like a failed one it stays. */
static int take(struct pel_stream *stream, struct pel_stream_segment *segment,
                struct pel_error *err)
{
    struct pel_stream_slot *slot = stream->head;
    if (!slot)
        return stream->ended ? give_error(err, &stream->error) : -EAGAIN;
    if (slot->state == PEL_SLOT_FAILED)
        return give_error(err, &slot->error);
    if (slot->state != PEL_SLOT_READY)
        return -EAGAIN;
    if (slot->filled == 0)
        return 0;
    stream->head = slot->next;
    stream->nqueued--;
    pthread_cond_signal(&stream->wake);
    *segment = (struct pel_stream_segment){.index = slot->index,
                                           .offset = slot->offset,
                                           .data = slot->data,
                                           .nbytes = slot->filled,
                                           .slot = slot};
    return 1;
}

static void wait_for_segment(struct pel_stream *stream)
{
    struct timespec until = after_ns(CANCEL_POLL_NS);
    if (stream->options.cancel)
        (void)pthread_cond_timedwait(&stream->ready, &stream->lock, &until);
    else
        (void)pthread_cond_wait(&stream->ready, &stream->lock);
}

int pel_stream_next(struct pel_stream *stream, struct pel_stream_segment *segment,
                    struct pel_error *err)
{
    *segment = (struct pel_stream_segment){0};
    if (inherited(stream))
        return pel_error_set(err, -EOWNERDEAD, PEL_STAGE_READ,
                             "this process is a fork of the stream's owner");
    int rc = -EAGAIN;
    pthread_mutex_lock(&stream->lock);
    for (;;) {
        if (pel_cancel_requested(stream->options.cancel))
            rc = pel_error_set(err, -ECANCELED, PEL_STAGE_READ, "cancelled");
        else
            rc = take(stream, segment, err);
        if (rc != -EAGAIN)
            break;
        wait_for_segment(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    return rc;
}

void pel_stream_release(struct pel_stream *stream, struct pel_stream_segment *segment)
{
    struct pel_stream_slot *slot = segment->slot;
    if (!slot || inherited(stream))
        return;
    *segment = (struct pel_stream_segment){0};
    pthread_mutex_lock(&stream->lock);
    slot->next = stream->free;
    stream->free = slot;
    pthread_mutex_unlock(&stream->lock);
}

/* ---- the end ---- */

void pel_stream_close(struct pel_stream *stream)
{
    if (!stream || inherited(stream))
        return;
    struct timespec until = after_ns(stream->options.drain_ns);
    pthread_mutex_lock(&stream->lock);
    __atomic_store_n(&stream->closing, true, __ATOMIC_RELAXED);
    pthread_cond_signal(&stream->wake);
    int rc = 0;
    while (!stream->lane_gone && rc == 0)
        rc = pthread_cond_timedwait(&stream->gone, &stream->lock, &until);
    stream->left_behind = !stream->lane_gone;
    bool left_behind = stream->left_behind;
    pthread_t lane = stream->lane;
    pthread_mutex_unlock(&stream->lock);
    if (left_behind) {
        (void)pthread_detach(lane);
        return;
    }
    (void)pthread_join(lane, NULL);
    pel_stream_free(stream);
}
