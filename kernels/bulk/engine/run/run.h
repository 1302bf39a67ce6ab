/* What the kinds of segments share while a plan is carried out. */
#ifndef PELTON_BULK_ENGINE_RUN_H
#define PELTON_BULK_ENGINE_RUN_H

#include "bulk/engine/program.h"
#include "bulk/held.h"

struct run {
    const struct pel_plan *plan;
    const struct pel_team *team;
    enum pel_precision precision;
    struct pel_held held;      /* memory, against the caller's limit */
    struct pel_table *results; /* one a segment, those of later ones empty */
};

/* The kinds of segments: each reads the source and makes *out, or, of rows, hands them to the sink. What they
 * leave in *out on failure is freed by the caller. */
PEL_MUST_CHECK int pel_run_rows(struct run *run, const struct segment *segment,
                                struct pel_source *source, const struct pel_sink *sink,
                                struct pel_error *err);
PEL_MUST_CHECK int pel_run_aggregates(struct run *run, const struct segment *segment,
                                      struct pel_source *source, struct pel_table *out,
                                      struct pel_error *err);
PEL_MUST_CHECK int pel_run_groups(struct run *run, const struct segment *segment,
                                  struct pel_source *source, struct pel_table *out,
                                  struct pel_error *err);
PEL_MUST_CHECK int pel_run_histogram(struct run *run, const struct segment *segment,
                                     struct pel_source *source, struct pel_table *out,
                                     struct pel_error *err);
PEL_MUST_CHECK int pel_run_order(struct run *run, const struct segment *segment,
                                 struct pel_source *source, struct pel_table *out,
                                 struct pel_error *err);

/* SEGMENT_ROWS into memory. */
PEL_MUST_CHECK int pel_run_collect(struct run *run, const struct segment *segment,
                                   struct pel_source *source, struct pel_table *out,
                                   struct pel_error *err);

/* The column in which values of a type are kept. */
static inline enum pel_type pel_column_type(enum value_type type)
{
    static const enum pel_type types[VALUE_TYPE_COUNT] = {[VALUE_BOOL] = PEL_BOOL,
                                                          [VALUE_I64] = PEL_I64,
                                                          [VALUE_F32] = PEL_F32,
                                                          [VALUE_F64] = PEL_F64,
                                                          [VALUE_STRING] = PEL_STRING};
    return types[type];
}

#endif
