/* The sink of a query, as workers see it. Once a query has failed for another reason, what the sink says no
 * longer counts: it may have been told to give up. */
#ifndef PELTON_BULK_ENGINE_OUTLET_H
#define PELTON_BULK_ENGINE_OUTLET_H

#include <pelton/table.h>

struct pel_outlet {
    const struct pel_sink *sink;
    bool stopped; /* atomic: the sink knows that the query has failed */
    int answer;   /* atomic: a positive value that the sink gave, which is to be returned */
};

/* The sink's rows and end. 0 or a negative errno. */
PEL_MUST_CHECK int pel_outlet_rows(struct pel_outlet *outlet, uint64_t part,
                                   const struct pel_column *columns, size_t nrows,
                                   struct pel_error *err);
PEL_MUST_CHECK int pel_outlet_end(struct pel_outlet *outlet, uint64_t part, struct pel_error *err);

/* Tells the sink, once. */
void pel_outlet_failed(struct pel_outlet *outlet, int status);

/* What the query returns where a pass has returned `status`. */
int pel_outlet_status(const struct pel_outlet *outlet, int status);

/* A table, to a sink that has not begun. */
PEL_MUST_CHECK int pel_outlet_table(const struct pel_sink *sink, const struct pel_table *table,
                                    const struct pel_team *team, struct pel_error *err);

#endif
