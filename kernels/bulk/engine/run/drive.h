/* One pass over a source's rows by a team: workers that take chunks until there are none left, or one of
 * them says that it is enough.
 *
 * Chunks are handed out in ascending order, and what has been handed out is finished. So of all that can
 * end a pass (an error in a row, a source or sink that fails, the limit of a take) the one in the lowest
 * chunk is known in the end, and it alone counts: as if rows had been looked at one after the other. */
#ifndef PELTON_BULK_ENGINE_DRIVE_H
#define PELTON_BULK_ENGINE_DRIVE_H

#include <pelton/table.h>

/* What chunk() returns when no row behind this chunk counts. */
enum { DRIVE_ENOUGH = 1 };

struct drive {
    struct pel_source *source;
    const bool *wanted; /* as for the source's begin */
    const struct pel_team *team;
    void *ctx;

    /* Makes what a worker has of its own. Returns 0 or a negative errno, with nothing to close. May be
     * called several times at once, as may all of these. */
    int (*open)(void *ctx, void **worker, struct pel_error *err);

    /* Works on a chunk. 0, a negative errno, or DRIVE_ENOUGH. */
    int (*chunk)(void *ctx, void *worker, const struct pel_chunk *chunk, struct pel_error *err);

    /* The worker has no more chunks. */
    void (*close)(void *ctx, void *worker);

    /* `chunk` has failed, or, where it is UINT64_MAX, what comes behind all that were handed out: nobody is to
     * wait for it. Called as soon as that is known, perhaps more than once. May be NULL. */
    void (*failed)(void *ctx, uint64_t chunk, int status);
};

/* Returns 0, also after DRIVE_ENOUGH, or why the pass has ended. -ECANCELED. */
PEL_MUST_CHECK int pel_drive(const struct drive *drive, struct pel_error *err);

#endif
