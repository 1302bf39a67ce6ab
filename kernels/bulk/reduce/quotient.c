#include "bulk/reduce/quotient.h"

#include <math.h>

static int leading_zeros(pel_uint128 x)
{
    uint64_t hi = (uint64_t)(x >> 64), lo = (uint64_t)x;
    return hi ? __builtin_clzll(hi) : 64 + __builtin_clzll(lo);
}

/* The sum is scaled up to 127 bits, so that the quotient has 63 at least; what it has beyond 64, and the
 * remainder, only tell whether it is more than what it is cut to: its last bit says so, 10 bits below
 * those that a double keeps. */
double pel_quotient(pel_int128 sum, uint64_t n)
{
    if (sum == 0)
        return 0;
    pel_uint128 size = sum < 0 ? -(pel_uint128)sum : (pel_uint128)sum;
    int up = leading_zeros(size) - 1;
    size <<= up;
    pel_uint128 quotient = size / n;
    bool more = quotient * n != size;
    int down = 64 - leading_zeros(quotient);
    if (down < 0)
        down = 0;
    more = more || (quotient & (((pel_uint128)1 << down) - 1)) != 0;
    double result = ldexp((double)((uint64_t)(quotient >> down) | more), down - up);
    return sum < 0 ? -result : result;
}
