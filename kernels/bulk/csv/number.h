/* Short numbers, as most are, sixteen bytes at a time; what these do not take is for <pelton/decimal.h>. */
#ifndef PELTON_BULK_CSV_NUMBER_H
#define PELTON_BULK_CSV_NUMBER_H

#include <pelton/core.h>

#include <float.h>
#include <string.h>

/* Text is looked at in pieces of so many bytes, which have to be there. */
enum { NUMBER_NBYTES = 16 };

__extension__ typedef unsigned __int128 number_bytes;

/* Eight digits, as values, the first in the lowest byte. */
static inline uint64_t number_of_eight(uint64_t digits)
{
    const uint64_t pairs =
        (digits & UINT64_C(0x00ff00ff00ff00ff)) * 10 + (digits >> 8 & UINT64_C(0x00ff00ff00ff00ff));
    const uint64_t fours =
        (pairs & UINT64_C(0x0000ffff0000ffff)) * 100 + (pairs >> 16 & UINT64_C(0x0000ffff0000ffff));
    return (fours & UINT64_C(0xffffffff)) * 10000 + (fours >> 32);
}

static inline uint64_t number_of_sixteen(number_bytes digits)
{
    return number_of_eight((uint64_t)digits) * 100000000 +
           number_of_eight((uint64_t)(digits >> 64));
}

/* The bytes of a text less '0' each, the last one in the highest byte, zeros below. */
static inline number_bytes number_load(const char *text, size_t nbytes)
{
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    uint64_t low, high;
    memcpy(&low, text, sizeof low);
    memcpy(&high, text + sizeof low, sizeof high);
    return ((number_bytes)(high ^ zeros) << 64 | (low ^ zeros)) << 8 * (NUMBER_NBYTES - nbytes);
}

/* The highest bit of each byte that is no digit (and perhaps of the one behind such a byte). */
static inline uint64_t number_strange(uint64_t digits)
{
    return ((digits + UINT64_C(0x7676767676767676)) | digits) & UINT64_C(0x8080808080808080);
}

/* 1 to 16 digits, with a minus perhaps; false: something else, or perhaps not. */
static inline bool number_i64(const char *text, size_t nbytes, int64_t *out)
{
    const bool negative = *text == '-';
    text += negative;
    nbytes -= negative;
    if (nbytes - 1 >= NUMBER_NBYTES)
        return false;
    const number_bytes digits = number_load(text, nbytes);
    if (number_strange((uint64_t)digits) | number_strange((uint64_t)(digits >> 64)))
        return false;
    const int64_t number = (int64_t)number_of_sixteen(digits);
    *out = negative ? -number : number;
    return true;
}

/* Takes the point out of digits, if there is one; returns how many of them are behind it, or -1 where
 * something else is among them. */
static inline int number_take_point(number_bytes *digits)
{
    const uint64_t low = number_strange((uint64_t)*digits);
    const uint64_t high = number_strange((uint64_t)(*digits >> 64));
    if (!(low | high))
        return 0;
    const int place = low ? __builtin_ctzll(low) - 7 : __builtin_ctzll(high) + 64 - 7;
    const number_bytes above = *digits >> place >> 8,
                       below = *digits & (((number_bytes)1 << place) - 1);
    if ((unsigned char)(*digits >> place) != ('.' ^ '0') || (low & (low - 1)) ||
        (high & (high - 1)) || (low && high))
        return -1;
    *digits = above << place << 8 | below << 8;
    return NUMBER_NBYTES - 1 - place / 8;
}

/* 1 to 15 digits and a point among them perhaps, or 16 digits, with a minus perhaps; false: something else,
 * or perhaps not. Both numbers that are divided are exact, so that the result is rounded once. */
static inline bool number_f64(const char *text, size_t nbytes, double *out)
{
    static const double powers[NUMBER_NBYTES] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const bool negative = *text == '-';
    text += negative;
    nbytes -= negative;
    if (nbytes - 1 >= NUMBER_NBYTES || FLT_EVAL_METHOD != 0)
        return false;
    number_bytes digits = number_load(text, nbytes);
    const int fraction = number_take_point(&digits);
    if (fraction < 0 || (nbytes == 1 && *text == '.'))
        return false;
    const double number = (double)(int64_t)number_of_sixteen(digits) / powers[fraction];
    *out = negative ? -number : number;
    return true;
}

#endif
