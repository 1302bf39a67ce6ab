#include "images.h"

#include "image/reference.h"

#include <stdio.h>

static const size_t widths[] = {1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 257, 1031};
enum { NWIDTHS = sizeof widths / sizeof widths[0] };

/* Integer methods: half a level, and what rounding the coefficients to 2^-16 adds. */
static double bound(enum pel_gray method, int bits)
{
    if (method == PEL_GRAY_LINEAR)
        return bits == 8 ? 0.51 : 0.6;
    return bits == 8 ? 0.51 : 1.5;
}

/* The largest seen, by method and by 8 or 16 bits. */
static double largest[PEL_GRAY_COUNT][2];

static void check(size_t width, size_t height, int channels, int bits, enum pel_gray method,
                  struct test_random *random)
{
    struct guarded src = guarded_make(width, height, channels, bits);
    fill_random(&src.image, random);
    struct guarded first = {0};
    FOR_EVERY_TEAM(team)
    {
        struct guarded dst = guarded_make(width, height, channels % 2 ? 1 : 2, bits);
        assert_int_equal(pel_image_gray(&src.image, &dst.image, method, &team, NULL), 0);
        if (!first.block) {
            first = dst;
            continue;
        }
        assert_true(same_pixels(&first.image, &dst.image));
        guarded_free(&dst);
    }
    double *reference = doubles(&first.image);
    pel_reference_gray(&src.image, method, reference);
    double difference = difference_to(&first.image, reference);
    if (difference > bound(method, bits))
        fail_msg("%s, %d bits, %zux%zu: %g levels", pel_gray_name(method), bits, width, height,
                 difference);
    if (difference > largest[method][bits / 16])
        largest[method][bits / 16] = difference;
    free(reference);
    guarded_free(&first);
    guarded_free(&src);
}

static void test_against_the_reference(void **state)
{
    (void)state;
    struct test_random random = {test_seed(21)};
    for (int i = 0; i < NWIDTHS; i++)
        for (int channels = 1; channels <= 4; channels++)
            for (int bits = 8; bits <= 16; bits += 8)
                for (int method = 0; method < PEL_GRAY_COUNT; method++)
                    check(widths[i], i % 2 ? 5 : 1, channels, bits, (enum pel_gray)method, &random);
}

static void test_tall_images_over_many_bands(void **state)
{
    (void)state;
    struct test_random random = {test_seed(22)};
    for (int method = 0; method < PEL_GRAY_COUNT; method++)
        check(701, 251, 4, 16, (enum pel_gray)method, &random);
}

static void test_largest_differences(void **state)
{
    (void)state;
    printf("largest differences in levels:  8 bits  16 bits\n");
    for (int method = 0; method < PEL_GRAY_COUNT; method++)
        printf("%-30s %7.4f  %7.4f\n", pel_gray_name((enum pel_gray)method), largest[method][0],
               largest[method][1]);
    assert_true(largest[PEL_GRAY_LINEAR][0] > 0); /* the tests above have run */
}

static void gray_of(const unsigned color[4], int bits, unsigned out[PEL_GRAY_COUNT])
{
    struct pel_team team = pel_team(1);
    struct guarded src = guarded_make(1, 1, 3, bits), dst = guarded_make(1, 1, 1, bits);
    fill_constant(&src.image, color);
    for (int method = 0; method < PEL_GRAY_COUNT; method++) {
        assert_int_equal(pel_image_gray(&src.image, &dst.image, (enum pel_gray)method, &team, NULL),
                         0);
        out[method] = get(&dst.image, 0, 0, 0);
    }
    guarded_free(&src);
    guarded_free(&dst);
}

static void test_pure_colours(void **state)
{
    (void)state;
    static const unsigned expected[3][PEL_GRAY_COUNT] = {
        {76, 54, 127}, {150, 182, 220}, {29, 18, 76}};
    for (int c = 0; c < 3; c++) {
        unsigned color[4] = {0}, gray[PEL_GRAY_COUNT];
        color[c] = 255;
        gray_of(color, 8, gray);
        for (int method = 0; method < PEL_GRAY_COUNT; method++)
            assert_int_equal(gray[method], expected[c][method]);
    }
}

static void test_gray_stays_gray(void **state)
{
    (void)state;
    for (int bits = 8; bits <= 16; bits += 8) {
        size_t n = bits == 8 ? 256 : 65536;
        struct guarded src = guarded_make(n, 1, 3, bits), dst = guarded_make(n, 1, 1, bits);
        for (size_t x = 0; x < n; x++)
            for (int c = 0; c < 3; c++)
                put(&src.image, x, 0, c, (unsigned)x);
        for (int method = 0; method < PEL_GRAY_COUNT; method++) {
            struct pel_team team = pel_team(1);
            assert_int_equal(
                pel_image_gray(&src.image, &dst.image, (enum pel_gray)method, &team, NULL), 0);
            for (size_t x = 0; x < n; x++)
                assert_int_equal(get(&dst.image, x, 0, 0), x);
        }
        guarded_free(&src);
        guarded_free(&dst);
    }
}

/* The integer formula to the letter, on all colours whose sum ends in exactly one half. */
static void test_halves_are_rounded_up(void **state)
{
    (void)state;
    enum { MAX = 4096 };
    struct guarded src = guarded_make(MAX, 1, 3, 8), dst = guarded_make(MAX, 1, 1, 8);
    unsigned expected[MAX] = {0};
    size_t n = 0;
    for (unsigned r = 0; r < 256; r++)
        for (unsigned g = 0; g < 256; g++)
            for (unsigned b = 0; b < 256 && n < MAX; b++) {
                unsigned sum = 19595 * r + 38470 * g + 7471 * b;
                if (sum % 65536 != 32768)
                    continue;
                put(&src.image, n, 0, 0, r);
                put(&src.image, n, 0, 1, g);
                put(&src.image, n, 0, 2, b);
                expected[n++] = sum / 65536 + 1;
            }
    assert_true(n > 10);
    FOR_EVERY_TEAM(team)
    {
        assert_int_equal(pel_image_gray(&src.image, &dst.image, PEL_GRAY_BT601, &team, NULL), 0);
        for (size_t x = 0; x < n; x++)
            assert_int_equal(get(&dst.image, x, 0, 0), expected[x]);
    }
    guarded_free(&src);
    guarded_free(&dst);
}

static void test_names_and_bad_methods(void **state)
{
    (void)state;
    struct pel_team team = pel_team(1);
    struct guarded src = guarded_make(1, 1, 3, 8), dst = guarded_make(1, 1, 1, 8);
    assert_string_equal(pel_gray_name(PEL_GRAY_BT709), "bt709");
    assert_non_null(pel_gray_name(PEL_GRAY_COUNT));
    assert_int_equal(pel_image_gray(&src.image, &dst.image, PEL_GRAY_COUNT, &team, NULL), -EINVAL);
    guarded_free(&src);
    guarded_free(&dst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_the_reference),
        cmocka_unit_test(test_tall_images_over_many_bands),
        cmocka_unit_test(test_largest_differences),
        cmocka_unit_test(test_pure_colours),
        cmocka_unit_test(test_gray_stays_gray),
        cmocka_unit_test(test_halves_are_rounded_up),
        cmocka_unit_test(test_names_and_bad_methods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
