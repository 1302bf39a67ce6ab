#include "image/rows.h"

#define LEVELS_BODY "image/rows_body.h"
#include "core/levels.h"

const struct pel_rows *pel_rows_for(enum pel_isa isa)
{
    static const struct pel_rows *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}
