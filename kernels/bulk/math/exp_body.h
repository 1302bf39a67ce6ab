/* exp, for one instruction set: see core/levels.h.
 *
 * Tang (1989): x = k log(2) / 16 + r, |r| <= log(2) / 32, k a whole number; e^x = 2^(k / 16) e^r.
 * k log(2) / 16 is taken from x in two parts (Cody and Waite 1980), of which the first has 37 bits,
 * and k no more than 15, so that their product is exact, and so is the difference, for both are
 * close. r and e^r - 1 lose 2^-59 each by rounding; their product by a number of the table, at most
 * 2, and its sum with the low part of that 2^-58 each: 2^-56 in all, 1 / 16 ulp where the result is
 * next to 2, so that it is 0.57 ulp off at most. Below 2^-1022 it is rounded again: 1 ulp. */

/* 2^(k / 16) e^r, |r| < 0.0217; k, |k| < 17700, stands in the low bits of `shifted`. The power of
 * two is multiplied by in two halves, as it may not be a double itself. */
TARGET PEL_INLINE F64S LEVEL(exp_of_parts)(F64S shifted, F64S r)
{
    const uint64_t exponent = UINT64_C(0xfff) << 52, one = UINT64_C(1023) << 52;
    U64S k = (U64S)shifted;
    F64S high = LEVEL(of_16)(exp_table_high, k), low = LEVEL(of_16)(exp_table_low, k);
    F64S more = r + r * r * POLYNOMIAL(exp_polynomial, r);
    F64S power = high + (low + high * more);
    U64S half = (k << 47) & exponent, rest = ((k << 48) & exponent) - half;
    return power * (F64S)(half + one) * (F64S)(rest + one);
}

TARGET PEL_INLINE F64S LEVEL(exp)(F64S x)
{
    F64S within = SELECT(x < -746, SPLAT(-746), SELECT(x > 710, SPLAT(710), x));
    F64S shifted = within * EXP_STEPS + MIDDLE, k = shifted - MIDDLE;
    F64S r = (within - k * EXP_STEP_HIGH) - k * EXP_STEP_LOW;
    return SELECT(x == x, LEVEL(exp_of_parts)(shifted, r), SPLAT(NOT_A_NUMBER));
}
