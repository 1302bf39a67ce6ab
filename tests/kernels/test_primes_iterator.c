/* Iterators: both ways, turning round, at both ends. */
#include "primes_oracle.h"

static uint64_t step(struct pel_primes_iterator *it, bool up)
{
    uint64_t prime = 1;
    int status =
        up ? pel_primes_iterator_next(it, &prime) : pel_primes_iterator_previous(it, &prime);
    if (status == -ERANGE)
        assert_int_equal(prime, 0);
    else
        assert_int_equal(status, 0);
    return prime;
}

static struct pel_primes_iterator *open_at(uint64_t start)
{
    struct pel_primes_iterator *it;
    assert_int_equal(pel_primes_iterator_open(&it, start, NULL), 0);
    return it;
}

/* What next and previous should give, one number after the other. `at` is the prime given last, or, with
 * `between`, next is to look from `at` on and previous down from `at`. */
struct model {
    uint64_t at;
    bool between;
};

static uint64_t model_step(struct model *model, bool up)
{
    uint64_t n = model->at;
    if (!model->between) {
        if (n == (up ? UINT64_MAX : 0))
            return 0;
        n += up ? 1 : UINT64_MAX;
    }
    while (!pel_is_prime(n)) {
        if (n == (up ? UINT64_MAX : 0)) {
            *model = (struct model){n, true};
            return 0;
        }
        n += up ? 1 : UINT64_MAX;
    }
    *model = (struct model){n, false};
    return n;
}

/* A walk that turns round at random, with strides up to `stride` primes. */
static void walk(uint64_t start, size_t nsteps, size_t stride, struct test_random *random)
{
    struct pel_primes_iterator *it = open_at(start);
    struct model model = {start, true};
    while (nsteps) {
        bool up = test_random_next(random) & 1;
        for (size_t i = 1 + test_random_below(random, stride); i && nsteps; i--, nsteps--)
            assert_int_equal(step(it, up), model_step(&model, up));
    }
    pel_primes_iterator_close(it);
}

static void test_every_small_start(void **state)
{
    (void)state;
    struct test_random random = {test_seed(41)};
    for (uint64_t start = 0; start <= 400; start++)
        for (int i = 0; i < 4; i++)
            walk(start, 60, 1 + 7 * (size_t)i, &random);
}

static void test_random_walks(void **state)
{
    (void)state;
    struct test_random random = {test_seed(42)};
    for (unsigned bits = 10; bits <= 44; bits += 2)
        walk(test_random_next(&random) >> (64 - bits), 3000, 1 + test_random_below(&random, 2000),
             &random);
}

static void test_short_walks_up_high(void **state)
{
    (void)state;
    struct test_random random = {test_seed(43)};
    for (unsigned bits = 50; bits <= 64; bits++)
        walk(test_random_next(&random) >> (64 - bits), 300, 100, &random);
    walk(UINT64_C(9223372036854775808), 300, 50, &random);
    walk(UINT64_MAX, 300, 7, &random);
    walk(UINT64_MAX - 58, 300, 2, &random);
}

/* From one end to the other and back, over many windows. */
static void test_long_walk(void **state)
{
    (void)state;
    struct pel_primes_iterator *it = open_at(0);
    uint64_t prime, n = 0, sum = 0;
    while ((prime = step(it, true)) < 30000000) {
        n++;
        sum += prime;
    }
    assert_int_equal(n, 1857859); /* pi(3 10^7) */
    for (; (prime = step(it, false)) != 0; n--)
        sum -= prime;
    assert_int_equal(n, 0);
    assert_int_equal(sum, 0);
    assert_int_equal(step(it, true), 2);
    assert_int_equal(step(it, true), 3);
    assert_int_equal(step(it, false), 2);
    assert_int_equal(step(it, false), 0);
    assert_int_equal(step(it, false), 0);
    assert_int_equal(step(it, true), 2);
    pel_primes_iterator_close(it);
}

static void test_the_top(void **state)
{
    (void)state;
    const uint64_t last = UINT64_MAX - 58; /* OEIS A013603 */
    struct pel_primes_iterator *it = open_at(last);
    assert_int_equal(step(it, true), last);
    assert_int_equal(step(it, true), 0);
    assert_int_equal(step(it, true), 0);
    assert_int_equal(step(it, false), last);
    assert_int_equal(step(it, false), UINT64_MAX - 82);
    assert_int_equal(step(it, true), last);
    pel_primes_iterator_close(it);
}

static void test_unused(void **state)
{
    (void)state;
    pel_primes_iterator_close(open_at(UINT64_MAX));
    pel_primes_iterator_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_small_start),
        cmocka_unit_test(test_random_walks),
        cmocka_unit_test(test_short_walks_up_high),
        cmocka_unit_test(test_long_walk),
        cmocka_unit_test(test_the_top),
        cmocka_unit_test(test_unused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
