/* Rows that go to their places at once. */
#ifndef PELTON_BULK_ENGINE_ROWS_H
#define PELTON_BULK_ENGINE_ROWS_H

#include "bulk/engine/run/run.h"

/* Whether rows can go into a table that has room for all of the source's: their number is known, and all
 * stay, or the memory that may be held is enough for them (pages that stay empty cost none). Texts of strings,
 * which must be kept, are left to a sink. */
bool pel_rows_placeable(const struct run *run, const struct segment *segment,
                        const struct pel_source *source);

/* SEGMENT_ROWS of that kind, into a table made for them. */
PEL_MUST_CHECK int pel_run_place(struct run *run, const struct segment *segment,
                                 struct pel_source *source, struct pel_table *out,
                                 struct pel_error *err);

#endif
