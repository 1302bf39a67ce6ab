/* One parallel loop, as its launchers (core/team.c, core/crew.c) share it. */
#ifndef PELTON_CORE_LOOP_H
#define PELTON_CORE_LOOP_H

#include <pelton/core.h>
#include <pelton/crew.h>

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

/* ---- the crew's inside, for core/ and its tests; users call pel_crew_work ---- */

/* Makes a crew of nmembers >= 1. Returns 0, -EINVAL or -ENOMEM (*out is then NULL). */
int pel_crew_create(struct pel_crew **out, int nmembers);

/* Frees it once no member is inside any call. NULL is fine. */
void pel_crew_destroy(struct pel_crew *crew);

/* The member has no more jobs: helps until every member has left, then returns. Each member calls it
 * exactly once, last. */
void pel_crew_leave(struct pel_crew *crew);

/* Runs the loop with the help of the crew's idle members; returns when all tasks have returned. */
void pel_crew_run(struct pel_crew *crew, struct pel_loop *loop);

#endif
