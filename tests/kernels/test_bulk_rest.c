/* Floats' // and % against fmod, at each instruction set: long and short quotients, those next to a
 * whole number, over- and underflow on the way, special values. */
#include "bulk/engine/machine/ops.h"

#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COUNT = 1024 };

#define REFERENCE(T, fmod, floor, copysign)                                                        \
    static T mod_##T(T a, T b)                                                                     \
    {                                                                                              \
        T rest = fmod(a, b);                                                                       \
        if (rest == 0)                                                                             \
            return copysign(0, b);                                                                 \
        return (rest < 0) != (b < 0) ? rest + b : rest;                                            \
    }                                                                                              \
    static T quotient_##T(T a, T b)                                                                \
    {                                                                                              \
        if (b == 0)                                                                                \
            return a / b;                                                                          \
        T rest = fmod(a, b), quotient = (a - rest) / b;                                            \
        if (rest != 0 && (rest < 0) != (b < 0))                                                    \
            quotient -= 1;                                                                         \
        if (quotient == 0)                                                                         \
            return copysign(0, a / b);                                                             \
        T whole = floor(quotient);                                                                 \
        return quotient - whole > (T)0.5 ? whole + 1 : whole;                                      \
    }
REFERENCE(double, fmod, floor, copysign)
REFERENCE(float, fmodf, floorf, copysignf)

static double any_double(struct test_random *random)
{
    uint64_t bits = test_random_next(random);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double near_one(struct test_random *random)
{
    double x = 1 + (double)(test_random_next(random) >> 12) * 0x1p-52;
    return test_random_next(random) & 1 ? -x : x;
}

static void any_pair(struct test_random *random, double *a, double *b)
{
    static const double odd[] = {0.0,       -0.0,      1,        -1,
                                 INFINITY,  -INFINITY, NAN,      0x1p-1074,
                                 0x1p-1022, 0x1p-960,  0x1p1000, 0x1.fffffffffffffp1023};
    enum { NODD = sizeof odd / sizeof odd[0] };
    int shift = (int)test_random_below(random, 60);
    *b = near_one(random);
    switch (test_random_below(random, 6)) {
    case 0:
        *a = ldexp(near_one(random), shift);
        break;
    case 1: /* next to a multiple */
        *a = *b * floor(ldexp(near_one(random), shift));
        *a = test_random_next(random) & 1 ? nextafter(*a, 0) : *a;
        break;
    case 2: /* few digits, as people write them */
        *a = (double)test_random_below(random, 100000) / 100 - 300;
        *b = (double)test_random_below(random, 100) / 10 - 3;
        break;
    case 3:
        *a = any_double(random);
        *b = *a * ldexp(near_one(random), -shift);
        break;
    case 4:
        *a = odd[test_random_below(random, NODD)];
        *b = test_random_next(random) & 1 ? odd[test_random_below(random, NODD)]
                                          : any_double(random);
        break;
    default:
        *a = any_double(random);
        *b = test_random_next(random) & 1 ? odd[test_random_below(random, NODD)]
                                          : any_double(random);
    }
}

/* One instruction over all pairs: the same bits, and NaN where NaN is. */
#define CHECK(T, type, op, reference)                                                              \
    static void check_##op##_##T(enum pel_isa isa, const T *a, const T *b, size_t step)            \
    {                                                                                              \
        T out[COUNT];                                                                              \
        const struct call call = {.out = out, .in = {{a, 1}, {b, step}}, .n = COUNT};              \
        assert_false(pel_number_ops_for(isa)->of[op][type](&call));                                \
        for (size_t i = 0; i < COUNT; i++) {                                                       \
            T exact = reference(a[i], b[i * step]);                                                \
            if (isnan(exact) ? !isnan(out[i]) : memcmp(&out[i], &exact, sizeof exact) != 0)        \
                fail_msg("%a, %a is %a, not %a", (double)a[i], (double)b[i * step],                \
                         (double)out[i], (double)exact);                                           \
        }                                                                                          \
    }
CHECK(double, VALUE_F64, OP_MOD, mod_double)
CHECK(double, VALUE_F64, OP_FLOOR_DIV, quotient_double)
CHECK(float, VALUE_F32, OP_MOD, mod_float)
CHECK(float, VALUE_F32, OP_FLOOR_DIV, quotient_float)

static void check_all(enum pel_isa isa, const double *a, const double *b, size_t step)
{
    static float narrow_a[COUNT], narrow_b[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        narrow_a[i] = (float)a[i];
        narrow_b[i] = (float)b[i];
    }
    check_OP_MOD_double(isa, a, b, step);
    check_OP_FLOOR_DIV_double(isa, a, b, step);
    check_OP_MOD_float(isa, narrow_a, narrow_b, step);
    check_OP_FLOOR_DIV_float(isa, narrow_a, narrow_b, step);
}

static void test_rests(void **state)
{
    (void)state;
    static double a[COUNT], b[COUNT];
    struct test_random random = {test_seed(30)};
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < COUNT; i++)
            any_pair(&random, &a[i], &b[i]);
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++)
            check_all((enum pel_isa)isa, a, b, 1);
    }
}

static void test_rests_of_one_divisor(void **state)
{
    (void)state;
    static double a[COUNT], b[COUNT];
    struct test_random random = {test_seed(31)};
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < COUNT; i++)
            any_pair(&random, &a[i], &b[i]);
        for (size_t i = 1; i < COUNT; i++)
            b[i] = b[0];
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++)
            check_all((enum pel_isa)isa, a, b, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rests),
        cmocka_unit_test(test_rests_of_one_divisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
