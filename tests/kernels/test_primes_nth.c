#include "primes_vectors.h"
#include "support.h"

#include <pelton/primes.h>

#include <math.h>
#include <string.h>

#include "primes/bitmap.h"
#include "primes/nth.h"
#include "primes/pi.h"

static uint64_t nth(uint64_t n, enum pel_primes_method method, int nthreads)
{
    struct pel_team team = pel_team(nthreads);
    uint64_t prime = 1;
    assert_int_equal(pel_primes_nth(n, method, &team, &prime, NULL), 0);
    return prime;
}

static void test_the_first_primes(void **state)
{
    (void)state;
    uint64_t n = 0;
    for (uint64_t p = 0; p < 20000; p++)
        if (pel_is_prime_trial(p)) {
            n++;
            assert_int_equal(nth(n, PEL_PRIMES_AUTO, 1), p);
            assert_int_equal(nth(n, n % 2 ? PEL_PRIMES_SIEVE : PEL_PRIMES_COMBINATORIAL, 1), p);
        }
}

static void test_powers_of_ten(void **state)
{
    (void)state;
    static const uint64_t prime[] = {2, 29, 541, 7919, 104729, 1299709, 15485863, 179424673};
    static const int threads[] = {1, 2, 3, 7}; /* OEIS A006988 */
    uint64_t n = 1;
    for (int k = 0; k <= 7; k++, n *= 10) {
        assert_int_equal(nth(n, PEL_PRIMES_SIEVE, threads[k % 4]), prime[k]);
        assert_int_equal(nth(n, PEL_PRIMES_COMBINATORIAL, threads[(k + 1) % 4]), prime[k]);
        assert_int_equal(nth(n, PEL_PRIMES_AUTO, 2), prime[k]);
    }
}

static void test_the_nth_prime_has_n_primes_up_to_it(void **state)
{
    (void)state;
    struct test_random random = {test_seed(12)};
    struct pel_team team = pel_team(2);
    for (int i = 0; i < 40; i++) {
        uint64_t n = 1 + test_random_below(&random, (size_t)100 << i % 16), count;
        uint64_t p = nth(n, PEL_PRIMES_AUTO, 1 + i % 7);
        assert_true(pel_is_prime(p));
        assert_int_equal(pel_primes_count(0, p, PEL_PRIMES_SIEVE, &team, &count, NULL), 0);
        assert_int_equal(count, n);
    }
}

/* From so far off that one window does not do. */
static void test_several_windows(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    uint64_t prime;
    assert_int_equal(pel_nth_from(7, 4, 1000000, &team, &prime, NULL), 0);
    assert_int_equal(prime, 15485863);
    assert_int_equal(pel_nth_from(1300000000, 65228333, 1000000, &team, &prime, NULL), 0);
    assert_int_equal(prime, 15485863);
    assert_int_equal(pel_nth_from(UINT64_MAX - 100, UINT64_C(425656284035217740),
                                  UINT64_C(425656284035217744), &team, &prime, NULL),
                     -ERANGE);
}

static void test_limits(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    struct pel_error err;
    uint64_t prime = 1;
    assert_int_equal(pel_primes_nth(0, PEL_PRIMES_AUTO, &team, &prime, &err), -ERANGE);
    assert_int_equal(prime, 0);
    assert_non_null(strstr(err.message, "425656284035217743"));
    assert_int_equal(
        pel_primes_nth(UINT64_C(425656284035217744), PEL_PRIMES_AUTO, &team, &prime, &err),
        -ERANGE);
    struct pel_cancel cancel = {1};
    team.cancel = &cancel;
    assert_int_equal(pel_primes_nth(1000000, PEL_PRIMES_SIEVE, &team, &prime, &err), -ECANCELED);
    assert_int_equal(prime, 0);
}

/* ---- Riemann's R ------------------------------------------------------------------------------ */

static void test_r_is_close_to_pi(void **state)
{
    (void)state;
    long double x = 1;
    for (int k = 1; k <= 19; k++) {
        x *= 10;
        long double error = fabsl(pel_riemann_r(x) - (long double)pi_of_power[k]);
        assert_true(error <= 1 + sqrtl(x) / logl(x));
    }
    long double top = 18446744073709551616.0L; /* R(2^64) - pi(2^64) is some 1e8 */
    assert_true(fabsl(pel_riemann_r(top) - 425656284035217743.0L) < sqrtl(top) / logl(top));
    assert_true(fabsl(pel_riemann_r(100) - 25.6616332669241825932L) < 1e-15L);
}

static void test_the_inverse_of_r(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= UINT64_C(425656284035217743); n = n * 9 / 8 + 1) {
        uint64_t x = pel_riemann_r_inverse(n);
        assert_true(x >= 2);
        long double off = pel_riemann_r((long double)x) - (long double)n;
        assert_true(fabsl(off) < (n < 4 ? 1.6L : 1.0L) || x == UINT64_MAX);
    }
    assert_int_equal(pel_riemann_r_inverse(0), 2);
    assert_int_equal(pel_riemann_r_inverse(UINT64_MAX), UINT64_MAX);
    assert_true(pel_riemann_r_inverse(UINT64_C(425656284035217743)) >
                UINT64_MAX - (UINT64_C(1) << 34));
}

/* ---- bitmaps ---------------------------------------------------------------------------------- */

static void test_sums_of_words(void **state)
{
    (void)state;
    struct test_random random = {test_seed(13)};
    for (int i = 0; i < 1000; i++) {
        uint64_t word = i < 64    ? UINT64_C(1) << i
                        : i == 64 ? UINT64_MAX
                                  : test_random_next(&random);
        uint64_t sum = 0;
        for (unsigned b = 0; b < 64; b++)
            if (word >> b & 1)
                sum += pel_bitmap_number(b);
        assert_int_equal(pel_bitmap_word_sum(word), sum);
    }
}

static void test_a_bitmap_holds_the_primes(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    for (uint64_t start = 0; start < 700; start += 23)
        for (uint64_t stop = start; stop < 1000; stop += 61) {
            struct pel_bitmap bitmap;
            assert_int_equal(pel_bitmap_sieve(&bitmap, start, stop, &team, NULL), 0);
            uint64_t count = 0, expected = 0;
            for (size_t k = 0; k < bitmap.nbytes; k += 8)
                for (uint64_t word = pel_bitmap_word(bitmap.bytes, k); word; word &= word - 1) {
                    uint64_t p = 30 * (bitmap.first_byte + k) +
                                 pel_bitmap_number((unsigned)__builtin_ctzll(word));
                    assert_true(p >= start && p <= stop && pel_is_prime_trial(p));
                    count++;
                }
            for (uint64_t n = start < 7 ? 7 : start; n <= stop; n++)
                expected += pel_is_prime_trial(n);
            assert_int_equal(count, expected);
            pel_bitmap_free(&bitmap);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_primes),
        cmocka_unit_test(test_powers_of_ten),
        cmocka_unit_test(test_the_nth_prime_has_n_primes_up_to_it),
        cmocka_unit_test(test_several_windows),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_r_is_close_to_pi),
        cmocka_unit_test(test_the_inverse_of_r),
        cmocka_unit_test(test_sums_of_words),
        cmocka_unit_test(test_a_bitmap_holds_the_primes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
