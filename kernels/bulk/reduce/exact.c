#include "bulk/reduce/exact.h"

#include <math.h>
#include <string.h>

/* Values are added to digits of their own in turn: the same few digits, over and over, would have each
 * addition wait for the last one's store. */
enum { NBANKS = 4 };

typedef int64_t pair PEL_VECTOR(16);

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
}

/* Notes the values that are not finite, and makes 0 of them. */
static void note(struct pel_exact *sum, const double *x, struct pel_exact_parts *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) {
            sum->nan |= isnan(x[i]);
            sum->plus_infinity |= x[i] > 0;
            sum->minus_infinity |= x[i] < 0;
            parts->part[i][0] = parts->part[i][1] = 0;
        }
}

/* Each bank gets up to 2^8 parts below 2^53, and digits are below 2^33: nothing leaves 63 bits. */
void pel_exact_add(struct pel_exact *sum, const double *x, struct pel_exact_parts *parts, size_t n,
                   bool all_finite)
{
    pair bank[NBANKS][PEL_EXACT_DIGITS - 1] = {{{0}}};
    if (!all_finite)
        note(sum, x, parts, n);
    for (size_t i = 0; i < n; i += NBANKS) {
        bank[0][parts->digit[i]] += *(const pair *)parts->part[i];
        bank[1][parts->digit[i + 1]] += *(const pair *)parts->part[i + 1];
        bank[2][parts->digit[i + 2]] += *(const pair *)parts->part[i + 2];
        bank[3][parts->digit[i + 3]] += *(const pair *)parts->part[i + 3];
    }
    int64_t over = 0;
    for (int k = 0; k < PEL_EXACT_DIGITS - 1; k++) {
        pair all = (bank[0][k] + bank[1][k]) + (bank[2][k] + bank[3][k]);
        sum->digit[k] += all[0] + over;
        over = all[1];
    }
    sum->digit[PEL_EXACT_DIGITS - 1] += over;
    carry(sum);
}

static void add_plain(struct pel_exact *sum, const double *x, size_t n)
{
    struct pel_exact_parts parts;
    bool all_finite = pel_exact_split(&parts, x, n);
    pel_exact_add(sum, x, &parts, n, all_finite);
}

void pel_exact_flush(struct pel_exact *sum)
{
    add_plain(sum, sum->hi, PEL_EXACT_LANES);
    add_plain(sum, sum->lo, PEL_EXACT_LANES);
    memset(sum->hi, 0, sizeof sum->hi);
    memset(sum->lo, 0, sizeof sum->lo);
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
    for (int k = lo / 32; k <= (lo + 63) / 32 && k < PEL_EXACT_DIGITS; k++) {
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
