/* A crew: the threads of one parallel region that work on separate jobs, yet help each other.
 *
 * In a batch every thread takes a file of its own. When there are fewer files than threads, or one
 * giant is left at the end, the members that have nothing to do take part in the loops (see
 * pel_team_run) of those that have. This needs no nested parallel region.
 *
 *     static void member(void *ctx, struct pel_crew *crew, int index)
 *     {
 *         struct pel_team team = pel_team(pel_crew_size(crew));
 *         team.crew = crew;
 *         while (pel_crew_wait(crew, take_next_job, &job) > 0)
 *             work on job; its kernels use &team
 *     }
 *     pel_crew_work(n, NULL, member, NULL, ctx)
 */
#ifndef PELTON_CREW_H
#define PELTON_CREW_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

struct pel_crew;

/* Opens a parallel region of nthreads (0: the OpenMP default) and calls member(ctx, crew, index) once
 * in each of its threads, index from 0. Before that, begin(ctx, crew, nmembers) is called once, when
 * it is known how many threads the runtime has granted: the place to start what will call
 * pel_crew_wake. A member that returns goes on helping until all have returned. Then end(ctx) is called
 * once: the place to stop whatever may still call pel_crew_wake, for after it the crew is gone. begin
 * and end may be NULL. Inside somebody else's region, and without OpenMP, the crew is the calling
 * thread alone. Returns 0, -EINVAL (nthreads < 0) or -ENOMEM, in which case nothing was called. */
PEL_API PEL_MUST_CHECK int pel_crew_work(int nthreads,
                                         void (*begin)(void *ctx, struct pel_crew *crew,
                                                       int nmembers),
                                         void (*member)(void *ctx, struct pel_crew *crew, int index),
                                         void (*end)(void *ctx), void *ctx);

/* How many members the crew has. A member's team has nthreads 1 (it works alone) or this: kernels keep
 * scratch for team.nthreads, and any member may help. */
PEL_API int pel_crew_size(const struct pel_crew *crew);

/* For members: waits until ready(ctx) returns non-zero and returns that value; meanwhile helps with the
 * loops of other members. A job of its own always comes before helping. ready() is called outside any
 * lock of the crew, at once and then after each pel_crew_wake() and each loop helped with; it must not
 * block. */
PEL_API int pel_crew_wait(struct pel_crew *crew, int (*ready)(void *ctx), void *ctx);

/* Tells waiting members to call ready() again. From any thread, while the crew exists; not from a signal
 * handler. A wake that comes between a member's ready() and its falling asleep is not lost. */
PEL_API void pel_crew_wake(struct pel_crew *crew);

PEL_END_DECLS
#endif
