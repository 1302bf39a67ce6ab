/* Double-double: a number as the unevaluated sum hi + lo, |lo| <= half an ulp of hi. Where hi is infinite or
 * NaN, lo is 0, so that such sums go on as those of doubles do. */
#ifndef PELTON_BULK_DD_H
#define PELTON_BULK_DD_H

struct pel_dd {
    double hi, lo;
};

/* a + b without error (Knuth 1969, TwoSum). */
static inline struct pel_dd pel_two_sum(double a, double b)
{
    double sum = a + b, b_part = sum - a;
    return (struct pel_dd){sum, (a - (sum - b_part)) + (b - b_part)};
}

/* hi + lo in normal form; what is not finite loses its lo. */
static inline struct pel_dd pel_dd_normal(double hi, double lo)
{
    /* lo - lo is NaN unless lo is finite, and the lo of an infinite hi never is: TwoSum gives NaN. */
    struct pel_dd sum = pel_two_sum(hi, lo - lo == 0 ? lo : 0);
    return (struct pel_dd){sum.hi, sum.lo - sum.lo == 0 ? sum.lo : 0};
}

/* Relative error at most 3 * 2^-106 (Joldes, Muller, Popescu 2017, AccurateDWPlusDW). */
static inline struct pel_dd pel_dd_add(struct pel_dd a, struct pel_dd b)
{
    struct pel_dd hi = pel_two_sum(a.hi, b.hi), lo = pel_two_sum(a.lo, b.lo);
    hi = pel_dd_normal(hi.hi, hi.lo + lo.hi);
    return pel_dd_normal(hi.hi, hi.lo + lo.lo);
}

#endif
