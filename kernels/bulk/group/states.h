/* What accumulators keep; counts are uint64_t, sums of floats double. */
#ifndef PELTON_BULK_GROUP_STATES_H
#define PELTON_BULK_GROUP_STATES_H

#include <stdint.h>
#include <string.h>

__extension__ typedef __int128 int128;

struct integer_sum {
    int128 sum;
};

/* A least, greatest, first or last value: a float as double, an int as int64_t, in `bits`. */
struct chosen {
    uint64_t bits;
    uint64_t row; /* its number + 1 */
};

struct moments {
    double n, mean, m2;
};

static inline uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
