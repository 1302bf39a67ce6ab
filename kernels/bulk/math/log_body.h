/* Logarithms, for one instruction set: see core/levels.h.
 *
 * Tang (1990): x = 2^k z, z in [0.671875, 1.34375), c about 1 / z out of a table, 1 around 1;
 * log(x) = k log(2) - log(c) + log(1 + f), f = z c - 1, |f| < 0.0312, which is found exactly, as a
 * sum of two, from two halves of z. Multiples of 2^-42 for k log(2) - log(c) add up exactly, and f
 * is added to them with its error, so that all else is at most f^2 / 2 = 2^-11.3, of which five
 * roundings lose 2^-62.7: 0.05 ulp of the least result that such an f comes with, log(1.0313).
 * In all 0.55 ulp, and less elsewhere. */

/* By what 1, log(2) and the table are multiplied for another base. */
struct LEVEL(base) {
    const double *high, *low; /* -log(c) */
    double two_high, two_low; /* log(2) */
    double e_high, e_low, e;  /* log(e), e_high having 26 bits */
};

/* z c - 1. What the sum of the two halves' products may lose is only lost where the first is
 * larger. */
TARGET PEL_INLINE SUM LEVEL(distance)(F64S z, F64S c)
{
    F64S leading = LEADING(z);
    return LEVEL(quick_sum)(leading * c - 1, (z - leading) * c);
}

/* bits = those of 2^k z; returns k. `start` are those of the least z. */
TARGET PEL_INLINE F64S LEVEL(split_exponent)(U64S bits, uint64_t start, F64S *z)
{
    U64S exponent = (bits - start) & UINT64_C(0xfff) << 52;
    *z = (F64S)(bits - exponent);
    U64S biased = (exponent >> 52) ^ 0x800; /* 2048 more, without a sign */
    return (F64S)(biased | UINT64_C(0x433) << 52) - (0x1p52 + 2048);
}

/* Numbers that are not in (0, infinity): as C99, F.9.3.7. */
TARGET static F64S LEVEL(log_special)(F64S x, F64S result)
{
    const F64S infinity = SPLAT(__builtin_inf());
    result = SELECT(x == infinity, infinity, result);
    result = SELECT(x == 0, -infinity, result);
    return SELECT(x >= 0, result, SPLAT(NOT_A_NUMBER));
}

TARGET PEL_INLINE F64S LEVEL(log_to_base)(F64S x, const struct LEVEL(base) base)
{
    I64S usual = (I64S)(x >= 0x1p-1022) & (I64S)(x < __builtin_inf());
    bool all_usual = !LEVEL(any)(~usual);
    F64S normal = x, scale = SPLAT(0);
    if (!all_usual) {
        I64S tiny = (I64S)(x < 0x1p-1022);
        normal = SELECT(tiny, x * 0x1p54, x);
        scale = SELECT(tiny, SPLAT(54), scale);
    }
    U64S bits = (U64S)normal;
    F64S z, k = LEVEL(split_exponent)(bits, LOG_START, &z) - scale;
    U64S index = ((bits - LOG_START) >> 48) & 15;
    SUM f = LEVEL(distance)(z, LEVEL(of_16)(log_inverse, index));
    F64S more = f.high * f.high * (f.high * POLYNOMIAL(log_polynomial, f.high) - 0.5);
    F64S first = f.high, second = f.low + more;
    if (base.e != 1) {
        F64S leading = LEADING(f.high);
        first = leading * base.e_high;
        second = leading * base.e_low + ((f.high - leading) + second) * base.e;
    }
    SUM sum = LEVEL(quick_sum)(k * base.two_high + LEVEL(of_16)(base.high, index), first);
    F64S low = k * base.two_low + LEVEL(of_16)(base.low, index);
    F64S result = sum.high + (sum.low + (low + second));
    return all_usual ? result : LEVEL(log_special)(x, result);
}

#define BASE(name, table)                                                                          \
    ((struct LEVEL(base)){log_##table##_high, log_##table##_low, name##_OF_2_HIGH,                 \
                          name##_OF_2_LOW, name##_OF_E_HIGH, name##_OF_E_LOW, name##_OF_E})
#define LOG(x) LEVEL(log_to_base)(x, BASE(LOG, e))
#define LOG2(x) LEVEL(log_to_base)(x, BASE(LOG2, 2))
#define LOG10(x) LEVEL(log_to_base)(x, BASE(LOG10, 10))
