/* Text to numbers, for callers that want it in their own loop. */
#ifndef PELTON_BULK_DECIMAL_SCAN_H
#define PELTON_BULK_DECIMAL_SCAN_H

#include "bulk/decimal/decimal.h"

#include <float.h>
#include <string.h>

static inline bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') < 10;
}

/* Reads digits into *number modulo 2^64; returns what follows them. */
static inline const char *scan_digits(const char *p, const char *end, uint64_t *number)
{
    for (; p < end && is_digit(*p); p++)
        *number = *number * 10 + (uint64_t)(*p - '0');
    return p;
}

/* "e" and digits: *exponent grows by them, at most to some 10^17; returns what follows, or p. */
static inline const char *scan_exponent(const char *p, const char *end, int64_t *exponent)
{
    const char *q = p + 1;
    if (p == end || (*p | 0x20) != 'e')
        return p;
    bool negative = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+'))
        q++;
    if (q == end || !is_digit(*q))
        return p;
    int64_t number = 0;
    for (; q < end && is_digit(*q); q++)
        if (number < INT64_C(10000000000000000))
            number = number * 10 + (*q - '0');
    *exponent += negative ? -number : number;
    return q;
}

/* More than 19 digits, perhaps: takes the first 19 significant ones. */
static inline void scan_significant(struct decimal *decimal)
{
    int ndigits = 0;
    bool fraction = false;
    decimal->digits = 0;
    for (const char *p = decimal->first; p < decimal->last; p++) {
        if (*p == '.') {
            fraction = true;
        } else if (ndigits < 19) {
            decimal->digits = decimal->digits * 10 + (uint64_t)(*p - '0');
            ndigits += decimal->digits != 0;
            decimal->exponent -= fraction;
        } else {
            decimal->more |= *p != '0';
            decimal->exponent += !fraction;
        }
    }
}

/* Finds the digits of a float; returns what follows it, or text if that does not begin with
 * digits. */
static inline const char *scan_decimal(const char *text, const char *end, struct decimal *decimal)
{
    const char *p = text;
    *decimal = (struct decimal){.negative = p < end && *p == '-'};
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    decimal->first = p;
    p = scan_digits(p, end, &decimal->digits);
    ptrdiff_t ndigits = p - decimal->first, nfraction = 0;
    if (p < end && *p == '.') {
        const char *point = p;
        p = scan_digits(p + 1, end, &decimal->digits);
        nfraction = p - point - 1;
    }
    if (ndigits + nfraction == 0)
        return text;
    decimal->last = p;
    if (ndigits + nfraction <= 19)
        decimal->exponent = -nfraction;
    else
        scan_significant(decimal);
    return scan_exponent(p, end, &decimal->exponent);
}

/* What a binary format is made of. */
struct float_format {
    int mantissa_bits;       /* stored ones */
    int bias;                /* of the exponent */
    int infinite_exponent;   /* as stored */
    int low, high;           /* powers of ten below and above which 19 digits are 0 and infinity */
    int even_low, even_high; /* powers of ten at which digits can be at the middle of two numbers */
};

#define FORMAT_F64 ((struct float_format){52, 1023, 0x7ff, -342, 308, -4, 23})
#define FORMAT_F32 ((struct float_format){23, 127, 0xff, -65, 38, -17, 10})

/* digits * 10^exponent rounded to the format, as its bits; Lemire 2021, section 5. The product
 * with 128 bits of the power is long enough for every number of 64 bits (Mushtaq and Lemire
 * 2023). */
PEL_INLINE uint64_t round_decimal(uint64_t digits, int64_t exponent, struct float_format format)
{
    const uint64_t infinity = (uint64_t)format.infinite_exponent << format.mantissa_bits;
    if (digits == 0 || exponent < format.low)
        return 0;
    if (exponent > format.high)
        return infinity;
    const int zeros = __builtin_clzll(digits);
    const struct power_of_five *power = &pel_powers_of_five[exponent - POWERS_LOW];
    digits <<= zeros;
    __extension__ unsigned __int128 product = (unsigned __int128)digits * power->high;
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    const int spare =
        64 - format.mantissa_bits - 3; /* bits of high that rounding does not look at */
    if (~high << (64 - spare) == 0) {
        __extension__ uint64_t more = (uint64_t)((unsigned __int128)digits * power->low >> 64);
        high += __builtin_add_overflow(low, more, &low);
    }
    const int top = (int)(high >> 63), shift = top + spare;
    uint64_t mantissa = high >> shift; /* with one bit more than is stored and hidden */
    /* floor(log2(10^exponent)), by 217706 / 2^16 for log2(10) */
    int biased = (((int)exponent * 217706) >> 16) + 63 + top - zeros + format.bias;
    if (biased <= 0) { /* denormal; a middle of two is never hit so far down */
        if (biased < -62)
            return 0;
        mantissa >>= 1 - biased;
        return (mantissa + (mantissa & 1)) >> 1;
    }
    if (low <= 1 && exponent >= format.even_low && exponent <= format.even_high &&
        (mantissa & 3) == 1 && mantissa << shift == high)
        mantissa &= ~UINT64_C(1);
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    /* The hidden bit raises the exponent by 1, and a carry out of the mantissa by 1 more. */
    uint64_t bits = ((uint64_t)(biased - 1) << format.mantissa_bits) + mantissa;
    return bits < infinity ? bits : infinity;
}

/* The bits of the float nearest to what was found, without its sign. */
PEL_INLINE uint64_t decimal_bits(const struct decimal *decimal, struct float_format format)
{
    uint64_t below = round_decimal(decimal->digits, decimal->exponent, format);
    if (!decimal->more || below == round_decimal(decimal->digits + 1, decimal->exponent, format))
        return below;
    /* One of two neighbours: the number's side of their middle says which. */
    int stored = (int)(below >> format.mantissa_bits);
    uint64_t hidden = (uint64_t)(stored > 0) << format.mantissa_bits;
    uint64_t mantissa = (below & ((UINT64_C(1) << format.mantissa_bits) - 1)) | hidden;
    int exponent = (stored > 0 ? stored : 1) - format.bias - format.mantissa_bits;
    int side = pel_decimal_compare(decimal, 2 * mantissa + 1, exponent - 1);
    return below + (side > 0 || (side == 0 && (mantissa & 1)));
}

static inline double decimal_to_f64(const struct decimal *decimal)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    /* Clinger 1990: both are exact, so that one operation rounds once. */
    if (FLT_EVAL_METHOD == 0 && decimal->digits <= UINT64_C(1) << 53 && decimal->exponent >= -22 &&
        decimal->exponent <= 22 && !decimal->more) {
        double number = (double)(int64_t)decimal->digits;
        if (decimal->exponent < 0)
            number /= powers[-decimal->exponent];
        else
            number *= powers[decimal->exponent];
        return decimal->negative ? -number : number;
    }
    uint64_t bits = decimal_bits(decimal, FORMAT_F64) | (uint64_t)decimal->negative << 63;
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static inline float decimal_to_f32(const struct decimal *decimal)
{
    uint32_t bits = (uint32_t)decimal_bits(decimal, FORMAT_F32) | (uint32_t)decimal->negative << 31;
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

#endif
