/* Sums of doubles without any rounding, whatever their order: a fixed-point number of 2,144 bits and more
 * (Kulisch's accumulator), behind lanes of two doubles that take most values without touching it. */
#ifndef PELTON_BULK_EXACT_H
#define PELTON_BULK_EXACT_H

#include <pelton/attributes.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of 128 bits, for exact sums of 64-bit integers. */
__extension__ typedef __int128 pel_int128;
__extension__ typedef unsigned __int128 pel_uint128;

/* Lanes: any number will do, as exact sums have no order; 16 fill two registers of AVX-512.
 * Digits: digit k counts 2^(32 k - 1074). Doubles reach up to bit 2,097, and 2^64 of them to 2,161; the last
 * digit, number 66, holds bits 2,112 to 2,174. */
enum { PEL_EXACT_LANES = 16, PEL_EXACT_DIGITS = 67 };

/* The sum is that of the lanes and the digits. Zeroed: 0. A value that is to be copied is just copied. */
struct pel_exact {
    double hi[PEL_EXACT_LANES], lo[PEL_EXACT_LANES];
    int64_t digit[PEL_EXACT_DIGITS];
    bool plus_infinity, minus_infinity, nan; /* met */
};

/* Values as digits: number i is (part[i][0] + 2^32 part[i][1]) 2^(32 digit[i] - 1074). */
enum { PEL_EXACT_PARTS = 512 };
struct pel_exact_parts {
    int64_t part[PEL_EXACT_PARTS][2];
    uint64_t digit[PEL_EXACT_PARTS];
};

/* Takes n <= PEL_EXACT_PARTS values apart; false if not all of them are finite: those that are not count
 * as some number. Inline, so as to be compiled for the caller's instruction set. */
PEL_INLINE bool pel_exact_split(struct pel_exact_parts *restrict out, const double *restrict x,
                                size_t n)
{
    const uint64_t fraction = (UINT64_C(1) << 52) - 1, half = UINT32_MAX;
    uint64_t special = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &x[i], 8);
        /* |x| = mantissa * 2^(place - 1074); subnormal numbers have the exponent of 1, but no implicit bit. */
        uint64_t exponent = bits >> 52 & 2047, normal = exponent != 0, place = exponent - normal;
        uint64_t mantissa = (bits & fraction) | normal << 52;
        uint64_t sign = -(bits >> 63); /* (v ^ sign) - sign is v or -v */
        out->part[i][0] = (int64_t)(((mantissa << place % 32 & half) ^ sign) - sign);
        out->part[i][1] = (int64_t)((mantissa >> (32 - place % 32) ^ sign) - sign);
        out->digit[i] = place / 32;
        special |= exponent == 2047;
    }
    return !special;
}

/* Adds n values, which have been taken apart; all_finite is what that said. */
void pel_exact_add(struct pel_exact *sum, const double *x, struct pel_exact_parts *parts, size_t n,
                   bool all_finite);

/* Empties the lanes into the digits. */
void pel_exact_flush(struct pel_exact *sum);

/* Adds another sum, which is flushed by it. */
void pel_exact_merge(struct pel_exact *into, struct pel_exact *from);

/* The sum to the nearest double, ties to even: infinite from DBL_MAX and half an ulp on, or where one sign of
 * infinity was added; NaN (positive, quiet) where a NaN or both infinities were. A sum of zero is +0. */
double pel_exact_round(struct pel_exact *sum);

#endif
