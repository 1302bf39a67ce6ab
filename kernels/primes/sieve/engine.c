/* The sieve as primes/sieve.h has it: by the engine that suits the interval. */
#include "primes/sieve/engine.h"

#include "primes/lines/lines.h"

int pel_sieve_plan(struct pel_sieve_plan *plan, uint64_t start, uint64_t stop, uint64_t max_chunk,
                   const struct pel_team *team, struct pel_error *err)
{
    return pel_sieve_plan_by(&pel_wheel_engine, plan, start, stop, max_chunk, team, err);
}

int pel_sieve_plan_counts(struct pel_sieve_plan *plan, uint64_t start, uint64_t stop,
                          const struct pel_team *team, struct pel_error *err)
{
    const struct pel_sieve_engine *engine = pel_lines_engine(team->isa);
    if (!engine || !pel_lines_suit(start, stop))
        engine = &pel_wheel_engine;
    return pel_sieve_plan_by(engine, plan, start, stop, 0, team, err);
}

int pel_sieve_open(struct pel_sieve **out, const struct pel_sieve_plan *plan, struct pel_error *err)
{
    *out = NULL;
    if (plan->engine->open(out, plan))
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the sieve");
    (*out)->plan = plan;
    return 0;
}

void pel_sieve_close(struct pel_sieve *sieve)
{
    if (sieve)
        sieve->plan->engine->close(sieve);
}

int pel_sieve_begin(struct pel_sieve *sieve, size_t chunk)
{
    return sieve->plan->engine->begin(sieve, chunk);
}

int pel_sieve_next(struct pel_sieve *sieve, struct pel_segment *segment)
{
    return sieve->plan->engine->next(sieve, segment);
}

int pel_sieve_count(struct pel_sieve *sieve, size_t chunk, uint64_t *count)
{
    return sieve->plan->engine->count(sieve, chunk, count);
}

int pel_sieve_twins(struct pel_sieve *sieve, size_t chunk, uint64_t *twins, uint64_t *count)
{
    return sieve->plan->engine->twins(sieve, chunk, twins, count);
}
