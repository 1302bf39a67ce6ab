/* Sums of doubles without any rounding, whatever their order: a fixed-point number of 2,144 bits and more
 * (Kulisch's accumulator), behind lanes of two doubles that take most values without touching it. */
#ifndef PELTON_BULK_EXACT_H
#define PELTON_BULK_EXACT_H

#include <stdbool.h>
#include <stdint.h>

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
    uint32_t nadds; /* to the digits since they were last brought to 32 bits */
    bool plus_infinity, minus_infinity, nan; /* met */
};

/* Adds x to the digits. */
void pel_exact_add(struct pel_exact *sum, double x);

/* Empties the lanes into the digits. */
void pel_exact_flush(struct pel_exact *sum);

/* Adds another sum, which is flushed by it. */
void pel_exact_merge(struct pel_exact *into, struct pel_exact *from);

/* The sum to the nearest double, ties to even: infinite from DBL_MAX and half an ulp on, or where one sign of
 * infinity was added; NaN (positive, quiet) where a NaN or both infinities were. A sum of zero is +0. */
double pel_exact_round(struct pel_exact *sum);

#endif
