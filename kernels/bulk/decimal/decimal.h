/* What reading and writing of numbers share. */
#ifndef PELTON_BULK_DECIMAL_DECIMAL_H
#define PELTON_BULK_DECIMAL_DECIMAL_H

#include <pelton/decimal.h>

/* 5^e is about (high * 2^64 + low) * 2^(floor(log2(5^e)) - 127). */
struct power_of_five {
    uint64_t high, low;
};
enum { POWERS_LOW = -342, POWERS_HIGH = 324 };
extern const struct power_of_five pel_powers_of_five[POWERS_HIGH - POWERS_LOW + 1];

/* A number as it was found in a text. */
struct decimal {
    uint64_t digits;  /* the first 19 significant ones */
    int64_t exponent; /* the number is digits * 10^exponent */
    bool negative;
    bool more;                /* and then other digits than 0 */
    const char *first, *last; /* where all of them are, with a point perhaps: [first, last) */
};

/* Whether the number is above (1), at (0) or below (-1) middle * 2^exponent. Takes microseconds. */
int pel_decimal_compare(const struct decimal *decimal, uint64_t middle, int exponent);

#endif
