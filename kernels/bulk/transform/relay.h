/* Pieces of an array whose results have a place that depends on all pieces before: each is
 * measured, and put in its place as soon as those before have been measured, while it is in cache,
 * so that memory is read once.
 *
 * A thread that finds a piece before its own unmeasured waits for about as long as measuring takes.
 * Then it measures that piece itself: the thread that has begun with it may have lost its processor
 * to another program, for milliseconds. */
#ifndef PELTON_BULK_RELAY_H
#define PELTON_BULK_RELAY_H

#include <pelton/core.h>

/* What pieces add up to, in order: one of them, the other being 0. */
struct relay_sum {
    uint64_t whole; /* modulo 2^64 */
    double real;
};

enum { RELAY_SCRATCH_NBYTES = 64 << 10 };

struct relay_work {
    size_t npieces;
    void *ctx;

    /* The sum of a piece. What it leaves in scratch, which is aligned to 64, place finds there;
     * NULL: the sum alone is wanted. */
    struct relay_sum (*measure)(void *ctx, size_t piece, void *scratch);

    /* Puts a piece, of which `sum` is the sum, in its place; `before` is the sum of the pieces
     * before. */
    void (*place)(void *ctx, size_t piece, struct relay_sum sum, struct relay_sum before,
                  void *scratch);

    /* Both, in one look, for a thread that is alone; NULL: there is no such. */
    struct relay_sum (*measure_and_place)(void *ctx, size_t piece, struct relay_sum before);

    /* place may overwrite what its piece or those before are made of: only their own threads
     * measure them. */
    bool overwrites;
};

/* *total: the sum of all pieces, 0 on failure. -ENOMEM (40 bytes a piece), -ECANCELED. */
int pel_relay_run(const struct relay_work *work, const struct pel_team *team,
                  struct relay_sum *total, struct pel_error *err);

#endif
