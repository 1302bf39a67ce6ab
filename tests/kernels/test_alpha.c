#include "images.h"

#include "image/reference.h"

static void check_flatten(size_t width, size_t height, int channels, int bits, enum pel_space space,
                          struct test_random *random)
{
    const uint16_t background[3] = {(uint16_t)test_random_next(random),
                                    (uint16_t)test_random_next(random),
                                    (uint16_t)test_random_next(random)};
    struct guarded src = guarded_make(width, height, channels, bits), first = {0};
    fill_random(&src.image, random);
    FOR_EVERY_TEAM(team)
    {
        struct guarded dst = guarded_make(width, height, channels - 1, bits);
        assert_int_equal(pel_image_flatten(&src.image, &dst.image, background, space, &team, NULL),
                         0);
        if (!first.block) {
            first = dst;
            continue;
        }
        assert_true(same_pixels(&first.image, &dst.image));
        guarded_free(&dst);
    }
    double *reference = doubles(&first.image);
    pel_reference_flatten(&src.image, background, space, reference);
    double difference = difference_to(&first.image, reference);
    if (difference > (space == PEL_SPACE_GAMMA ? 0.5001 : 0.6))
        fail_msg("flatten %s, %d bits: %g levels", pel_space_name(space), bits, difference);
    free(reference);
    guarded_free(&first);
    guarded_free(&src);
}

static void test_flatten_against_the_reference(void **state)
{
    (void)state;
    struct test_random random = {test_seed(31)};
    static const size_t widths[] = {1, 5, 64, 67, 1009};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
        for (int channels = 2; channels <= 4; channels += 2)
            for (int bits = 8; bits <= 16; bits += 8)
                for (int space = 0; space < PEL_SPACE_COUNT; space++)
                    check_flatten(widths[i], 3 + i, channels, bits, (enum pel_space)space, &random);
}

/* Opaque pixels keep every level; transparent ones show the background whatever their colour. */
static void test_flatten_at_the_ends_of_alpha(void **state)
{
    (void)state;
    const uint16_t background[3] = {0x8080, 0x1010, 0xffff};
    struct pel_team team = pel_team(1);
    for (int bits = 8; bits <= 16; bits += 8)
        for (int space = 0; space < PEL_SPACE_COUNT; space++) {
            size_t n = bits == 8 ? 256 : 65536;
            struct guarded src = guarded_make(n, 2, 4, bits), dst = guarded_make(n, 2, 3, bits);
            for (size_t x = 0; x < n; x++)
                for (int c = 0; c < 4; c++) {
                    put(&src.image, x, 0, c, c == 3 ? sample_max(&src.image) : (unsigned)x);
                    put(&src.image, x, 1, c, c == 3 ? 0 : (unsigned)x);
                }
            assert_int_equal(pel_image_flatten(&src.image, &dst.image, background,
                                               (enum pel_space)space, &team, NULL),
                             0);
            for (size_t x = 0; x < n; x++)
                for (int c = 0; c < 3; c++) {
                    unsigned under = bits == 8 ? background[c] / 257u : background[c];
                    assert_int_equal(get(&dst.image, x, 0, c), x);
                    assert_int_equal(get(&dst.image, x, 1, c), under);
                }
            guarded_free(&src);
            guarded_free(&dst);
        }
}

static void test_depth_over_all_samples(void **state)
{
    (void)state;
    struct guarded deep = guarded_make(65536, 1, 1, 16), shallow = guarded_make(65536, 1, 1, 8);
    for (size_t x = 0; x < 65536; x++)
        put(&deep.image, x, 0, 0, (unsigned)x);
    FOR_EVERY_TEAM(team)
    {
        assert_int_equal(pel_image_depth(&deep.image, &shallow.image, &team, NULL), 0);
        for (size_t x = 0; x < 65536; x++)
            assert_int_equal(get(&shallow.image, x, 0, 0),
                             (unsigned)floor((double)x * 255 / 65535 + 0.5));
    }
    struct guarded back = guarded_make(65536, 1, 1, 16);
    struct pel_team team = pel_team(1);
    assert_int_equal(pel_image_depth(&shallow.image, &back.image, &team, NULL), 0);
    for (size_t x = 0; x < 65536; x++)
        assert_int_equal(get(&back.image, x, 0, 0), 257 * get(&shallow.image, x, 0, 0));
    guarded_free(&deep);
    guarded_free(&shallow);
    guarded_free(&back);
}

static void test_depth_there_and_back_with_channels(void **state)
{
    (void)state;
    struct test_random random = {test_seed(32)};
    for (int channels = 1; channels <= 4; channels++)
        for (int n = 0; n < TEST_NTHREADS; n++) {
            struct guarded a = guarded_make(61, 37, channels, 8);
            struct guarded b = guarded_make(61, 37, channels, 16);
            struct guarded c = guarded_make(61, 37, channels, 8);
            struct pel_team team = pel_team(test_threads[n]);
            fill_random(&a.image, &random);
            assert_int_equal(pel_image_depth(&a.image, &b.image, &team, NULL), 0);
            assert_int_equal(pel_image_depth(&b.image, &c.image, &team, NULL), 0);
            assert_true(same_pixels(&a.image, &c.image));
            guarded_free(&a);
            guarded_free(&b);
            guarded_free(&c);
        }
}

static void test_bad_arguments(void **state)
{
    (void)state;
    const uint16_t background[3] = {0};
    struct pel_team team = pel_team(1);
    struct guarded a = guarded_make(2, 2, 3, 8), b = guarded_make(2, 2, 2, 8),
                   c = guarded_make(2, 2, 1, 8);
    assert_int_equal(
        pel_image_flatten(&a.image, &b.image, background, PEL_SPACE_GAMMA, &team, NULL), -EINVAL);
    assert_int_equal(
        pel_image_flatten(&b.image, &c.image, background, PEL_SPACE_COUNT, &team, NULL), -EINVAL);
    assert_int_equal(
        pel_image_flatten(&b.image, &c.image, background, PEL_SPACE_GAMMA, &team, NULL), 0);
    assert_int_equal(pel_image_depth(&a.image, &a.image, &team, NULL), -EINVAL);
    guarded_free(&a);
    guarded_free(&b);
    guarded_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flatten_against_the_reference),
        cmocka_unit_test(test_flatten_at_the_ends_of_alpha),
        cmocka_unit_test(test_depth_over_all_samples),
        cmocka_unit_test(test_depth_there_and_back_with_channels),
        cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
