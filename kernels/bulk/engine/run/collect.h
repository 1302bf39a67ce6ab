/* A sink that keeps rows in memory, until they are all there and become a table. */
#ifndef PELTON_BULK_ENGINE_COLLECT_H
#define PELTON_BULK_ENGINE_COLLECT_H

#include "bulk/held.h"

#include <pelton/table.h>

struct pel_collect;

/* -ENOMEM. */
PEL_MUST_CHECK int pel_collect_open(struct pel_collect **out, struct pel_held *held);

struct pel_sink pel_collect_sink(struct pel_collect *collect);

/* The rows in order, as a table that the caller frees, also on failure. -ENOBUFS, -ENOMEM, -ECANCELED. */
PEL_MUST_CHECK int pel_collect_finish(struct pel_collect *collect, const struct pel_team *team,
                                      struct pel_table *out, struct pel_error *err);

/* NULL is fine. */
void pel_collect_close(struct pel_collect *collect);

#endif
