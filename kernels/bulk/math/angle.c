/* Payne and Hanek (1983): of 2 / pi only those bits matter that do not make multiples of 4 of a
 * number m 2^e, and of these 192 will do, as whole numbers. No double is closer to a multiple of pi
 * / 2 than by 2^-62 of it (Muller, Elementary Functions, ch. 11), and 137 bits of the fraction are
 * right: at least 75 are, from its first one on. */
#include "bulk/math/angle.h"

#include "bulk/math/tables.h"
#include "bulk/reduce/dd.h"
#include "bulk/reduce/exact.h"

#include <string.h>

/* 64 bits of 2 / pi from number `at` on; number 64 is worth 1 / 2. */
static uint64_t bits_of_two_over_pi(int at)
{
    int word = at / 64, shift = at % 64;
    uint64_t high = two_over_pi[word] << shift;
    return shift ? high | two_over_pi[word + 1] >> (64 - shift) : high;
}

/* m 2^e 2 / pi mod 4, in units of 2^-190: three words, the highest first. */
static void multiply(uint64_t m, int e, uint64_t out[3])
{
    int at = e + 62; /* worth 2^(1 - e); the one before makes a multiple of 4 */
    pel_uint128 low = (pel_uint128)m * bits_of_two_over_pi(at + 128);
    pel_uint128 middle = (pel_uint128)m * bits_of_two_over_pi(at + 64) + (uint64_t)(low >> 64);
    out[2] = (uint64_t)low;
    out[1] = (uint64_t)middle;
    out[0] = m * bits_of_two_over_pi(at) + (uint64_t)(middle >> 64);
}

static void negate(uint64_t words[3])
{
    words[2] = -words[2];
    words[1] = ~words[1] + (words[2] == 0);
    words[0] = ~words[0] + (words[2] == 0 && words[1] == 0);
}

static void shift_left(uint64_t words[3], int by)
{
    words[0] = words[0] << by | words[1] >> (64 - by);
    words[1] = words[1] << by | words[2] >> (64 - by);
    words[2] = words[2] << by;
}

/* A fraction of three words, not all 0, times pi / 2. */
static struct pel_dd of_fraction(uint64_t words[3])
{
    double scale = 1;
    for (; !words[0]; scale *= 0x1p-64) {
        memmove(words, words + 1, 2 * sizeof *words);
        words[2] = 0;
    }
    for (; !(words[0] >> 63); scale /= 2)
        shift_left(words, 1);
    double high = (double)(words[0] >> 11) * 0x1p-53;
    double low = (double)((words[0] & 0x7ff) << 42 | words[1] >> 22) * 0x1p-106;
    double product = high * HALF_PI_HIGH;
    double rest = pel_product_rest(high, HALF_PI_HIGH, product);
    rest += high * HALF_PI_LOW + low * HALF_PI_HIGH;
    struct pel_dd sum = pel_two_sum(product, rest);
    return (struct pel_dd){sum.hi * scale, sum.lo * scale};
}

uint64_t pel_angle_reduce(double x, double *high, double *low)
{
    uint64_t bits, words[3];
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff);
    if (exponent == 0x7ff) {
        *high = *low = __builtin_nan("");
        return 0;
    }
    multiply((bits & UINT64_MAX >> 12) | UINT64_C(1) << 52, exponent - 1075, words);
    uint64_t quadrant = words[0] >> 62;
    shift_left(words, 2);
    bool above = words[0] >> 63, negative = bits >> 63;
    if (above)
        negate(words);
    struct pel_dd angle = of_fraction(words);
    quadrant += above;
    double sign = above != negative ? -1 : 1;
    *high = sign * angle.hi;
    *low = sign * angle.lo;
    return (negative ? -quadrant : quadrant) & 3;
}
