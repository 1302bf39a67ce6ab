#include "images.h"

/* Where EXIF orientation o shows the pixel that is stored at (u, v) of a w x h image: the standard's
 * words turned into coordinates, the other way round from the kernel. */
static void shown_at(int orientation, size_t w, size_t h, size_t u, size_t v, size_t *x, size_t *y)
{
    size_t right = w - 1 - u, bottom = h - 1 - v;
    const size_t xs[] = {u, right, right, u, v, bottom, bottom, v};
    const size_t ys[] = {v, v, bottom, bottom, u, u, right, right};
    *x = xs[orientation - 1];
    *y = ys[orientation - 1];
}

static const size_t sizes[][2] = {{1, 1},   {1, 7},   {7, 1},    {2, 3},    {31, 33},
                                  {32, 32}, {64, 65}, {97, 101}, {300, 67}, {3, 1031}};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

static void check(size_t w, size_t h, int channels, int bits, int orientation,
                  struct test_random *random)
{
    bool swap = pel_orientation_swaps(orientation);
    struct guarded src = guarded_make(w, h, channels, bits);
    fill_random(&src.image, random);
    FOR_EVERY_TEAM(team)
    {
        if (team.isa > 0)
            continue; /* there is one code for all levels */
        struct guarded dst = guarded_make(swap ? h : w, swap ? w : h, channels, bits);
        assert_int_equal(pel_image_orient(&src.image, &dst.image, orientation, &team, NULL), 0);
        for (size_t v = 0; v < h; v++)
            for (size_t u = 0; u < w; u++) {
                size_t x, y;
                shown_at(orientation, w, h, u, v, &x, &y);
                for (int c = 0; c < channels; c++)
                    if (get(&dst.image, x, y, c) != get(&src.image, u, v, c))
                        fail_msg("orientation %d of %zux%zu: stored %zu,%zu shown %zu,%zu",
                                 orientation, w, h, u, v, x, y);
            }
        guarded_free(&dst);
    }
    guarded_free(&src);
}

static void test_every_pixel_goes_where_exif_says(void **state)
{
    (void)state;
    struct test_random random = {test_seed(11)};
    for (int i = 0; i < NSIZES; i++)
        for (int channels = 1; channels <= 4; channels++)
            for (int bits = 8; bits <= 16; bits += 8)
                for (int orientation = 1; orientation <= 8; orientation++)
                    check(sizes[i][0], sizes[i][1], channels, bits, orientation, &random);
}

static void test_bad_orientations(void **state)
{
    (void)state;
    struct guarded src = guarded_make(3, 5, 1, 8), dst = guarded_make(3, 5, 1, 8);
    struct pel_team team = pel_team(1);
    static const int bad[] = {0, 9, -1, 5, 6, 7, 8};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pel_error err = {0};
        assert_int_equal(pel_image_orient(&src.image, &dst.image, bad[i], &team, &err), -EINVAL);
        assert_true(err.message[0] != 0);
    }
    guarded_free(&src);
    guarded_free(&dst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pixel_goes_where_exif_says),
        cmocka_unit_test(test_bad_orientations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
