/* The segmented sieve against the plain one and against a test of single numbers, bit by bit. */
#include "support.h"

#include "primes/lines/lines.h"
#include "primes/reference.h"

#include <stdlib.h>
#include <string.h>

static const int threads[] = {1, 2, 3, 7};

static struct pel_team team_of(int nthreads, enum pel_isa isa)
{
    struct pel_team team = pel_team(nthreads);
    team.nthreads = nthreads;
    team.isa = isa;
    return team;
}

static struct pel_sieve_plan plan_for(uint64_t start, uint64_t stop, uint64_t max_chunk,
                                      const struct pel_team *team)
{
    struct pel_sieve_plan plan;
    assert_int_equal(pel_sieve_plan(&plan, start, stop, max_chunk, team, NULL), 0);
    return plan;
}

/* Segments small enough that primes of every size meet many of them. */
static void shrink(struct pel_sieve_plan *plan, struct test_random *random)
{
    plan->segment_nbytes = (size_t)4096 << test_random_below(random, 6);
    plan->piece_nbytes = 1024 + 512 * test_random_below(random, 7);
}

static void check_count(struct pel_sieve *sieve, size_t chunk, const uint8_t *bytes, size_t nbytes)
{
    uint64_t ones = 0, pairs = 0, count = 7, twins = 7;
    for (size_t k = 0; k < nbytes; k++) {
        ones += (unsigned)__builtin_popcount(bytes[k]);
        pairs += (bytes[k] >> 1 & bytes[k] >> 2 & 1u) + (bytes[k] >> 3 & bytes[k] >> 4 & 1u) +
                 (bytes[k] >> 6 & bytes[k] >> 7 & 1u);
    }
    assert_int_equal(pel_sieve_count(sieve, chunk, &count), 0);
    assert_int_equal(count, ones + 7);
    assert_int_equal(pel_sieve_twins(sieve, chunk, &twins, NULL), 0);
    assert_int_equal(twins, pairs + 7);
    assert_int_equal(pel_sieve_twins(sieve, chunk, &twins, &count), 0);
    assert_int_equal(twins, 2 * pairs + 7);
    assert_int_equal(count, 2 * ones + 7);
}

/* Checks all that is said of segments, and copies their bits to `bytes`, which begins at first_byte. */
static void collect(const struct pel_sieve_plan *plan, uint8_t *bytes, bool counts)
{
    struct pel_sieve *sieve;
    assert_int_equal(pel_sieve_open(&sieve, plan, NULL), 0);
    uint64_t byte = plan->first_byte;
    for (size_t chunk = 0; chunk < plan->nchunks; chunk++) {
        struct pel_segment segment;
        uint64_t begin = byte;
        assert_int_equal(pel_sieve_begin(sieve, chunk), 0);
        while (pel_sieve_next(sieve, &segment) == 1) {
            assert_int_equal(segment.base, 30 * byte);
            assert_int_equal((uintptr_t)segment.bytes % 64, 0);
            assert_true(segment.nbytes > 0);
            for (size_t k = segment.nbytes; k % 64; k++)
                assert_int_equal(segment.bytes[k], 0);
            memcpy(bytes + (byte - plan->first_byte), segment.bytes, segment.nbytes);
            byte += segment.nbytes;
        }
        assert_null(segment.bytes);
        assert_int_equal(byte, chunk + 1 < plan->nchunks ? begin + plan->chunk_bytes
                                                         : (plan->stop - 7) / 30 + 1);
        if (counts)
            check_count(sieve, chunk, bytes + (begin - plan->first_byte), (size_t)(byte - begin));
    }
    pel_sieve_close(sieve);
}

/* At each level of instructions. */
/* At each level of instructions. */
static void compare_with_reference(uint64_t start, uint64_t stop, uint64_t max_chunk,
                                   struct test_random *random)
{
    struct pel_team team = team_of(1, pel_isa_best());
    struct pel_sieve_plan plan = plan_for(start, stop, max_chunk, &team);
    size_t nbytes = stop < 7 ? 0 : (size_t)((stop - 7) / 30 + 1 - plan.first_byte);
    uint8_t *bytes = malloc(nbytes + 1), *expected = malloc(nbytes + 1);
    assert_true(bytes && expected);
    pel_reference_sieve(30 * plan.first_byte, start, stop, expected, nbytes);
    for (int isa = 0; isa < PEL_ISA_COUNT; isa++) {
        plan.isa = (enum pel_isa)isa;
        if (random)
            shrink(&plan, random);
        collect(&plan, bytes, true);
        assert_memory_equal(bytes, expected, nbytes);
    }
    free(bytes);
    free(expected);
    pel_sieve_plan_free(&plan);
}

#if defined(__x86_64__)

static struct pel_sieve_plan plan_by(const struct pel_sieve_engine *engine, uint64_t start,
                                     uint64_t stop, uint64_t max_chunk, const struct pel_team *team)
{
    struct pel_sieve_plan plan;
    assert_int_equal(pel_sieve_plan_by(engine, &plan, start, stop, max_chunk, team, NULL), 0);
    return plan;
}

/* What the lines of a chunk say, bit by bit, and what is counted; `expected` begins at first_byte. */
static void check_lines(struct pel_lines *lines, size_t chunk, const uint8_t *expected)
{
    const struct pel_sieve_plan *plan = lines->base.plan;
    pel_lines_begin(lines, chunk, false);
    for (size_t k = 0; k < PEL_LINES; k++) {
        unsigned residue = pel_lines_residues[k], bit = 0;
        while (pel_wheel_residues[bit] % 30 != residue % 30)
            bit++;
        assert_int_equal(pel_lines_sieve(lines, k), 0);
        for (uint64_t i = 0; i < lines->nbits; i++) {
            uint64_t byte = 7 * (lines->first + i) + (residue - 7) / 30;
            bool within = lines->begin <= byte && byte < lines->end;
            assert_int_equal(lines->line[i / 8] >> i % 8 & 1,
                             within ? expected[byte - plan->first_byte] >> bit & 1 : 0);
        }
    }
    check_count(&lines->base, chunk, expected + (lines->begin - plan->first_byte),
                (size_t)(lines->end - lines->begin));
}

/* Where there are lines; frees the plan. */
static void compare_lines(struct pel_sieve_plan *plan, const uint8_t *expected)
{
    struct pel_sieve *sieve;
    assert_int_equal(pel_sieve_open(&sieve, plan, NULL), 0);
    for (size_t chunk = 0; chunk < plan->nchunks; chunk++)
        check_lines((struct pel_lines *)sieve, chunk, expected);
    pel_sieve_close(sieve);
    pel_sieve_plan_free(plan);
}

static void check_lines_of(uint64_t start, uint64_t stop, uint64_t max_chunk, int nthreads)
{
    struct pel_team team = team_of(nthreads, PEL_ISA_AVX512);
    const struct pel_sieve_engine *engine = pel_lines_engine(PEL_ISA_AVX512);
    if (!engine)
        skip();
    struct pel_sieve_plan plan = plan_by(engine, start, stop, max_chunk, &team);
    assert_true(!max_chunk || 30 * plan.chunk_bytes <= max_chunk);
    size_t nbytes = (size_t)((stop - 7) / 30 + 1 - plan.first_byte);
    uint8_t *expected = malloc(nbytes);
    assert_non_null(expected);
    pel_reference_sieve(30 * plan.first_byte, start, stop, expected, nbytes);
    compare_lines(&plan, expected);
    free(expected);
}

#endif

static void test_every_short_interval(void **state)
{
    (void)state;
    for (uint64_t start = 0; start < 70; start++)
        for (uint64_t stop = start; stop < 130; stop += 1 + start % 3)
            compare_with_reference(start, stop, 0, NULL);
}

static void test_random_intervals(void **state)
{
    (void)state;
    static const uint64_t from[] = {0,
                                    100000,
                                    113000,
                                    3000000,
                                    (UINT64_C(1) << 32) - 500000,
                                    UINT64_C(10000000000),
                                    UINT64_C(1000000000000)};
    struct test_random random = {test_seed(11)};
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++)
        for (int round = 0; round < 4; round++) {
            uint64_t start = from[i] + test_random_below(&random, 1000000);
            uint64_t stop = start + test_random_below(&random, 2000000);
            uint64_t max_chunk = round ? 2000 + test_random_below(&random, 900000) : 0;
            compare_with_reference(start, stop, max_chunk, &random);
        }
}

#if defined(__x86_64__)

static void test_lines_on_random_intervals(void **state)
{
    (void)state;
    static const uint64_t from[] = {
        0, 12, 99990, 64000000, 1000000000, UINT64_C(300000000000), UINT64_C(3000000000000)};
    struct test_random random = {test_seed(13)};
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++)
        for (int round = 0; round < 6; round++) {
            uint64_t start = from[i] + test_random_below(&random, round ? 1000 : 12);
            uint64_t stop = start + test_random_below(&random, round % 3 == 2 ? 300 : 3000000);
            if (stop < PEL_LINES_MIN_STOP)
                stop += PEL_LINES_MIN_STOP;
            uint64_t max_chunk = 210 * PEL_LINES_UNIT + test_random_below(&random, 2000000);
            check_lines_of(start, stop, round % 2 ? max_chunk : 0, threads[round % 4]);
        }
}

/* Intervals that begin or end about a place where the words of lines do. */
static void test_lines_at_every_border(void **state)
{
    (void)state;
    const uint64_t border = 2100 * (uint64_t)PEL_LINES_UNIT, least = 210 * PEL_LINES_UNIT;
    for (uint64_t n = border - 230; n < border + 230; n += 11) {
        check_lines_of(n - 210 * (n % 4), n + n % 500, 0, 1);
        check_lines_of(border - 2 * least, n, least, 1);
    }
}

/* From the first numbers on, with lines of full length, and where primes hit a line once or seldom: against
 * the wheel, which other tests compare with the plain sieve. */
static void test_lines_against_the_wheel(void **state)
{
    (void)state;
    static const uint64_t starts[] = {0, UINT64_C(10000000000), UINT64_C(1000000000000),
                                      UINT64_C(30000000000000), UINT64_C(100000000000000)};
    const struct pel_sieve_engine *lines = pel_lines_engine(PEL_ISA_AVX512);
    struct pel_team team = team_of(2, PEL_ISA_AVX512);
    if (!lines)
        skip();
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        uint64_t stop = starts[i] + 50000000 + 977 * i;
        struct pel_sieve_plan plan = plan_by(lines, starts[i], stop, 0, &team);
        struct pel_sieve_plan wheel = plan_for(starts[i], stop, 0, &team);
        uint8_t *expected = malloc((size_t)((stop - 7) / 30 + 1 - wheel.first_byte));
        assert_non_null(expected);
        collect(&wheel, expected, false);
        compare_lines(&plan, expected);
        free(expected);
        pel_sieve_plan_free(&wheel);
    }
}

#endif

/* Long enough for primes to wait in lists over many segments; the plain sieve would take hours, so some
 * bytes are looked at number by number. */
static void test_large_primes(void **state)
{
    (void)state;
    static const uint64_t from[] = {UINT64_C(100000000000000), UINT64_C(10000000000000000)};
    struct test_random random = {test_seed(12)};
    for (size_t i = 0; i < 2; i++) {
        struct pel_team team = team_of(2, pel_isa_best());
        uint64_t start = from[i] + test_random_below(&random, 1000000000);
        struct pel_sieve_plan plan = plan_for(start, start + 30000000, i ? 7000000 : 0, &team);
        size_t nbytes = (size_t)((plan.stop - 7) / 30 + 1 - plan.first_byte);
        plan.segment_nbytes = 16384;
        uint8_t *bytes = malloc(nbytes);
        assert_non_null(bytes);
        collect(&plan, bytes, true);
        for (int sample = 0; sample < 3000; sample++) {
            size_t k =
                sample < 100 ? nbytes - 1 - (size_t)sample : test_random_below(&random, nbytes);
            for (int b = 0; b < 8; b++) {
                uint64_t n = 30 * (plan.first_byte + k) + pel_wheel_residues[b];
                assert_int_equal(bytes[k] >> b & 1,
                                 n >= plan.start && n <= plan.stop && pel_is_prime(n));
            }
        }
        free(bytes);
        pel_sieve_plan_free(&plan);
    }
}

/* The largest primes of 64 bits are 2^64 - 59, - 83, - 95, ...: C. Caldwell's list of primes just less
 * than a power of two. */
static void test_end_of_the_range(void **state)
{
    (void)state;
    static const uint64_t below[] = {59, 83, 95, 179, 189, 257, 279, 323, 353, 363};
    struct pel_team team = team_of(2, pel_isa_best());
    struct pel_sieve_plan plan = plan_for(UINT64_MAX - 20000, UINT64_MAX, 0, &team);
    uint8_t bytes[1024];
    collect(&plan, bytes, false);
    size_t found = 0;
    for (uint64_t n = UINT64_MAX; n > UINT64_MAX - 19000; n -= 2) {
        uint64_t k = (n - 7) / 30 - plan.first_byte;
        bool prime = false;
        for (int b = 0; b < 8; b++)
            if (30 * (plan.first_byte + k) + pel_wheel_residues[b] == n)
                prime = bytes[k] >> b & 1;
        assert_int_equal(prime, pel_is_prime(n));
        if (prime && found < sizeof below / sizeof below[0])
            assert_int_equal(0 - n, below[found]);
        found += prime;
    }
    assert_true(found > 400);
    pel_sieve_plan_free(&plan);
}

/* ---- on a team -------------------------------------------------------------------------------- */

static int add_count(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    uint64_t count = 0;
    int status = pel_sieve_count(sieve, chunk, &count);
    __atomic_fetch_add((uint64_t *)ctx, count, __ATOMIC_RELAXED);
    return status;
}

static void test_known_counts(void **state)
{
    (void)state;
    static const struct {
        uint64_t start, stop, count; /* OEIS A006880, less the primes 2, 3 and 5 */
    } known[] = {{0, 6, 0}, {0, 7, 1}, {0, 10000000, 664576}, {0, 100000000, 5761452}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
            struct pel_progress progress = {0};
            struct pel_team team = team_of(threads[t], pel_isa_best());
            team.progress = &progress;
            struct pel_sieve_plan plan =
                plan_for(known[i].start, known[i].stop, t ? 3000000 : 0, &team);
            uint64_t count = 0;
            assert_int_equal(pel_sieve_run(&plan, &team, add_count, &count, NULL), 0);
            assert_int_equal(count, known[i].count);
            assert_int_equal(progress.done, progress.total);
            pel_sieve_plan_free(&plan);
        }
}

static int add_twins(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    uint64_t twins = 0;
    int status = pel_sieve_twins(sieve, chunk, &twins, NULL);
    __atomic_fetch_add((uint64_t *)ctx, twins, __ATOMIC_RELAXED);
    return status;
}

static void test_plans_for_counts(void **state)
{
    (void)state;
    for (int isa = 0; isa < PEL_ISA_COUNT; isa++)
        for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
            struct pel_progress progress = {0};
            struct pel_team team = team_of(threads[t], (enum pel_isa)isa);
            team.progress = &progress;
            struct pel_sieve_plan plan;
            uint64_t count = 0, twins = 0;
            assert_int_equal(pel_sieve_plan_counts(&plan, 0, 100000000, &team, NULL), 0);
            assert_int_equal(pel_sieve_run(&plan, &team, add_count, &count, NULL), 0);
            assert_int_equal(count, 5761452);
            assert_int_equal(progress.done, progress.total);
            assert_int_equal(pel_sieve_run(&plan, &team, add_twins, &twins, NULL), 0);
            assert_int_equal(twins, 440310); /* OEIS A007508, less 3, 5 and 5, 7 */
            assert_int_equal(progress.done, progress.total);
            pel_sieve_plan_free(&plan);
        }
}

static void test_chunks_do_not_depend_on_the_team(void **state)
{
    (void)state;
    struct pel_team one = team_of(1, PEL_ISA_BASELINE), seven = team_of(7, pel_isa_best());
    struct pel_sieve_plan a =
        plan_for(UINT64_C(1000000000000), UINT64_C(1000001000000), 99999, &one);
    struct pel_sieve_plan b =
        plan_for(UINT64_C(1000000000000), UINT64_C(1000001000000), 99999, &seven);
    assert_int_equal(a.nchunks, b.nchunks);
    assert_int_equal(a.chunk_bytes, b.chunk_bytes);
    assert_memory_equal(a.primes, b.primes, a.primes_nbytes);
    pel_sieve_plan_free(&a);
    pel_sieve_plan_free(&b);
}

static int raise_flag(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    struct pel_segment segment;
    int status = pel_sieve_begin(sieve, chunk);
    pel_cancel_request(ctx);
    return status ? status : pel_sieve_next(sieve, &segment);
}

static int raise_flag_and_count(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    uint64_t count = 0;
    pel_cancel_request(ctx);
    return pel_sieve_count(sieve, chunk, &count);
}

static void test_cancellation(void **state)
{
    (void)state;
    struct pel_error err = {0};
    struct pel_cancel cancel = {0};
    struct pel_team team = team_of(2, pel_isa_best());
    team.cancel = &cancel;
    struct pel_sieve_plan plan = plan_for(0, 10000000, 100000, &team);
    assert_int_equal(pel_sieve_run(&plan, &team, raise_flag, &cancel, &err), -ECANCELED);
    assert_int_equal(err.code, -ECANCELED);
    pel_sieve_plan_free(&plan);
    cancel = (struct pel_cancel){0};
    assert_int_equal(pel_sieve_plan_counts(&plan, 0, 200000000, &team, NULL), 0);
    assert_int_equal(pel_sieve_run(&plan, &team, raise_flag_and_count, &cancel, NULL), -ECANCELED);
    pel_sieve_plan_free(&plan);
    assert_int_equal(pel_sieve_plan(&plan, 0, UINT64_C(1) << 60, 0, &team, &err), -ECANCELED);
    assert_null(plan.primes);
}

static void test_interval_the_wrong_way_round(void **state)
{
    (void)state;
    struct pel_team team = team_of(1, PEL_ISA_BASELINE);
    struct pel_sieve_plan plan;
    assert_int_equal(pel_sieve_plan(&plan, 2, 1, 0, &team, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_short_interval),
        cmocka_unit_test(test_random_intervals),
#if defined(__x86_64__)
        cmocka_unit_test(test_lines_on_random_intervals),
        cmocka_unit_test(test_lines_at_every_border),
        cmocka_unit_test(test_lines_against_the_wheel),
#endif
        cmocka_unit_test(test_large_primes),
        cmocka_unit_test(test_end_of_the_range),
        cmocka_unit_test(test_known_counts),
        cmocka_unit_test(test_plans_for_counts),
        cmocka_unit_test(test_chunks_do_not_depend_on_the_team),
        cmocka_unit_test(test_cancellation),
        cmocka_unit_test(test_interval_the_wrong_way_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
