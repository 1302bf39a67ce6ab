/* <pelton/math.h>: against libm's long double functions, which have 64 bits; at the special values
 * of C99, appendix F; and the same bits for each instruction set, alignment and length. */
#include "support.h"

#include <pelton/engine.h>
#include <pelton/math.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef void f64_fn(const double *x, double *out, size_t n, enum pel_isa isa);
typedef void f32_fn(const float *x, float *out, size_t n, enum pel_isa isa);

/* Numbers between which errors are looked for, evenly (and in all doubles, whatever their
 * exponent). */
struct stretch {
    double lo, hi;
};

struct function {
    const char *name;
    f64_fn *f64;
    f32_fn *f32;
    double (*scalar)(double x);
    long double (*exact)(long double x);
    double ulp, subnormal_ulp; /* that are promised */
    struct stretch stretches[8];
};

#define CIRCLES                                                                                    \
    {                                                                                              \
        {-0.8, 0.8}, {-7, 7}, {-0x1p19, 0x1p19}, {0x1p20, 0x1p22}, {0x1p50, 0x1p60},               \
        {                                                                                          \
            -1e22, 1e22                                                                            \
        }                                                                                          \
    }
static const struct function functions[] = {
    {"exp",
     pel_exp_f64,
     pel_exp_f32,
     pel_exp,
     expl,
     0.57,
     1,
     {{-1, 1}, {-750, 715}, {-745.2, -708}, {709.7, 709.8}, {-0x1p-30, 0x1p-30}}},
    {"log",
     pel_log_f64,
     pel_log_f32,
     pel_log,
     logl,
     0.55,
     0.55,
     {{0.5, 2}, {0.98, 1.04}, {0.9999, 1.0001}, {0x1p-1074, 0x1p-1020}, {1, 1000}}},
    {"log2",
     pel_log2_f64,
     pel_log2_f32,
     pel_log2,
     log2l,
     0.55,
     0.55,
     {{0.5, 2}, {0.98, 1.04}, {0.9999, 1.0001}, {0x1p-1074, 0x1p-1020}, {1, 1000}}},
    {"log10",
     pel_log10_f64,
     pel_log10_f32,
     pel_log10,
     log10l,
     0.55,
     0.55,
     {{0.5, 2}, {0.98, 1.04}, {0.9999, 1.0001}, {0x1p-1074, 0x1p-1020}, {1, 1000}}},
    {"sin", pel_sin_f64, pel_sin_f32, pel_sin, sinl, 0.85, 0.85, CIRCLES},
    {"cos", pel_cos_f64, pel_cos_f32, pel_cos, cosl, 0.85, 0.85, CIRCLES},
    {"tan", pel_tan_f64, pel_tan_f32, pel_tan, tanl, 1, 1, CIRCLES},
};
enum { NFUNCTIONS = sizeof functions / sizeof functions[0] };

/* How far `found` is from `exact`, in units in the last of `bits` places; what overflows is
 * infinite. */
static double ulps(double found, long double exact, int bits, int least)
{
    int exponent;
    if (isnan(found) || isnan(exact))
        return isnan(found) && isnan(exact) ? 0 : INFINITY;
    if (found == exact)
        return 0;
    frexpl(exact, &exponent);
    long double unit = ldexpl(1, (exponent < least ? least : exponent) - bits);
    if (isinf(found))
        return fabsl(exact) >= ldexpl(1, bits == 53 ? 1024 : 128) - unit / 2 &&
                       (exact > 0) == (found > 0)
                   ? 0
                   : INFINITY;
    return (double)(fabsl(exact - (long double)found) / unit);
}

static double random_double(struct test_random *random)
{
    uint64_t bits = test_random_next(random);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double uniform(struct test_random *random, double lo, double hi)
{
    return lo + (hi - lo) * ((double)(test_random_next(random) >> 11) * 0x1p-53);
}

enum { COUNT = 4096, ROUNDS = 6 };

struct worst {
    double ulp, x;
};

/* The worst so far of results that are subnormal, [1], and of others. */
static void look(const struct function *function, const double *x, double *out,
                 struct worst worst[2])
{
    function->f64(x, out, COUNT, pel_isa_best());
    for (size_t i = 0; i < COUNT; i++) {
        long double exact = function->exact((long double)x[i]);
        double ulp = ulps(out[i], exact, 53, -1021);
        struct worst *kind = &worst[fabsl(exact) < 0x1p-1022L];
        if (ulp > kind->ulp)
            *kind = (struct worst){ulp, x[i]};
    }
}

static void assert_accurate(const struct function *function, const struct worst worst[2])
{
    printf("%s: %.4f ulp at %a, subnormal %.4f\n", function->name, worst[0].ulp, worst[0].x,
           worst[1].ulp);
    if (worst[0].ulp > function->ulp)
        fail_msg("%s(%a) is wrong by %g ulp", function->name, worst[0].x, worst[0].ulp);
    if (worst[1].ulp > function->subnormal_ulp)
        fail_msg("%s(%a) is wrong by %g ulp", function->name, worst[1].x, worst[1].ulp);
}

static void test_accuracy(void **state)
{
    (void)state;
    static double x[COUNT], out[COUNT];
    struct test_random random = {test_seed(20)};
    for (int f = 0; f < NFUNCTIONS; f++) {
        const struct function *function = &functions[f];
        struct worst worst[2] = {0};
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t i = 0; i < COUNT; i++)
                x[i] = random_double(&random);
            look(function, x, out, worst);
            for (const struct stretch *s = function->stretches; s->lo != s->hi; s++) {
                for (size_t i = 0; i < COUNT; i++)
                    x[i] = uniform(&random, s->lo, s->hi);
                look(function, x, out, worst);
            }
        }
        assert_accurate(function, worst);
    }
}

/* ---- specials
 * -------------------------------------------------------------------------------------- */

#define NOT_A_NUMBER __builtin_nan("")
#define DENORMAL 0x1p-1074

struct special {
    double (*of)(double x);
    double x, exact;
};

static const struct special specials[] = {
    {pel_exp, 0.0, 1},
    {pel_exp, -0.0, 1},
    {pel_exp, INFINITY, INFINITY},
    {pel_exp, -INFINITY, 0},
    {pel_exp, NOT_A_NUMBER, NOT_A_NUMBER},
    {pel_exp, -NOT_A_NUMBER, NOT_A_NUMBER},
    {pel_exp, 1e308, INFINITY},
    {pel_exp, -1e308, 0},
    {pel_exp, DENORMAL, 1},
    {pel_exp, 0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023},
    {pel_exp, 0x1.62e42fefa39fp+9, INFINITY},
    {pel_exp, -0x1.74910d52d3051p+9, DENORMAL},
    {pel_exp, -0x1.74910d52d3053p+9, 0},
    {pel_log, 1, 0},
    {pel_log, 0.0, -INFINITY},
    {pel_log, -0.0, -INFINITY},
    {pel_log, -1, NOT_A_NUMBER},
    {pel_log, -DENORMAL, NOT_A_NUMBER},
    {pel_log, INFINITY, INFINITY},
    {pel_log, -INFINITY, NOT_A_NUMBER},
    {pel_log, NOT_A_NUMBER, NOT_A_NUMBER},
    {pel_log, -NOT_A_NUMBER, NOT_A_NUMBER},
    {pel_log2, 1, 0},
    {pel_log2, 0.0, -INFINITY},
    {pel_log2, -1, NOT_A_NUMBER},
    {pel_log2, INFINITY, INFINITY},
    {pel_log10, 1, 0},
    {pel_log10, -0.0, -INFINITY},
    {pel_log10, -1, NOT_A_NUMBER},
    {pel_log10, INFINITY, INFINITY},
    {pel_log10, 1e22, 22},
    {pel_sin, 0.0, 0.0},
    {pel_sin, -0.0, -0.0},
    {pel_sin, DENORMAL, DENORMAL},
    {pel_sin, -DENORMAL, -DENORMAL},
    {pel_sin, INFINITY, NOT_A_NUMBER},
    {pel_sin, -INFINITY, NOT_A_NUMBER},
    {pel_sin, -NOT_A_NUMBER, NOT_A_NUMBER},
    {pel_cos, 0.0, 1},
    {pel_cos, -0.0, 1},
    {pel_cos, DENORMAL, 1},
    {pel_cos, INFINITY, NOT_A_NUMBER},
    {pel_cos, -NOT_A_NUMBER, NOT_A_NUMBER},
    {pel_tan, 0.0, 0.0},
    {pel_tan, -0.0, -0.0},
    {pel_tan, DENORMAL, DENORMAL},
    {pel_tan, INFINITY, NOT_A_NUMBER},
    {pel_tan, -NOT_A_NUMBER, NOT_A_NUMBER},
};

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void assert_same_bits(double found, double exact, const char *what, double x)
{
    if (bits_of(found) != bits_of(exact))
        fail_msg("%s(%a) is %a, not %a", what, x, found, exact);
}

static const char *name_of(double (*scalar)(double x))
{
    for (int f = 0; f < NFUNCTIONS; f++)
        if (functions[f].scalar == scalar)
            return functions[f].name;
    return "";
}

static void test_specials(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        assert_same_bits(specials[i].of(specials[i].x), specials[i].exact, name_of(specials[i].of),
                         specials[i].x);
}

static void test_powers_of_the_base(void **state)
{
    (void)state;
    for (int k = -1074; k < 1024; k++)
        assert_same_bits(pel_log2(ldexp(1, k)), k, "log2", ldexp(1, k));
    double power = 1;
    for (int k = 0; k <= 22; k++, power *= 10)
        assert_same_bits(pel_log10(power), k, "log10", power);
}

/* Doubles next to multiples of pi / 2, and the one of all that is closest to one, 6381956970095103
 * 2^797 (Muller, Elementary Functions, ch. 11). */
static void test_hard_angles(void **state)
{
    (void)state;
    for (int f = 0; f < NFUNCTIONS; f++) {
        const struct function *function = &functions[f];
        if (function->exact != sinl && function->exact != cosl && function->exact != tanl)
            continue;
        struct worst worst[2] = {0};
        double x[COUNT], out[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            double multiple =
                i < COUNT / 2 ? (double)i + 1 : ldexp(1 + (double)i / COUNT, (int)(i % 1023));
            x[i] = (double)(0x1.921fb54442d18469898cc5p0L * (long double)multiple);
        }
        x[0] = 0x1.6ac5b262ca1ffp+849;
        x[1] = -x[0];
        x[2] = 1e22;
        x[3] = 0x1.fffffffffffffp+1023;
        look(function, x, out, worst);
        assert_accurate(function, worst);
    }
    assert_true(fabs(pel_cos(0x1.6ac5b262ca1ffp+849) + 4.6871659242546277e-19) < 1e-34);
}

/* ---- levels and places
 * ------------------------------------------------------------------------------ */

enum { MOST = 200 };

/* Any numbers, and such as are looked for above, and special ones. */
static void fill(struct test_random *random, const struct stretch *stretches, double *x)
{
    static const double odd[] = {0.0,      -0.0,      1,         -1,   INFINITY, -INFINITY,
                                 DENORMAL, -DENORMAL, 0x1p-1022, 1e22, 1e300,    NOT_A_NUMBER};
    for (size_t i = 0; i < MOST; i++) {
        const struct stretch *s = &stretches[test_random_below(random, 4)];
        x[i] = uniform(random, s->lo, s->hi);
        if (i % 8 == 0)
            x[i] = random_double(random);
        if (i % 16 == 5)
            x[i] = odd[test_random_below(random, sizeof odd / sizeof odd[0])];
    }
}

static void check_level(const struct function *function, const double *x, enum pel_isa isa,
                        size_t n, size_t offset)
{
    double out[MOST + 8], in[MOST + 8];
    float narrow[MOST + 8], narrow_out[MOST + 8];
    memset(out, 0x55, sizeof out);
    memset(narrow_out, 0x55, sizeof narrow_out);
    memcpy(in + offset, x, n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        narrow[i + offset] = (float)x[i];
    function->f64(in + offset, out + offset, n, isa);
    function->f32(narrow + offset, narrow_out + offset, n, isa);
    function->f64(in + offset, in + offset, n, isa);
    for (size_t i = 0; i < n; i++) {
        assert_same_bits(out[i + offset], function->scalar(x[i]), function->name, x[i]);
        assert_same_bits(in[i + offset], out[i + offset], function->name, x[i]);
        float one = (float)function->scalar((double)narrow[i + offset]);
        assert_memory_equal(&narrow_out[i + offset], &one, sizeof one);
    }
    for (size_t i = 0; i < offset; i++)
        assert_int_equal(bits_of(out[i]), 0x5555555555555555);
    assert_int_equal(bits_of(out[n + offset]), 0x5555555555555555);
    assert_memory_equal(&narrow_out[n + offset], &out[n + offset], sizeof(float));
}

static void test_levels(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, MOST - 1};
    struct test_random random = {test_seed(21)};
    double x[MOST];
    for (int f = 0; f < NFUNCTIONS; f++)
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++)
            for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                fill(&random, functions[f].stretches, x);
                check_level(&functions[f], x, (enum pel_isa)isa, sizes[i], i % 5);
            }
}

/* ---- functions of two numbers
 * ------------------------------------------------------------------------- */

struct function_of_two {
    const char *name;
    void (*f64)(const double *x, const double *y, double *out, size_t n, enum pel_isa isa);
    void (*f32)(const float *x, const float *y, float *out, size_t n, enum pel_isa isa);
    double (*scalar)(double x, double y);
    double (*plain)(double x, double y);
    long double (*exact)(long double x, long double y);
    double ulp, subnormal_ulp;
};

static const struct function_of_two functions_of_two[] = {
    {"pow", pel_pow_f64, pel_pow_f32, pel_pow, pow, powl, 0.6, 1},
    {"atan2", pel_atan2_f64, pel_atan2_f32, pel_atan2, atan2, atan2l, 0.51, 0.51},
};

/* Pairs of every kind: moderate ones, bases near 1 with large exponents, results around overflow
 * and underflow, close to a diagonal or an axis, whole exponents, all doubles. */
static void random_pair(struct test_random *random, double *x, double *y)
{
    double sign = test_random_next(random) & 1 ? -1 : 1;
    int shift = (int)test_random_below(random, 60);
    switch (test_random_below(random, 7)) {
    case 0:
        *x = uniform(random, 0.1, 10);
        *y = uniform(random, -300, 300);
        break;
    case 1:
        *x = uniform(random, 0.9, 1.1);
        *y = sign * uniform(random, 0, 8000);
        break;
    case 2:
        *x = 1 + uniform(random, -0.5, 0.5) * ldexp(1, -shift);
        *y = uniform(random, -1, 1) * ldexp(1, shift);
        break;
    case 3:
        *x = sign * floor(uniform(random, 0, 100));
        *y = floor(uniform(random, -20, 20));
        break;
    case 4:
        *x = random_double(random);
        *y = uniform(random, -3, 3);
        break;
    case 5:
        *x = random_double(random);
        *y = *x * uniform(random, -1.1, 1.1) * ldexp(1, -shift % 8);
        break;
    default:
        *x = random_double(random);
        *y = random_double(random);
    }
}

static void test_accuracy_of_two(void **state)
{
    (void)state;
    struct test_random random = {test_seed(22)};
    double x[64], y[64], out[64];
    for (int f = 0; f < 2; f++) {
        const struct function_of_two *function = &functions_of_two[f];
        double worst = 0, worst_subnormal = 0;
        for (int round = 0; round < 4000; round++) {
            for (int i = 0; i < 64; i++)
                random_pair(&random, &x[i], &y[i]);
            function->f64(x, y, out, 64, pel_isa_best());
            for (int i = 0; i < 64; i++) {
                long double exact = function->exact((long double)x[i], (long double)y[i]);
                double ulp = ulps(out[i], exact, 53, -1021);
                double *most = fabsl(exact) < 0x1p-1022L ? &worst_subnormal : &worst;
                *most = ulp > *most ? ulp : *most;
                if (worst > function->ulp || worst_subnormal > function->subnormal_ulp)
                    fail_msg("%s(%a, %a) is wrong by %g ulp", function->name, x[i], y[i], ulp);
            }
        }
        printf("%s: %.4f ulp, subnormal %.4f\n", function->name, worst, worst_subnormal);
    }
}

static const double sides[] = {0,      -0.0,   1,         -1,         INFINITY,  -INFINITY,
                               NAN,    -NAN,   2,         -2,         0.5,       -0.5,
                               3,      -3,     0x1p-1074, -0x1p-1074, 0x1p-1022, 1e308,
                               -1e308, 0x1p52, 0x1p60,    0x1p-600,   0x1p600,   0x1.8p51,
                               1.5,    -1.5,   1e22,      0x1p53,     -0x1p53,   -0x1.8p1};
enum { NSIDES = sizeof sides / sizeof sides[0] };

/* All pairs of special numbers, for which C99 and libm say what comes out, to the bit where that is
 * not rounded. */
static void test_specials_of_two(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++)
        for (int i = 0; i < NSIDES; i++)
            for (int k = 0; k < NSIDES; k++) {
                double x = sides[i], y = sides[k];
                double found = functions_of_two[f].scalar(x, y);
                double exact = functions_of_two[f].plain(x, y);
                if (isnan(exact)
                        ? bits_of(found) != bits_of(NOT_A_NUMBER)
                        : bits_of(found) != bits_of(exact) &&
                              !(fabs(found - exact) <= 1.2e-16 * fabs(exact) && isfinite(exact)))
                    fail_msg("%s(%a, %a) is %a, not %a", functions_of_two[f].name, x, y, found,
                             exact);
                assert_int_equal(signbit(found), isnan(exact) ? 0 : signbit(exact));
            }
}

static void check_level_of_two(const struct function_of_two *function, struct test_random *random,
                               enum pel_isa isa, size_t n)
{
    double x[MOST + 1], y[MOST + 1], out[MOST + 1];
    float narrow_x[MOST + 1], narrow_y[MOST + 1], narrow_out[MOST + 1];
    for (size_t i = 0; i <= n; i++) {
        random_pair(random, &x[i], &y[i]);
        if (i % 8 == 3)
            x[i] = sides[test_random_below(random, NSIDES)];
        if (i % 8 == 5)
            y[i] = sides[test_random_below(random, NSIDES)];
        narrow_x[i] = (float)x[i];
        narrow_y[i] = (float)y[i];
    }
    out[n] = -77;
    narrow_out[n] = -77;
    function->f64(x, y, out, n, isa);
    function->f32(narrow_x, narrow_y, narrow_out, n, isa);
    for (size_t i = 0; i < n; i++) {
        assert_same_bits(out[i], function->scalar(x[i], y[i]), function->name, x[i]);
        float one = (float)function->scalar((double)narrow_x[i], (double)narrow_y[i]);
        assert_memory_equal(&narrow_out[i], &one, sizeof one);
    }
    assert_true(out[n] == -77 && narrow_out[n] == -77);
    function->f64(x, y, y, n, isa);
    assert_memory_equal(y, out, n * sizeof *y);
}

static void test_levels_of_two(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 5, 8, 9, 16, 31, 65, MOST};
    struct test_random random = {test_seed(23)};
    for (int f = 0; f < 2; f++)
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++)
            for (int round = 0; round < 30; round++)
                for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
                    check_level_of_two(&functions_of_two[f], &random, (enum pel_isa)isa, sizes[i]);
}

/* ---- compilers and machines
 * --------------------------------------------------------------------------- */

static uint64_t digest(uint64_t hash, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bits_of(x[i])) * UINT64_C(0x100000001b3); /* FNV-1a, of words */
    return hash;
}

/* What came out when this was written, of any doubles and of moderate ones. A change of a
 * function's bits is to be meant. */
static void test_bits(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        UINT64_C(0x72d8a7efcdfb8f65), UINT64_C(0xe2d10c37fd40a054), UINT64_C(0x7b86a2f02716671c),
        UINT64_C(0xb3c97d1fad76d879), UINT64_C(0x9bb954670012e19e), UINT64_C(0xc8003af0f75819b7),
        UINT64_C(0x4f598c2b36f9dbf5), UINT64_C(0x9a046bd8ae2c00d2), UINT64_C(0x0aa6068a095ad33e)};
    struct test_random random = {1};
    double x[COUNT], y[COUNT], out[COUNT];
    for (int f = 0; f < NFUNCTIONS + 2; f++) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325);
        for (int round = 0; round < 16; round++) {
            for (size_t i = 0; i < COUNT; i++) {
                x[i] = round % 2 ? random_double(&random) : uniform(&random, -10, 50);
                y[i] = round % 4 > 1 ? random_double(&random) : uniform(&random, -10, 50);
            }
            if (f < NFUNCTIONS)
                functions[f].f64(x, out, COUNT, pel_isa_best());
            else
                functions_of_two[f - NFUNCTIONS].f64(x, y, out, COUNT, pel_isa_best());
            hash = digest(hash, out, COUNT);
        }
        if (hash != expected[f])
            fail_msg("function %d: UINT64_C(0x%016llx), not 0x%016llx", f, (unsigned long long)hash,
                     (unsigned long long)expected[f]);
    }
}

/* What `pelton bulk --functions` says of a function. */
static void assert_told(const char *name, double ulp, double subnormal_ulp)
{
    char accuracy[40];
    int n = snprintf(accuracy, sizeof accuracy, "%g ulp", ulp);
    if (subnormal_ulp != ulp)
        (void)snprintf(accuracy + n, sizeof accuracy - (size_t)n, ", subnormals %g", subnormal_ulp);
    struct pel_function_info info;
    for (int i = 0; pel_function_describe(i, &info); i++)
        if (strcmp(info.name, name) == 0) {
            assert_string_equal(info.accuracy, accuracy);
            return;
        }
    fail_msg("no function is called %s", name);
}

static void test_accuracy_is_told(void **state)
{
    (void)state;
    for (int f = 0; f < NFUNCTIONS; f++)
        assert_told(functions[f].name, functions[f].ulp, functions[f].subnormal_ulp);
    for (int f = 0; f < 2; f++)
        assert_told(functions_of_two[f].name, functions_of_two[f].ulp,
                    functions_of_two[f].subnormal_ulp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_specials),
        cmocka_unit_test(test_powers_of_the_base),
        cmocka_unit_test(test_hard_angles),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_accuracy_of_two),
        cmocka_unit_test(test_accuracy_is_told),
        cmocka_unit_test(test_specials_of_two),
        cmocka_unit_test(test_levels_of_two),
        cmocka_unit_test(test_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
