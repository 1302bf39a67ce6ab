#include "bulk/math/math.h"

#include "bulk/math/angle.h"
#include "bulk/math/tables.h"

#include <pelton/math.h>

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define NOT_A_NUMBER __builtin_nan("")

/* Adding it to a number rounds that to a whole one, in the low bits, if that is below 2^51. */
#define MIDDLE 0x1.8p52

#define LOG_START UINT64_C(0x3fe5800000000000)      /* 0.671875 */
#define FINE_LOG_START UINT64_C(0x3fe5f00000000000) /* 0.685546875 */

enum { TERMS_MOST = 9, SINE_TERMS = sizeof sin_polynomial / sizeof sin_polynomial[0] };
_Static_assert(sizeof cos_polynomial == sizeof sin_polynomial, "one may take the other's place");

#define LEVELS_BODY "bulk/math/body.h"
#include "core/levels.h"

const struct math_loops *pel_math_for(enum pel_isa isa)
{
    static const struct math_loops *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}

#define CALLS_OF_ONE(name, function)                                                               \
    void pel_##name##_f64(const double *x, double *out, size_t n, enum pel_isa isa)                \
    {                                                                                              \
        pel_math_for(isa)->f64[function](x, 1, x, 1, out, n);                                      \
    }                                                                                              \
    void pel_##name##_f32(const float *x, float *out, size_t n, enum pel_isa isa)                  \
    {                                                                                              \
        pel_math_for(isa)->f32[function](x, 1, x, 1, out, n);                                      \
    }                                                                                              \
    double pel_##name(double x)                                                                    \
    {                                                                                              \
        table_baseline.f64[function](&x, 1, &x, 1, &x, 1);                                         \
        return x;                                                                                  \
    }

CALLS_OF_ONE(exp, MATH_EXP)
CALLS_OF_ONE(log, MATH_LOG)
CALLS_OF_ONE(log2, MATH_LOG2)
CALLS_OF_ONE(log10, MATH_LOG10)
CALLS_OF_ONE(sin, MATH_SIN)
CALLS_OF_ONE(cos, MATH_COS)
CALLS_OF_ONE(tan, MATH_TAN)

#define CALLS_OF_TWO(name, function)                                                               \
    void pel_##name##_f64(const double *x, const double *y, double *out, size_t n,                 \
                          enum pel_isa isa)                                                        \
    {                                                                                              \
        pel_math_for(isa)->f64[function](x, 1, y, 1, out, n);                                      \
    }                                                                                              \
    void pel_##name##_f32(const float *x, const float *y, float *out, size_t n, enum pel_isa isa)  \
    {                                                                                              \
        pel_math_for(isa)->f32[function](x, 1, y, 1, out, n);                                      \
    }                                                                                              \
    double pel_##name(double x, double y)                                                          \
    {                                                                                              \
        table_baseline.f64[function](&x, 1, &y, 1, &x, 1);                                         \
        return x;                                                                                  \
    }

CALLS_OF_TWO(pow, MATH_POW)
CALLS_OF_TWO(atan2, MATH_ATAN2)
