#include "bulk/exact.h"

#include <math.h>
#include <string.h>

/* So many additions of less than 2^52 each leave a digit that was below 2^33 within 63 bits. */
enum { ADDS_BETWEEN_CARRIES = 1 << 10 };

/* Brings all digits but the last into [0, 2^32); the sign is that of the last. */
static void carry(struct pel_exact *sum)
{
    int64_t over = 0;
    for (int k = 0; k < PEL_EXACT_DIGITS - 1; k++) {
        int64_t digit = sum->digit[k] + over;
        sum->digit[k] = digit & 0xffffffff;
        over = digit >> 32;
    }
    sum->digit[PEL_EXACT_DIGITS - 1] += over;
    sum->nadds = 0;
}

static void meet(struct pel_exact *sum, double x)
{
    if (x != x)
        sum->nan = true;
    else if (x > 0)
        sum->plus_infinity = true;
    else
        sum->minus_infinity = true;
}

void pel_exact_add(struct pel_exact *sum, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    unsigned exponent = (unsigned)(bits >> 52) & 2047;
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
    if (exponent == 2047) {
        meet(sum, x);
        return;
    }
    /* x = mantissa * 2^(place - 1074): subnormal numbers have no implicit bit and the exponent of 1. */
    unsigned normal = exponent != 0, place = exponent - normal;
    mantissa |= (uint64_t)normal << 52;
    uint64_t low = (mantissa << place % 32) & 0xffffffff, high = mantissa >> (32 - place % 32);
    int64_t sign = -(int64_t)(bits >> 63); /* 0 or -1: (v ^ sign) - sign is v or -v */
    sum->digit[place / 32] += ((int64_t)low ^ sign) - sign;
    sum->digit[place / 32 + 1] += ((int64_t)high ^ sign) - sign;
    if (++sum->nadds == ADDS_BETWEEN_CARRIES)
        carry(sum);
}

void pel_exact_flush(struct pel_exact *sum)
{
    for (int l = 0; l < PEL_EXACT_LANES; l++) {
        pel_exact_add(sum, sum->hi[l]);
        pel_exact_add(sum, sum->lo[l]);
        sum->hi[l] = sum->lo[l] = 0;
    }
}

void pel_exact_merge(struct pel_exact *into, struct pel_exact *from)
{
    pel_exact_flush(from);
    carry(into);
    carry(from);
    for (int k = 0; k < PEL_EXACT_DIGITS; k++)
        into->digit[k] += from->digit[k];
    into->nan |= from->nan;
    into->plus_infinity |= from->plus_infinity;
    into->minus_infinity |= from->minus_infinity;
}

/* Bits [lo, lo + 64) of digits in [0, 2^32). */
static uint64_t bits_from(const int64_t *digit, int lo)
{
    uint64_t bits = 0;
    for (int k = lo / 32; k <= lo / 32 + 2 && k < PEL_EXACT_DIGITS; k++) {
        int shift = 32 * k - lo;
        bits |= shift < 0 ? (uint64_t)digit[k] >> -shift : (uint64_t)digit[k] << shift;
    }
    return bits;
}

static bool any_below(const int64_t *digit, int hi)
{
    for (int k = 0; k < hi / 32; k++)
        if (digit[k])
            return true;
    return digit[hi / 32] & ((INT64_C(1) << hi % 32) - 1);
}

/* Of digits in [0, 2^32), the last one up to 2^63 - 1, whose bits are counted on. */
static double round_digits(const int64_t *digit)
{
    int top = PEL_EXACT_DIGITS - 1;
    while (top > 0 && !digit[top])
        top--;
    if (!digit[top])
        return 0;
    if (digit[top] >> 32)
        return INFINITY;
    int length = 32 * top + 64 - __builtin_clzll((uint64_t)digit[top]);
    if (length <= 53)
        return ldexp((double)bits_from(digit, 0), -1074);
    int lo = length - 53;
    uint64_t kept = bits_from(digit, lo) & ((UINT64_C(1) << 53) - 1);
    bool half = bits_from(digit, lo - 1) & 1;
    kept += half && (any_below(digit, lo - 1) || (kept & 1));
    return ldexp((double)kept, lo - 1074); /* exact, or beyond DBL_MAX and then infinite */
}

double pel_exact_round(struct pel_exact *sum)
{
    pel_exact_flush(sum);
    if (sum->nan || (sum->plus_infinity && sum->minus_infinity))
        return (double)NAN;
    if (sum->plus_infinity || sum->minus_infinity)
        return sum->plus_infinity ? INFINITY : -INFINITY;
    carry(sum);
    if (sum->digit[PEL_EXACT_DIGITS - 1] >= 0)
        return round_digits(sum->digit);
    struct pel_exact negative = *sum;
    for (int k = 0; k < PEL_EXACT_DIGITS; k++)
        negative.digit[k] = -sum->digit[k];
    carry(&negative);
    return -round_digits(negative.digit);
}
