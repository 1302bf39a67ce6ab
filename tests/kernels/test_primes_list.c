/* Lists of primes, and the decoding of bitmaps under them. */
#include "primes_oracle.h"

#include "primes/bitmap.h"
#include "primes/decode.h"

static void check(struct interval in, const struct pel_team *team)
{
    size_t n;
    uint64_t *wanted = oracle_primes(in, &n);
    struct pel_primes_list list = {NULL, 1};
    assert_int_equal(pel_primes_list(in.start, in.stop, team, &list, NULL), 0);
    assert_int_equal(list.n, n);
    assert_true((list.primes == NULL) == (n == 0));
    if (n)
        assert_memory_equal(list.primes, wanted, n * sizeof *wanted);
    /* Into memory that just fits, with a guard behind it, and into memory that does not. */
    uint64_t *copy = malloc((n + 1) * sizeof *copy);
    assert_non_null(copy);
    copy[n] = 42;
    size_t copied = 1;
    assert_int_equal(pel_primes_copy(in.start, in.stop, team, copy, n, &copied, NULL), 0);
    assert_int_equal(copied, n);
    assert_memory_equal(copy, wanted, n * sizeof *wanted);
    assert_int_equal(copy[n], 42);
    if (n) {
        struct pel_error err = {0};
        assert_int_equal(pel_primes_copy(in.start, in.stop, team, copy, n - 1, &copied, &err),
                         -ENOBUFS);
        assert_int_equal(copied, n);
        assert_int_equal(err.code, -ENOBUFS);
    }
    free(copy);
    free(wanted);
    pel_primes_list_free(&list);
    assert_null(list.primes);
    assert_int_equal(list.n, 0);
}

static void test_every_small_interval(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    for (uint64_t start = 0; start <= 120; start++)
        for (uint64_t stop = start; stop <= 120; stop++)
            check((struct interval){start, stop}, &team);
}

static void test_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++) {
            struct pel_team team = team_of(test_threads[i % TEST_NTHREADS], isa);
            check(edges[i], &team);
        }
}

static void test_top(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    size_t n;
    uint64_t *wanted = oracle_primes(top_edge, &n);
    struct pel_primes_list list;
    assert_int_equal(pel_primes_list(top_edge.start, top_edge.stop, &team, &list, NULL), 0);
    assert_int_equal(list.n, n);
    assert_memory_equal(list.primes, wanted, n * sizeof *wanted);
    free(wanted);
    pel_primes_list_free(&list);
}

static void test_random_intervals(void **state)
{
    (void)state;
    struct test_random random = {test_seed(31)};
    for (unsigned i = 0; i < 24; i++) {
        struct pel_team team = team_of(test_threads[i % TEST_NTHREADS], (int)(i % PEL_ISA_COUNT));
        check(random_interval(&random, 20 + i, 60000), &team);
    }
}

/* Several chunks: each goes to the place that the ones before it leave. */
static void test_many_chunks(void **state)
{
    (void)state;
    for (int t = 0; t < TEST_NTHREADS; t++) {
        struct pel_team team = pel_team(test_threads[t]);
        struct pel_primes_list list;
        assert_int_equal(pel_primes_list(0, 40000000, &team, &list, NULL), 0);
        assert_int_equal(list.n, 2433654);
        uint64_t sum = 2;
        for (size_t i = 1; i < list.n; i++) {
            assert_true(list.primes[i] > list.primes[i - 1]);
            sum += list.primes[i];
        }
        assert_int_equal(sum, UINT64_C(47088408550139)); /* as primesieve 11.0 lists them */
        ;
        assert_int_equal(list.primes[664578], 9999991);
        pel_primes_list_free(&list);
    }
}

static size_t decode_bit_by_bit(const uint8_t *bytes, size_t nbytes, uint64_t base,
                                uint64_t *primes)
{
    size_t n = 0;
    for (size_t k = 0; k < nbytes; k++)
        for (int b = 0; b < 8; b++)
            if (bytes[k] >> b & 1)
                primes[n++] = base + 30 * k + pel_wheel_residues[b];
    return n;
}

/* Bitmaps at random, from empty to full: each level writes and consumes the same, and nothing behind the
 * room that it is given. */
static void test_decode(void **state)
{
    (void)state;
    enum { MOST = 70 };
    struct test_random random = {test_seed(32)};
    uint64_t wanted[8 * MOST], got[8 * MOST + 1];
    for (int round = 0; round < 1500; round++) {
        size_t nbytes = test_random_below(&random, MOST + 1), used[PEL_ISA_COUNT], n[PEL_ISA_COUNT];
        uint8_t *bytes =
            malloc(nbytes + 1); /* just so long: a read behind it is seen by sanitizers */
        uint64_t base = test_random_next(&random) / 30 * 30;
        for (size_t k = 0; k < nbytes; k++) {
            uint64_t bits = test_random_next(&random), less = test_random_next(&random);
            bytes[k] = (uint8_t)(round % 3 == 0   ? bits & less
                                 : round % 3 == 1 ? bits
                                                  : bits | less);
        }
        size_t all = decode_bit_by_bit(bytes, nbytes, base, wanted);
        size_t room = round % 2 ? all : test_random_below(&random, all + 65);
        for (int isa = 0; isa < PEL_ISA_COUNT; isa++) {
            for (size_t i = 0; i <= 8 * MOST; i++)
                got[i] = 42;
            n[isa] = pel_decode_for((enum pel_isa)isa)(
                bytes, nbytes, base, got, room < 8 * MOST ? room : 8 * MOST, &used[isa]);
            assert_true(n[isa] <= room);
            assert_memory_equal(got, wanted, n[isa] * sizeof *got);
            for (size_t i = room; i <= 8 * MOST; i++)
                assert_int_equal(got[i], 42);
            assert_int_equal(n[isa], n[0]);
            assert_int_equal(used[isa], used[0]);
            assert_int_equal(decode_bit_by_bit(bytes, used[isa], base, wanted), n[isa]);
            decode_bit_by_bit(bytes, nbytes, base, wanted);
        }
        assert_true(room < all || used[0] == nbytes);
        free(bytes);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    struct pel_team team = pel_team(2);
    struct pel_primes_list list = {NULL, 1};
    struct pel_error err = {0};
    /* The room alone says that the primes up to 10^12 do not fit: they are counted, not listed. */
    uint64_t primes[4];
    size_t n;
    assert_int_equal(pel_primes_copy(0, UINT64_C(1000000000000), &team, primes, 4, &n, &err),
                     -ENOBUFS);
    assert_int_equal(n, UINT64_C(37607912018));
    assert_int_equal(pel_primes_list(1, 0, &team, &list, &err), -EINVAL);
    assert_int_equal(list.n, 0);
    assert_int_equal(pel_primes_copy(24, 28, &team, NULL, 0, &n, &err), 0); /* none */
    assert_int_equal(n, 0);
    assert_int_equal(pel_primes_copy(0, 100, &team, NULL, 0, &n, &err), -ENOBUFS);
    assert_int_equal(n, 25);
    assert_int_equal(pel_primes_copy(1, 0, &team, primes, 4, &n, &err), -EINVAL);
    assert_int_equal(n, 0);
}

static void test_cancel(void **state)
{
    (void)state;
    struct pel_cancel cancel = {0};
    pel_cancel_request(&cancel);
    for (int t = 0; t < TEST_NTHREADS; t++) {
        struct pel_team team = pel_team(test_threads[t]);
        team.cancel = &cancel;
        struct pel_primes_list list = {NULL, 1};
        struct pel_error err = {0};
        assert_int_equal(pel_primes_list(0, 100000000, &team, &list, &err), -ECANCELED);
        assert_null(list.primes);
        assert_int_equal(list.n, 0);
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
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
