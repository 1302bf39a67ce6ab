/* Sixteen digits at a time, in words of 64 bits. */
#ifndef PELTON_BULK_CSV_NUMBER_H
#define PELTON_BULK_CSV_NUMBER_H

#include <pelton/core.h>

#include <string.h>

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

/* Takes the point out of bytes that are not all digits; returns how many digits are behind it,
 * or -1 where it is something else. */
static inline int number_take_point(number_bytes *digits)
{
    const uint64_t low = number_strange((uint64_t)*digits);
    const uint64_t high = number_strange((uint64_t)(*digits >> 64));
    const int place = low ? __builtin_ctzll(low) - 7 : __builtin_ctzll(high) + 64 - 7;
    const number_bytes above = *digits >> place >> 8,
                       below = *digits & (((number_bytes)1 << place) - 1);
    if ((unsigned char)(*digits >> place) != ('.' ^ '0') || (low & (low - 1)) ||
        (high & (high - 1)) || (low && high))
        return -1;
    *digits = above << place << 8 | below << 8;
    return NUMBER_NBYTES - 1 - place / 8;
}

/* A number of nbytes (1 to 16) that are digits and, unless it is an integer, a point perhaps:
 * its digits, and how many are behind the point; false: it is none. The sixteen bytes at `text`
 * are there. */
static inline bool number_short(const char *text, size_t nbytes, bool integer, uint64_t *number,
                                int *nfraction)
{
    number_bytes digits = number_load(text, nbytes);
    *nfraction = 0;
    if (number_strange((uint64_t)digits) | number_strange((uint64_t)(digits >> 64)))
        *nfraction = integer || nbytes == 1 ? -1 : number_take_point(&digits);
    *number = number_of_sixteen(digits);
    return *nfraction >= 0;
}

#endif
