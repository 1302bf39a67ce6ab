/* One parallel loop, as its launchers (core/team.c, core/crew.c) share it. */
#ifndef PELTON_CORE_LOOP_H
#define PELTON_CORE_LOOP_H

#include <pelton/core.h>

struct pel_loop {
    void (*task)(void *ctx, size_t index);
    void *ctx;
    size_t ntasks;
    const struct pel_cancel *cancel;
    bool skipped; /* some task was not started; atomic */

    /* What the crew adds. */
    size_t next;           /* first task that nobody has claimed; atomic */
    int nhelpers;          /* members inside the loop besides its owner; under the crew's lock */
    struct pel_loop *link; /* the loop posted before */
};

/* Does one task, or notes that it was skipped. */
static inline void pel_loop_task(struct pel_loop *loop, size_t index)
{
    if (pel_cancel_requested(loop->cancel))
        __atomic_store_n(&loop->skipped, true, __ATOMIC_RELAXED);
    else
        loop->task(loop->ctx, index);
}

/* Runs the loop with the help of the crew's idle members; returns when all tasks have returned. */
void pel_crew_run(struct pel_crew *crew, struct pel_loop *loop);

#endif
