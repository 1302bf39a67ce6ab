/* Numbers from numbers, for one instruction set; see core/levels.h, ops.h for what a call is, and ops.c for
 * what includes this. */

typedef double LEVEL(f64s) PEL_VECTOR(LEVEL_NBYTES);
typedef float LEVEL(f32s) PEL_VECTOR(LEVEL_NBYTES);
typedef int64_t LEVEL(i64s) PEL_VECTOR(LEVEL_NBYTES);
typedef uint64_t LEVEL(u64s) PEL_VECTOR(LEVEL_NBYTES);
typedef int32_t LEVEL(i32s) PEL_VECTOR(LEVEL_NBYTES);
typedef float LEVEL(f32half) PEL_VECTOR(LEVEL_NBYTES / 2);
typedef int32_t LEVEL(i32half) PEL_VECTOR(LEVEL_NBYTES / 2);

#define F64S LEVEL(f64s)
#define F32S LEVEL(f32s)
#define I64S LEVEL(i64s)
#define U64S LEVEL(u64s)
#define I32S LEVEL(i32s)
#define F32HALF LEVEL(f32half)
#define I32HALF LEVEL(i32half)

/* out = `result` of a, b, vector by vector; `seen` is what one of them is negative in if one failed. */
#define LOOP(name, TO, FROM, seen, result)                                                         \
    TARGET static bool LEVEL(name)(const struct call *call)                                        \
    {                                                                                              \
        const unsigned char *x = call->in[0].at, *y = call->in[1].at;                              \
        unsigned char *out = call->out;                                                            \
        size_t dx = call->in[0].step * sizeof(FROM), dy = call->in[1].step * sizeof(FROM);         \
        size_t nvectors = call->n / (sizeof(TO) / sizeof((TO){0}[0]));                             \
        const unsigned char *ahead = call->ahead ? call->ahead : x;                                \
        I64S failed = {0};                                                                         \
        for (size_t i = 0; i < nvectors; i++, x += dx, y += dy, out += sizeof(TO)) {               \
            fetch(ahead + i * sizeof(TO));                                                         \
            const FROM a = *(const FROM *)x, b = *(const FROM *)y;                                 \
            const TO r = (result);                                                                 \
            failed |= (seen);                                                                      \
            *(TO *)out = r;                                                                        \
            (void)b;                                                                               \
        }                                                                                          \
        return LEVEL(any_negative)(failed);                                                        \
    }
#define NUMBERS(name, V, result) LOOP(name, V, V, (I64S){0}, result)
#define INTS(name, seen, result) LOOP(name, I64S, U64S, (I64S)(seen), (I64S)(result))

/* mask ? a : b */
#define CHOOSE(V, M, mask, a, b) ((V)(((M)(a) & (mask)) | ((M)(b) & ~(mask))))

/* Which lanes are negative, in any of which a failure is told. */
TARGET static bool LEVEL(any_negative)(I64S v)
{
#if LEVEL_NBYTES == 64
    return _mm512_movepi64_mask((__m512i)v) != 0;
#elif LEVEL_NBYTES == 32
    return _mm256_movemask_pd((__m256d)v) != 0;
#else
    return (v[0] | v[1]) < 0;
#endif
}

/* ---- int64 --------------------------------------------------------------------------------------- */

INTS(add_i64, (a ^ (U64S)r) & (b ^ (U64S)r), a + b)
INTS(sub_i64, (a ^ b) & (a ^ (U64S)r), a - b)
INTS(neg_i64, a &(U64S)r, -a)
INTS(abs_i64, r, (a ^ (U64S)((I64S)a >> 63)) - (U64S)((I64S)a >> 63))
NUMBERS(min_i64, I64S, CHOOSE(I64S, I64S, a < b, a, b))
NUMBERS(max_i64, I64S, CHOOSE(I64S, I64S, a > b, a, b))

/* Bits of the largest magnitude of the numbers: all are in [-2^bits, 2^bits). */
TARGET static int LEVEL(bits_i64)(const struct operand *operand, size_t n)
{
    const unsigned char *x = operand->at;
    I64S all = {0};
    for (size_t i = 0; i < (operand->step ? n : 8); i += sizeof all / 8, x += sizeof all) {
        I64S a = *(const I64S *)x;
        all |= a ^ (a >> 63);
    }
    uint64_t any = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        any |= (uint64_t)all[i];
    return any ? 64 - __builtin_clzll(any) : 0;
}

NUMBERS(mul_small, U64S, a *b)

/* Vectors have no high half of a product: where the operands' lengths do not rule out an overflow, one by one. */
TARGET static bool LEVEL(mul_i64)(const struct call *call)
{
    if (LEVEL(bits_i64)(&call->in[0], call->n) + LEVEL(bits_i64)(&call->in[1], call->n) <= 62)
        return LEVEL(mul_small)(call);
    const int64_t *x = call->in[0].at, *y = call->in[1].at;
    int64_t *out = call->out;
    bool failed = false;
    for (size_t i = 0; i < call->n; i++)
        failed |= __builtin_mul_overflow(x[i * call->in[0].step], y[i * call->in[1].step], &out[i]);
    return failed;
}

/* ---- floats -------------------------------------------------------------------------------------- */

#if LEVEL_NBYTES == 64
#define SQRT_F32(a) ((F32S)_mm512_sqrt_ps((__m512)(a)))
#define ROUND_F64(a, how, plain) ((F64S)_mm512_roundscale_pd((__m512d)(a), how))
#define ROUND_F32(a, how, plain) ((F32S)_mm512_roundscale_ps((__m512)(a), how))
#elif LEVEL_NBYTES == 32
#define SQRT_F64(a) ((F64S)_mm256_sqrt_pd((__m256d)(a)))
#define SQRT_F32(a) ((F32S)_mm256_sqrt_ps((__m256)(a)))
#define ROUND_F64(a, how, plain) ((F64S)_mm256_round_pd((__m256d)(a), how))
#define ROUND_F32(a, how, plain) ((F32S)_mm256_round_ps((__m256)(a), how))
#else
#if defined(__x86_64__)
#define SQRT_F64(a) ((F64S)_mm_sqrt_pd((__m128d)(a)))
#define SQRT_F32(a) ((F32S)_mm_sqrt_ps((__m128)(a)))
#else
#define SQRT_F64(a) LANES_F64(a, sqrt)
#define SQRT_F32(a) LANES_F32(a, sqrtf)
#endif
#define LANES_F64(a, plain) ((F64S){plain((a)[0]), plain((a)[1])})
#define LANES_F32(a, plain) ((F32S){plain((a)[0]), plain((a)[1]), plain((a)[2]), plain((a)[3])})
#define ROUND_F64(a, how, plain) LANES_F64(a, plain)
#define ROUND_F32(a, how, plain) LANES_F32(a, plain##f)
#endif

/* Of equal numbers, which may be zeros of either sign, the one with all signs of both (min) or with the
 * common ones (max); a sum where one is NaN. */
#define LEAST(V, M)                                                                                \
    CHOOSE(V, M, a < b, a, CHOOSE(V, M, b < a, b, CHOOSE(V, M, a == b, (M)a | (M)b, a + b)))
#define GREATEST(V, M)                                                                             \
    CHOOSE(V, M, a > b, a, CHOOSE(V, M, b > a, b, CHOOSE(V, M, a == b, (M)a & (M)b, a + b)))

#define FLOATS(type, V, M, sign, bits)                                                             \
    NUMBERS(add_##type, V, a + b)                                                                  \
    NUMBERS(sub_##type, V, a - b)                                                                  \
    NUMBERS(mul_##type, V, a *b)                                                                   \
    NUMBERS(div_##type, V, a / b)                                                                  \
    NUMBERS(neg_##type, V, -a)                                                                     \
    NUMBERS(abs_##type, V, (V)((M)a & ~(sign)))                                                    \
    NUMBERS(min_##type, V, LEAST(V, M))                                                            \
    NUMBERS(max_##type, V, GREATEST(V, M))                                                         \
    NUMBERS(quiet_##type, V, CHOOSE(V, M, a == a, a, (M){0} + (bits)))

FLOATS(f64, F64S, I64S, INT64_MIN, INT64_C(0x7ff8000000000000))
FLOATS(f32, F32S, I32S, INT32_MIN, 0x7fc00000)

#if LEVEL_NBYTES < 64 /* else it is in sqrt.h */
NUMBERS(sqrt_f64, F64S, SQRT_F64(a))
#endif
NUMBERS(sqrt_f32, F32S, SQRT_F32(a))
NUMBERS(floor_f64, F64S, ROUND_F64(a, 9, floor))
NUMBERS(floor_f32, F32S, ROUND_F32(a, 9, floor))
NUMBERS(ceil_f64, F64S, ROUND_F64(a, 10, ceil))
NUMBERS(ceil_f32, F32S, ROUND_F32(a, 10, ceil))
NUMBERS(round_f64, F64S, ROUND_F64(a, 8, rint))
NUMBERS(round_f32, F32S, ROUND_F32(a, 8, rint))

#include "bulk/engine/machine/rest_body.h"

/* ---- functions ----------------------------------------------------------------------------------- */

#if LEVEL_NBYTES == 64
#define ISA PEL_ISA_AVX512
#elif LEVEL_NBYTES == 32
#define ISA PEL_ISA_AVX2
#else
#define ISA PEL_ISA_BASELINE
#endif

#define FUNCTION_OF(name, type, function)                                                          \
    static bool LEVEL(name##_##type)(const struct call *call)                                      \
    {                                                                                              \
        const struct operand *in = call->in;                                                       \
        pel_math_for(ISA)->type[function](in[0].at, in[0].step, in[1].at, in[1].step, call->out,   \
                                          call->n);                                                \
        return false;                                                                              \
    }
#define FUNCTION(name, function)                                                                   \
    FUNCTION_OF(name, f64, function)                                                               \
    FUNCTION_OF(name, f32, function)

FUNCTION(exp, MATH_EXP)
FUNCTION(log, MATH_LOG)
FUNCTION(log2, MATH_LOG2)
FUNCTION(log10, MATH_LOG10)
FUNCTION(sin, MATH_SIN)
FUNCTION(cos, MATH_COS)
FUNCTION(tan, MATH_TAN)
FUNCTION(pow, MATH_POW)
FUNCTION(atan2, MATH_ATAN2)

/* ---- whole-number division ------------------------------------------------------------------------ */

/* Numbers of up to 51 bits are doubles, whose quotient is rounded to a whole number only if it is one (else it is 1 /
 * b away from it, or more, and it has fewer than 52 bits), so that its floor is right; with that all is exact.
 * Five times as fast as dividing integers, where there are vectors of four and an instruction for floor. */
#if LEVEL_NBYTES >= 32
#define SMALL_BITS 51
#define MIDDLE 0x1.8p52 /* adding it to a whole number leaves that in the low bits */
#define MIDDLE_BITS INT64_C(0x4338000000000000)
#define AS_F64(a) ((F64S)((a) + MIDDLE_BITS) - MIDDLE)
#define AS_I64(a) ((I64S)((a) + MIDDLE) - MIDDLE_BITS)
#define OR_ONE(b) ((b) - ((b) == 0))
#define QUOTIENT ROUND_F64(AS_F64(a) / AS_F64(OR_ONE(b)), 9, floor)

LOOP(floor_div_small, I64S, I64S, b == 0, AS_I64(QUOTIENT))
LOOP(mod_small, I64S, I64S, b == 0, AS_I64(AS_F64(a) - QUOTIENT * AS_F64(OR_ONE(b))))

#define WHOLE_DIVISION(name, op)                                                                   \
    TARGET static bool LEVEL(name##_i64)(const struct call *call)                                  \
    {                                                                                              \
        if (LEVEL(bits_i64)(&call->in[0], call->n) <= SMALL_BITS &&                                \
            LEVEL(bits_i64)(&call->in[1], call->n) <= SMALL_BITS)                                  \
            return LEVEL(name##_small)(call);                                                      \
        return pel_plain_op(op, VALUE_I64)(call);                                                  \
    }
#else
#define WHOLE_DIVISION(name, op)                                                                   \
    static bool LEVEL(name##_i64)(const struct call *call)                                         \
    {                                                                                              \
        return pel_plain_op(op, VALUE_I64)(call);                                                  \
    }
#endif
WHOLE_DIVISION(floor_div, OP_FLOOR_DIV)
WHOLE_DIVISION(mod, OP_MOD)

/* ---- conversions --------------------------------------------------------------------------------- */

LOOP(f64_of_i64, F64S, I64S, (I64S){0}, __builtin_convertvector(a, F64S))
LOOP(f32_of_i64, F32HALF, I64S, (I64S){0}, __builtin_convertvector(a, F32HALF))
LOOP(f64_of_f32, F64S, F32HALF, (I64S){0}, __builtin_convertvector(a, F64S))
LOOP(f32_of_f64, F32HALF, F64S, (I64S){0}, __builtin_convertvector(a, F32HALF))

/* In [-2^63, 2^63), which NaN is not in. */
#define FITS(a) (((a) >= -0x1p63) & ((a) < 0x1p63))
LOOP(i64_of_f64, I64S, F64S, ~FITS(a), __builtin_convertvector((F64S)((I64S)a &FITS(a)), I64S))

/* By way of doubles, 64 at a time. */
TARGET static bool LEVEL(i64_of_f32)(const struct call *call)
{
    double doubles[64];
    const float *x = call->in[0].at;
    bool failed = false;
    for (size_t i = 0; i < call->n; i += 64) {
        struct call widen = {
            .out = doubles, .in = {{x + i * call->in[0].step, call->in[0].step}, {x, 0}}, .n = 64};
        LEVEL(f64_of_f32)(&widen);
        struct call convert = {
            .out = (int64_t *)call->out + i, .in = {{doubles, 1}, {doubles, 0}}, .n = 64};
        failed |= LEVEL(i64_of_f64)(&convert);
    }
    return failed;
}

/* 0 or 1 of each bit. */
#define OF_BITS(name, type)                                                                        \
    TARGET static bool LEVEL(name)(const struct call *call)                                        \
    {                                                                                              \
        const uint64_t *words = call->in[0].at;                                                    \
        type *out = call->out;                                                                     \
        for (size_t i = 0; i < call->n; i++)                                                       \
            out[i] = (type)(words[i / 64] >> i % 64 & 1);                                          \
        return false;                                                                              \
    }
OF_BITS(i64_of_bits, int64_t)
OF_BITS(f32_of_bits, float)
OF_BITS(f64_of_bits, double)

static const struct number_ops LEVEL(table) = {
    .of =
        {
            [OP_NEG] = TYPES(neg),           [OP_ADD] = TYPES(add),
            [OP_SUB] = TYPES(sub),           [OP_MUL] = TYPES(mul),
            [OP_DIV] = FLOAT_TYPES(div),     [OP_FLOOR_DIV] = TYPES(floor_div),
            [OP_MOD] = TYPES(mod),           [OP_ABS] = TYPES(abs),
            [OP_MIN] = TYPES(min),           [OP_MAX] = TYPES(max),
            [OP_SQRT] = FLOAT_TYPES(sqrt),   [OP_EXP] = FLOAT_TYPES(exp),
            [OP_LOG] = FLOAT_TYPES(log),     [OP_LOG2] = FLOAT_TYPES(log2),
            [OP_LOG10] = FLOAT_TYPES(log10), [OP_SIN] = FLOAT_TYPES(sin),
            [OP_COS] = FLOAT_TYPES(cos),     [OP_TAN] = FLOAT_TYPES(tan),
            [OP_POW] = FLOAT_TYPES(pow),     [OP_ATAN2] = FLOAT_TYPES(atan2),
            [OP_FLOOR] = FLOAT_TYPES(floor), [OP_CEIL] = FLOAT_TYPES(ceil),
            [OP_ROUND] = FLOAT_TYPES(round),
        },
    .convert =
        {
            [VALUE_BOOL] = {[VALUE_I64] = LEVEL(i64_of_bits),
                            [VALUE_F32] = LEVEL(f32_of_bits),
                            [VALUE_F64] = LEVEL(f64_of_bits)},
            [VALUE_I64] = {[VALUE_F32] = LEVEL(f32_of_i64), [VALUE_F64] = LEVEL(f64_of_i64)},
            [VALUE_F32] = {[VALUE_I64] = LEVEL(i64_of_f32), [VALUE_F64] = LEVEL(f64_of_f32)},
            [VALUE_F64] = {[VALUE_I64] = LEVEL(i64_of_f64), [VALUE_F32] = LEVEL(f32_of_f64)},
        },
    .quiet = FLOAT_TYPES(quiet),
};

#undef F64S
#undef F32S
#undef I64S
#undef U64S
#undef I32S
#undef F32HALF
#undef I32HALF
#undef LOOP
#undef NUMBERS
#undef INTS
#undef CHOOSE
#undef SQRT_F64
#undef SQRT_F32
#undef ROUND_F64
#undef ROUND_F32
#undef LANES_F64
#undef LANES_F32
#undef LEAST
#undef GREATEST
#undef FLOATS
#undef FITS
#undef ISA
#undef FUNCTION_OF
#undef FUNCTION
#undef SMALL_BITS
#undef MIDDLE
#undef MIDDLE_BITS
#undef AS_F64
#undef AS_I64
#undef OR_ONE
#undef QUOTIENT
#undef WHOLE_DIVISION
#undef OF_BITS
