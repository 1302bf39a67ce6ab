/* The tables of loops over numbers. */
#include "bulk/engine/machine/ops.h"
#include "bulk/engine/machine/sqrt.h"
#include "bulk/math/math.h"

#include <math.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define FLOAT_TYPES(name)                                                                          \
    {                                                                                              \
        [VALUE_F32] = LEVEL(name##_f32), [VALUE_F64] = LEVEL(name##_f64)                           \
    }
#define TYPES(name)                                                                                \
    {                                                                                              \
        [VALUE_I64] = LEVEL(name##_i64), [VALUE_F32] = LEVEL(name##_f32),                          \
        [VALUE_F64] = LEVEL(name##_f64)                                                            \
    }
#define LEVELS_BODY "bulk/engine/machine/ops_body.h"
#include "core/levels.h"

const struct number_ops *pel_number_ops_for(enum pel_isa isa)
{
    static const struct number_ops *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}
