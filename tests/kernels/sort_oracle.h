/* Keys of every type in every pattern, and what an order of them has to be. */
#ifndef PELTON_TEST_SORT_ORACLE_H
#define PELTON_TEST_SORT_ORACLE_H

#include <pelton/sort.h>

#include "bulk/sort/reference.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum pel_type key_types[] = {PEL_I32, PEL_I64, PEL_U32, PEL_U64, PEL_F32, PEL_F64};
static const int test_threads[] = {1, 2, 3, 7};

enum {
    KEY_TYPES = sizeof key_types / sizeof key_types[0],
    TEST_THREADS = sizeof test_threads / sizeof test_threads[0]
};

enum pattern {
    RANDOM_BITS,
    UNIFORM, /* floats in [0, 1) */
    SMALL,   /* around zero */
    SORTED,
    REVERSED,
    NEARLY, /* in order but for a few */
    EQUAL,
    FEW, /* distinct values */
    ORGAN_PIPE,
    SKEWED,  /* all magnitudes */
    CLUSTER, /* nearly all in a narrow range, some far away */
    SPECIAL, /* zeros, NaNs, infinities, denormals, extremes */
    PATTERN_COUNT
};

static const uint64_t special_f64[] = {
    0,
    UINT64_C(1) << 63,            /* -0 */
    UINT64_C(0x7ff) << 52,        /* inf */
    UINT64_C(0xfff) << 52,        /* -inf */
    UINT64_C(0xfff) << 51,        /* NaN */
    UINT64_C(0xfff8000000000000), /* NaN, negative */
    UINT64_C(0x7ff0000000000001), /* NaN, signalling */
    UINT64_MAX,                   /* NaN, the last */
    1,                            /* denormal */
    UINT64_C(0x8000000000000001), /* denormal, negative */
    UINT64_C(0x7fefffffffffffff), /* the largest */
    UINT64_C(0xffefffffffffffff), /* the smallest */
    UINT64_C(0x3ff0000000000000), /* 1 */
};

static inline uint64_t special_bits(enum pel_type type, size_t i)
{
    uint64_t bits = special_f64[i % (sizeof special_f64 / sizeof special_f64[0])];
    if (type != PEL_F32)
        return bits;
    /* sign and exponent, then the ends of the fraction */
    return (bits >> 63) << 31 | ((bits >> 52 & 0x7ff) == 0x7ff ? UINT64_C(0xff) << 23 : 0) |
           (bits >> 29 & 0x7fffff) | (bits & 1);
}

static inline uint64_t pattern_integer(enum pattern pattern, struct test_random *random, size_t i,
                                       size_t n)
{
    uint64_t bits = test_random_next(random);
    switch (pattern) {
    case SMALL:
        return bits % 201 - 100;
    case SORTED:
        return i * 3;
    case REVERSED:
        return (n - i) * 5;
    case NEARLY:
        return bits % 64 ? i : bits % n;
    case EQUAL:
        return 42;
    case FEW:
        return bits % 5 * UINT64_C(0x1234567812345678);
    case ORGAN_PIPE:
        return i < n / 2 ? i : n - i;
    case SKEWED:
        return bits >> (bits & 63);
    case CLUSTER:
        return bits % 1000 ? UINT64_C(0x4000000040000000) + (bits >> 20) % 5000 : bits;
    default:
        return bits;
    }
}

static inline void set_key(enum pel_type type, enum pattern pattern, struct test_random *random,
                           size_t i, size_t n, void *key)
{
    uint64_t bits = pattern_integer(pattern, random, i, n);
    size_t nbytes = pel_type_nbytes(type);
    bool is_float = type == PEL_F32 || type == PEL_F64;
    if (pattern == SPECIAL)
        bits = special_bits(type, (size_t)(bits >> 20));
    else if (is_float && pattern != RANDOM_BITS && pattern != SKEWED) {
        double value =
            pattern == UNIFORM ? ldexp((double)(bits >> 11), -53) : (double)(int64_t)bits;
        float narrow = (float)value;
        memcpy(key, type == PEL_F64 ? (const void *)&value : (const void *)&narrow, nbytes);
        return;
    } else if (nbytes == 4 && (pattern == RANDOM_BITS || pattern == UNIFORM))
        bits >>= 32;
    uint32_t narrow = (uint32_t)bits;
    memcpy(key, nbytes == 8 ? (const void *)&bits : (const void *)&narrow, nbytes);
}

/* n keys, malloc'ed. */
static inline void *make_keys(enum pel_type type, int pattern, size_t n, uint64_t seed)
{
    size_t nbytes = pel_type_nbytes(type);
    unsigned char *keys = malloc(n * nbytes + 1);
    struct test_random random = {seed + (uint64_t)pattern};
    for (size_t i = 0; i < n; i++)
        set_key(type, (enum pattern)pattern, &random, i, n, keys + i * nbytes);
    return keys;
}

static inline struct pel_column column_of(enum pel_type type, const void *keys)
{
    return (struct pel_column){type, false, (ptrdiff_t)pel_type_nbytes(type), keys};
}

/* A permutation of rows, each not after the next, and equal ones in order: there is one such. */
static inline void check_order(const struct pel_column *keys, const bool *descending, size_t nkeys,
                               size_t n, const uint64_t *order)
{
    bool *seen = calloc(n + 1, 1);
    for (size_t i = 0; i < n; i++) {
        assert_true(order[i] < n && !seen[order[i]]);
        seen[order[i]] = true;
        if (i == 0)
            continue;
        int before = 0;
        for (size_t k = 0; k < nkeys && !before; k++)
            before = pel_reference_compare(&keys[k], descending && descending[k],
                                           (size_t)order[i - 1], (size_t)order[i]);
        assert_true(before < 0 || (before == 0 && order[i - 1] < order[i]));
    }
    free(seen);
}

/* The reference's order, malloc'ed. */
static inline uint64_t *make_order(enum pel_type type, const void *keys, size_t n, bool descending)
{
    const struct pel_column key = column_of(type, keys);
    uint64_t *order = malloc((2 * n + 1) * sizeof *order);
    pel_reference_order(&key, &descending, 1, n, order, order + n);
    return order;
}

/* values[order[i]], malloc'ed */
static inline void *gathered(const void *values, size_t nbytes, const uint64_t *order, size_t n)
{
    unsigned char *out = malloc(n * nbytes + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * nbytes, (const unsigned char *)values + order[i] * nbytes, nbytes);
    return out;
}

static inline void *copied(const void *values, size_t nbytes)
{
    void *copy = malloc(nbytes + 1);
    memcpy(copy, values, nbytes);
    return copy;
}

#endif
