/* Windows from 10^9 to the end of 64 bits, and k-tuplets from the beginning, against the values of an
 * outside program. */
#include "primes_vectors.h"
#include "support.h"

#include <stdlib.h>

static void equal(const struct window *window, const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted)
        fail_msg("[%llu, %llu], %s: %llu, not %llu", (unsigned long long)window->start,
                 (unsigned long long)window->stop, what, (unsigned long long)got,
                 (unsigned long long)wanted);
}

/* Whether one of three tests takes window i. From 10^17 on beginning a chunk takes most of a second, so
 * each of those windows is for one test alone, on one thread. */
static bool takes(int test, size_t i, struct pel_team *team)
{
    bool dear = vector_windows[i].start > 10000000000000000;
    *team = vector_team(i + (size_t)test);
    if (dear)
        team->nthreads = 1;
    return !dear || i % 3 == (size_t)test;
}

static void test_all_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS(vector_windows); i++) {
        const struct window *window = &vector_windows[i];
        struct pel_team team;
        if (!takes(0, i, &team))
            continue;
        struct pel_primes_answers found;
        uint64_t mod[4];
        assert_int_equal(pel_primes_find(window->start, window->stop,
                                         PEL_PRIMES_FIND_COUNT | PEL_PRIMES_FIND_SUM |
                                             PEL_PRIMES_FIND_TUPLETS | PEL_PRIMES_FIND_GAPS |
                                             PEL_PRIMES_FIND_RESIDUES,
                                         mod, 4, &team, &found, NULL),
                         0);
        equal(window, "count", found.count, window->count);
        for (int k = 2; k <= 6; k++)
            equal(window, "tuplets", found.tuplets[k], window->tuplets[k - 2]);
        equal(window, "sum, low", found.sum.lo, window->sum.lo);
        equal(window, "sum, high", found.sum.hi, window->sum.hi);
        assert_true(found.nmaximal > 0);
        equal(window, "longest gap", found.maximal[found.nmaximal - 1].length,
              window->longest.length);
        equal(window, "its first", found.maximal[found.nmaximal - 1].first, window->longest.first);
        equal(window, "1 modulo 4", mod[1], window->one_mod_4);
        equal(window, "3 modulo 4", mod[3], window->count - window->one_mod_4);
    }
}

static void test_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS(vector_windows); i++) {
        const struct window *window = &vector_windows[i];
        struct pel_team team;
        uint64_t count;
        if (!takes(1, i, &team))
            continue;
        assert_int_equal(
            pel_primes_count(window->start, window->stop, PEL_PRIMES_SIEVE, &team, &count, NULL),
            0);
        equal(window, "count", count, window->count);
    }
}

static void test_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS(vector_windows); i++) {
        const struct window *window = &vector_windows[i];
        struct pel_team team;
        struct pel_primes_list list;
        if (!takes(2, i, &team))
            continue;
        assert_int_equal(pel_primes_list(window->start, window->stop, &team, &list, NULL), 0);
        equal(window, "listed", list.n, window->count);
        equal(window, "last", list.primes[list.n - 1], window->last);
        __uint128_t sum = 0;
        for (size_t k = 0; k < list.n; k++) {
            assert_true(k == 0 || list.primes[k] > list.primes[k - 1]);
            sum += list.primes[k];
        }
        equal(window, "sum of the list, low", (uint64_t)sum, window->sum.lo);
        equal(window, "sum of the list, high", (uint64_t)(sum >> 64), window->sum.hi);
        pel_primes_list_free(&list);
    }
}

/* From 0, where the patterns hold 2, 3 and 5. */
static void test_tuplets_from_zero(void **state)
{
    (void)state;
    for (size_t k = 1; k <= 8; k++) {
        struct pel_team team = vector_team(k);
        struct pel_primes_answers found;
        uint64_t stop = 1;
        for (size_t i = 0; i < k; i++)
            stop *= 10;
        assert_int_equal(
            pel_primes_find(0, stop, PEL_PRIMES_FIND_TUPLETS, NULL, 0, &team, &found, NULL), 0);
        for (int j = 2; j <= 6; j++)
            assert_int_equal(found.tuplets[j], tuplets_of_power[k][j - 2]);
        assert_int_equal(
            pel_primes_find(0, stop, PEL_PRIMES_FIND_TWINS, NULL, 0, &team, &found, NULL), 0);
        assert_int_equal(found.tuplets[2], tuplets_of_power[k][0]);
    }
}

/* The maximal gaps below 10^8: OEIS A005250 (lengths), A002386 (the primes before them). */
static void test_maximal_gaps(void **state)
{
    (void)state;
    static const struct pel_primes_gap maximal[] = {
        {2, 1},         {3, 2},         {7, 4},          {23, 6},         {89, 8},
        {113, 14},      {523, 18},      {887, 20},       {1129, 22},      {1327, 34},
        {9551, 36},     {15683, 44},    {19609, 52},     {31397, 72},     {155921, 86},
        {360653, 96},   {370261, 112},  {492113, 114},   {1349533, 118},  {1357201, 132},
        {2010733, 148}, {4652353, 154}, {17051707, 180}, {20831323, 210}, {47326693, 220}};
    /* From `primesieve 1e8 -p`. */
    static const struct {
        size_t length;
        uint64_t n;
    } histogram[] = {{1, 1},       {2, 440312},  {4, 440257},  {6, 768752}, {8, 334180},
                     {10, 430016}, {12, 538382}, {14, 293201}, {220, 1},    {222, 0}};
    for (size_t i = 0; i < VECTORS(vector_threads); i++) {
        struct pel_team team = vector_team(i);
        struct pel_primes_answers found;
        assert_int_equal(
            pel_primes_find(0, 100000000, PEL_PRIMES_FIND_GAPS, NULL, 0, &team, &found, NULL), 0);
        assert_int_equal(found.nmaximal, VECTORS(maximal));
        for (size_t k = 0; k < VECTORS(maximal); k++) {
            assert_int_equal(found.maximal[k].first, maximal[k].first);
            assert_int_equal(found.maximal[k].length, maximal[k].length);
        }
        for (size_t k = 0; k < VECTORS(histogram); k++)
            assert_int_equal(found.gaps[histogram[k].length], histogram[k].n);
    }
}

/* `primesieve 1e8 -p`, modulo 30. */
static void test_residues(void **state)
{
    (void)state;
    static const uint64_t wanted[30] = {
        [1] = 719984,  [2] = 1,       [3] = 1,       [5] = 1,       [7] = 720270, [11] = 720314,
        [13] = 720110, [17] = 720225, [19] = 720153, [23] = 720363, [29] = 720033};
    struct pel_team team = vector_team(1);
    struct pel_primes_answers found;
    uint64_t mod[30];
    assert_int_equal(
        pel_primes_find(0, 100000000, PEL_PRIMES_FIND_RESIDUES, mod, 30, &team, &found, NULL), 0);
    for (size_t r = 0; r < 30; r++)
        assert_int_equal(mod[r], wanted[r]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_answers),  cmocka_unit_test(test_count),
        cmocka_unit_test(test_list),         cmocka_unit_test(test_tuplets_from_zero),
        cmocka_unit_test(test_maximal_gaps), cmocka_unit_test(test_residues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
