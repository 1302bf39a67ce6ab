/* Floats to the shortest text: Giulietti 2020, 'The Schubfach way to render doubles', with
 * powers of 128 bits where the paper has 126. */
#include "bulk/decimal/decimal.h"

#include <math.h>
#include <string.h>

/* digits * 10^exponent */
struct shortest {
    uint64_t digits;
    int exponent;
};

/* floor(g * number / 2^128), its last bit set where something was cut off (up to what g itself
 * was raised by): enough to compare with integers as the exact product would. */
static uint64_t product_to_odd(struct power_of_five g, uint64_t number)
{
    __extension__ unsigned __int128 low = (unsigned __int128)g.low * number;
    __extension__ unsigned __int128 sum =
        (unsigned __int128)g.high * number + (uint64_t)(low >> 64);
    return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

/* The power as the paper has it: raised where it is not exact. */
static struct power_of_five raised_power(int exponent)
{
    struct power_of_five g = pel_powers_of_five[exponent - POWERS_LOW];
    if (exponent > 55)
        g.high += ++g.low == 0;
    return g;
}

/* Of mantissa * 2^exponent; `uneven`: the number below is half as far away as the one above. */
static struct shortest find_shortest(uint64_t mantissa, int exponent, bool uneven)
{
    /* k = floor(log10(2^exponent)), or of 3/4 of it; 1262611 / 2^22 is log10(2), 524031 / 2^22
     * -log10(3/4); then 10^-k 2^exponent is in [1, 10), and 1741647 / 2^19 is log2(10) */
    const int k = (exponent * 1262611 - (uneven ? 524031 : 0)) >> 22;
    const int shift = exponent + ((-k * 1741647) >> 19) + 1;
    const struct power_of_five g = raised_power(-k);
    /* Four times the number and the ends of what reads back as it, in units of 10^k. */
    const uint64_t odd = mantissa & 1;
    const uint64_t low = product_to_odd(g, (4 * mantissa - (uneven ? 1 : 2)) << shift) + odd;
    const uint64_t high = product_to_odd(g, (4 * mantissa + 2) << shift) - odd;
    const uint64_t number = product_to_odd(g, (4 * mantissa) << shift);
    const uint64_t units = number / 4;
    if (units >= 10) {
        const uint64_t tens = units / 10;
        const bool below = low <= 40 * tens, above = 40 * tens + 40 <= high;
        if (below != above)
            return (struct shortest){tens + above, k + 1};
    }
    const bool below = low <= 4 * units, above = 4 * units + 4 <= high;
    if (below != above)
        return (struct shortest){units + above, k};
    const uint64_t middle = 4 * units + 2;
    return (struct shortest){units + (number > middle || (number == middle && (units & 1))), k};
}

/* Writes digits so that they end before `end`; returns where they begin. */
static char *write_digits(uint64_t number, char *end)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    for (; number >= 100; number /= 100)
        memcpy(end -= 2, pairs + 2 * (number % 100), 2);
    if (number >= 10)
        return memcpy(end - 2, pairs + 2 * number, 2);
    *--end = (char)('0' + number);
    return end;
}

static char *put(char *text, const char *bytes, size_t nbytes)
{
    memcpy(text, bytes, nbytes);
    return text + nbytes;
}

static char *put_zeros(char *text, int count)
{
    memset(text, '0', (size_t)count);
    return text + count;
}

size_t pel_decimal_from_i64(int64_t number, char text[PEL_DECIMAL_NBYTES])
{
    char digits[20], *end = digits + sizeof digits, *p = text;
    const char *first = write_digits(number < 0 ? 0 - (uint64_t)number : (uint64_t)number, end);
    if (number < 0)
        *p++ = '-';
    return (size_t)(put(p, first, (size_t)(end - first)) - text);
}

/* The text of digits with `point` of them before the point (which may lie outside of them). */
static char *put_number(char *text, const char *digits, int ndigits, int point)
{
    if (point < -3 || point > 16) {
        *text++ = *digits;
        if (ndigits > 1) {
            *text++ = '.';
            text = put(text, digits + 1, (size_t)ndigits - 1);
        }
        *text++ = 'e';
        return text + pel_decimal_from_i64(point - 1, text);
    }
    if (point <= 0) {
        text = put_zeros(put(text, "0.", 2), -point);
        return put(text, digits, (size_t)ndigits);
    }
    if (point >= ndigits) {
        text = put_zeros(put(text, digits, (size_t)ndigits), point - ndigits);
        return put(text, ".0", 2);
    }
    text = put(text, digits, (size_t)point);
    *text++ = '.';
    return put(text, digits + point, (size_t)(ndigits - point));
}

/* Takes zeros off the end of digits, up to 16 of them. */
static void drop_zeros(struct shortest *shortest)
{
    static const struct {
        uint64_t power;
        int exponent;
    } steps[] = {{100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};
    for (int i = 0; i < 4; i++)
        while (shortest->digits % steps[i].power == 0) {
            shortest->digits /= steps[i].power;
            shortest->exponent += steps[i].exponent;
        }
}

/* A finite number other than 0, by what its format stores. */
static char *put_float(char *text, uint64_t fraction, int stored, int mantissa_bits, int bias)
{
    const uint64_t hidden = UINT64_C(1) << mantissa_bits;
    const int exponent = (stored > 0 ? stored : 1) - bias - mantissa_bits;
    struct shortest shortest = find_shortest(stored > 0 ? fraction | hidden : fraction, exponent,
                                             fraction == 0 && stored > 1);
    drop_zeros(&shortest);
    char digits[20], *end = digits + sizeof digits;
    const char *first = write_digits(shortest.digits, end);
    int ndigits = (int)(end - first);
    return put_number(text, first, ndigits, ndigits + shortest.exponent);
}

/* What has no digits to find; NULL for other numbers. */
static char *put_special(char *text, double number)
{
    if (isnan(number))
        return put(text, "nan", 3);
    if (signbit(number))
        *text++ = '-';
    if (isinf(number))
        return put(text, "inf", 3);
    return number == 0 ? put(text, "0.0", 3) : NULL;
}

size_t pel_decimal_from_f64(double number, char text[PEL_DECIMAL_NBYTES])
{
    char *end = put_special(text, number);
    if (!end) {
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        end = put_float(text + (bits >> 63), bits & (UINT64_MAX >> 12), (int)(bits >> 52 & 0x7ff),
                        52, 1023);
    }
    return (size_t)(end - text);
}

size_t pel_decimal_from_f32(float number, char text[PEL_DECIMAL_NBYTES])
{
    char *end = put_special(text, (double)number);
    if (!end) {
        uint32_t bits;
        memcpy(&bits, &number, sizeof bits);
        end = put_float(text + (bits >> 31), bits & (UINT32_MAX >> 9), (int)(bits >> 23 & 0xff), 23,
                        127);
    }
    return (size_t)(end - text);
}
