/* atan2, for one instruction set: see core/levels.h.
 *
 * The angle of (b, a), 0 <= a <= b, is atan(c) + atan(u), where u = (a - c b) / (b + c a) and c is
 * a / b to a multiple of 1 / 16, 15 / 16 at most: |u| < 0.0324. Multiples of c are exact by halves,
 * so that dividend and divisor are sums of two, and u is, by what it leaves of the dividend. The
 * other angles are multiples of pi / 2, as a sum of two, plus or minus that. What is lost is the
 * polynomial's, 2^-11 of u: 0.51 ulp. */

/* a and b so that products of them neither overflow nor underflow, in the lanes where that is not
 * `usual`: scaled, or the quotient itself beside 1, where it is its own arc tangent. */
TARGET static void LEVEL(scale_sides)(I64S usual, F64S *a, F64S *b)
{
    const F64S infinity = SPLAT(__builtin_inf()), one = SPLAT(1);
    F64S above = SELECT(*a == infinity, one, *a);
    F64S below = SELECT((I64S)(*a == infinity) | (I64S)(*b == 0), one, *b);
    F64S quotient = above / below;
    F64S scale = SELECT(below < 1, SPLAT(0x1p600), SPLAT(0x1p-600));
    I64S equal = (I64S)(*a == infinity), small = (I64S)(quotient < 0x1p-60);
    above = SELECT(small, quotient, SELECT(equal, one, above * scale));
    below = SELECT(small | equal, one, below * scale);
    *a = SELECT(usual, *a, above);
    *b = SELECT(usual, *b, below);
}

/* The angle of (b, a), 0 <= a <= b. */
TARGET PEL_INLINE SUM LEVEL(small_angle)(F64S a, F64S b)
{
    F64S sixteenths = a / b * 16;
    F64S shifted = SELECT(sixteenths > 15, SPLAT(15), sixteenths) + MIDDLE;
    F64S c = (shifted - MIDDLE) * 0x1p-4;
    F64S a_high = LEADING(a), b_high = LEADING(b);
    SUM above = LEVEL(two_sum)(a - c * b_high, -(c * (b - b_high)));
    SUM below = LEVEL(quick_sum)(b, c * a_high);
    below = LEVEL(quick_sum)(below.high, below.low + c * (a - a_high));
    SUM u = LEVEL(divide)(above, below);
    F64S square = u.high * u.high;
    F64S more = u.high * square * POLYNOMIAL(atan_polynomial, square);
    SUM sum = LEVEL(quick_sum)(LEVEL(of_16)(atan_table_high, (U64S)shifted), u.high);
    F64S low = LEVEL(of_16)(atan_table_low, (U64S)shifted) + (u.low + more);
    return (SUM){sum.high, sum.low + low};
}

TARGET PEL_INLINE F64S LEVEL(atan2)(F64S y, F64S x)
{
    F64S height = MAGNITUDE(y), width = MAGNITUDE(x), zero = SPLAT(0);
    I64S steep = (I64S)(height > width), back = (I64S)x >> 63;
    F64S a = SELECT(steep, width, height), b = SELECT(steep, height, width);
    I64S usual = (I64S)(a > 0x1p-500) & (I64S)(b < 0x1p500);
    if (LEVEL(any)(~usual)) {
        F64S scaled_a = a,
             scaled_b = b; /* of their own, so that a and b need not stand in memory */
        LEVEL(scale_sides)(usual, &scaled_a, &scaled_b);
        a = scaled_a;
        b = scaled_b;
    }
    SUM angle = LEVEL(small_angle)(a, b);
    U64S turned = SIGN(steep ^ back);
    F64S from_high = SELECT(steep, SPLAT(HALF_PI_HIGH), SELECT(back, SPLAT(PI_HIGH), zero));
    F64S from_low = SELECT(steep, SPLAT(HALF_PI_LOW), SELECT(back, SPLAT(PI_LOW), zero));
    SUM sum = LEVEL(quick_sum)(from_high, (F64S)((U64S)angle.high ^ turned));
    F64S result = sum.high + (sum.low + (from_low + (F64S)((U64S)angle.low ^ turned)));
    result = (F64S)((U64S)result | SIGN(y));
    return SELECT((I64S)(x == x) & (I64S)(y == y), result, SPLAT(NOT_A_NUMBER));
}
