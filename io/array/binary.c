#include "binary.h"

#include "error.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUDGET_BYTES = 64 << 20, POLL_MS = 50 };

/* ---- the file ------------------------------------------------------------------------------------ */

static int look(struct pel_binary_file *file, struct pel_error *err)
{
    struct stat status;
    if (fstat(file->fd, &status) != 0)
        return pel_error_system(err, -errno, PEL_STAGE_STAT, "cannot look at the file");
    if (S_ISDIR(status.st_mode))
        return pel_error_set(err, -EISDIR, PEL_STAGE_STAT, "is a folder, not a file");
    file->regular = S_ISREG(status.st_mode);
    file->nbytes = file->regular ? (uint64_t)status.st_size : UINT64_MAX;
    file->taken = 0;
    return 0;
}

int pel_binary_file_open(struct pel_binary_file *file, const char *path,
                         const struct pel_cancel *cancel, struct pel_error *err)
{
    file->cancel = cancel;
    do
        file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (file->fd < 0 && errno == EINTR);
    if (file->fd < 0)
        return pel_error_system(err, -errno, PEL_STAGE_OPEN, "cannot open");
    int rc = look(file, err);
    if (rc)
        (void)close(file->fd);
    return rc;
}

bool pel_pipe_wait(int fd, const struct pel_cancel *cancel)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    while (poll(&poller, 1, POLL_MS) <= 0)
        if (pel_cancel_requested(cancel))
            return false;
    return true;
}

static ssize_t read_pipe(const struct pel_binary_file *file, void *data, size_t nbytes)
{
    if (pel_pipe_wait(file->fd, file->cancel))
        return read(file->fd, data, nbytes);
    errno = ECANCELED;
    return -1;
}

int64_t pel_binary_file_read(struct pel_binary_file *file, uint64_t offset, void *data,
                             size_t nbytes, struct pel_error *err)
{
    size_t filled = 0;
    ssize_t n = 1;
    while (n != 0 && filled < nbytes) {
        char *at = (char *)data + filled;
        n = file->regular ? pread(file->fd, at, nbytes - filled, (off_t)(offset + filled))
                          : read_pipe(file, at, nbytes - filled);
        if (n > 0)
            filled += (size_t)n;
        else if (n < 0 && errno != EINTR && errno != EAGAIN)
            return pel_error_system(err, -errno, PEL_STAGE_READ, "cannot read");
    }
    file->taken += file->regular ? 0 : filled;
    return (int64_t)filled;
}

/* ---- the source ---------------------------------------------------------------------------------- */

uint64_t pel_binary_range_nbytes(const struct pel_binary *binary)
{
    return binary->layout.nrows * binary->layout.row_nbytes;
}

/* Rows of the largest chunk. */
static uint64_t most_rows(const struct pel_binary *binary)
{
    return binary->layout.nrows < PEL_CHUNK_ROWS ? binary->layout.nrows : PEL_CHUNK_ROWS;
}

uint64_t pel_binary_chunk_nbytes(const struct pel_binary *binary)
{
    return most_rows(binary) * binary->layout.row_nbytes;
}

/* Gives each range that has a wanted column its place in a batch. A pipe is read even if no
 * column is wanted: how many rows it has, and whether it ends early, shows only there. */
static void find_places(struct pel_binary *binary)
{
    const struct pel_layout *layout = &binary->layout;
    for (size_t r = 0; r < layout->nranges; r++)
        binary->place[r] = SIZE_MAX;
    binary->nplaces = 0;
    for (size_t j = 0; j < layout->ncolumns; j++) {
        size_t *place = &binary->place[layout->columns[j].range];
        if (binary->wanted[j] && *place == SIZE_MAX)
            *place = binary->nplaces++;
    }
    if (binary->nplaces == 0 && !binary->file.regular)
        binary->place[0] = binary->nplaces++;
}

/* Too wide: the rows of one chunk of what is wanted, which a stream would hold in memory. */
static int check_width(const struct pel_binary *binary, struct pel_error *err)
{
    uint64_t budget = binary->options.budget_bytes ? binary->options.budget_bytes : BUDGET_BYTES;
    uint64_t nbytes = pel_binary_chunk_nbytes(binary) * binary->nplaces;
    if (nbytes <= budget)
        return 0;
    return pel_error_format(err, -EFBIG, PEL_STAGE_READ, -1,
                            "its rows are too wide to be streamed: %llu of them take %llu bytes, "
                            "above the limit of %llu",
                            (unsigned long long)most_rows(binary), (unsigned long long)nbytes,
                            (unsigned long long)budget);
}

/* Decides between the two ways. Of 400 MB in the page cache, mapping took 16 ms of processor time with large
 * pages and 50 with small ones, streaming 33 and 68; of a disk, mapping waits in threads that compute. */
static int begin_reading(struct pel_binary *binary, struct pel_error *err)
{
    enum pel_array_access access = binary->options.access;
    if (binary->nplaces == 0 || binary->layout.nrows == 0)
        return 0;
    int narrow = check_width(binary, access == PEL_ACCESS_STREAM ? err : NULL);
    if (access == PEL_ACCESS_MAP)
        return pel_binary_map(binary, false, err);
    bool may_map = access == PEL_ACCESS_AUTO && binary->file.regular;
    if (may_map && pel_binary_map(binary, !narrow, NULL) == 0)
        return 0;
    return narrow ? check_width(binary, err) : pel_binary_stream(binary, err);
}

static int binary_begin(void *ctx, const bool *wanted, struct pel_error *err)
{
    struct pel_binary *binary = ctx;
    if (binary->begun && binary->source.once)
        return pel_error_set(err, -ESPIPE, PEL_STAGE_READ, "a pipe can be read a single time");
    binary->begun = true;
    for (size_t j = 0; j < binary->layout.ncolumns; j++)
        binary->wanted[j] = wanted[j];
    find_places(binary);
    binary->next_index = 0;
    binary->error = (struct pel_error){0};
    return begin_reading(binary, err);
}

/* A record for a chunk; the lock is held. */
static struct pel_view *take_view(struct pel_binary *binary)
{
    struct pel_view *view = binary->views;
    if (view)
        binary->views = view->next;
    else
        view = calloc(1, sizeof *view + binary->layout.ncolumns * sizeof view->columns[0]);
    return view;
}

static void put_view(struct pel_binary *binary, struct pel_view *view)
{
    view->next = binary->views;
    binary->views = view;
}

static int next_locked(struct pel_binary *binary, struct pel_chunk *chunk)
{
    if (binary->error.code)
        return binary->error.code;
    struct pel_view *view = take_view(binary);
    if (!view)
        return pel_error_set(&binary->error, -ENOMEM, PEL_STAGE_READ, "no memory for a chunk");
    view->batch = NULL;
    int rc = binary->stream ? pel_binary_next_streamed(binary, view, chunk, &binary->error)
                            : pel_binary_next_mapped(binary, view, chunk, &binary->error);
    if (rc <= 0) {
        put_view(binary, view);
        return rc;
    }
    chunk->index = binary->next_index++;
    chunk->columns = view->columns;
    chunk->owner = view;
    return 1;
}

static int binary_next(void *ctx, struct pel_chunk *chunk, struct pel_error *err)
{
    struct pel_binary *binary = ctx;
    *chunk = (struct pel_chunk){0};
    pthread_mutex_lock(&binary->lock);
    int rc = next_locked(binary, chunk);
    if (rc < 0 && err)
        *err = binary->error;
    pthread_mutex_unlock(&binary->lock);
    return rc;
}

static void binary_release(void *ctx, struct pel_chunk *chunk)
{
    struct pel_binary *binary = ctx;
    struct pel_view *view = chunk->owner;
    pthread_mutex_lock(&binary->lock);
    if (view->batch)
        pel_binary_release_batch(binary, view->batch);
    put_view(binary, view);
    pthread_mutex_unlock(&binary->lock);
    *chunk = (struct pel_chunk){0};
}

static void binary_end(void *ctx)
{
    struct pel_binary *binary = ctx;
    pel_binary_unstream(binary);
    pel_binary_unmap(binary);
}

static void binary_free(struct pel_binary *binary)
{
    for (struct pel_view *view; (view = binary->views);) {
        binary->views = view->next;
        free(view);
    }
    (void)close(binary->file.fd);
    pel_layout_free(&binary->layout);
    (void)pthread_mutex_destroy(&binary->lock);
    free(binary->wanted);
    free(binary->place);
    free(binary);
}

static void binary_close(struct pel_source *source)
{
    binary_free(source->ctx);
}

int pel_binary_source(struct pel_source **out, struct pel_binary_file *file,
                      struct pel_layout *layout, const struct pel_array_options *options,
                      struct pel_error *err)
{
    struct pel_binary *binary = calloc(1, sizeof *binary);
    *out = NULL;
    if (!binary) {
        pel_layout_free(layout);
        (void)close(file->fd);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_OPEN, "no memory for the source");
    }
    binary->file = *file;
    binary->layout = *layout;
    binary->options = *options;
    binary->wanted = calloc(layout->ncolumns, sizeof *binary->wanted);
    binary->place = calloc(layout->nranges, sizeof *binary->place);
    (void)pthread_mutex_init(&binary->lock, NULL);
    if (!binary->wanted || !binary->place) {
        binary_free(binary);
        return pel_error_set(err, -ENOMEM, PEL_STAGE_OPEN, "no memory for the source");
    }
    binary->source = (struct pel_source){.fields = layout->fields,
                                         .nfields = layout->ncolumns,
                                         .nrows = layout->nrows,
                                         .once = !file->regular,
                                         .ctx = binary,
                                         .begin = binary_begin,
                                         .next = binary_next,
                                         .release = binary_release,
                                         .end = binary_end,
                                         .close = binary_close};
    *out = &binary->source;
    return 0;
}
