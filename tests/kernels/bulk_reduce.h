/* What the tests of reductions share: arrays of awkward values, and every way to run a reduction. */
#ifndef PELTON_TEST_BULK_REDUCE_H
#define PELTON_TEST_BULK_REDUCE_H

#include "bulk/reduce/reference.h"
#include "support.h"

#include <pelton/bulk.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Around the edges of lanes, blocks, chunks, and leaves of several chunks. */
static const size_t test_sizes[] = {0,    1,    2,     31,    32,     33,     63,    64,    65,
                                    1000, 1023, 1024,  1025,  2048,   3071,   65535, 65536, 65537,
                                    5000, 9216, 66560, 70000, 131072, 131073, 262145};
enum { TEST_NSIZES = sizeof test_sizes / sizeof test_sizes[0], TEST_MOST = 262145 };

static const int test_nthreads[] = {1, 2, 3, 7};

/* Every team: 4 numbers of threads at each level; false after the last. */
static inline bool test_team(int k, struct pel_team *team)
{
    int level = k / 4;
    if (level > (int)pel_isa_best())
        return false;
    *team = pel_team(test_nthreads[k % 4]);
    team->isa = (enum pel_isa)level;
    return true;
}

static inline double test_uniform(struct test_random *random)
{
    return (double)(test_random_next(random) >> 11) * 0x1p-53;
}

/* Any finite double at all. */
static inline double test_any_double(struct test_random *random)
{
    for (;;) {
        uint64_t bits = test_random_next(random);
        double x;
        memcpy(&x, &bits, 8);
        if (isfinite(x))
            return x;
    }
}

static inline uint64_t test_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    return bits;
}

#define assert_same_bits(a, b) assert_int_equal(test_bits(a), test_bits(b))

#define TEST_NAN UINT64_C(0x7ff8000000000000) /* the only one that is computed */

#endif
