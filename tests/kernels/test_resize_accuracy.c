/* How far pel_image_resize is from the formula in double precision: prints the largest difference, in
 * levels, for each filter, space, depth and number of channels, and holds it to the header's bounds.
 * Differences are to the unrounded value: 0.5 is perfect rounding. */
#include "images.h"

#include "image/reference.h"

#include <stdio.h>

/* What <pelton/image.h> promises. */
static double bound(int bits)
{
    return bits == 8 ? 1 : 2;
}

static const struct {
    size_t width, height, to_width, to_height;
    struct pel_box box;
} shapes[] = {
    {1, 1, 1, 1, {0, 0, 0, 0}},
    {1, 1, 5, 3, {0, 0, 0, 0}},
    {1, 37, 3, 5, {0, 0, 0, 0}},
    {37, 1, 5, 3, {0, 0, 0, 0}},
    {2, 2, 17, 16, {0, 0, 0, 0}},
    {7, 5, 8, 9, {0, 0, 0, 0}},
    {8, 8, 7, 7, {0, 0, 0, 0}},
    {16, 9, 16, 9, {0, 0, 0, 0}},
    {31, 29, 13, 11, {0, 0, 0, 0}},
    {33, 64, 32, 31, {0, 0, 0, 0}},
    {65, 63, 3, 2, {0, 0, 0, 0}},
    {127, 61, 64, 32, {0, 0, 0, 0}},
    {13, 17, 67, 71, {0, 0, 0, 0}},
    {1031, 3, 2, 3, {0, 0, 0, 0}},
    {3, 1031, 3, 1, {0, 0, 0, 0}},
    {1500, 2, 1, 1, {0, 0, 0, 0}},
    {2, 1500, 2, 1, {0, 0, 0, 0}},
    {40, 30, 9, 8, {10, 5, 20, 15}},
    {40, 30, 21, 23, {3.25, 7.75, 8.5, 10.125}},
    {40, 30, 5, 4, {39.5, 29.5, 0.5, 0.5}},
};
enum { NSHAPES = sizeof shapes / sizeof shapes[0] };

static double difference(size_t shape, const struct pel_resize *how, int channels, int bits,
                         struct test_random *random)
{
    struct guarded src = guarded_make(shapes[shape].width, shapes[shape].height, channels, bits);
    struct guarded dst =
        guarded_make(shapes[shape].to_width, shapes[shape].to_height, channels, bits);
    struct pel_team team = pel_team(2);
    fill_random(&src.image, random);
    assert_int_equal(pel_image_resize(&src.image, &dst.image, how, &team, NULL), 0);
    double *reference = doubles(&dst.image);
    pel_reference_resize(&src.image, how, dst.image.width, dst.image.height, reference);
    double result = difference_to(&dst.image, reference);
    free(reference);
    guarded_free(&src);
    guarded_free(&dst);
    return result;
}

static void print_row(enum pel_filter filter, enum pel_space space, int bits,
                      struct test_random *random)
{
    printf("%-11s %-7s %4d ", pel_filter_name(filter), pel_space_name(space), bits);
    for (int channels = 1; channels <= 4; channels++) {
        double largest = 0;
        for (size_t shape = 0; shape < NSHAPES; shape++) {
            struct pel_resize how = {filter, space, shapes[shape].box};
            double levels = difference(shape, &how, channels, bits, random);
            largest = fmax(largest, levels);
            if (levels > bound(bits))
                fail_msg("%s %s, %d bits, %d channels, shape %zu: %g levels",
                         pel_filter_name(filter), pel_space_name(space), bits, channels, shape,
                         levels);
        }
        printf("  %7.4f", largest);
    }
    printf("\n");
}

static void test_largest_differences(void **state)
{
    (void)state;
    struct test_random random = {test_seed(41)};
    printf("filter      space   bits   gray  gray+alpha  rgb   rgb+alpha\n");
    for (int bits = 8; bits <= 16; bits += 8)
        for (int filter = 0; filter < PEL_FILTER_COUNT; filter++)
            for (int space = 0; space < PEL_SPACE_COUNT; space++)
                print_row((enum pel_filter)filter, (enum pel_space)space, bits, &random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_largest_differences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
