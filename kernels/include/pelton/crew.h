/* A crew: the threads of one parallel region that work on separate jobs, yet help each other.
 *
 * In a batch every thread takes a file of its own. When there are fewer files than threads, or one
 * giant is left at the end, the members that have nothing to do take part in the loops (see
 * pel_team_run) of those that have. This needs no nested parallel region.
 *
 *     crew = pel_crew_create(n), n the threads the region really gets (omp_get_num_threads())
 *     in a parallel region of n threads, each:
 *         team = pel_team(n); team.crew = crew;
 *         while (pel_crew_wait(crew, take_next_job, &job) > 0)
 *             work on job; its kernels use &team
 *         pel_crew_leave(crew)
 */
#ifndef PELTON_CREW_H
#define PELTON_CREW_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

struct pel_crew;

/* Makes a crew of nmembers >= 1. Returns 0, -EINVAL or -ENOMEM (*out is then NULL). */
PEL_API PEL_MUST_CHECK int pel_crew_create(struct pel_crew **out, int nmembers);

/* Frees it once no member is inside any call. NULL is fine. */
PEL_API void pel_crew_destroy(struct pel_crew *crew);

/* Waits until ready(ctx) returns non-zero and returns that value; meanwhile helps with the loops of
 * other members. A job of its own always comes before helping. ready() is called by the waiting
 * member, outside any lock of the crew, at once and then after each pel_crew_wake() and each loop
 * helped with; it must not block. */
PEL_API int pel_crew_wait(struct pel_crew *crew, int (*ready)(void *ctx), void *ctx);

/* Tells waiting members to call ready() again. From any thread; not from a signal handler. A wake
 * that comes between a member's ready() and its falling asleep is not lost. */
PEL_API void pel_crew_wake(struct pel_crew *crew);

/* The member has no more jobs: helps until every member has left, then returns. Each member calls it
 * exactly once, last. */
PEL_API void pel_crew_leave(struct pel_crew *crew);

PEL_END_DECLS
#endif
