/* Numbers as text: against strtod and printf of the C library, which round correctly too. */
#include "support.h"

#include <pelton/decimal.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = WITH_ASAN ? 100000 : 1000000 };

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static uint32_t bits_of_f32(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static float f32_from_bits(uint32_t bits)
{
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* What both of our readers say of a text of digits is what the C library says. */
static void expect_as_libc(const char *text)
{
    double number = 7, expected = strtod(text, NULL);
    float small = 7, expected_small = strtof(text, NULL);
    int status = pel_decimal_to_f64(text, strlen(text), &number, NULL);
    int status_small = pel_decimal_to_f32(text, strlen(text), &small, NULL);
    if (bits_of(number) != bits_of(expected) || status != (isinf(expected) ? -ERANGE : 0))
        fail_msg("'%s': %a, status %d; expected %a", text, number, status, expected);
    if (bits_of_f32(small) != bits_of_f32(expected_small) ||
        status_small != (isinf(expected_small) ? -ERANGE : 0))
        fail_msg("'%s': %a, status %d; expected %a as a float", text, (double)small, status_small,
                 (double)expected_small);
}

static void test_known(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "+0",
        "0.0",
        "00000",
        "-0e99999999999999999999",
        "0e400",
        "1",
        "-1",
        "+1",
        "1.",
        ".5",
        "-.5",
        "1e0",
        "1E5",
        "1e+5",
        "1e-5",
        "0001",
        "00000000000000000000000001",
        "0.000000000000000000000001",
        "123456789012345678",
        "1234567890123456789",
        "12345678901234567890",
        "18446744073709551615",
        "18446744073709551616",
        "9007199254740993",
        "9007199254740992",
        "9007199254740991",
        "9007199254740993.0000000000000000000000000000000001",
        "9007199254740992.99999999999999999999",
        "9007199254740995",
        "1e22",
        "1e23",
        "8.5e22",
        "1e-22",
        "1e-23",
        "123e22",
        "7.2057594037927933e16",
        /* known to be hard: Paxson 1991, and reports against C libraries */
        "5e125",
        "69e267",
        "999e-26",
        "7861e-34",
        "75569e-254",
        "928609e-261",
        "9210917e80",
        "84863171e114",
        "653777767e273",
        "5232604057e-298",
        "27235667517e-109",
        "653532977297e-123",
        "3142213164987e-294",
        "46202199371337e-72",
        "231010996856685e-73",
        "9324754620109615e212",
        "78459735791271921e49",
        "272104041512242479e200",
        "6802601037806061975e198",
        "20505426358836677347e-221",
        "836168422905420598437e-234",
        "4891559871276714924261e222",
        "9e-265",
        "85e-37",
        "623e100",
        "3571e263",
        "81661e153",
        "920657e-23",
        "4603285e-24",
        "87575437e-309",
        "245540327e122",
        "6138508175e120",
        "83356057653e193",
        "619534293513e124",
        "2335141086879e218",
        "36167929443327e-159",
        "609610927149051e-255",
        "3743626360493413e-165",
        "94080055902682397e-242",
        "899810892172646163e283",
        "7120190517612959703e120",
        "25188282901709339043e-252",
        "308984926168550152811e-52",
        "6372891218502368041059e64",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.2250738585072014e-308",
        "6.631236846766476e-316",
        "3.237883913302901e-319",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.797693134862315807e308",
        "1.7976931348623159e308",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
        "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
        "342711559699508093042880",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
        "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
        "342711559699508093042879.9999",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.4703282292062329e-324",
        "1e-323",
        "1e-324",
        "1e-325",
        "1e-400",
        "1e-99999999999999999999",
        "1e308",
        "1e309",
        "1e400",
        "-1e400",
        "1e99999999999999999999",
        "3.4028234663852886e38",
        "3.4028235677973366e38",
        "3.4028235677973367e38",
        "1.401298464324817e-45",
        "7.006492321624085e-46",
        "7.006492321624086e-46",
        "1.1754943508222875e-38",
        "1.1754942807573642e-38",
        "16777217",
        "16777216.999999999999999",
        "16777217.000000000000000000000001",
        "33554435",
        "0.3",
        "1.00000017881393421514957253748434595763683319091796875001",
        "1.00000017881393432617187499",
        "1.00000017881393432617187500",
        "1.00000017881393432617187501",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_as_libc(texts[i]);
}

/* The exact middle of two neighbours, then one last place above and below it, then a digit far
 * behind. */
static void expect_middle(uint64_t bits)
{
    static char text[4096];
    long double middle = ((long double)from_bits(bits) + (long double)from_bits(bits + 1)) / 2;
    if (sizeof middle == sizeof(double) || isinf(middle))
        return;
    int nbytes = snprintf(text, sizeof text, "%.1100Lf", middle);
    while (text[nbytes - 1] == '0')
        nbytes--;
    text[nbytes] = 0;
    expect_as_libc(text);
    memcpy(text + nbytes, "00000000000000000000001", 24);
    expect_as_libc(text);
    text[nbytes] = 0;
    if (text[nbytes - 1] != '.') {
        text[nbytes - 1]--;
        memcpy(text + nbytes, "99999999999999999999999", 24);
        expect_as_libc(text);
    }
}

static void test_middles(void **state)
{
    (void)state;
    struct test_random random = {test_seed(71)};
    static const uint64_t borders[] = {0,
                                       1,
                                       2,
                                       0xfffffffffffff,
                                       0xffffffffffffe,
                                       0x10000000000000,
                                       0x7feffffffffffffe,
                                       0x3ff0000000000000,
                                       0x4340000000000000};
    for (size_t i = 0; i < sizeof borders / sizeof borders[0]; i++)
        expect_middle(borders[i]);
    for (int i = 0; i < ROUNDS / 500; i++)
        expect_middle(test_random_next(&random) % 0x7fefffffffffffff);
    for (int i = 0; i < ROUNDS / 500; i++) /* 2^-50 to 2^60 */
        expect_middle(0x3cd0000000000000 + test_random_next(&random) % 0x06e0000000000000);
}

/* More digits than any middle has. */
static void test_many_digits(void **state)
{
    (void)state;
    static char text[200000];
    for (size_t n = 700; n < 900; n++) {
        memset(text, '0', n);
        memcpy(text, "0.", 2);
        text[n - 1] = '1';
        text[n] = 0;
        expect_as_libc(text);
        memset(text, '7', n);
        memcpy(text + n, "e-1000", 7);
        expect_as_libc(text);
    }
    /* the middle of the two largest denormals, and the same with a 1 a hundred thousand places
     * on */
    int nbytes = snprintf(
        text, sizeof text, "%.1080Lf",
        ((long double)from_bits(0xffffffffffffe) + (long double)from_bits(0xfffffffffffff)) / 2);
    memset(text + nbytes, '0', 100000);
    text[nbytes + 100000] = 0;
    expect_as_libc(text);
    memcpy(text + nbytes + 100000, "1", 2);
    expect_as_libc(text);
    /* large numbers of zeros on both sides of what counts */
    memset(text, '0', 100000);
    memcpy(text + 100000, "1e-5", 5);
    expect_as_libc(text);
    text[1] = '.';
    memcpy(text + 100000, "123e99998", 10);
    expect_as_libc(text);
}

static void test_random_texts(void **state)
{
    (void)state;
    struct test_random random = {test_seed(72)};
    char text[80];
    for (int i = 0; i < ROUNDS / 2; i++) {
        size_t ndigits = 1 + test_random_below(&random, 30),
               point = test_random_below(&random, ndigits + 1);
        char *p = text;
        for (size_t k = 0; k < ndigits; k++) {
            if (k == point)
                *p++ = '.';
            *p++ = (char)('0' + test_random_below(&random, 10));
        }
        *p = 0;
        if (i % 2)
            snprintf(p, 20, "e%d",
                     (int)test_random_below(&random, i % 4 == 1 ? 700 : 60) -
                         (i % 4 == 1 ? 350 : 30));
        expect_as_libc(text);
    }
}

static void expect_rejected(const char *text, size_t used)
{
    double number = 7;
    float small = 7;
    size_t got = 99, got_small = 99;
    assert_int_equal(pel_decimal_to_f64(text, strlen(text), &number, NULL), -EBADMSG);
    assert_true(number == 0);
    assert_int_equal(pel_decimal_to_f32(text, strlen(text), &small, NULL), -EBADMSG);
    int status = used ? 0 : -EBADMSG;
    assert_int_equal(pel_decimal_to_f64(text, strlen(text), &number, &got), status);
    assert_int_equal(pel_decimal_to_f32(text, strlen(text), &small, &got_small), status);
    assert_int_equal(got, used);
    assert_int_equal(got_small, used);
}

static void test_grammar(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t used;
    } bad[] = {{"", 0},        {"+", 0},     {"-", 0},        {".", 0},   {"-.", 0},
               {"e5", 0},      {".e5", 0},   {" 1", 0},       {"1 ", 1},  {"1e", 1},
               {"1e+", 1},     {"1e-x", 1},  {"1.2.3", 3},    {"--1", 0}, {"+-1", 0},
               {"0x10", 1},    {"1_000", 1}, {"1,5", 1},      {"in", 0},  {"infi", 3},
               {"infinit", 3}, {"nano", 3},  {"na", 0},       {"1f", 1},  {"inf1", 3},
               {"1e5.5", 3},   {"abc", 0},   {"\xc3\xa9", 0}, {"NA", 0},  {"nan(1)", 3}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_rejected(bad[i].text, bad[i].used);
    static const char *const words[] = {"inf",      "Inf",      "INF",      "+inf",
                                        "infinity", "Infinity", "+INFINITY"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        double number;
        float small;
        assert_int_equal(pel_decimal_to_f64(words[i], strlen(words[i]), &number, NULL), 0);
        assert_int_equal(pel_decimal_to_f32(words[i], strlen(words[i]), &small, NULL), 0);
        assert_true(number == INFINITY && small == INFINITY);
    }
    double number;
    float small;
    assert_int_equal(pel_decimal_to_f64("-inf", 4, &number, NULL), 0);
    assert_true(number == -INFINITY);
    assert_int_equal(pel_decimal_to_f64("-NaN", 4, &number, NULL), 0);
    assert_int_equal(bits_of(number), UINT64_C(0x7ff8000000000000));
    assert_int_equal(pel_decimal_to_f32("nan", 3, &small, NULL), 0);
    assert_int_equal(bits_of_f32(small), UINT32_C(0x7fc00000));
    assert_int_equal(pel_decimal_to_f64("1e400,", 6, &number, &(size_t){0}), -ERANGE);
    assert_true(number == INFINITY);
    /* what lies behind the text is not looked at */
    assert_int_equal(pel_decimal_to_f64("123456", 3, &number, NULL), 0);
    assert_true(number == 123);
    assert_int_equal(pel_decimal_to_f64("1e5", 2, &number, NULL), -EBADMSG);
}

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status;
        int64_t number;
    } cases[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"+7", 0, 7},
        {"0000000000000000000000000012", 0, 12},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", -ERANGE, INT64_MAX},
        {"-9223372036854775809", -ERANGE, INT64_MIN},
        {"99999999999999999999999", -ERANGE, INT64_MAX},
        {"-99999999999999999999999", -ERANGE, INT64_MIN},
        {"18446744073709551616", -ERANGE, INT64_MAX},
        {"", -EBADMSG, 0},
        {"-", -EBADMSG, 0},
        {"1.0", -EBADMSG, 0},
        {"1e3", -EBADMSG, 0},
        {" 1", -EBADMSG, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t number = 7;
        assert_int_equal(pel_decimal_to_i64(cases[i].text, strlen(cases[i].text), &number, NULL),
                         cases[i].status);
        assert_int_equal(number, cases[i].number);
    }
    size_t used;
    int64_t number;
    assert_int_equal(pel_decimal_to_i64("12,", 3, &number, &used), 0);
    assert_int_equal(used, 2);
    struct test_random random = {test_seed(73)};
    for (int i = 0; i < ROUNDS; i++) {
        char text[PEL_DECIMAL_NBYTES], expected[PEL_DECIMAL_NBYTES];
        int64_t wanted = (int64_t)test_random_next(&random) >> test_random_below(&random, 64);
        if (i < 3)
            wanted = (int64_t[]){INT64_MIN, INT64_MAX, 0}[i];
        size_t nbytes = pel_decimal_from_i64(wanted, text);
        assert_int_equal(nbytes, snprintf(expected, sizeof expected, "%" PRId64, wanted));
        assert_memory_equal(text, expected, nbytes);
        assert_int_equal(pel_decimal_to_i64(text, nbytes, &number, NULL), 0);
        assert_int_equal(number, wanted);
    }
}

/* The digits of a text, without zeros at the ends, point and exponent. */
static int digits_of(const char *text, char *digits)
{
    int n = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0'))
            digits[n++] = *text;
    while (n > 0 && digits[n - 1] == '0')
        n--;
    digits[n] = 0;
    return n;
}

/* It reads back, no fewer digits would, and no other ones of as many are nearer: those of printf
 * with that many digits are the nearest, if they read back at all. */
static void expect_shortest(double number)
{
    char text[PEL_DECIMAL_NBYTES + 1], digits[40], other[60], other_digits[60];
    size_t nbytes = pel_decimal_from_f64(number, text);
    assert_in_range(nbytes, 3, 24);
    text[nbytes] = 0;
    double back;
    if (pel_decimal_to_f64(text, nbytes, &back, NULL) || bits_of(back) != bits_of(number) ||
        bits_of(strtod(text, NULL)) != bits_of(number))
        fail_msg("%a was written as %s", number, text);
    int n = digits_of(text, digits);
    if (n > 1) {
        snprintf(other, sizeof other, "%.*e", n - 2, number);
        if (strtod(other, NULL) == number)
            fail_msg("%a was written as %s, but %s does", number, text, other);
    }
    snprintf(other, sizeof other, "%.*e", n > 0 ? n - 1 : 0, number);
    digits_of(other, other_digits);
    if (strtod(other, NULL) == number && strcmp(digits, other_digits) != 0)
        fail_msg("%a was written as %s, but %s is nearer", number, text, other);
}

static void test_shortest(void **state)
{
    (void)state;
    struct test_random random = {test_seed(74)};
    for (int exponent = 0; exponent < 2047; exponent++)
        for (int k = -3; k <= 3; k++) {
            uint64_t bits = ((uint64_t)exponent << 52) + (uint64_t)k;
            if (bits - 1 < 0x7fefffffffffffff)
                expect_shortest(from_bits(bits));
        }
    for (int i = -323; i <= 308; i++) {
        char text[20];
        snprintf(text, sizeof text, "1e%d", i);
        expect_shortest(strtod(text, NULL));
    }
    for (int i = 0; i < ROUNDS / 3; i++) {
        uint64_t bits = test_random_next(&random);
        if (i % 3 == 1) /* a few digits */
            bits = bits_of((double)test_random_below(&random, 1000000) / 1000);
        if (i % 3 == 2) /* integers */
            bits = bits_of((double)(bits >> (bits & 63)));
        double number = from_bits(bits);
        if (isfinite(number) && number != 0)
            expect_shortest(number);
    }
}

static void expect_shortest_f32(float number)
{
    char text[PEL_DECIMAL_NBYTES + 1], digits[40], other[60];
    size_t nbytes = pel_decimal_from_f32(number, text);
    text[nbytes] = 0;
    float back;
    if (pel_decimal_to_f32(text, nbytes, &back, NULL) || bits_of_f32(back) != bits_of_f32(number))
        fail_msg("%a was written as %s", (double)number, text);
    int n = digits_of(text, digits);
    assert_in_range(n, 1, 9);
    if (n > 1) {
        snprintf(other, sizeof other, "%.*e", n - 2, (double)number);
        assert_true(strtof(other, NULL) != number);
    }
}

static void test_shortest_f32(void **state)
{
    (void)state;
    /* a prime step: every exponent and all over the mantissas */
    for (uint64_t bits = 1; bits < 0x7f800000; bits += WITH_ASAN ? 100003 : 5003)
        expect_shortest_f32(f32_from_bits((uint32_t)bits));
    for (uint32_t exponent = 1; exponent < 255; exponent++)
        for (uint32_t k = 0; k < 5; k++)
            expect_shortest_f32(f32_from_bits((exponent << 23) + k - 2));
}

static void test_form(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {-1, "-1.0"},
        {0.1, "0.1"},
        {1234.5, "1234.5"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {0.00001, "1e-5"},
        {1.5e-7, "1.5e-7"},
        {1234567890123456, "1234567890123456.0"},
        {9007199254740992, "9007199254740992.0"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e16"},
        {12345678901234568, "1.2345678901234568e16"},
        {100, "100.0"},
        {123456.75, "123456.75"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e308"},
        {-DBL_MAX, "-1.7976931348623157e308"},
        {-2.2250738585072014e-308, "-2.2250738585072014e-308"},
        {1e23, "1e23"},
        {9e-265, "9e-265"},
        {2e-44, "2e-44"},
        {NAN, "nan"},
        {-NAN, "nan"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[PEL_DECIMAL_NBYTES];
        size_t nbytes = pel_decimal_from_f64(cases[i].number, text);
        assert_int_equal(nbytes, strlen(cases[i].text));
        assert_memory_equal(text, cases[i].text, nbytes);
    }
    char text[PEL_DECIMAL_NBYTES];
    assert_int_equal(pel_decimal_from_f32(0.1f, text), 3);
    assert_memory_equal(text, "0.1", 3);
    assert_int_equal(pel_decimal_from_f32(-16777216, text), 11);
    assert_memory_equal(text, "-16777216.0", 11);
    assert_int_equal(pel_decimal_from_f32(FLT_MAX, text), 12);
    assert_memory_equal(text, "3.4028235e38", 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),       cmocka_unit_test(test_middles),
        cmocka_unit_test(test_many_digits), cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_grammar),     cmocka_unit_test(test_integers),
        cmocka_unit_test(test_shortest),    cmocka_unit_test(test_shortest_f32),
        cmocka_unit_test(test_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
