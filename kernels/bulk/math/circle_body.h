/* sin, cos and tan, for one instruction set: see core/levels.h.
 *
 * x = q pi / 2 + r, |r| <= pi / 4, r being the sum of two: below 2^20 by pi / 2 in three parts
 * (Cody and Waite 1980), of which two have 33 bits, so that q times them is exact; q times the
 * third, at most 2^-49, loses 2^-102. Where r is at least 2^-10, or q is 0, that is nothing, and
 * the second product, at most 2^-14, is smaller than what it is taken from. Other lanes one by one:
 * angle.h.
 *
 * Taylor's polynomials refitted up to r^15 and r^16, with what r's second part adds to first order.
 * In sin(r) = r + s, s is at most 0.11 of the result, and has an error of 2 ulp of its own at most:
 * 0.5 + 0.3 ulp. In cos(r) = 1 - r^2 / 2 + c, r^2 / 2 is exact by halves, and c is at most 0.02 of
 * the result: 0.55 ulp. Both stay sums of two for tan, whose quotient is corrected by what it
 * leaves of the dividend: 0.5 + 0.5 ulp. */

/* Lanes that are not `usual`. */
TARGET static U64S LEVEL(reduce_precisely)(F64S x, I64S usual, U64S quadrant, SUM *angle)
{
    for (size_t i = 0; i < LEVEL_NBYTES / sizeof(double); i++) {
        double high, low;
        if (usual[i])
            continue;
        quadrant[i] = pel_angle_reduce(x[i], &high, &low);
        angle->high[i] = high;
        angle->low[i] = low;
    }
    return quadrant;
}

/* r, and returns q mod 4, or more: its two low bits count. */
TARGET PEL_INLINE U64S LEVEL(reduce)(F64S x, SUM *angle)
{
    F64S shifted = x * TWO_OVER_PI + MIDDLE, q = shifted - MIDDLE, size = MAGNITUDE(x);
    SUM sum = LEVEL(quick_sum)(x - q * HALF_PI_1, -(q * HALF_PI_2));
    *angle = LEVEL(quick_sum)(sum.high, sum.low - q * HALF_PI_3);
    I64S far = (I64S)(MAGNITUDE(angle->high) > 0x1p-10) | (I64S)(size < 0.5);
    I64S usual = far & (I64S)(size < 0x1p20);
    U64S quadrant = (U64S)shifted;
    if (LEVEL(any)(~usual)) {
        SUM precise = *angle; /* of its own, so that the angle need not stand in memory */
        quadrant = LEVEL(reduce_precisely)(x, usual, quadrant, &precise);
        *angle = precise;
    }
    return quadrant;
}

/* more = p r^3 + r.low (1 - r^2 / 2), p being sin_polynomial of r^2. */
TARGET PEL_INLINE SUM LEVEL(sin_of)(SUM r, F64S p)
{
    F64S square = r.high * r.high;
    return (SUM){r.high, r.high * square * p + r.low * (1 - square * 0.5)};
}

TARGET PEL_INLINE SUM LEVEL(cos_of)(SUM r, F64S p)
{
    F64S square = r.high * r.high, leading = LEADING(r.high);
    F64S more = square * square * p - r.high * r.low;
    SUM sum = LEVEL(quick_sum)(SPLAT(1), leading * leading * -0.5);
    return (SUM){sum.high, sum.low + (more - (r.high - leading) * (r.high + leading) * 0.5)};
}

/* `odd ? cos_polynomial : sin_polynomial` of x: choosing coefficients is the cheaper way where it
 * is an instruction each. Both have the same order of operations, and so the same bits. */
TARGET PEL_INLINE F64S LEVEL(either_polynomial)(I64S odd, F64S x)
{
#if LEVEL_NBYTES == 64
    __mmask8 mask = _mm512_movepi64_mask((__m512i)odd);
    F64S coefficients[SINE_TERMS];
    for (int k = 0; k < SINE_TERMS; k++)
        coefficients[k] = (F64S)_mm512_mask_blend_pd(mask, _mm512_set1_pd(sin_polynomial[k]),
                                                     _mm512_set1_pd(cos_polynomial[k]));
    return LEVEL(polynomial_of)(coefficients, SINE_TERMS, x);
#else
    return SELECT(odd, POLYNOMIAL(cos_polynomial, x), POLYNOMIAL(sin_polynomial, x));
#endif
}

/* sin(x + turns pi / 2) */
TARGET PEL_INLINE F64S LEVEL(sin_turned)(F64S x, uint64_t turns)
{
    SUM r;
    U64S quadrant = LEVEL(reduce)(x, &r) + turns;
    I64S odd = (I64S)((quadrant & 1) != 0);
    F64S p = LEVEL(either_polynomial)(odd, r.high * r.high);
    SUM sine = LEVEL(sin_of)(r, p), cosine = LEVEL(cos_of)(r, p);
    F64S result = SELECT(odd, cosine.high, sine.high) + SELECT(odd, cosine.low, sine.low);
    result = (F64S)((U64S)result ^ (quadrant & 2) << 62);
    return SELECT(MAGNITUDE(x) < __builtin_inf(), result, SPLAT(NOT_A_NUMBER));
}

/* As it is where the next term is less than a quarter of an ulp, for the sign of 0. */
#define IF_TINY(x, result) SELECT(MAGNITUDE(x) < 0x1p-27, x, result)

TARGET PEL_INLINE F64S LEVEL(sin)(F64S x)
{
    return IF_TINY(x, LEVEL(sin_turned)(x, 0));
}

TARGET PEL_INLINE F64S LEVEL(cos)(F64S x)
{
    return LEVEL(sin_turned)(x, 1);
}

TARGET PEL_INLINE F64S LEVEL(tan)(F64S x)
{
    SUM r;
    U64S quadrant = LEVEL(reduce)(x, &r);
    F64S square = r.high * r.high;
    SUM sine = LEVEL(sin_of)(r, POLYNOMIAL(sin_polynomial, square));
    SUM cosine = LEVEL(cos_of)(r, POLYNOMIAL(cos_polynomial, square));
    sine = LEVEL(quick_sum)(sine.high, sine.low);
    cosine = LEVEL(quick_sum)(cosine.high, cosine.low);
    I64S odd = (I64S)((quadrant & 1) != 0);
    SUM above = {SELECT(odd, -cosine.high, sine.high), SELECT(odd, -cosine.low, sine.low)};
    SUM below = {SELECT(odd, sine.high, cosine.high), SELECT(odd, sine.low, cosine.low)};
    SUM result = LEVEL(divide)(above, below);
    return SELECT(MAGNITUDE(x) < __builtin_inf(), IF_TINY(x, result.high + result.low),
                  SPLAT(NOT_A_NUMBER));
}
