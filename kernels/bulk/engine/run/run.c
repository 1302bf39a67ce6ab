#include "bulk/engine/run/run.h"

#include "bulk/engine/run/collect.h"
#include "bulk/engine/run/outlet.h"
#include "bulk/engine/run/rows.h"

#include <stdlib.h>

#define USUAL_LIMIT ((size_t)1 << 30)

int pel_run_collect(struct run *run, const struct segment *segment, struct pel_source *source,
                    struct pel_table *out, struct pel_error *err)
{
    if (pel_rows_placeable(run, segment, source))
        return pel_run_place(run, segment, source, out, err);
    struct pel_collect *collector;
    if (pel_collect_open(&collector, &run->held))
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a result");
    struct pel_sink sink = pel_collect_sink(collector);
    int status = pel_run_rows(run, segment, source, &sink, err);
    if (!status)
        status = pel_collect_finish(collector, run->team, out, err);
    pel_collect_close(collector);
    return status;
}

static int run_kind(struct run *run, const struct segment *segment, struct pel_source *source,
                    struct pel_table *out, struct pel_error *err)
{
    switch (segment->kind) {
    case SEGMENT_ROWS:
        return pel_run_collect(run, segment, source, out, err);
    case SEGMENT_AGGREGATES:
        return pel_run_aggregates(run, segment, source, out, err);
    case SEGMENT_HISTOGRAM:
        return pel_run_histogram(run, segment, source, out, err);
    case SEGMENT_GROUPS:
        return pel_run_groups(run, segment, source, out, err);
    case SEGMENT_ORDER:
        return pel_run_order(run, segment, source, out, err);
    case SEGMENT_SUMS:
        break;
    }
    return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "a plan with an unknown step");
}

/* A segment's input: the query's source, or a view of an earlier result, which is to be freed. */
static int open_input(struct run *run, const struct segment *segment, struct pel_source *source,
                      struct pel_source **out, struct pel_error *err)
{
    *out = source;
    if (segment->input < 0)
        return 0;
    const struct pel_table *table = &run->results[segment->input];
    return pel_source_columns(out, table->fields, table->columns, table->ncolumns, table->nrows,
                              err);
}

/* Runs segment k into its table, or, where there is a sink, into that. */
static int run_segment(struct run *run, int k, struct pel_source *source,
                       const struct pel_sink *sink, const struct pel_team *team,
                       struct pel_error *err)
{
    const struct segment *segment = &run->plan->segments[k];
    struct pel_team quiet = *team; /* progress is of the query's source */
    quiet.progress = NULL;
    run->team = segment->input < 0 ? team : &quiet;
    struct pel_source *input;
    int status = open_input(run, segment, source, &input, err);
    if (status)
        return status;
    if (sink && segment->kind == SEGMENT_ROWS)
        status = pel_run_rows(run, segment, input, sink, err);
    else
        status = run_kind(run, segment, input, &run->results[k], err);
    if (!status && sink && segment->kind != SEGMENT_ROWS)
        status = pel_outlet_table(sink, &run->results[k], &quiet, err);
    if (input != source)
        pel_source_free(input);
    return status;
}

static void begin_progress(const struct pel_plan *plan, const struct pel_source *source,
                           const struct pel_team *team)
{
    uint64_t passes = (uint64_t)pel_plan_passes(plan), total;
    if (source->nrows == PEL_ROWS_UNKNOWN || __builtin_mul_overflow(source->nrows, passes, &total))
        total = 0;
    pel_progress_begin(team->progress, total);
}

/* Into the sink, or, where that is NULL, into *out. */
static int run_plan(const struct pel_plan *plan, struct pel_source *source,
                    const struct pel_sink *sink, const struct pel_team *team,
                    const struct pel_run_options *options, struct pel_table *out,
                    struct pel_error *err)
{
    struct run run = {.plan = plan, .held = {.limit = USUAL_LIMIT}};
    if (options) {
        run.precision = options->precision;
        run.held.limit = options->memory_bytes ? options->memory_bytes : USUAL_LIMIT;
    }
    if ((unsigned)run.precision >= PEL_PRECISION_COUNT)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "no such precision");
    run.results = calloc((size_t)plan->nsegments, sizeof *run.results);
    if (!run.results)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for results");
    begin_progress(plan, source, team);
    int status = 0, last = plan->nsegments - 1;
    for (int k = 0; k <= last && !status; k++)
        status = run_segment(&run, k, source, k == last ? sink : NULL, team, err);
    if (!status && !sink) {
        *out = run.results[last];
        run.results[last] = (struct pel_table){0};
    }
    for (int k = 0; k <= last; k++)
        pel_table_free(&run.results[k]);
    free(run.results);
    return status;
}

int pel_plan_run(const struct pel_plan *plan, struct pel_source *source,
                 const struct pel_sink *sink, const struct pel_team *team,
                 const struct pel_run_options *options, struct pel_error *err)
{
    return run_plan(plan, source, sink, team, options, NULL, err);
}

int pel_plan_table(const struct pel_plan *plan, struct pel_source *source,
                   const struct pel_team *team, const struct pel_run_options *options,
                   struct pel_table *out, struct pel_error *err)
{
    *out = (struct pel_table){0};
    return run_plan(plan, source, NULL, team, options, out, err);
}
