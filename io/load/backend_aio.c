/* POSIX AIO. In glibc that is a pool of helper threads around pread (20 at most, unless the program
 * calls aio_init before the first request); helpers inherit the lane's processors.
 *
 * What is avoided here, because of the C library:
 *  - notification by signal or thread: when it fails, a good read turns into an error or is lost;
 *  - lio_listio(LIO_WAIT): an interrupted one leaves pointers into a dead stack frame;
 *  - aio_suspend without a timeout: SA_RESTART handlers make it start again in silence; with a long
 *    list: it is quadratic, and keeps the list on the stack. */
#include "backend.h"

#include <stdio.h>
#include <string.h>

/* 0.1 ms a call at 64 entries, 2 ms at 1024 (glibc 2.36). The oldest are those that helpers have.
 */
#define SUSPEND_LIST 32

/* The fork generation that first used AIO, plus one; 0: nobody has. A child that is forked while
 * helpers idle believes that it still has them, and its requests would never end. */
static unsigned first_user;

static bool usable(char *detail, size_t nbytes)
{
    unsigned user = __atomic_load_n(&first_user, __ATOMIC_RELAXED);
    if (user == 0 || user == pel_fork_generation() + 1)
        return true;
    (void)snprintf(detail, nbytes, "this process was forked from one that had used POSIX AIO");
    return false;
}

static bool aio_describe(char *detail, size_t nbytes)
{
    if (!usable(detail, nbytes))
        return false;
#ifdef __GLIBC__
    (void)snprintf(detail, nbytes, "POSIX AIO of glibc %d.%d: up to 20 helper threads", __GLIBC__,
                   __GLIBC_MINOR__);
#else
    (void)snprintf(detail, nbytes, "POSIX AIO of the C library");
#endif
    return true;
}

static int aio_begin(void **state, const struct pel_load_options *options, char *why, size_t nbytes)
{
    (void)options;
    *state = NULL;
    if (!usable(why, nbytes))
        return -ENOTSUP;
    unsigned nobody = 0;
    (void)__atomic_compare_exchange_n(&first_user, &nobody, pel_fork_generation() + 1, false,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return 0;
}

static void aio_end(void *state)
{
    (void)state;
}

static int aio_submit(void *state, struct pel_read *read)
{
    (void)state;
    struct aiocb *request = &read->own.aio;
    memset(request, 0, sizeof *request);
    request->aio_fildes = read->fd;
    request->aio_buf = read->data;
    request->aio_nbytes = read->nbytes;
    request->aio_offset = (off_t)read->offset;
    request->aio_sigevent.sigev_notify = SIGEV_NONE;
    return aio_read(request) == 0 ? 0 : -errno;
}

static bool collect(struct pel_read *read)
{
    int error = aio_error(&read->own.aio);
    if (error == EINPROGRESS)
        return false;
    /* Once for every request, failed ones too: some systems free its slot only then. */
    ssize_t nread = aio_return(&read->own.aio);
    read->result = error ? -(int64_t)error : (int64_t)nread;
    read->done = true;
    return true;
}

static bool collect_all(struct pel_read *const *reads, int n)
{
    bool any = false;
    for (int i = 0; i < n; i++)
        any |= collect(reads[i]);
    return any;
}

static void aio_wait(void *state, struct pel_read *const *reads, int n, uint64_t timeout_ns)
{
    (void)state;
    if (collect_all(reads, n) || timeout_ns == 0)
        return;
    const struct aiocb *list[SUSPEND_LIST] = {NULL}; /* NULLs are passed over */
    int nlist = n < SUSPEND_LIST ? n : SUSPEND_LIST;
    for (int i = 0; i < nlist; i++)
        list[i] = &reads[i]->own.aio;
    struct timespec timeout = {(time_t)(timeout_ns / 1000000000u),
                               (long)(timeout_ns % 1000000000u)};
    /* Whatever it returns (a completion, EAGAIN after the timeout, EINTR), looking tells. */
    (void)aio_suspend(list, nlist, &timeout);
    (void)collect_all(reads, n);
}

static void aio_stop(void *state, struct pel_read *read)
{
    (void)state;
    (void)aio_cancel(read->fd, &read->own.aio);
}

const struct pel_backend pel_backend_aio = {
    .name = "aio",
    .fallback = &pel_backend_sync,
    .tries_cache = true,
    .describe = aio_describe,
    .begin = aio_begin,
    .end = aio_end,
    .submit = aio_submit,
    .wait = aio_wait,
    .cancel = aio_stop,
    .perform = pel_read_perform,
};
