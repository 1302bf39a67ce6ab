/* Floats' // and %, for one instruction set: part of ops_body.h. As Python's, and numpy's where b
 * is 0: the rest has the divisor's sign, and the quotient is a whole number that goes with it. */

/* What w b, w the whole part of a quotient below 2^52, leaves of a is a double, and is found as (a
 * - product) - error, where product is w b rounded, and error what that lost, by halves of 26 and
 * 27 bits, w's having 26, so that nothing is lost (Dekker 1971). If the quotient was rounded up to
 * w, it is one b too low. */
TARGET PEL_INLINE F64S LEVEL(usual_rest)(F64S a, F64S b, F64S quotient)
{
    const uint64_t leading = UINT64_MAX << 27;
    F64S whole = (quotient + 0x1p52) - 0x1p52;
    whole -= CHOOSE(F64S, I64S, whole > quotient, (F64S){0} + 1, (F64S){0});
    F64S product = whole * b, w = (F64S)((U64S)whole & leading), d = (F64S)((U64S)b & leading);
    F64S w_low = whole - w, d_low = b - d;
    F64S error = ((w * d - product) + w * d_low + w_low * d) + w_low * d_low;
    F64S rest = (a - product) - error;
    return rest + CHOOSE(F64S, I64S, rest < 0, b, (F64S){0});
}

TARGET static F64S LEVEL(rest_one_by_one)(F64S a, F64S b, I64S usual, F64S rest)
{
    for (size_t i = 0; i < sizeof a / sizeof a[0]; i++)
        if (!usual[i])
            rest[i] = fmod(a[i], b[i]);
    return rest;
}

/* fmod(a, b), which is exact. Not usual are long quotients, and what over- or underflows in
 * between. */
TARGET PEL_INLINE F64S LEVEL(rest)(F64S a, F64S b)
{
    const uint64_t sign = UINT64_C(1) << 63;
    F64S x = (F64S)((U64S)a & ~sign), y = (F64S)((U64S)b & ~sign), quotient = x / y;
    F64S rest = (F64S)((U64S)LEVEL(usual_rest)(x, y, quotient) | ((U64S)a & sign));
    I64S usual = (x < 0x1p1000) & (y < 0x1p1000) & (y > 0x1p-960) & (quotient < 0x1p52);
    return LEVEL(any_negative)(~usual) ? LEVEL(rest_one_by_one)(a, b, usual, rest) : rest;
}

#define WIDE(a) __builtin_convertvector(a, F64S)
#define REST_F64(a, b) LEVEL(rest)(a, b)
#define FLOOR_F64(a) ROUND_F64(a, 9, floor)
#define REST_F32(a, b) __builtin_convertvector(LEVEL(rest)(WIDE(a), WIDE(b)), F32HALF)
#define FLOOR_F32(a) __builtin_convertvector(FLOOR_F64(WIDE(a)), F32HALF)

/* Of numbers V with their bits as M; `sign` is the lowest of those. */
#define FLOOR_DIVISION(type, V, M, sign, REST, FLOOR)                                              \
    /* Does the rest have the other sign than b? */                                                \
    TARGET PEL_INLINE M LEVEL(goes_beyond_##type)(V rest, V b)                                     \
    {                                                                                              \
        return (rest != 0) & ((rest < 0) ^ (b < 0));                                               \
    }                                                                                              \
    TARGET PEL_INLINE V LEVEL(floor_rest_##type)(V a, V b)                                         \
    {                                                                                              \
        V rest = REST(a, b);                                                                       \
        V moved = CHOOSE(V, M, LEVEL(goes_beyond_##type)(rest, b), rest + b, rest);                \
        return CHOOSE(V, M, rest == 0, (M)b & (sign), moved);                                      \
    }                                                                                              \
    TARGET PEL_INLINE V LEVEL(floor_quotient_##type)(V a, V b)                                     \
    {                                                                                              \
        const V one = (V){0} + 1;                                                                  \
        V rest = REST(a, b), exact = a / b, quotient = (a - rest) / b;                             \
        quotient = CHOOSE(V, M, LEVEL(goes_beyond_##type)(rest, b), quotient - one, quotient);     \
        V whole = FLOOR(quotient); /* the division was rounded */                                  \
        whole = CHOOSE(V, M, quotient - whole > 0.5F, whole + one, whole);                         \
        whole = CHOOSE(V, M, quotient == 0, (M)exact & (sign), whole);                             \
        return CHOOSE(V, M, b == 0, exact, whole);                                                 \
    }                                                                                              \
    LOOP(mod_##type, V, V, (I64S){0}, LEVEL(floor_rest_##type)(a, b))                              \
    LOOP(floor_div_##type, V, V, (I64S){0}, LEVEL(floor_quotient_##type)(a, b))

FLOOR_DIVISION(f64, F64S, I64S, INT64_MIN, REST_F64, FLOOR_F64)
FLOOR_DIVISION(f32, F32HALF, I32HALF, INT32_MIN, REST_F32, FLOOR_F32)

#undef WIDE
#undef REST_F64
#undef FLOOR_F64
#undef REST_F32
#undef FLOOR_F32
#undef FLOOR_DIVISION
