/* io_uring, for those who ask for it: containers often deny it, and hot reads gain nothing.
 *
 * The lane owns the ring and blocks in it. One read is one submission: reads are large, and their
 * number in flight small, so that batching would save little and delay the first. */
#include "backend.h"

#include <liburing.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Submissions leave the queue at once. Completions: a read and its cancellation, for each in flight. */
#define SUBMISSIONS 64
#define COMPLETIONS (4 * PEL_DEPTH_LIMIT)

/* From this many reads in flight on they go to kernel threads at once. Otherwise those that hit the
 * page cache are copied one after the other inside the submission: 4.3 ms for 16 MiB, against 0.07. */
#define ASYNC_FROM 4

struct ring {
    struct io_uring ring;
    int nflying;
    bool confined; /* the kernel's threads were given the lane's processors */
};

/* Why a call was denied; liburing returns -errno and leaves errno alone. */
static int denied(char *why, size_t nbytes, const char *call, int rc)
{
    const char *hint = rc == -EPERM    ? " (seccomp or kernel.io_uring_disabled)"
                       : rc == -ENOMEM ? " (RLIMIT_MEMLOCK)"
                                       : "";
    char text[64];
    (void)snprintf(why, nbytes, "%s: %s%s", call, strerror_r(-rc, text, sizeof text), hint);
    return rc;
}

/* Proves that submitting is allowed, and not only setting up. */
static int try_nop(struct io_uring *ring)
{
    struct io_uring_cqe *cqe;
    io_uring_prep_nop(io_uring_get_sqe(ring));
    int rc = io_uring_submit_and_wait(ring, 1);
    if (rc < 0)
        return rc;
    rc = io_uring_peek_cqe(ring, &cqe);
    if (rc == 0)
        io_uring_cqe_seen(ring, cqe);
    return rc;
}

static int check_kernel(struct io_uring *ring, char *why, size_t nbytes)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
    bool usable = probe && io_uring_opcode_supported(probe, IORING_OP_READ) &&
                  io_uring_opcode_supported(probe, IORING_OP_ASYNC_CANCEL) &&
                  (ring->features & IORING_FEAT_EXT_ARG) && (ring->features & IORING_FEAT_NODROP);
    io_uring_free_probe(probe);
    if (!usable) {
        (void)snprintf(why, nbytes, "this kernel lacks what is used of it (5.11 has it)");
        return -ENOTSUP;
    }
    int rc = try_nop(ring);
    return rc ? denied(why, nbytes, "io_uring_enter", rc) : 0;
}

static int uring_begin(void **state, const struct pel_load_options *options, char *why,
                       size_t nbytes)
{
    (void)options;
    struct ring *ring = calloc(1, sizeof *ring);
    *state = ring;
    if (!ring)
        return denied(why, nbytes, "malloc", -ENOMEM);
    struct io_uring_params params = {.flags = IORING_SETUP_CQSIZE, .cq_entries = COMPLETIONS};
    int rc = io_uring_queue_init_params(SUBMISSIONS, &ring->ring, &params);
    if (rc) {
        (void)denied(why, nbytes, "io_uring_setup", rc);
    } else {
        rc = check_kernel(&ring->ring, why, nbytes);
        if (rc)
            io_uring_queue_exit(&ring->ring);
    }
    if (rc) {
        free(ring);
        *state = NULL;
    }
    return rc;
}

static void uring_end(void *state)
{
    struct ring *ring = state;
    io_uring_queue_exit(&ring->ring);
    free(ring);
}

static bool uring_describe(char *detail, size_t nbytes)
{
    void *state;
    if (uring_begin(&state, NULL, detail, nbytes))
        return false;
    uring_end(state);
    (void)snprintf(detail, nbytes, "io_uring, opt-in");
    return true;
}

/* The kernel's threads work for the thread that submits, but do not inherit its processors. */
static void confine(struct ring *ring)
{
    cpu_set_t set;
    if (!ring->confined && sched_getaffinity(0, sizeof set, &set) == 0)
        (void)io_uring_register_iowq_aff(&ring->ring, sizeof set, &set);
    ring->confined = true;
}

/* Hands the last entry over. One that the kernel did not take stays in the queue: it is turned into
 * one that does nothing, and leaves with the next. */
static int hand_over(struct ring *ring, struct io_uring_sqe *sqe)
{
    int rc;
    do
        rc = io_uring_submit(&ring->ring);
    while (rc == -EINTR);
    if (rc >= 0 && io_uring_sq_ready(&ring->ring) == 0)
        return 0;
    io_uring_prep_nop(sqe);
    io_uring_sqe_set_data(sqe, NULL);
    return rc >= 0 || rc == -EBUSY ? -EAGAIN : rc;
}

static int uring_submit(void *state, struct pel_read *read)
{
    struct ring *ring = state;
    confine(ring);
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
    if (!sqe)
        return -EAGAIN;
    unsigned nbytes = read->nbytes < PEL_READ_LIMIT ? (unsigned)read->nbytes : PEL_READ_LIMIT;
    io_uring_prep_read(sqe, read->fd, read->data, nbytes, read->offset);
    io_uring_sqe_set_data(sqe, read);
    if (ring->nflying >= ASYNC_FROM)
        io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
    read->own.uring_cancelled = false;
    int rc = hand_over(ring, sqe);
    ring->nflying += rc == 0;
    return rc;
}

/* Some file systems refuse the operation, some give EAGAIN; plain reads work there. */
static void complete(struct pel_read *read, int result)
{
    bool redo = result == -EINVAL || result == -EOPNOTSUPP || result == -EAGAIN ||
                (result == -EINTR && !read->own.uring_cancelled);
    if (redo) {
        pel_read_perform(NULL, read);
        return;
    }
    read->result = result == -EINTR ? -ECANCELED : result;
    read->done = true;
}

static bool collect(struct ring *ring)
{
    bool any = false;
    struct io_uring_cqe *cqe;
    while (io_uring_peek_cqe(&ring->ring, &cqe) == 0) {
        struct pel_read *read = io_uring_cqe_get_data(cqe);
        int result = cqe->res;
        io_uring_cqe_seen(&ring->ring, cqe);
        if (!read)
            continue; /* a cancellation, or nothing */
        ring->nflying--;
        complete(read, result);
        any = true;
    }
    return any;
}

static void uring_wait(void *state, struct pel_read *const *reads, int n, uint64_t timeout_ns)
{
    (void)reads, (void)n;
    struct ring *ring = state;
    if (collect(ring) || timeout_ns == 0)
        return;
    struct __kernel_timespec timeout = {(long long)(timeout_ns / 1000000000u),
                                        (long long)(timeout_ns % 1000000000u)};
    struct io_uring_cqe *cqe;
    int rc = io_uring_wait_cqe_timeout(&ring->ring, &cqe, &timeout);
    if (rc && rc != -ETIME && rc != -EINTR) {
        /* Denied since the beginning. What is in flight still completes; no spinning until then. */
        struct timespec pause = {0, 1000000};
        (void)nanosleep(&pause, NULL);
    }
    (void)collect(ring);
}

static void uring_cancel(void *state, struct pel_read *read)
{
    struct ring *ring = state;
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
    read->own.uring_cancelled = true;
    if (!sqe)
        return;
    io_uring_prep_cancel(sqe, read, 0);
    io_uring_sqe_set_data(sqe, NULL);
    (void)hand_over(ring, sqe);
}

const struct pel_backend pel_backend_uring = {
    .name = "uring",
    .fallback = &pel_backend_aio,
    .tries_cache = true,
    .describe = uring_describe,
    .begin = uring_begin,
    .end = uring_end,
    .submit = uring_submit,
    .wait = uring_wait,
    .cancel = uring_cancel,
    .perform = pel_read_perform,
};
