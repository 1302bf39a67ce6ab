/* The rows of a pipe, kept in memory for a query that reads them more than once. */
#include "bulk/bulk.h"

#include <stdlib.h>

static int read_all(struct pel_source *source, const struct pel_team *team,
                    const struct pel_run_options *options, struct pel_table *table,
                    struct pel_error *err)
{
    struct pel_plan *plan; /* of no stages: all rows as they are */
    if (pel_plan_compile(&plan, "", 0, source->fields, source->nfields, NULL))
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "out of memory");
    int status = pel_plan_table(plan, source, team, options, table, err);
    pel_plan_free(plan);
    return status;
}

int bulk_hold(struct pel_source *source, const struct pel_team *team,
              const struct pel_run_options *options, struct pel_table *table,
              struct pel_source **held, struct pel_error *err)
{
    int status = read_all(source, team, options, table, err);
    if (status)
        return status;
    status =
        pel_source_columns(held, table->fields, table->columns, table->ncolumns, table->nrows, err);
    if (status)
        pel_table_free(table);
    return status;
}
