/* One pass, many answers: against answers that are worked out from the primes one by one. */
#include "primes_oracle.h"

#include "primes/sieve.h"
#include "primes/tally.h"

enum {
    ALL = PEL_PRIMES_FIND_COUNT | PEL_PRIMES_FIND_SUM | PEL_PRIMES_FIND_TUPLETS |
          PEL_PRIMES_FIND_GAPS | PEL_PRIMES_FIND_RESIDUES
};

/* primes[i ..] begins with the pattern. */
static bool has_pattern(const uint64_t *primes, size_t n, size_t i, const uint8_t *pattern,
                        size_t k)
{
    if (n - i < k)
        return false;
    for (size_t j = 0; j < k; j++)
        if (primes[i + j] - primes[i] != pattern[j])
            return false;
    return true;
}

static void oracle_answers(struct interval in, struct pel_primes_answers *out, uint64_t *residues,
                           uint32_t modulus)
{
    static const struct {
        size_t k;
        uint8_t pattern[6];
    } tuplets[] = {{2, {0, 2}},
                   {3, {0, 2, 6}},
                   {3, {0, 4, 6}},
                   {4, {0, 2, 6, 8}},
                   {5, {0, 2, 6, 8, 12}},
                   {5, {0, 4, 6, 10, 12}},
                   {6, {0, 4, 6, 10, 12, 16}}};
    *out = (struct pel_primes_answers){0};
    memset(residues, 0, modulus * sizeof *residues);
    size_t n;
    uint64_t *primes = oracle_primes(in, &n);
    __uint128_t sum = 0;
    uint64_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        sum += primes[i];
        residues[primes[i] % modulus]++;
        for (size_t t = 0; t < sizeof tuplets / sizeof tuplets[0]; t++)
            out->tuplets[tuplets[t].k] +=
                has_pattern(primes, n, i, tuplets[t].pattern, tuplets[t].k);
        if (i + 1 == n)
            break;
        uint64_t gap = primes[i + 1] - primes[i];
        out->gaps[gap]++;
        if (gap > longest)
            out->maximal[out->nmaximal++] = (struct pel_primes_gap){primes[i], (uint32_t)gap};
        longest = gap > longest ? gap : longest;
    }
    out->count = n;
    out->sum = (struct pel_u128){(uint64_t)sum, (uint64_t)(sum >> 64)};
    free(primes);
}

static void assert_answers(const struct pel_primes_answers *got,
                           const struct pel_primes_answers *wanted)
{
    assert_int_equal(got->count, wanted->count);
    assert_int_equal(got->sum.lo, wanted->sum.lo);
    assert_int_equal(got->sum.hi, wanted->sum.hi);
    assert_memory_equal(got->tuplets, wanted->tuplets, sizeof got->tuplets);
    assert_memory_equal(got->gaps, wanted->gaps, sizeof got->gaps);
    assert_int_equal(got->nmaximal, wanted->nmaximal);
    for (size_t i = 0; i < got->nmaximal; i++) {
        assert_int_equal(got->maximal[i].first, wanted->maximal[i].first);
        assert_int_equal(got->maximal[i].length, wanted->maximal[i].length);
    }
}

static void check(struct interval in, uint32_t modulus, const struct pel_team *team)
{
    static uint64_t wanted_residues[PEL_PRIMES_MODULUS_MAX], residues[PEL_PRIMES_MODULUS_MAX];
    static struct pel_primes_answers wanted, got;
    oracle_answers(in, &wanted, wanted_residues, modulus);
    memset(&got, 0xff, sizeof got);
    assert_int_equal(pel_primes_find(in.start, in.stop, ALL, residues, modulus, team, &got, NULL),
                     0);
    assert_answers(&got, &wanted);
    assert_memory_equal(residues, wanted_residues, modulus * sizeof *residues);
}

static void test_every_small_interval(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    for (uint64_t start = 0; start <= 200; start++)
        for (uint64_t stop = start; stop <= 200; stop++)
            check((struct interval){start, stop}, 1 + (uint32_t)(start + stop) % 12, &team);
}

static void test_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++) {
            struct pel_team team = team_of(test_threads[i % TEST_NTHREADS], isa);
            check(edges[i], isa ? 65536 : 30, &team);
        }
}

static void test_top(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    check(top_edge, 7, &team);
}

static void test_random_intervals(void **state)
{
    (void)state;
    struct test_random random = {test_seed(21)};
    for (unsigned i = 0; i < 24; i++) {
        struct pel_team team = team_of(test_threads[i % TEST_NTHREADS], (int)(i % PEL_ISA_COUNT));
        check(random_interval(&random, 20 + i, 60000),
              1 + (uint32_t)test_random_below(&random, 1000), &team);
    }
}

/* Chunks are longer than what can be tested number by number: the sieve's own answers at one thread, and
 * published ones. */
static void test_many_chunks(void **state)
{
    (void)state;
    static const uint64_t tuplets[] = {0, 0, 440312, 111156, 4768, 1383, 82};
    static struct pel_primes_answers first, got;
    uint64_t residues[4], ones = 0;
    for (int t = 0; t < TEST_NTHREADS; t++) {
        struct pel_team team = team_of(test_threads[t], PEL_ISA_COUNT - 1 - t % PEL_ISA_COUNT);
        assert_int_equal(pel_primes_find(0, 100000000, ALL, residues, 4, &team, &got, NULL), 0);
        assert_int_equal(got.count, 5761455);
        assert_int_equal(got.sum.lo, UINT64_C(279209790387276));
        assert_int_equal(got.sum.hi, 0);
        assert_memory_equal(got.tuplets, tuplets, sizeof tuplets);
        assert_int_equal(residues[1] + residues[2] + residues[3], 5761455);
        if (t == 0) {
            first = got;
            ones = residues[1];
        }
        assert_memory_equal(&got, &first, sizeof got);
        assert_int_equal(residues[1], ones);
    }
}

/* OEIS A002386 and A005250: where the maximal gaps are, and how long. */
static void test_maximal_gaps(void **state)
{
    (void)state;
    static const uint32_t gaps[][2] = {
        {2, 1},         {3, 2},         {7, 4},          {23, 6},        {89, 8},
        {113, 14},      {523, 18},      {887, 20},       {1129, 22},     {1327, 34},
        {9551, 36},     {15683, 44},    {19609, 52},     {31397, 72},    {155921, 86},
        {360653, 96},   {370261, 112},  {492113, 114},   {1349533, 118}, {1357201, 132},
        {2010733, 148}, {4652353, 154}, {17051707, 180}, {20831323, 210}};
    static struct pel_primes_answers got;
    struct pel_team team = pel_team(3);
    assert_int_equal(pel_primes_find(0, 47000000, PEL_PRIMES_FIND_GAPS, NULL, 0, &team, &got, NULL),
                     0);
    assert_int_equal(got.nmaximal, sizeof gaps / sizeof gaps[0]);
    for (size_t i = 0; i < got.nmaximal; i++) {
        assert_int_equal(got.maximal[i].first, gaps[i][0]);
        assert_int_equal(got.maximal[i].length, gaps[i][1]);
    }
    assert_int_equal(got.count, 0);
}

/* OEIS A007508 and A046731 (sums): below 10^k. */
static void test_powers_of_ten(void **state)
{
    (void)state;
    static const uint64_t twins[] = {2, 8, 35, 205, 1224, 8169, 58980};
    static const uint64_t sums[] = {17,        1060,        76127,        5736396,
                                    454396537, 37550402023, 3203324994356};
    static struct pel_primes_answers got;
    struct pel_team team = pel_team(2);
    uint64_t x = 10;
    for (int k = 0; k < 7; k++, x *= 10) {
        unsigned what = PEL_PRIMES_FIND_TWINS | PEL_PRIMES_FIND_SUM;
        assert_int_equal(pel_primes_find(0, x - 1, what, NULL, 0, &team, &got, NULL), 0);
        assert_int_equal(got.tuplets[2], twins[k]);
        assert_int_equal(got.sum.lo, sums[k]);
        assert_int_equal(got.count + got.tuplets[3] + got.nmaximal, 0);
    }
}

/* Each level against a loop over bits, for every number of bytes up to a few rows, with bits at random. */
static void test_tallies(void **state)
{
    (void)state;
    enum { MOST = 20000 };
    struct test_random random = {test_seed(22)};
    uint8_t *bytes = aligned_alloc(64, (MOST + 63) / 64 * 64);
    assert_non_null(bytes);
    for (size_t nbytes = 0; nbytes <= MOST; nbytes += nbytes < 300 ? 1 : 1000 + nbytes / 2) {
        memset(bytes, 0, (MOST + 63) / 64 * 64);
        bool full = nbytes % 5 == 0;
        uint64_t count = 0, sum = 0, twins = 0;
        for (size_t k = 0; k < nbytes; k++) {
            bytes[k] = full ? 255 : (uint8_t)test_random_next(&random);
            for (int b = 0; b < 8; b++)
                if (bytes[k] >> b & 1) {
                    count++;
                    sum += 30 * k + pel_wheel_residues[b];
                    twins += (b == 1 || b == 3 || b == 6) && bytes[k] >> (b + 1) & 1;
                }
        }
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++) {
            const struct pel_tally *tally = pel_tally_for((enum pel_isa)isa);
            uint64_t tuplets[PEL_PRIMES_TUPLET_MAX + 1] = {0}, counted;
            assert_int_equal(tally->count(bytes, nbytes), count);
            assert_int_equal(tally->sum(bytes, nbytes, &counted), sum);
            assert_int_equal(counted, count);
            assert_int_equal(tally->twins(bytes, nbytes), twins);
            tally->tuplets(bytes, nbytes, tuplets);
            assert_int_equal(tuplets[2], twins);
            if (full) {
                assert_int_equal(tuplets[3], 4 * nbytes);
                assert_int_equal(tuplets[4], nbytes);
                assert_int_equal(tuplets[5], 2 * nbytes);
                assert_int_equal(tuplets[6], nbytes);
            }
        }
    }
    free(bytes);
}

static void test_wrong_arguments(void **state)
{
    (void)state;
    static struct pel_primes_answers got;
    struct pel_team team = pel_team(1);
    struct pel_error err = {0};
    uint64_t residues[4] = {0};
    unsigned r = PEL_PRIMES_FIND_RESIDUES;
    got.count = 1;
    assert_int_equal(pel_primes_find(10, 9, PEL_PRIMES_FIND_COUNT, NULL, 0, &team, &got, &err),
                     -EINVAL);
    assert_int_equal(got.count, 0);
    assert_int_equal(err.code, -EINVAL);
    assert_int_equal(pel_primes_find(0, 9, 1u << 6, NULL, 0, &team, &got, NULL), -EINVAL);
    assert_int_equal(pel_primes_find(0, 9, r, NULL, 4, &team, &got, NULL), -EINVAL);
    assert_int_equal(pel_primes_find(0, 9, r, residues, 0, &team, &got, NULL), -EINVAL);
    assert_int_equal(pel_primes_find(0, 9, r, residues, 65537, &team, &got, NULL), -EINVAL);
    assert_int_equal(pel_primes_find(0, 9, PEL_PRIMES_FIND_SUM, residues, 4, &team, &got, NULL),
                     -EINVAL);
}

static void test_cancel(void **state)
{
    (void)state;
    static struct pel_primes_answers got;
    struct pel_cancel cancel = {0};
    struct pel_error err = {0};
    for (int t = 0; t < TEST_NTHREADS; t++) {
        struct pel_team team = pel_team(test_threads[t]);
        team.cancel = &cancel;
        pel_cancel_request(&cancel);
        got.count = 1;
        assert_int_equal(
            pel_primes_find(0, 1000000000, PEL_PRIMES_FIND_COUNT, NULL, 0, &team, &got, &err),
            -ECANCELED);
        assert_int_equal(got.count, 0);
        assert_int_equal(err.code, -ECANCELED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_small_interval),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_random_intervals),
        cmocka_unit_test(test_many_chunks),
        cmocka_unit_test(test_maximal_gaps),
        cmocka_unit_test(test_powers_of_ten),
        cmocka_unit_test(test_tallies),
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
