/* What does the sieving behind primes/sieve.h: an engine, chosen once for a plan. There are two: the wheel
 * of 30 (sieve.c), which does all intervals on all processors, and the residue lines (primes/lines), which
 * only count. */
#ifndef PELTON_PRIMES_SIEVE_ENGINE_H
#define PELTON_PRIMES_SIEVE_ENGINE_H

#include "primes/sieve.h"

/* What the sieves of all engines begin with. */
struct pel_sieve {
    const struct pel_sieve_plan *plan;
    const struct pel_cancel *cancel;
    struct pel_progress *progress;
};

struct pel_sieve_engine {
    /* Cuts the interval, and makes what sieves share, once plan->primes is there. 0 or -ENOMEM. */
    int (*prepare)(struct pel_sieve_plan *plan, uint64_t max_chunk, int nthreads);
    void (*forget)(struct pel_sieve_plan *plan); /* whatever prepare() has made, if anything */

    uint64_t (*begin_progress)(
        const struct pel_sieve_plan *plan); /* what a chunk adds beyond its bytes */

    /* As in sieve.h */
    int (*open)(struct pel_sieve **out, const struct pel_sieve_plan *plan);
    void (*close)(struct pel_sieve *sieve);
    int (*begin)(struct pel_sieve *sieve, size_t chunk);
    int (*next)(struct pel_sieve *sieve, struct pel_segment *segment);
    int (*count)(struct pel_sieve *sieve, size_t chunk, uint64_t *count);
    int (*twins)(struct pel_sieve *sieve, size_t chunk, uint64_t *twins, uint64_t *count);
};

extern const struct pel_sieve_engine pel_wheel_engine;
int pel_wheel_prepare(struct pel_sieve_plan *plan, uint64_t max_chunk, int nthreads);

/* pel_sieve_plan() with an engine of the caller's choice; lines.h says what lines can do. */
PEL_MUST_CHECK int pel_sieve_plan_by(const struct pel_sieve_engine *engine,
                                     struct pel_sieve_plan *plan, uint64_t start, uint64_t stop,
                                     uint64_t max_chunk, const struct pel_team *team,
                                     struct pel_error *err);

#endif
