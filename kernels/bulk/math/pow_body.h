/* pow, for one instruction set: see core/levels.h.
 *
 * x^y = 2^(y log2(x)). As y log2(x) is up to 1075 and is wanted to 2^-59, log2(x) has a relative
 * error of 2^-68: as log_body.h, but |f| < 2^-7.9, and f - f^2 / 2 as a sum of two, with the rest
 * at most 2^-17 of it, whose products by log2(e) and y are exact for the leading parts (Dekker
 * 1971). What is lost then is as in exp_body.h: 0.6 ulp. */

/* log2 of numbers in (0, infinity). */
TARGET PEL_INLINE SUM LEVEL(precise_log2)(F64S x)
{
    I64S tiny = (I64S)(x < 0x1p-1022);
    U64S bits = (U64S)SELECT(tiny, x * 0x1p54, x);
    F64S z, k = LEVEL(split_exponent)(bits, FINE_LOG_START, &z) - SELECT(tiny, SPLAT(54), SPLAT(0));
    U64S index = ((bits - FINE_LOG_START) >> 45) & 127;
    SUM f = LEVEL(distance)(z, LEVEL(of_table)(fine_log_inverse, index));
    F64S leading = LEADING(f.high), rest = f.high - leading;
    F64S cubic = f.high * f.high * f.high * POLYNOMIAL(fine_log_polynomial, f.high);
    F64S square_low = rest * (f.high + leading) * 0.5 + f.high * f.low;
    SUM sum = LEVEL(quick_sum)(f.high, leading * leading * -0.5);
    sum.low += f.low + (cubic - square_low);
    leading = LEADING(sum.high);
    F64S low = leading * LOG2_OF_E_LOW + ((sum.high - leading) + sum.low) * LOG2_OF_E;
    sum = LEVEL(quick_sum)(k + LEVEL(of_table)(fine_log_2_high, index), leading * LOG2_OF_E_HIGH);
    return LEVEL(quick_sum)(sum.high, sum.low + (low + LEVEL(of_table)(fine_log_2_low, index)));
}

/* Not NaN, |y| may be infinite. */
TARGET PEL_INLINE I64S LEVEL(is_whole)(F64S y)
{
    F64S size = MAGNITUDE(y);
    return (I64S)(size >= 0x1p52) | (I64S)((size + 0x1p52) - 0x1p52 == size);
}

/* C99, F.9.4.4. `power` is right for |x| unless that is 0 or infinite, or one is NaN. */
TARGET static F64S LEVEL(pow_special)(F64S x, F64S y, F64S power)
{
    const F64S infinity = SPLAT(__builtin_inf()), zero = SPLAT(0), nan = SPLAT(NOT_A_NUMBER);
    F64S size = MAGNITUDE(x);
    I64S falls = (I64S)(y < 0), whole = LEVEL(is_whole)(y);
    I64S odd = whole & ~LEVEL(is_whole)(y * 0.5);
    power = SELECT(size == 0, SELECT(falls, infinity, zero), power);
    power = SELECT(size == infinity, SELECT(falls, zero, infinity), power);
    power = (F64S)((U64S)power ^ (SIGN(x) & (U64S)odd));
    power = SELECT((I64S)(x < 0) & (I64S)(size != infinity) & ~whole, nan, power);
    power = SELECT((I64S)(x == x) & (I64S)(y == y), power, nan);
    return SELECT((I64S)(x == 1) | (I64S)(y == 0), SPLAT(1), power);
}

/* Beyond 2^66 y makes any x but 1 overflow or underflow, and beyond 1100 any exponent does. */
TARGET PEL_INLINE F64S LEVEL(pow)(F64S x, F64S y)
{
    const F64S steps = SPLAT(MIDDLE / 16);
    F64S bound = (F64S)((U64S)SPLAT(0x1p66) | SIGN(y));
    F64S factor = SELECT(MAGNITUDE(y) > 0x1p66, bound, y);
    SUM log = LEVEL(precise_log2)(MAGNITUDE(x));
    F64S high = factor * log.high;
    F64S low = LEVEL(product_rest)(factor, log.high, high) + factor * log.low;
    I64S beyond = (I64S)(MAGNITUDE(high) > 1100);
    high = SELECT(beyond, (F64S)((U64S)SPLAT(1100) | SIGN(high)), high);
    low = SELECT(beyond, SPLAT(0), low);
    F64S shifted = high + steps;
    F64S r = ((high - (shifted - steps)) + low) * EXP_LN2;
    F64S power = LEVEL(exp_of_parts)(shifted, r);
    I64S usual = (I64S)(x > 0) & (I64S)(x < __builtin_inf()) & (I64S)(y == y);
    return LEVEL(any)(~usual) ? LEVEL(pow_special)(x, y, power) : power;
}
