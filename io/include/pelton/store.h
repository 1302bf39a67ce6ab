/* Atomic outputs: a reader, or whoever comes after a kill -9, sees the old file, the complete new one
 * or none; never a part.
 *
 * One store lane, a thread of the store's own, writes: threads that compute hand their bytes over and
 * go on. A file is written as `.NAME.pelton.PID.N` in the target's folder, closed with the result
 * checked, and renamed. The lane keeps an flock on each of its temporary files until it is renamed, so
 * that pel_store_sweep can tell the ones whose writer is dead, in this or another container.
 *
 * A target that is a symbolic link is replaced, not followed; hard links to it keep the old contents;
 * the mode is 0666 less the umask. Folders, devices, pipes and sockets are never replaced. Missing
 * folders are created.
 */
#ifndef PELTON_STORE_H
#define PELTON_STORE_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

struct pel_store;

/* What survives what, once `done` has said 0:
 *  none   the process being killed; not a power failure
 *  data   also a power failure for the contents: the file is synced before it is renamed
 *  group  also for the name: files are committed in groups (64 files, 64 MiB or 500 ms): all synced,
 *         all renamed, then each folder synced once */
enum pel_durability { PEL_DURABILITY_NONE, PEL_DURABILITY_DATA, PEL_DURABILITY_GROUP };

struct pel_store_options {
    enum pel_durability durability;
    uint64_t
        queue_bytes; /* handed over but not yet written, at most (one output may exceed it alone);
                             0: 64 MiB */
    const uint64_t *cpu_mask; /* as in <pelton/load.h> */
    size_t cpu_mask_words;
};

/* What became of one output. */
struct pel_store_result {
    struct pel_error
        error; /* code 0: it is there. stage: open (folder or temp), write, sync, rename */
    uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC, of the lane's work on it */
};

PEL_API PEL_MUST_CHECK int pel_store_open(struct pel_store **out,
                                          const struct pel_store_options *options,
                                          struct pel_error *err);

/* Hands an output over. *bytes is emptied: the store owns the memory, whatever happens. `path` is
 * copied. With replace false an existing target is left alone and the result is -EEXIST.
 * done(ctx, result) is called exactly once, by the lane, and must be quick; it may be NULL. Waits while
 * the queue is full. Returns 0, or -ENOMEM, -EINVAL (not the name of a file: "", "a/", "..") or
 * -EOWNERDEAD (in a child process after fork), in which case done is not called. From any thread. */
PEL_API PEL_MUST_CHECK int pel_store_put(struct pel_store *store, const char *path, bool replace,
                                         struct pel_bytes *bytes,
                                         void (*done)(void *ctx, const struct pel_store_result *),
                                         void *ctx, struct pel_error *err);

/* Writes what is queued, ends the lane and frees the store. NULL is fine. Returns 0 if every output is
 * there, else the code of the first that failed. In a child process after fork it does nothing and
 * returns 0: the store is the parent's. */
PEL_API int pel_store_close(struct pel_store *store);

/* Removes the temporary files in a folder whose writers are dead. Returns how many, or a negative errno
 * (-ENOENT: no such folder). Files of living writers, and anything else, are left alone. */
PEL_API int pel_store_sweep(const char *folder);

/* ---- one output, piece by piece ------------------------------------------------------------------ */

/* An output too large to be put as a whole: whoever opened it writes to its descriptor, and it becomes
 * the target only when it is finished; otherwise as above. A device or pipe is opened and written
 * directly instead, whatever `replace` says. One thread at a time. */
struct pel_output;

/* Looks whether the target may be created or replaced (else -EEXIST, -EISDIR, -ENOTSUP, -EINVAL), removes
 * temporary files of dead processes beside it, and opens. */
PEL_API PEL_MUST_CHECK int pel_output_open(struct pel_output **out, const char *path, bool replace,
                                           struct pel_error *err);

/* The same for a descriptor, such as that of standard output, which stays the caller's and is written directly:
 * what was written stays when the output is discarded. */
PEL_API PEL_MUST_CHECK int pel_output_open_fd(struct pel_output **out, int fd,
                                              struct pel_error *err);

/* The descriptor to write to; it stays the output's. */
PEL_API int pel_output_fd(const struct pel_output *output);

/* Closes the file, gives it its name, and frees the output, whatever happens. On failure the target is as
 * it was. */
PEL_API PEL_MUST_CHECK int pel_output_finish(struct pel_output *output, struct pel_error *err);

/* Removes what was written and frees the output. NULL is fine. */
PEL_API void pel_output_discard(struct pel_output *output);

PEL_END_DECLS
#endif
