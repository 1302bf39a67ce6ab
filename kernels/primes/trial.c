#include "primes/trial.h"
#include "primes/bitmap.h"

#include <math.h>

struct trial {
    uint64_t start, stop;
    uint64_t grain; /* numbers of a task */
    const struct pel_team *team;
    uint64_t count; /* atomic, as what follows */
    struct pel_u128 sum;
    bool cancelled; /* in the middle of a task */
};

static void try_range(void *ctx, size_t index)
{
    struct trial *trial = ctx;
    uint64_t lo = trial->start + index * trial->grain;
    uint64_t n = trial->stop - lo < trial->grain ? trial->stop - lo + 1 : trial->grain;
    uint64_t count = 0;
    __uint128_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        int prime = pel_trial_divide(lo + i, trial->team->cancel);
        if (prime < 0) {
            __atomic_store_n(&trial->cancelled, true, __ATOMIC_RELAXED);
            return;
        }
        if (prime) {
            count++;
            sum += lo + i;
        }
    }
    __atomic_fetch_add(&trial->count, count, __ATOMIC_RELAXED);
    pel_u128_add_shared(&trial->sum, sum);
    pel_progress_add(trial->team->progress, n);
}

int pel_trial_run(uint64_t start, uint64_t stop, const struct pel_team *team, uint64_t *count,
                  struct pel_u128 *sum, struct pel_error *err)
{
    /* About a millisecond a task: sqrt(stop) / 3 divisions for one number in log(stop). At least 2
     * numbers, so that the number of tasks fits. */
    double each = 10 + sqrt((double)stop) / log((double)stop + 3);
    struct trial trial = {
        .start = start, .stop = stop, .grain = 2 + (uint64_t)(1e6 / each), .team = team};
    pel_progress_begin(team->progress, stop - start);
    int status = pel_team_run(team, (size_t)((stop - start) / trial.grain + 1), try_range, &trial);
    if (status || trial.cancelled)
        return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "cancelled");
    *count = trial.count;
    *sum = trial.sum;
    return 0;
}
