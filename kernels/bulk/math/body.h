/* All functions for one instruction set: see core/levels.h, and math.c for what includes this. */
#include "bulk/math/lanes_body.h"

#include "bulk/math/atan2_body.h"
#include "bulk/math/circle_body.h"
#include "bulk/math/exp_body.h"
#include "bulk/math/log_body.h"
#include "bulk/math/pow_body.h"

/* out = `result` of a, b. An odd end is a vector of its own, filled up with the first of its
 * numbers. */
#define LOOP(name, V, T, result)                                                                   \
    TARGET static void LEVEL(name)(const void *x, size_t dx, const void *y, size_t dy, void *out,  \
                                   size_t n)                                                       \
    {                                                                                              \
        enum { LANES = sizeof(V) / sizeof(T) };                                                    \
        const T *xs = x, *ys = y;                                                                  \
        T *to = out;                                                                               \
        for (; n >= LANES; n -= LANES, xs += dx * LANES, ys += dy * LANES, to += LANES) {          \
            const V a = *(const V *)xs, b = *(const V *)ys;                                        \
            *(V *)to = (result);                                                                   \
            (void)b;                                                                               \
        }                                                                                          \
        if (n) {                                                                                   \
            T a[LANES], b[LANES];                                                                  \
            for (size_t i = 0; i < LANES; i++) {                                                   \
                a[i] = xs[i < n ? i * dx : 0];                                                     \
                b[i] = ys[i < n ? i * dy : 0];                                                     \
            }                                                                                      \
            LEVEL(name)(a, 1, b, 1, a, LANES);                                                     \
            memcpy(to, a, n * sizeof(T));                                                          \
        }                                                                                          \
    }
#define WIDE(x) __builtin_convertvector(x, F64S)
#define NARROW(x) __builtin_convertvector(x, F32S)
#define UNARY(name, FUNCTION)                                                                      \
    LOOP(name##_f64, F64S, double, FUNCTION(a))                                                    \
    LOOP(name##_f32, F32S, float, NARROW(FUNCTION(WIDE(a))))
#define BINARY(name, FUNCTION)                                                                     \
    LOOP(name##_f64, F64S, double, FUNCTION(a, b))                                                 \
    LOOP(name##_f32, F32S, float, NARROW(FUNCTION(WIDE(a), WIDE(b))))

UNARY(exps, LEVEL(exp))
UNARY(logs, LOG)
UNARY(logs2, LOG2)
UNARY(logs10, LOG10)
UNARY(sins, LEVEL(sin))
UNARY(coss, LEVEL(cos))
UNARY(tans, LEVEL(tan))
BINARY(pows, LEVEL(pow))
BINARY(atans2, LEVEL(atan2))

#define FUNCTIONS(type)                                                                            \
    {                                                                                              \
        [MATH_EXP] = LEVEL(exps_##type), [MATH_LOG] = LEVEL(logs_##type),                          \
        [MATH_LOG2] = LEVEL(logs2_##type), [MATH_LOG10] = LEVEL(logs10_##type),                    \
        [MATH_SIN] = LEVEL(sins_##type), [MATH_COS] = LEVEL(coss_##type),                          \
        [MATH_TAN] = LEVEL(tans_##type), [MATH_POW] = LEVEL(pows_##type),                          \
        [MATH_ATAN2] = LEVEL(atans2_##type)                                                        \
    }
static const struct math_loops LEVEL(table) = {.f64 = FUNCTIONS(f64), .f32 = FUNCTIONS(f32)};

#undef F64S
#undef I64S
#undef U64S
#undef F32S
#undef SUM
#undef SELECT
#undef SPLAT
#undef MAGNITUDE
#undef SIGN
#undef LEADING
#undef POLYNOMIAL
#undef BASE
#undef LOG
#undef LOG2
#undef LOG10
#undef IF_TINY
#undef LOOP
#undef WIDE
#undef NARROW
#undef UNARY
#undef BINARY
#undef FUNCTIONS
