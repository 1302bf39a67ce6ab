/* Double-double: a number as the unevaluated sum hi + lo, |lo| <= half an ulp of hi. Where hi is infinite or
 * NaN, lo is 0, so that such sums go on as those of doubles do. */
#ifndef PELTON_BULK_DD_H
#define PELTON_BULK_DD_H

#include <math.h>

struct pel_dd {
    double hi, lo;
};

/* a + b without error (Knuth 1969, TwoSum). */
static inline struct pel_dd pel_two_sum(double a, double b)
{
    double sum = a + b, b_part = sum - a;
    return (struct pel_dd){sum, (a - (sum - b_part)) + (b - b_part)};
}

/* Relative error at most 3 * 2^-106 (Joldes, Muller, Popescu 2017, AccurateDWPlusDW). Where the sum or a
 * summand is not finite, neither is the result's hi + lo. */
static inline struct pel_dd pel_dd_add_finite(struct pel_dd a, struct pel_dd b)
{
    struct pel_dd hi = pel_two_sum(a.hi, b.hi), lo = pel_two_sum(a.lo, b.lo);
    hi = pel_two_sum(hi.hi, hi.lo + lo.hi);
    return pel_two_sum(hi.hi, hi.lo + lo.lo);
}

static inline struct pel_dd pel_dd_add(struct pel_dd a, struct pel_dd b)
{
    struct pel_dd sum = pel_dd_add_finite(a, b);
    if (isfinite(sum.hi + sum.lo))
        return sum;
    return (struct pel_dd){a.hi + b.hi, 0};
}

/* x y - product without error, product being x y rounded (Dekker 1971, with Veltkamp's halves of 26 bits); not
 * finite where product is not, a factor is beyond 2^996 or product within 2^-25 of DBL_MAX: halves overflow. */
static inline double pel_product_rest(double x, double y, double product)
{
    const double split = 0x1p27 + 1;
    double x_high = split * x - (split * x - x), x_low = x - x_high;
    double y_high = split * y - (split * y - y), y_low = y - y_high;
    return x_low * y_low - ((product - x_high * y_high) - x_low * y_high - x_high * y_low);
}

/* The same where that is not finite; 0 if product is not. The larger factor is above 2^511 then, and the
 * product so far above the subnormal numbers that nothing is lost by making them smaller. */
static inline double pel_product_rest_scaled(double x, double y, double product)
{
    if (!isfinite(product))
        return 0;
    double x_scale = fabs(x) >= fabs(y) ? 0x1p-60 : 1, y_scale = 0x1p-60 / x_scale;
    return pel_product_rest(x * x_scale, y * y_scale, product * 0x1p-60) * 0x1p60;
}

#endif
