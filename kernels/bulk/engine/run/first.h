/* The first rows of an order, found while all rows stream by. */
#ifndef PELTON_BULK_ENGINE_FIRST_H
#define PELTON_BULK_ENGINE_FIRST_H

#include "bulk/engine/run/run.h"

/* As pel_run_collect for `rows`, a segment of SEGMENT_ROWS whose first values are the keys of rows->order: of all
 * the rows those among which are the first n >= 1 of the order, in the order in which they came. */
PEL_MUST_CHECK int pel_run_first(struct run *run, const struct segment *rows, uint64_t n,
                                 struct pel_source *source, struct pel_table *out,
                                 struct pel_error *err);

#endif
