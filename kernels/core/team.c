#include <pelton/core.h>

#include "core/loop.h"

#ifdef _OPENMP
#include <omp.h>
#endif

struct pel_team pel_team(int nthreads)
{
    struct pel_team team = {.nthreads = 1, .isa = pel_isa_best()};
#ifdef _OPENMP
    team.nthreads = nthreads > 0 ? nthreads : omp_get_max_threads();
#else
    (void)nthreads;
#endif
    return team;
}

static void run_tasks(struct pel_loop *loop)
{
    while (pel_loop_step(loop))
        ;
}

/* The project's one parallel loop (core/crew.c opens its region for whole batches). Always of the team's
 * full size, even for fewer tasks: libgomp keeps its threads from region to region only while the size
 * stays the same. Inside somebody else's region the calling thread is alone. */
static void run_region(struct pel_loop *loop, int nthreads)
{
#ifdef _OPENMP
    if (!omp_in_parallel()) {
#pragma omp parallel num_threads(nthreads) default(none) shared(loop)
        run_tasks(loop);
        return;
    }
#else
    (void)nthreads;
#endif
    run_tasks(loop);
}

int pel_team_run(const struct pel_team *team, size_t ntasks, void (*task)(void *ctx, size_t index),
                 void *ctx)
{
    struct pel_loop loop = {.task = task, .ctx = ctx, .ntasks = ntasks, .cancel = team->cancel};
    if (team->crew && team->nthreads > 1 && ntasks > 1)
        pel_crew_run(team->crew, &loop);
    else if (team->nthreads > 1 && ntasks > 1)
        run_region(&loop, team->nthreads);
    else
        run_tasks(&loop);
    return loop.skipped ? -ECANCELED : 0;
}
