/* The image itself: shapes, allocation, views, filling, and what every kernel refuses. */
#include "images.h"

static void test_nbytes_and_limits(void **state)
{
    (void)state;
    size_t nbytes = 1;
    assert_int_equal(pel_image_nbytes(1, 1, 1, 8, &nbytes), 0);
    assert_int_equal(nbytes, 64);
    assert_int_equal(pel_image_nbytes(65, 3, 1, 8, &nbytes), 0);
    assert_int_equal(nbytes, 3 * 128);
    assert_int_equal(pel_image_nbytes(10, 7, 4, 16, &nbytes), 0);
    assert_int_equal(nbytes, 7 * 128);
    assert_int_equal(pel_image_nbytes(PEL_IMAGE_MAX_SIDE, PEL_IMAGE_MAX_SIDE, 4, 16, &nbytes), 0);
    static const struct {
        size_t width, height;
        int channels, bits;
    } bad[] = {{0, 1, 1, 8},        {1, 0, 1, 8}, {PEL_IMAGE_MAX_SIDE + 1, 1, 1, 8},
               {1, SIZE_MAX, 1, 8}, {1, 1, 0, 8}, {1, 1, 5, 8},
               {1, 1, -1, 8},       {1, 1, 1, 1}, {1, 1, 1, 12},
               {1, 1, 1, 32}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pel_image image = {.width = 9};
        struct pel_error err = {0};
        assert_int_equal(
            pel_image_nbytes(bad[i].width, bad[i].height, bad[i].channels, bad[i].bits, &nbytes),
            -EINVAL);
        assert_int_equal(nbytes, 0);
        assert_int_equal(pel_image_alloc(&image, bad[i].width, bad[i].height, bad[i].channels,
                                         bad[i].bits, &err),
                         -EINVAL);
        assert_null(image.data);
        assert_int_equal(image.width, 0);
        assert_non_null(strstr(err.message, "16777215"));
    }
}

static void test_alloc_and_free(void **state)
{
    (void)state;
    struct pel_image image;
    assert_int_equal(pel_image_alloc(&image, 33, 5, 3, 16, NULL), 0);
    assert_int_equal((uintptr_t)image.data % 64, 0);
    assert_int_equal(image.stride_bytes, 256);
    memset(image.data, 1, 5 * image.stride_bytes);
    pel_image_free(&image);
    assert_null(image.data);
    assert_int_equal(image.width, 0);
    pel_image_free(&image);
}

static void test_view_is_part_of_the_image(void **state)
{
    (void)state;
    struct guarded whole = guarded_make(11, 9, 3, 16);
    for (size_t y = 0; y < 9; y++)
        for (size_t x = 0; x < 11; x++)
            for (int c = 0; c < 3; c++)
                put(&whole.image, x, y, c, (unsigned)(y * 1000 + x * 10) + (unsigned)c);
    struct pel_image view = pel_image_view(&whole.image, 4, 2, 7, 6);
    assert_int_equal(view.width, 7);
    assert_int_equal(view.height, 6);
    assert_int_equal(get(&view, 0, 0, 1), 2041);
    assert_int_equal(get(&view, 6, 5, 2), 7102);
    view = pel_image_view(&whole.image, 11, 9, 0, 0);
    assert_int_equal(view.width, 0);
    guarded_free(&whole);
}

static void test_fill_converts_the_colour(void **state)
{
    (void)state;
    const uint16_t color[4] = {65535, 0x1234, 128, 32768};
    for (int channels = 1; channels <= 4; channels++)
        for (int bits = 8; bits <= 16; bits += 8) {
            struct guarded g = guarded_make(5, 3, channels, bits);
            unsigned gray = (unsigned)floor(0.299 * 65535 + 0.587 * 0x1234 + 0.114 * 128 + 0.5);
            unsigned expected[4] = {gray, color[3], 0, 0};
            for (int c = 0; c < 4 && channels > 2; c++)
                expected[c] = color[c];
            for (int c = 0; c < 4 && bits == 8; c++)
                expected[c] = (unsigned)(expected[c] / 257.0 + 0.5);
            pel_image_fill(&g.image, color);
            for (size_t y = 0; y < 3; y++)
                for (size_t x = 0; x < 5; x++)
                    for (int c = 0; c < channels; c++)
                        assert_int_equal(get(&g.image, x, y, c), expected[c]);
            guarded_free(&g);
        }
}

/* ---- what the kernels refuse ---------------------------------------------------------------- */

enum { ORIENT, GRAY, RESIZE, FLATTEN, DEPTH, NKERNELS };

static int call(int kernel, const struct pel_image *src, struct pel_image *dst,
                struct pel_error *err)
{
    static const uint16_t white[3] = {65535, 65535, 65535};
    const struct pel_resize how = {.filter = PEL_FILTER_LANCZOS3};
    struct pel_team team = pel_team(1);
    switch (kernel) {
    case ORIENT:
        return pel_image_orient(src, dst, 1, &team, err);
    case GRAY:
        return pel_image_gray(src, dst, PEL_GRAY_BT601, &team, err);
    case RESIZE:
        return pel_image_resize(src, dst, &how, &team, err);
    case FLATTEN:
        return pel_image_flatten(src, dst, white, PEL_SPACE_LINEAR, &team, err);
    default:
        return pel_image_depth(src, dst, &team, err);
    }
}

/* Shapes that each kernel accepts, for a src of 4 channels and 16 bits. */
static struct pel_image fitting(int kernel, const struct pel_image *src, unsigned char *data)
{
    struct pel_image dst = *src;
    dst.data = data;
    dst.channels = kernel == GRAY ? 2 : kernel == FLATTEN ? 3 : 4;
    dst.bits = kernel == DEPTH ? 8 : 16;
    return dst;
}

static void refuse(int kernel, struct pel_image src, struct pel_image dst)
{
    struct pel_error err = {0};
    assert_int_equal(call(kernel, &src, &dst, &err), -EINVAL);
    assert_int_equal(err.code, -EINVAL);
    assert_int_equal(err.stage, PEL_STAGE_COMPUTE);
    assert_true(err.message[0] != 0);
    assert_int_equal(call(kernel, &src, &dst, NULL), -EINVAL);
}

static void test_kernels_refuse_shapes_that_do_not_fit(void **state)
{
    (void)state;
    static _Alignas(16) unsigned char in[1024], out[1024];
    for (int kernel = 0; kernel < NKERNELS; kernel++) {
        const struct pel_image src = {
            .data = in, .width = 3, .height = 4, .stride_bytes = 24, .channels = 4, .bits = 16};
        const struct pel_image dst = fitting(kernel, &src, out);
        struct pel_image good = dst, bad;
        assert_int_equal(call(kernel, &src, &good, NULL), 0);

        bad = dst, bad.data = NULL, refuse(kernel, src, bad);
        bad = src, bad.data = NULL, refuse(kernel, bad, dst);
        bad = src, bad.stride_bytes = 22, refuse(kernel, bad, dst);
        bad = src, bad.stride_bytes = 25, refuse(kernel, bad, dst);
        bad = src, bad.data = in + 1, refuse(kernel, bad, dst);
        bad = src, bad.width = 0, refuse(kernel, bad, dst);
        bad = dst, bad.bits = 9, refuse(kernel, src, bad);
        bad = dst, bad.bits = 24 - dst.bits, refuse(kernel, src, bad);
        bad = dst, bad.channels = 1, refuse(kernel, src, bad);
        bad = dst, bad.channels = 7, refuse(kernel, src, bad);
        if (kernel != RESIZE) {
            bad = dst, bad.width = 2, refuse(kernel, src, bad);
            bad = dst, bad.height = 5, refuse(kernel, src, bad);
        }
    }
}

/* A cancel that was raised before is noticed by every kernel, and reported. */
static void test_kernels_stop_when_cancelled(void **state)
{
    (void)state;
    static const uint16_t white[3] = {65535, 65535, 65535};
    struct guarded a = guarded_make(30, 300, 2, 16), same = guarded_make(30, 300, 2, 16),
                   shallow = guarded_make(30, 300, 2, 8), flat = guarded_make(30, 300, 1, 16);
    struct pel_cancel cancel = {1};
    for (int nthreads = 1; nthreads <= 3; nthreads++)
        for (int filter = 0; filter < PEL_FILTER_COUNT; filter++) {
            struct pel_team team = {.nthreads = nthreads, .cancel = &cancel};
            const struct pel_resize how = {.filter = (enum pel_filter)filter};
            struct pel_error err = {0};
            assert_int_equal(pel_image_resize(&a.image, &same.image, &how, &team, &err),
                             -ECANCELED);
            assert_string_equal(err.message, "cancelled");
            assert_int_equal(pel_image_orient(&a.image, &same.image, 2, &team, &err), -ECANCELED);
            assert_int_equal(pel_image_gray(&a.image, &same.image, PEL_GRAY_BT709, &team, &err),
                             -ECANCELED);
            assert_int_equal(
                pel_image_flatten(&a.image, &flat.image, white, PEL_SPACE_GAMMA, &team, &err),
                -ECANCELED);
            assert_int_equal(pel_image_depth(&a.image, &shallow.image, &team, &err), -ECANCELED);
        }
    guarded_free(&a);
    guarded_free(&same);
    guarded_free(&shallow);
    guarded_free(&flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nbytes_and_limits),
        cmocka_unit_test(test_alloc_and_free),
        cmocka_unit_test(test_view_is_part_of_the_image),
        cmocka_unit_test(test_fill_converts_the_colour),
        cmocka_unit_test(test_kernels_refuse_shapes_that_do_not_fit),
        cmocka_unit_test(test_kernels_stop_when_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
