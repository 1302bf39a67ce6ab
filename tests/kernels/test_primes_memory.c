/* Primes without memory: whichever allocation fails, the call says so, leaves its outputs zeroed and
 * nothing behind (which LeakSanitizer sees). */
#include "allocations.h"
#include "primes_oracle.h"

/* Some primes large enough for every part of the sieve, in several parts. */
static const uint64_t start = UINT64_C(100000000000), stop = UINT64_C(100030000000);

static int find(const struct pel_team *team, struct pel_error *err)
{
    static struct pel_primes_answers got, zero;
    uint64_t residues[4] = {9, 9, 9, 9};
    int status = pel_primes_find(start, stop, 31, residues, 4, team, &got, err);
    if (status)
        assert_memory_equal(&got, &zero, sizeof got);
    if (status)
        assert_int_equal(residues[0] + residues[1] + residues[2] + residues[3], 0);
    return status;
}

static void add(void *ctx, void *partial, const uint64_t *primes, size_t n)
{
    (void)ctx;
    (void)primes;
    *(uint64_t *)partial += n;
}

static void combine(void *into, const void *from)
{
    *(uint64_t *)into += *(const uint64_t *)from;
}

static int query(const struct pel_team *team, struct pel_error *err)
{
    const struct pel_primes_query what = {.partial_nbytes = 8, .block = add, .combine = combine};
    uint64_t n = 1;
    int status = pel_primes_query(start, stop, &what, NULL, team, &n, err);
    assert_true(status ? n == 0 : n > 0);
    return status;
}

static int pass(void *ctx, uint64_t part, const uint64_t *primes, size_t n)
{
    (void)ctx;
    (void)part;
    (void)primes;
    (void)n;
    return 0;
}

static int parts(const struct pel_team *team, struct pel_error *err)
{
    const struct pel_primes_parts what = {.block = pass};
    return pel_primes_parts(start, stop, &what, NULL, team, err);
}

static int list(const struct pel_team *team, struct pel_error *err)
{
    struct pel_primes_list out = {NULL, 1};
    int status = pel_primes_list(start, stop, team, &out, err);
    assert_true(status ? !out.primes && !out.n : out.n > 0);
    pel_primes_list_free(&out);
    return status;
}

static int copy(const struct pel_team *team, struct pel_error *err)
{
    static uint64_t primes[20000];
    size_t n = 1;
    int status = pel_primes_copy(start, start + 400000, team, primes, 20000, &n, err);
    assert_true(status ? n == 0 : n > 0);
    return status;
}

static int count(const struct pel_team *team, struct pel_error *err)
{
    uint64_t n = 1;
    int status = pel_primes_count(0, stop, PEL_PRIMES_COMBINATORIAL, team, &n, err);
    assert_true(status ? n == 0 : n > 0);
    return status;
}

static int nth(const struct pel_team *team, struct pel_error *err)
{
    uint64_t prime = 1;
    int status = pel_primes_nth(1000000, PEL_PRIMES_AUTO, team, &prime, err);
    assert_int_equal(prime, status ? 0 : 15485863);
    return status;
}

static int sum(const struct pel_team *team, struct pel_error *err)
{
    struct pel_u128 total = {1, 1};
    int status = pel_primes_sum(0, 1000000000, PEL_PRIMES_COMBINATORIAL, team, &total, err);
    assert_int_equal(total.lo, status ? 0 : UINT64_C(24739512092254535));
    return status;
}

static void test_any_allocation(void **state)
{
    (void)state;
    static int (*const calls[])(const struct pel_team *, struct pel_error *) = {
        find, query, parts, list, copy, count, nth, sum};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (int t = 0; t < 3; t++) {
            struct pel_team team = pel_team(test_threads[t]);
            int failures = 0;
            for (int k = 0; k < 1000; k++) {
                struct pel_error err = {0};
                test_allocations_watch(k);
                int status = calls[i](&team, &err);
                bool all = !test_allocations_end().failed;
                assert_int_equal(status, all ? 0 : -ENOMEM);
                assert_int_equal(err.code, status);
                if (all)
                    break;
                failures++;
            }
            assert_in_range(failures, 3, 999);
        }
}

/* An iterator that could not go on can, once there is memory: nothing is skipped. */
static void test_iterator(void **state)
{
    (void)state;
    struct pel_primes_iterator *it;
    test_allocations_watch(0);
    assert_int_equal(pel_primes_iterator_open(&it, start, NULL), -ENOMEM);
    assert_null(it);
    (void)test_allocations_end();
    for (int k = 0; k < 12; k++)
        for (int up = 0; up < 2; up++) {
            assert_int_equal(pel_primes_iterator_open(&it, start, NULL), 0);
            uint64_t sum = 0;
            int failures = 0;
            for (int n = 0; n < 100000;) {
                uint64_t prime;
                test_allocations_watch(failures < 20 ? k : -1);
                int status = up ? pel_primes_iterator_next(it, &prime)
                                : pel_primes_iterator_previous(it, &prime);
                assert_true(status == 0 || status == -ENOMEM);
                assert_true((prime == 0) == (status != 0));
                failures += status != 0;
                n += status == 0;
                sum += prime;
            }
            (void)test_allocations_end();
            pel_primes_iterator_close(it);
            assert_int_equal(sum, up ? UINT64_C(10000126733520184) : UINT64_C(9999873160735310));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_allocation),
        cmocka_unit_test(test_iterator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
