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
    size_t next;  /* first task that nobody has claimed; atomic */
    bool skipped; /* some task was not started; atomic */

    /* What the crew adds. */
    int nhelpers;          /* members inside the loop besides its owner; under the crew's lock */
    struct pel_loop *link; /* the loop posted before */
};

static inline bool pel_loop_has_tasks(const struct pel_loop *loop)
{
    return __atomic_load_n(&loop->next, __ATOMIC_RELAXED) < loop->ntasks;
}

/* Claims one task and does it; false when there are none left. Cancelled, it claims all that are left
 * at once: they may be 10^14. */
static inline bool pel_loop_step(struct pel_loop *loop)
{
    if (!pel_loop_has_tasks(loop))
        return false;
    if (pel_cancel_requested(loop->cancel)) {
        size_t next = __atomic_exchange_n(&loop->next, loop->ntasks, __ATOMIC_RELAXED);
        if (next < loop->ntasks)
            __atomic_store_n(&loop->skipped, true, __ATOMIC_RELAXED);
        return false;
    }
    size_t index = __atomic_fetch_add(&loop->next, 1, __ATOMIC_RELAXED);
    if (index >= loop->ntasks)
        return false;
    loop->task(loop->ctx, index);
    return true;
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
