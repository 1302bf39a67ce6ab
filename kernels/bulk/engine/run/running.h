/* Running sums over the chunks of a pass. A worker adds up its chunk, learns what is before it from whoever had
 * the chunk before, as soon as that one has been added up, and then runs the chunk again from the cache: the
 * source is read once, and nothing is kept but the sums so far. A worker that is alone does without. */
#ifndef PELTON_BULK_ENGINE_RUNNING_H
#define PELTON_BULK_ENGINE_RUNNING_H

#include "bulk/engine/machine/machine.h"

#include <pthread.h>

/* What the workers of a pass share. */
struct pel_running_pass {
    const struct segment *segment;
    bool alone;
    pthread_mutex_t lock; /* over all below */
    pthread_cond_t passed;
    uint64_t *turns;            /* of each of segment->sums, the lowest chunk not yet added up */
    struct running_sum *totals; /* of the chunks before, of each running sum */
    uint64_t end;               /* before this chunk something has failed */
};

/* Closed also after it has failed. -ENOMEM. */
PEL_MUST_CHECK int pel_running_open(struct pel_running_pass *pass, const struct segment *segment,
                                    bool alone, struct pel_error *err);
void pel_running_close(struct pel_running_pass *pass);

/* Nobody is to wait for this chunk. */
void pel_running_failed(struct pel_running_pass *pass, uint64_t chunk);

/* What a worker has of its own. */
struct pel_running_worker {
    struct machine **machines;  /* of each step */
    struct running_sum *before; /* the chunk, of each running sum */
    struct running_sum *pieces; /* of the chunk, of each value of a step */
};

/* Closed also after it has failed. -ENOMEM. */
PEL_MUST_CHECK int pel_running_worker_open(struct pel_running_worker *worker,
                                           const struct pel_running_pass *pass,
                                           const struct pel_table *results, enum pel_isa isa,
                                           struct pel_error *err);
void pel_running_worker_close(struct pel_running_worker *worker,
                              const struct pel_running_pass *pass);

/* Tells the machine what is before the chunk that it is about to run. -ECANCELED where a chunk before has failed. */
PEL_MUST_CHECK int pel_running_begin(struct pel_running_pass *pass,
                                     struct pel_running_worker *worker, struct machine *machine,
                                     const struct pel_chunk *chunk, struct pel_error *err);

#endif
