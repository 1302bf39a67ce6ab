/* Asynchronous loading: a list of paths goes in, whole files come out in the order of completion,
 * while the caller's threads compute. No thread of the caller ever waits inside a read.
 *
 * One I/O lane, a thread of the loader's own, alone opens, submits, waits for, cancels and closes.
 *
 *     pel_load_open(&load, paths, npaths, &options, &err)
 *     any number of threads:
 *         while (pel_load_next(load, &item) > 0) {
 *             if (item.error.code) report it, else compute on item.data[0 .. item.nbytes)
 *             pel_load_release(load, &item)
 *         }
 *     pel_load_close(load, &stats)
 *
 * What always holds: every path gives exactly one item, be it data, an error or -ECANCELED; the bytes
 * reserved from admission to release never exceed max(budget, the largest single file); a file is
 * never padded, mixed up or cut in silence; all backends give the same bytes and the same errors.
 * (A file that does not tell its size, as in /proc, or grows while it is followed, reserves its
 * buffer: up to twice its bytes, at least 16 KiB.)
 *
 * Only regular files are loaded: a folder is -EISDIR, a FIFO, device or socket -ENOTSUP, at once.
 *
 * Limits. Opening a file has no asynchronous form: an open() that hangs (a dead network file system)
 * stalls the lane, and closing with it. Items that are held count in the budget: who asks for more
 * while holding all of it waits for ever. In glibc all users of POSIX AIO in a process share 20 helper
 * threads; aio_init() changes that, but is for the program to call, before any other use.
 */
#ifndef PELTON_LOAD_H
#define PELTON_LOAD_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

struct pel_load;

/* What to do with a file that has more bytes than when it was opened. */
enum pel_load_growth {
    PEL_LOAD_SNAPSHOT, /* give the size it had, flagged PEL_LOAD_CHANGED */
    PEL_LOAD_FOLLOW,   /* read on to the end, up to max_file_bytes */
    PEL_LOAD_REJECT    /* -EBUSY */
};

/* Behaviour of the `sim` backend: real files, with latency and faults from a seeded generator, so that
 * a run can be repeated. */
struct pel_load_sim {
    uint64_t seed;
    uint64_t latency_ns;  /* time from submission to completion of each read */
    uint64_t jitter_ns;   /* plus up to this much, uniformly */
    int short_percent;    /* of the reads give fewer bytes than asked for (at least 1) */
    int error_percent;    /* of the files fail with -EIO at some read */
    int again_percent;    /* of the submissions are refused as when resources are short */
};

struct pel_load_options {
    const char *backend;     /* "aio", "uring", "sync", "sim"; NULL or "auto": aio */
    int depth_max;           /* files in flight at most, 1 to 256; 0: 16. The loader starts at 2,
                                doubles while a consumer waits and decays while items queue up */
    uint64_t budget_bytes;   /* 0: 256 MiB */
    uint64_t max_file_bytes; /* larger files fail with -EFBIG; 0: no limit */
    size_t chunk_bytes;      /* one read at most; 0: 4 MiB */
    enum pel_load_growth growth;
    bool accept_short;       /* a file that shrinks while read: give what there is, flagged
                                PEL_LOAD_SHORT, instead of -EIO */
    uint64_t drain_ns;       /* how long closing waits for stuck reads; 0: 5 s */
    const uint64_t *cpu_mask; /* processors for the lane and its helpers, bit i of word i/64; NULL: as
                                 inherited (see pel_team_places for why that may be one core) */
    size_t cpu_mask_words;
    const struct pel_cancel *cancel; /* looked at at least every 100 ms; NULL: only pel_load_cancel */
    void (*notify)(void *ctx);       /* called by the lane, outside its lock, each time an item has
                                        become ready and when the last has; NULL: nobody. It may
                                        come after pel_load_next gave 0, and even be at work then:
                                        what it uses must stay until pel_load_close */
    void *notify_ctx;
    struct pel_load_sim sim;
};

enum {
    PEL_LOAD_CHANGED = 1, /* the file was modified while it was read */
    PEL_LOAD_SHORT = 2,   /* fewer bytes than it had when opened */
    PEL_LOAD_HOT = 4      /* came from the page cache without waiting (4 MiB at most; aio, uring) */
};

/* One path's outcome, lent to the caller until pel_load_release. Times are CLOCK_MONOTONIC. */
struct pel_load_item {
    size_t index;           /* into paths */
    const char *path;
    struct pel_error error; /* code 0: data is there */
    unsigned flags;
    const unsigned char *data; /* NULL when nbytes is 0 */
    size_t nbytes;
    uint64_t start_ns; /* the lane took it up */
    uint64_t ready_ns; /* all bytes were there */
    struct pel_load_slot *slot; /* the loader's own */
};

struct pel_load_stats {
    const char *backend;       /* the one at work */
    char fallback_reason[120]; /* why it is not the one asked for; "" when it is */
    uint64_t files, bytes; /* loaded: items without error */
    uint64_t failed, cancelled; /* closed: files + failed + cancelled = npaths */
    uint64_t hot;              /* files that the page cache had */
    uint64_t submitted;        /* read requests handed to the backend */
    uint64_t again;            /* submissions the system refused for now */
    uint64_t sync_fallbacks;   /* reads done in the lane because submission was impossible */
    uint64_t stalls, stall_ns; /* how often and how long consumers waited for an item, summed over
                                  threads that called pel_load_next */
    uint64_t peak_bytes;       /* highest reservation */
    int peak_depth;            /* most files in flight */
    int abandoned;             /* reads that were stuck at closing: their memory was left to them */
};

/* Starts loading. paths and what they point at, and what options->cancel points at, must stay until
 * pel_load_close; options->cpu_mask only until this returns; an empty list is fine.
 * On failure *out is NULL: -EINVAL (unknown backend, a limit out of range), -ENOMEM, or what starting
 * the lane gave. A backend that the system denies is replaced (uring by aio, aio by sync), and the
 * reason is in the stats. */
PEL_API PEL_MUST_CHECK int pel_load_open(struct pel_load **out, const char *const *paths,
                                         size_t npaths, const struct pel_load_options *options,
                                         struct pel_error *err);

/* Takes a ready item: 1 with *item filled in, 0 when every item has been taken, or a negative errno
 * (-EOWNERDEAD in a child process after fork). pel_load_next waits; pel_load_try_next gives -EAGAIN
 * where it would have to. From any thread. */
PEL_API PEL_MUST_CHECK int pel_load_next(struct pel_load *load, struct pel_load_item *item);
PEL_API PEL_MUST_CHECK int pel_load_try_next(struct pel_load *load, struct pel_load_item *item);

/* Gives the item's memory and budget back. Exactly once an item, from any thread, before pel_load_close.
 * In a child process after fork, this, cancel and close do nothing: the loader is the parent's. */
PEL_API void pel_load_release(struct pel_load *load, struct pel_load_item *item);

/* Stops admission; what is not complete comes out as -ECANCELED. From any thread. */
PEL_API void pel_load_cancel(struct pel_load *load);

/* A snapshot of the figures so far. */
PEL_API void pel_load_get_stats(struct pel_load *load, struct pel_load_stats *stats);

/* Cancels what is left, waits for reads in flight (drain_ns at most), ends the lane and frees the
 * loader, every unreleased item with it. *stats (may be NULL) gets the final figures. NULL is fine.
 * Reads that are still stuck keep their memory and descriptor for ever: stats->abandoned. */
PEL_API void pel_load_close(struct pel_load *load, struct pel_load_stats *stats);

/* One I/O backend, for people: why is it (not) there? */
struct pel_load_backend_info {
    const char *name;
    bool available;
    char detail[120]; /* "POSIX AIO of glibc 2.36: up to 16 helper threads", "not built in", ... */
};

/* Describes backend number i; false past the last one. */
PEL_API bool pel_load_backend_describe(int i, struct pel_load_backend_info *out);

PEL_END_DECLS
#endif
