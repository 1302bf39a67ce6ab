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

static void run_serial(struct pel_loop *loop)
{
    for (size_t i = 0; i < loop->ntasks; i++)
        pel_loop_task(loop, i);
}

/* The project's one parallel loop (core/crew.c opens its region for whole batches). Always of the team's
 * full size, even for fewer tasks: libgomp keeps its threads from region to region only while the size
 * stays the same. */
static void run_region(struct pel_loop *loop, int nthreads)
{
#ifdef _OPENMP
    if (omp_in_parallel()) {
        run_serial(loop);
        return;
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(nthreads) default(none) shared(loop)
    for (size_t i = 0; i < loop->ntasks; i++)
        pel_loop_task(loop, i);
#else
    (void)nthreads;
    run_serial(loop);
#endif
}

int pel_team_run(const struct pel_team *team, size_t ntasks, void (*task)(void *ctx, size_t index),
                 void *ctx)
{
    struct pel_loop loop = {.task = task, .ctx = ctx, .ntasks = ntasks, .cancel = team->cancel};
    if (team->nthreads <= 1 || ntasks <= 1)
        run_serial(&loop);
    else if (team->crew)
        pel_crew_run(team->crew, &loop);
    else
        run_region(&loop, team->nthreads);
    return loop.skipped ? -ECANCELED : 0;
}
