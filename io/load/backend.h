/* How the lane gets bytes: one const table per backend, one record per read.
 *
 * Every call but describe, begin and end is made by the lane's thread. A read is idle, in flight or
 * done: submit puts it in flight, wait finds out that it is done. While it is in flight the record,
 * its data and its descriptor belong to the backend: none may be moved, freed or closed. At most
 * one read per descriptor is in flight: glibc runs one request per descriptor at a time, and
 * cancelling the first of a queue there strands the others for ever.
 *
 * To add a backend: a file with its table, a line in backends.c; its name in <pelton/load.h>, in set_io
 * of apps/image/image.c with its help, and in the lists of tests/io/test_load_*.c.
 */
#ifndef PELTON_LOAD_BACKEND_H
#define PELTON_LOAD_BACKEND_H

#include <pelton/load.h>

#include <aio.h>

/* Most reads in flight at once, over all backends. */
#define PEL_DEPTH_LIMIT 256

/* The kernel's own limit for one read. */
#define PEL_READ_LIMIT 0x7ffff000u

struct pel_read {
    int fd;
    unsigned char *data;
    size_t nbytes;   /* asked for */
    uint64_t offset; /* in the file */

    /* What the simulation makes its choices from, so that they do not depend on time. */
    size_t file;          /* index of the path */
    uint64_t file_nbytes; /* size when opened */
    unsigned nth;         /* reads done of this file */
    unsigned attempt;     /* submissions of this read that were refused */

    bool done;
    int64_t result; /* when done: bytes read, 0 at the end of the file, or a negative errno */
    union {
        struct aiocb aio;
        bool uring_cancelled;
        uint64_t sim_due_ns;
    } own; /* the backend's */
};

struct pel_backend {
    const char *name;
    const struct pel_backend *fallback; /* taken where this one cannot begin; NULL: none */
    bool tries_cache;                   /* read what the page cache has without the backend */

    /* Would it begin? Writes what it is, or why it would not, for people. */
    bool (*describe)(char *detail, size_t nbytes);

    /* Prepares for one loader; *state is handed to the calls below. A negative errno leaves why. */
    int (*begin)(void **state, const struct pel_load_options *options, char *why, size_t nbytes);
    void (*end)(void *state);

    /* Starts a read and returns 0 (it may be done at once), or a negative errno with the read still
     * idle: -EAGAIN where the system lacks resources for now. */
    int (*submit)(void *state, struct pel_read *read);

    /* Returns when at least one of the reads in flight is done or timeout_ns has passed, maybe
     * sooner; marks all that are done. reads: the oldest first, n >= 1. */
    void (*wait)(void *state, struct pel_read *const *reads, int n, uint64_t timeout_ns);

    /* Asks for an early end, with the result -ECANCELED. It need not succeed; only wait can tell.
     */
    void (*cancel)(void *state, struct pel_read *read);

    /* The whole read in the calling thread; it is done on return. For when submission fails. */
    void (*perform)(void *state, struct pel_read *read);
};

extern const struct pel_backend pel_backend_sync, pel_backend_aio, pel_backend_uring,
    pel_backend_sim;

/* The table of a name ("auto": the default), or NULL. */
const struct pel_backend *pel_backend_find(const char *name);

/* Begins *backend, or what it falls back on: *backend and *state are then the one at work, and
 * reason says why it is another, else it is "". */
int pel_backend_begin(const struct pel_backend **backend, const struct pel_load_options *options,
                      void **state, char *reason, size_t nbytes);

/* pread, or preadv2 that takes only what the page cache has; both past EINTR. Bytes or a negative
 * errno. */
int64_t pel_read_now(const struct pel_read *read);
int64_t pel_read_cached(const struct pel_read *read);

/* A `perform` that is pel_read_now. */
void pel_read_perform(void *state, struct pel_read *read);

/* Times this process, as a chain of forks, has been forked since the library was first used: a
 * loader or a helper thread made under another number is not there any more. */
unsigned pel_fork_generation(void);

#endif
