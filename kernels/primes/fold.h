/* The chunks of a plan sieved by a team and their results folded from the left to the right, so that what
 * they make together does not depend on the team. */
#ifndef PELTON_PRIMES_FOLD_H
#define PELTON_PRIMES_FOLD_H

#include "primes/sieve.h"

struct pel_fold {
    size_t slot_nbytes; /* room for one chunk's result */

    /* Sieves a chunk and leaves its result in the slot, which holds what was there before. On many threads
     * at once. Non-zero stops the run, which returns it. */
    int (*work)(void *ctx, struct pel_sieve *sieve, size_t chunk, void *slot);

    /* Takes the results in ascending order of their chunks, one at a time. */
    void (*take)(void *ctx, const void *slot);
};

/* pel_sieve_run, with no more than four slots a thread: a thread that is so far ahead of the slowest waits.
 * The plan has a chunk at least. */
PEL_MUST_CHECK int pel_fold_run(const struct pel_sieve_plan *plan, const struct pel_team *team,
                                const struct pel_fold *fold, void *ctx, struct pel_error *err);

#endif
