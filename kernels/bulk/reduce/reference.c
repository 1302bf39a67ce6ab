#include "bulk/reduce/reference.h"

#include <math.h>
#include <string.h>

static double block_sum(const double *x, size_t n)
{
    double lane[32];
    for (size_t j = 0; j < 32; j++) {
        lane[j] = 0;
        for (size_t i = j; i < n; i += 32)
            lane[j] = lane[j] + x[i];
    }
    for (size_t half = 16; half >= 1; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] = lane[j] + lane[j + half];
    return lane[0];
}

/* Of blocks [lo, hi): the left child of a node has the largest power of two of blocks that is less than all. */
static double tree_sum(const double *x, size_t n, size_t lo, size_t hi)
{
    if (hi - lo == 1)
        return block_sum(x + lo * PEL_BLOCK_ROWS, n - lo * PEL_BLOCK_ROWS < PEL_BLOCK_ROWS
                                                      ? n - lo * PEL_BLOCK_ROWS
                                                      : PEL_BLOCK_ROWS);
    size_t left = 1;
    while (left * 2 < hi - lo)
        left *= 2;
    return tree_sum(x, n, lo, lo + left) + tree_sum(x, n, lo + left, hi);
}

double pel_reference_sum(const double *x, size_t n)
{
    return n ? tree_sum(x, n, 0, (n + PEL_BLOCK_ROWS - 1) / PEL_BLOCK_ROWS) : 0;
}

/* Digit k counts 2^(k - 1074). */
enum { NDIGITS = 2200 };

static void add_bits(int64_t *digit, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    int exponent = (int)(bits >> 52 & 2047), sign = bits >> 63 ? -1 : 1;
    uint64_t mantissa = bits % (UINT64_C(1) << 52);
    int place = exponent ? exponent - 1 : 0;
    if (exponent)
        digit[place + 52] += sign;
    for (int k = 0; k < 52; k++)
        if (mantissa >> k & 1)
            digit[place + k] += sign;
}

/* Makes digits 0 or 1; -1 is left over if the number is negative, else 0. */
static int64_t carry(int64_t *digit)
{
    int64_t over = 0;
    for (int k = 0; k < NDIGITS; k++) {
        int64_t value = digit[k] + over;
        digit[k] = value & 1;
        over = (value - digit[k]) / 2;
    }
    return over;
}

static double round_bits(const int64_t *digit)
{
    int top = NDIGITS - 1;
    while (top >= 0 && !digit[top])
        top--;
    double value = 0;
    int last = top > 52 ? top - 52 : 0;
    for (int k = top; k >= last; k--)
        value = value * 2 + (double)digit[k];
    bool half = last > 0 && digit[last - 1], more = false;
    for (int k = 0; k < last - 1; k++)
        more |= digit[k];
    if (half && (more || digit[last]))
        value += 1;
    return ldexp(value, last - 1074);
}

double pel_reference_sum_exact(const double *x, size_t n)
{
    int64_t digit[NDIGITS] = {0};
    double special = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            add_bits(digit, x[i]);
        else
            special += x[i];
    if (special != 0)
        return isnan(special) ? (double)NAN : special;
    if (carry(digit) == 0)
        return round_bits(digit);
    for (int k = 0; k < NDIGITS; k++) /* two's complement */
        digit[k] = 1 - digit[k];
    digit[0]++;
    carry(digit);
    return -round_bits(digit);
}

struct pel_moments pel_reference_moments(const double *x, size_t n)
{
    long double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (long double)x[i];
    for (size_t i = 0; i < n; i++) {
        long double distance = (long double)x[i] - sum / (long double)n;
        squares += distance * distance;
    }
    return (struct pel_moments){n, (double)sum, (double)squares};
}

struct pel_extremes pel_reference_extremes(const double *x, size_t n)
{
    struct pel_extremes found = {0, 0};
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return (struct pel_extremes){i, i};
    for (size_t i = 1; i < n; i++) {
        if (x[i] < x[found.argmin])
            found.argmin = i;
        if (x[i] > x[found.argmax])
            found.argmax = i;
    }
    return found;
}

void pel_reference_histogram(const double *x, size_t n, double lo, double hi, size_t nbins,
                             uint64_t *counts)
{
    double width = (hi - lo) / (double)nbins;
    for (size_t k = 0; k < nbins; k++) {
        double from = lo + (double)k * width, to = lo + (double)(k + 1) * width;
        bool last = k + 1 == nbins;
        counts[k] = 0;
        for (size_t i = 0; i < n; i++)
            counts[k] += x[i] >= from && (last ? x[i] <= hi : x[i] < to);
    }
}
