/* The list of backends, choosing one, and the plain reads that they share. */
#include "backend.h"

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static const struct pel_backend *const backends[] = {&pel_backend_aio, &pel_backend_uring,
                                                     &pel_backend_sync, &pel_backend_sim};
#define NBACKENDS ((int)(sizeof backends / sizeof backends[0]))

bool pel_load_backend_describe(int i, struct pel_load_backend_info *out)
{
    memset(out, 0, sizeof *out);
    if (i < 0 || i >= NBACKENDS)
        return false;
    out->name = backends[i]->name;
    out->available = backends[i]->describe(out->detail, sizeof out->detail);
    return true;
}

const struct pel_backend *pel_backend_find(const char *name)
{
    if (strcmp(name, "auto") == 0)
        return &pel_backend_aio;
    for (int i = 0; i < NBACKENDS; i++)
        if (strcmp(name, backends[i]->name) == 0)
            return backends[i];
    return NULL;
}

int pel_backend_begin(const struct pel_backend **backend, const struct pel_load_options *options,
                      void **state, char *reason, size_t nbytes)
{
    int rc = -EINVAL;
    reason[0] = '\0';
    for (const struct pel_backend *b = *backend; b; b = b->fallback) {
        char why[80] = "";
        rc = b->begin(state, options, why, sizeof why);
        if (rc == 0) {
            *backend = b;
            break;
        }
        if (!reason[0])
            (void)snprintf(reason, nbytes, "%s: %s", b->name, why);
    }
    return rc;
}

int64_t pel_read_now(const struct pel_read *read)
{
    size_t nbytes = read->nbytes < PEL_READ_LIMIT ? read->nbytes : PEL_READ_LIMIT;
    ssize_t nread;
    do
        nread = pread(read->fd, read->data, nbytes, (off_t)read->offset);
    while (nread < 0 && errno == EINTR);
    return nread < 0 ? -errno : nread;
}

int64_t pel_read_cached(const struct pel_read *read)
{
    struct iovec piece = {read->data,
                          read->nbytes < PEL_READ_LIMIT ? read->nbytes : PEL_READ_LIMIT};
    ssize_t nread;
    do
        nread = preadv2(read->fd, &piece, 1, (off_t)read->offset, RWF_NOWAIT);
    while (nread < 0 && errno == EINTR);
    return nread < 0 ? -errno : nread;
}

void pel_read_perform(void *state, struct pel_read *read)
{
    (void)state;
    read->result = pel_read_now(read);
    read->done = true;
}

#if !PEL_HAVE_URING
static bool absent_describe(char *detail, size_t nbytes)
{
    (void)snprintf(detail, nbytes, "not built in: liburing was not found at configure time");
    return false;
}

static int absent_begin(void **state, const struct pel_load_options *options, char *why,
                        size_t nbytes)
{
    (void)options;
    *state = NULL;
    (void)absent_describe(why, nbytes);
    return -ENOTSUP;
}

const struct pel_backend pel_backend_uring = {
    .name = "uring",
    .fallback = &pel_backend_aio,
    .describe = absent_describe,
    .begin = absent_begin,
};
#endif
