/* The tables of loops that make bits or are led by them. */
#include "bulk/engine/machine/ops.h"
#include "bulk/reduce/fours.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
/* What integers have that floats call so. */
#define INT_EQ_OQ _MM_CMPINT_EQ
#define INT_NEQ_UQ _MM_CMPINT_NE
#define INT_LT_OQ _MM_CMPINT_LT
#define INT_LE_OQ _MM_CMPINT_LE
#endif

#define LOW7 UINT64_C(0x7f7f7f7f7f7f7f7f)

#define LEVELS_BODY "bulk/engine/machine/masks_body.h"
#include "core/levels.h"

const struct mask_ops *pel_mask_ops_for(enum pel_isa isa)
{
    static const struct mask_ops *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}
