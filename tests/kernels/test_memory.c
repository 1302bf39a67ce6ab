/* Memory of the kernels: the workspace that is announced is what is allocated, and the failure of any
 * allocation is an error that leaves nothing behind. */
#include "allocations.h"
#include "images.h"

#include "primes/lines/lines.h"

#include <pelton/crew.h>

static int watched_resize(const struct guarded *src, const struct guarded *dst,
                          const struct pel_resize *how, int nthreads, int fail_at,
                          size_t *nbytes, struct pel_error *err)
{
    struct pel_team team = {.nthreads = nthreads, .isa = pel_isa_best()};
    struct pel_image out = dst->image;
    test_allocations_watch(fail_at);
    int status = pel_image_resize(&src->image, &out, how, &team, err);
    *nbytes = test_allocations_end().nbytes;
    return status;
}

static void test_workspace_is_what_resize_allocates(void **state)
{
    (void)state;
    static const size_t shapes[][4] = {{1, 1, 1, 1},   {300, 7, 3, 500},  {64, 900, 64, 11},
                                       {5, 5, 90, 90}, {2000, 3, 1, 300}, {3, 2000, 300, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int channels = 1; channels <= 4; channels++)
            for (int filter = 0; filter < PEL_FILTER_COUNT; filter++)
                for (int n = 0; n < TEST_NTHREADS; n++) {
                    const struct pel_resize how = {.filter = (enum pel_filter)filter};
                    struct guarded src = guarded_make(shapes[i][0], shapes[i][1], channels, 8);
                    struct guarded dst = guarded_make(shapes[i][2], shapes[i][3], channels, 8);
                    struct pel_image unread = src.image; /* only shapes are looked at */
                    unread.data = NULL;
                    size_t announced =
                        pel_image_resize_workspace(&unread, &dst.image, &how, test_threads[n]);
                    size_t allocated;
                    assert_int_equal(
                        watched_resize(&src, &dst, &how, test_threads[n], -1, &allocated, NULL), 0);
                    assert_int_equal(allocated, announced);
                    guarded_free(&src);
                    guarded_free(&dst);
                }
}

static void test_resize_without_memory(void **state)
{
    (void)state;
    struct guarded src = guarded_make(30, 30, 3, 8), dst = guarded_make(20, 20, 3, 8);
    for (int filter = 0; filter < PEL_FILTER_COUNT; filter++) {
        const struct pel_resize how = {.filter = (enum pel_filter)filter};
        struct pel_error err = {0};
        size_t allocated;
        assert_int_equal(watched_resize(&src, &dst, &how, 2, 0, &allocated, &err), -ENOMEM);
        assert_int_equal(err.code, -ENOMEM);
        assert_non_null(strstr(err.message, "memory"));
        for (size_t y = 0; y < 20; y++) /* dst has not been touched */
            for (size_t x = 0; x < 20; x++)
                assert_int_equal(get(&dst.image, x, y, 0), GUARD);
    }
    guarded_free(&src);
    guarded_free(&dst);
}

/* Both sides at their limit: the weights alone would take 2^24 * 2^24 floats. */
static void test_workspace_saturates(void **state)
{
    (void)state;
    struct pel_image huge = {.width = PEL_IMAGE_MAX_SIDE,
                             .height = PEL_IMAGE_MAX_SIDE,
                             .stride_bytes = PEL_IMAGE_MAX_SIDE,
                             .channels = 4,
                             .bits = 8};
    struct pel_image one = {.width = 1, .height = 1, .stride_bytes = 4, .channels = 4, .bits = 8};
    const struct pel_resize how = {.filter = PEL_FILTER_LANCZOS3};
    assert_true(pel_image_resize_workspace(&huge, &one, &how, 1) < (size_t)8 << 30);
    assert_true(pel_image_resize_workspace(&huge, &one, &how, 1) > (size_t)1 << 27);
    assert_true(pel_image_resize_workspace(&huge, &huge, &how, 0x7fffffff) > (size_t)1 << 40);
}

static void test_image_without_memory(void **state)
{
    (void)state;
    struct pel_image image = {.width = 7};
    struct pel_error err = {0};
    test_allocations_watch(0);
    int status = pel_image_alloc(&image, 10, 10, 1, 8, &err);
    (void)test_allocations_end();
    assert_int_equal(status, -ENOMEM);
    assert_int_equal(err.code, -ENOMEM);
    assert_null(image.data);
    assert_int_equal(image.width, 0);
}

static void never(void *ctx, struct pel_crew *crew, int index)
{
    (void)ctx;
    (void)crew;
    (void)index;
    abort();
}

static void test_crew_without_memory(void **state)
{
    (void)state;
    test_allocations_watch(0);
    int status = pel_crew_work(1, NULL, never, NULL, NULL);
    (void)test_allocations_end();
    assert_int_equal(status, -ENOMEM);
}

static int count_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    return pel_sieve_twins(sieve, chunk, ctx, ctx);
}

/* Primes and twins together. */
static int watched_sieve(const struct pel_sieve_engine *engine, int fail_at, uint64_t *count,
                         struct pel_error *err)
{
    struct pel_team team = {.nthreads = 1, .isa = pel_isa_best()};
    struct pel_sieve_plan plan;
    test_allocations_watch(fail_at);
    int status = pel_sieve_plan_by(engine, &plan, UINT64_C(10000000000000), UINT64_C(10000000000999), 0,
                                   &team, err);
    if (!status) {
        status = pel_sieve_run(&plan, &team, count_chunk, count, err);
        pel_sieve_plan_free(&plan);
    }
    (void)test_allocations_end();
    return status;
}

/* The interval has primes of all tiers, the lists of the large ones included. */
static void test_sieve_without_memory(void **state)
{
    (void)state;
    const struct pel_sieve_engine *engines[2] = {&pel_wheel_engine, pel_lines_engine(PEL_ISA_AVX512)};
    for (int i = 0; i < 2 && engines[i]; i++) {
        int status = -ENOMEM, fail_at = 0;
        for (; status; fail_at++) {
            uint64_t count = 0;
            struct pel_error err = {0};
            status = watched_sieve(engines[i], fail_at, &count, &err);
            assert_int_equal(status, err.code);
            if (status)
                assert_int_equal(status, -ENOMEM);
            else
                assert_int_equal(count, 34); /* by primesieve 11.0; no twins */
        }
        assert_true(fail_at > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workspace_is_what_resize_allocates),
        cmocka_unit_test(test_resize_without_memory),
        cmocka_unit_test(test_workspace_saturates),
        cmocka_unit_test(test_image_without_memory),
        cmocka_unit_test(test_crew_without_memory),
        cmocka_unit_test(test_sieve_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
