#include "bulk/transform/reference.h"

#include "bulk/reduce/exact.h"

#include <math.h>

/* A number of any type. */
struct any {
    bool is_float;
    double real;
    pel_int128 whole;
};

static struct any load(enum pel_type type, const void *x, size_t i)
{
    switch (type) {
    case PEL_I8:
        return (struct any){.whole = ((const int8_t *)x)[i]};
    case PEL_I16:
        return (struct any){.whole = ((const int16_t *)x)[i]};
    case PEL_I32:
        return (struct any){.whole = ((const int32_t *)x)[i]};
    case PEL_I64:
        return (struct any){.whole = ((const int64_t *)x)[i]};
    case PEL_U8:
        return (struct any){.whole = ((const uint8_t *)x)[i]};
    case PEL_U16:
        return (struct any){.whole = ((const uint16_t *)x)[i]};
    case PEL_U32:
        return (struct any){.whole = ((const uint32_t *)x)[i]};
    case PEL_U64:
        return (struct any){.whole = ((const uint64_t *)x)[i]};
    case PEL_F32:
        return (struct any){true, ((const float *)x)[i], 0};
    default:
        return (struct any){true, ((const double *)x)[i], 0};
    }
}

bool pel_reference_holds(enum pel_type type, const void *x, size_t i, enum pel_compare compare,
                         const void *value)
{
    struct any a = load(type, x, i), b = load(type, value, 0);
    bool less = a.is_float ? a.real < b.real : a.whole < b.whole;
    bool equal = a.is_float ? a.real == b.real : a.whole == b.whole;
    bool more = a.is_float ? a.real > b.real : a.whole > b.whole;
    switch (compare) {
    case PEL_LT:
        return less;
    case PEL_LE:
        return less || equal;
    case PEL_GT:
        return more;
    case PEL_GE:
        return more || equal;
    case PEL_EQ:
        return equal;
    default:
        return !equal;
    }
}

/* s_j of the group that begins at x. */
static double in_group(const double *x, size_t j)
{
    switch (j) {
    case 0:
        return x[0];
    case 1:
        return x[0] + x[1];
    case 2:
        return (x[0] + x[1]) + x[2];
    case 3:
        return (x[0] + x[1]) + (x[2] + x[3]);
    case 4:
        return in_group(x, 3) + x[4];
    case 5:
        return in_group(x, 3) + (x[4] + x[5]);
    case 6:
        return in_group(x, 3) + ((x[4] + x[5]) + x[6]);
    default:
        return in_group(x, 3) + ((x[4] + x[5]) + (x[6] + x[7]));
    }
}

void pel_reference_scan_sum(const double *x, size_t n, double *y)
{
    double c = 0, g = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && i % 16384 == 0) {
            c = y[i - 1];
            g = 0;
        } else if (i && i % 8 == 0) {
            g = g + in_group(x + i - 8, 7);
        }
        y[i] = c + (g + in_group(x + i - i % 8, i % 8));
        y[i] = isnan(y[i]) ? (double)NAN : y[i];
    }
}

size_t pel_reference_scan_sum_ints(enum pel_type type, const void *x, size_t n, int64_t *y)
{
    pel_int128 sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += load(type, x, i).whole;
        if (sum < INT64_MIN || sum > INT64_MAX)
            return i;
        y[i] = (int64_t)sum;
    }
    return n;
}

/* Of the number, or of what comes next to it towards 0, if that is at least lo and below 2^bits. */
#define STORE_INTEGER(type, lo, bits)                                                              \
    {                                                                                              \
        if (a.is_float && !(a.real > (double)(lo)-1 || (double)(lo) == a.real))                    \
            return false;                                                                          \
        if (a.is_float && !(a.real < ldexp(1, bits)))                                              \
            return false;                                                                          \
        if (!a.is_float && (a.whole < (lo) || a.whole >= (pel_int128)1 << (bits)))                 \
            return false;                                                                          \
        ((type *)y)[i] = a.is_float ? (type)trunc(a.real) : (type)a.whole;                         \
        return true;                                                                               \
    }

bool pel_reference_convert(enum pel_type from, const void *x, size_t i, enum pel_type to, void *y)
{
    struct any a = load(from, x, i);
    uint64_t magnitude = (uint64_t)(a.whole < 0 ? -a.whole : a.whole);
    switch (to) {
    case PEL_I8:
        STORE_INTEGER(int8_t, INT8_MIN, 7)
    case PEL_I16:
        STORE_INTEGER(int16_t, INT16_MIN, 15)
    case PEL_I32:
        STORE_INTEGER(int32_t, INT32_MIN, 31)
    case PEL_I64:
        STORE_INTEGER(int64_t, INT64_MIN, 63)
    case PEL_U8:
        STORE_INTEGER(uint8_t, 0, 8)
    case PEL_U16:
        STORE_INTEGER(uint16_t, 0, 16)
    case PEL_U32:
        STORE_INTEGER(uint32_t, 0, 32)
    case PEL_U64:
        STORE_INTEGER(uint64_t, 0, 64)
    case PEL_F32:
        if (a.is_float)
            ((float *)y)[i] = isnan(a.real) && from != to ? NAN : (float)a.real;
        else
            ((float *)y)[i] = a.whole < 0 ? -(float)magnitude : (float)magnitude;
        return true;
    default:
        if (a.is_float)
            ((double *)y)[i] = isnan(a.real) && from != to ? (double)NAN : a.real;
        else
            ((double *)y)[i] = a.whole < 0 ? -(double)magnitude : (double)magnitude;
        return true;
    }
}
