/* JPEG against libjpeg's own decoding, in every colour space, and its warnings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After stdio.h, which it needs. */
#include <jpeglib.h>

#include "pictures.h"

static const struct pel_decode_options no_limits;
static const struct pel_decode_options keep = {.keep_truncated = true};

static const struct pel_codec *jpeg(void)
{
    return pel_codec_for_name("jpeg");
}

static void quiet(j_common_ptr common, int level)
{
    (void)common, (void)level;
}

/* What djpeg does: the samples in the given colour space. */
static void reference(const struct pel_bytes *bytes, J_COLOR_SPACE space, unsigned char **out,
                      size_t *row_nbytes)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    cinfo.err = jpeg_std_error(&errors);
    errors.emit_message = quiet;
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, bytes->data, bytes->nbytes);
    (void)jpeg_read_header(&cinfo, TRUE);
    cinfo.out_color_space = space;
    (void)jpeg_start_decompress(&cinfo);
    *row_nbytes = cinfo.output_width * (size_t)cinfo.output_components;
    *out = malloc(*row_nbytes * cinfo.output_height);
    assert_non_null(*out);
    while (cinfo.output_scanline < cinfo.output_height) {
        JSAMPROW row = *out + *row_nbytes * cinfo.output_scanline;
        (void)jpeg_read_scanlines(&cinfo, &row, 1);
    }
    (void)jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);
}

static void decode_ok(const struct pel_bytes *bytes, const struct pel_decode_options *options,
                      struct pel_picture *picture)
{
    struct pel_error err = {0};
    if (jpeg()->decode(bytes->data, bytes->nbytes, options, picture, &err) != 0)
        fail_msg("%s", err.message);
}

static void check_equal(const struct pel_bytes *bytes, J_COLOR_SPACE space,
                        const struct pel_decode_options *options)
{
    unsigned char *expected;
    size_t row_nbytes;
    struct pel_picture picture;
    decode_ok(bytes, options, &picture);
    reference(bytes, space, &expected, &row_nbytes);
    assert_int_equal(pel_image_row_nbytes(&picture.image), row_nbytes);
    for (size_t y = 0; y < picture.image.height; y++)
        assert_memory_equal(picture.image.data + y * picture.image.stride_bytes,
                            expected + y * row_nbytes, row_nbytes);
    assert_int_equal(picture.flags, 0);
    free(expected);
    pel_picture_free(&picture);
}

static void gray_and_colour_are_libjpegs_own(void **state)
{
    (void)state;
    for (int kind = 0; kind < 32; kind++) {
        struct test_jpeg how = {.width = 37,
                                .height = 29,
                                .components = kind & 1 ? 3 : 1,
                                .progressive = kind & 2,
                                .arithmetic = kind & 4,
                                .no_subsampling = kind & 8,
                                .rgb = (kind & 17) == 17};
        struct pel_bytes bytes = test_jpeg_write(&how, (uint64_t)kind);
        check_equal(&bytes, how.components == 1 ? JCS_GRAYSCALE : JCS_RGB, &no_limits);
        free(bytes.data);
    }
}

static void luma_only_gives_the_stored_luma(void **state)
{
    (void)state;
    struct pel_decode_options luma = {.luma_only = true};
    for (int kind = 0; kind < 4; kind++) {
        struct test_jpeg how = {.width = 37,
                                .height = 29,
                                .components = kind == 3 ? 1 : 3,
                                .progressive = kind == 1,
                                .no_subsampling = kind == 2};
        struct pel_bytes bytes = test_jpeg_write(&how, 9);
        check_equal(&bytes, JCS_GRAYSCALE, &luma);
        free(bytes.data);
    }
    struct test_jpeg rgb = {.width = 9, .height = 9, .components = 3, .rgb = true};
    struct pel_bytes bytes = test_jpeg_write(&rgb, 9);
    check_equal(&bytes, JCS_RGB, &luma); /* no luma is stored in it */
    free(bytes.data);
}

static void check_cmyk(const struct test_jpeg *how, bool inverted)
{
    struct pel_bytes bytes = test_jpeg_write(how, 5);
    unsigned char *ink;
    size_t row_nbytes;
    struct pel_picture picture;
    decode_ok(&bytes, &no_limits, &picture);
    reference(&bytes, JCS_CMYK, &ink, &row_nbytes);
    assert_int_equal(picture.image.channels, 3);
    for (size_t y = 0; y < picture.image.height; y++) {
        for (size_t i = 0; i < picture.image.width * 3; i++) {
            const unsigned char *pixel = ink + y * row_nbytes + i / 3 * 4;
            double c = inverted ? 255.0 - pixel[i % 3] : pixel[i % 3];
            double k = inverted ? 255.0 - pixel[3] : pixel[3];
            double light = 255 * (1 - c / 255) * (1 - k / 255);
            double got = picture.image.data[y * picture.image.stride_bytes + i];
            assert_true(got - light <= 0.5 && light - got <= 0.5);
        }
    }
    pel_picture_free(&picture);
    free(ink);
    free(bytes.data);
}

static void cmyk_becomes_rgb_inverted_where_adobe_says_so(void **state)
{
    (void)state;
    check_cmyk(&(struct test_jpeg){.width = 20, .height = 9, .components = 4}, true);
    check_cmyk(&(struct test_jpeg){.width = 20, .height = 9, .components = 4, .ycck = true}, true);
    check_cmyk(&(struct test_jpeg){.width = 20, .height = 9, .components = 4, .no_adobe = true},
               false);
}

static void exif_turns_and_profiles_come_along(void **state)
{
    (void)state;
    unsigned char app1[] = "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0\0\0\0\0";
    for (unsigned char value = 1; value <= 8; value++) {
        app1[24] = value;
        struct test_jpeg how = {
            .width = 9, .height = 5, .components = 1, .app1 = app1, .app1_nbytes = sizeof app1};
        struct pel_bytes bytes = test_jpeg_write(&how, 1);
        struct pel_picture_info info;
        struct pel_picture picture;
        assert_int_equal(jpeg()->info(bytes.data, bytes.nbytes, &no_limits, &info, NULL), 0);
        decode_ok(&bytes, &no_limits, &picture);
        assert_int_equal(info.orientation, value);
        assert_int_equal(picture.orientation, value);
        assert_int_equal(picture.image.width, 9); /* not turned yet */
        pel_picture_free(&picture);
        free(bytes.data);
    }
}

static void a_profile_of_inks_is_left_out_with_a_warning(void **state)
{
    (void)state;
    unsigned char profile[300] = {0};
    memcpy(profile + 16, "CMYK", 4);
    struct test_jpeg how = {.width = 9, .height = 5, .components = 4, .icc = {profile, 300}};
    struct pel_bytes bytes = test_jpeg_write(&how, 1);
    struct pel_picture picture;
    decode_ok(&bytes, &no_limits, &picture);
    assert_int_equal(picture.icc.nbytes, 0);
    assert_int_equal(picture.flags, PEL_PICTURE_WARNING);
    assert_non_null(strstr(picture.warning, "CMYK"));
    pel_picture_free(&picture);
    free(bytes.data);
}

static void subsampling_and_quality_are_written_as_asked(void **state)
{
    (void)state;
    static const struct {
        int quality;
        enum pel_subsampling subsampling;
        int channels, h, v;
    } cases[] = {
        {0, PEL_SUBSAMPLING_AUTO, 3, 2, 2},  {89, PEL_SUBSAMPLING_AUTO, 3, 2, 2},
        {90, PEL_SUBSAMPLING_AUTO, 3, 1, 1}, {95, PEL_SUBSAMPLING_420, 3, 2, 2},
        {50, PEL_SUBSAMPLING_422, 3, 2, 1},  {50, PEL_SUBSAMPLING_444, 3, 1, 1},
        {80, PEL_SUBSAMPLING_420, 1, 1, 1},
    };
    size_t last = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pel_picture picture = {.orientation = 1};
        test_image_make(&picture.image, 50, 50, cases[i].channels, 8, 1);
        struct pel_encode_options options = {.quality = cases[i].quality,
                                             .subsampling = cases[i].subsampling};
        struct pel_bytes bytes;
        assert_int_equal(jpeg()->encode(&picture, &options, &bytes, NULL), 0);
        struct jpeg_decompress_struct cinfo;
        struct jpeg_error_mgr errors;
        cinfo.err = jpeg_std_error(&errors);
        jpeg_create_decompress(&cinfo);
        jpeg_mem_src(&cinfo, bytes.data, bytes.nbytes);
        (void)jpeg_read_header(&cinfo, TRUE);
        assert_int_equal(cinfo.num_components, cases[i].channels);
        assert_int_equal(cinfo.comp_info[0].h_samp_factor, cases[i].h);
        assert_int_equal(cinfo.comp_info[0].v_samp_factor, cases[i].v);
        jpeg_destroy_decompress(&cinfo);
        if (i == 1)
            assert_true(bytes.nbytes > last); /* 89 against the default of 80 */
        last = bytes.nbytes;
        pel_bytes_free(&bytes);
        pel_picture_free(&picture);
    }
}

/* ---- warnings -------------------------------------------------------------------------------- */

static struct pel_bytes make(size_t width, size_t height, bool progressive, int restart_rows)
{
    return test_jpeg_write(&(struct test_jpeg){.width = width,
                                               .height = height,
                                               .components = 3,
                                               .progressive = progressive,
                                               .no_subsampling = true,
                                               .restart_rows = restart_rows},
                           2);
}

static void a_missing_end_marker_is_a_warning(void **state)
{
    (void)state;
    struct pel_bytes bytes = make(40, 40, false, 0);
    struct pel_picture whole, cut;
    decode_ok(&bytes, &no_limits, &whole);
    bytes.nbytes -= 2;
    decode_ok(&bytes, &no_limits, &cut);
    assert_int_equal(cut.flags, PEL_PICTURE_WARNING);
    assert_string_equal(cut.warning, "the end marker is missing");
    assert_true(test_images_equal(&whole.image, &cut.image));
    pel_picture_free(&whole);
    pel_picture_free(&cut);
    free(bytes.data);
}

/* The rows above the cut are whole, those below 0. With an end marker put behind the cut too. */
static void a_cut_file_keeps_the_rows_above_the_cut(void **state)
{
    (void)state;
    struct pel_bytes bytes = make(100, 200, false, 0);
    struct pel_picture whole, cut;
    decode_ok(&bytes, &no_limits, &whole);
    for (int with_end = 0; with_end < 2; with_end++) {
        struct pel_bytes half = {bytes.data, bytes.nbytes / 2};
        if (with_end)
            memcpy(half.data + half.nbytes - 2, "\xff\xd9", 2);
        struct pel_error err = {0};
        assert_int_equal(jpeg()->decode(half.data, half.nbytes, &no_limits, &cut, &err), -EBADMSG);
        assert_non_null(strstr(err.message, "premature end"));
        decode_ok(&half, &keep, &cut);
        assert_int_equal(cut.flags, PEL_PICTURE_TRUNCATED);
        size_t rows = strtoul(cut.warning, NULL, 10), row_nbytes = pel_image_row_nbytes(&cut.image);
        assert_in_range(rows, 64, 136);
        for (size_t y = 0; y < 200; y++) {
            const unsigned char *row = cut.image.data + y * cut.image.stride_bytes;
            if (y < rows)
                assert_memory_equal(row, whole.image.data + y * whole.image.stride_bytes,
                                    row_nbytes);
            for (size_t i = 0; y >= rows && i < row_nbytes; i++)
                assert_int_equal(row[i], 0);
        }
        pel_picture_free(&cut);
    }
    pel_picture_free(&whole);
    free(bytes.data);
}

static void a_cut_progressive_file_keeps_its_first_scans(void **state)
{
    (void)state;
    struct pel_bytes bytes = make(100, 100, true, 0);
    struct pel_picture cut;
    bytes.nbytes = bytes.nbytes * 3 / 4;
    assert_int_equal(jpeg()->decode(bytes.data, bytes.nbytes, &no_limits, &cut, NULL), -EBADMSG);
    decode_ok(&bytes, &keep, &cut);
    assert_int_equal(cut.flags, PEL_PICTURE_TRUNCATED);
    assert_int_equal(strncmp(cut.warning, "100 of 100 rows", 15), 0);
    pel_picture_free(&cut);
    free(bytes.data);
}

static void damage_between_restarts_is_confined(void **state)
{
    (void)state;
    struct pel_bytes bytes = make(100, 200, false, 1);
    struct pel_picture whole, bent;
    decode_ok(&bytes, &no_limits, &whole);
    size_t at = bytes.nbytes / 2; /* a restart marker in the middle is lost */
    while (bytes.data[at] != 0xff || (bytes.data[at + 1] & 0xf8) != 0xd0)
        at++;
    memset(bytes.data + at, 0, 2);
    assert_int_equal(jpeg()->decode(bytes.data, bytes.nbytes, &no_limits, &bent, NULL), -EBADMSG);
    decode_ok(&bytes, &keep, &bent);
    assert_int_equal(bent.flags, PEL_PICTURE_TRUNCATED);
    for (size_t y = 150; y < 200; y++) /* decoding caught up */
        assert_memory_equal(bent.image.data + y * bent.image.stride_bytes,
                            whole.image.data + y * whole.image.stride_bytes, 300);
    pel_picture_free(&whole);
    pel_picture_free(&bent);
    free(bytes.data);
}

static size_t find_marker(const struct pel_bytes *bytes, unsigned char marker)
{
    for (size_t i = 2; i + 1 < bytes->nbytes; i++) {
        if (bytes->data[i] == 0xff && bytes->data[i + 1] == marker)
            return i;
    }
    fail_msg("no marker %02x", marker);
    return 0;
}

static void harmless_oddities_are_warnings(void **state)
{
    (void)state;
    struct pel_bytes bytes = make(40, 40, false, 0);
    struct pel_picture whole, odd;
    decode_ok(&bytes, &no_limits, &whole);
    size_t sos = find_marker(&bytes, 0xda);
    bytes.data[sos + 11] = 1; /* Ss, Se of a sequential scan: 1, 63, as some cameras write */
    decode_ok(&bytes, &no_limits, &odd);
    assert_int_equal(odd.flags, PEL_PICTURE_WARNING);
    assert_non_null(strstr(odd.warning, "SOS"));
    assert_true(test_images_equal(&whole.image, &odd.image));
    pel_picture_free(&odd);
    pel_picture_free(&whole);
    free(bytes.data);
}

static void unknown_processes_are_not_supported(void **state)
{
    (void)state;
    struct pel_picture picture;
    struct pel_error err = {0};
    struct pel_bytes bytes = make(16, 16, false, 0);
    size_t sof = find_marker(&bytes, 0xc0);
    bytes.data[sof + 1] = 0xc3; /* lossless */
    assert_int_equal(jpeg()->decode(bytes.data, bytes.nbytes, &no_limits, &picture, &err),
                     -ENOTSUP);
    bytes.data[sof + 1] = 0xc1;
    bytes.data[sof + 4] = 12; /* bits */
    assert_int_equal(jpeg()->decode(bytes.data, bytes.nbytes, &no_limits, &picture, &err),
                     -ENOTSUP);
    assert_non_null(strstr(err.message, "12"));
    free(bytes.data);
}

/* Repeats the last scan of a progressive file until there are more than any encoder writes. */
static void a_bomb_of_scans_is_defused(void **state)
{
    (void)state;
    struct pel_bytes bytes = make(64, 64, true, 0);
    size_t last = bytes.nbytes - 2;
    while (bytes.data[last - 1] != 0xff || bytes.data[last] != 0xda)
        last--;
    last--;
    size_t scan_nbytes = bytes.nbytes - 2 - last, repeats = 200;
    struct pel_bytes bomb = {malloc(bytes.nbytes + repeats * scan_nbytes), 0};
    assert_non_null(bomb.data);
    memcpy(bomb.data, bytes.data, bytes.nbytes - 2);
    bomb.nbytes = bytes.nbytes - 2;
    for (size_t i = 0; i < repeats; i++, bomb.nbytes += scan_nbytes)
        memcpy(bomb.data + bomb.nbytes, bytes.data + last, scan_nbytes);
    struct pel_picture picture;
    struct pel_error err = {0};
    assert_int_equal(jpeg()->decode(bomb.data, bomb.nbytes, &keep, &picture, &err), -ENOTSUP);
    assert_string_equal(err.message, "jpeg: more than 100 scans");
    free(bomb.data);
    free(bytes.data);
}

static void sides_beyond_the_format_are_refused(void **state)
{
    (void)state;
    struct pel_picture picture = {.orientation = 1};
    assert_int_equal(pel_image_alloc(&picture.image, 65501, 1, 1, 8, NULL), 0);
    memset(picture.image.data, 0, 65501);
    struct pel_encode_options options = {0};
    struct pel_bytes bytes;
    struct pel_error err = {0};
    assert_int_equal(jpeg()->encode(&picture, &options, &bytes, &err), -EINVAL);
    assert_non_null(strstr(err.message, "65500"));
    picture.image.width = 65500;
    assert_int_equal(jpeg()->encode(&picture, &options, &bytes, &err), 0);
    pel_bytes_free(&bytes);
    pel_picture_free(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gray_and_colour_are_libjpegs_own),
        cmocka_unit_test(luma_only_gives_the_stored_luma),
        cmocka_unit_test(cmyk_becomes_rgb_inverted_where_adobe_says_so),
        cmocka_unit_test(exif_turns_and_profiles_come_along),
        cmocka_unit_test(a_profile_of_inks_is_left_out_with_a_warning),
        cmocka_unit_test(subsampling_and_quality_are_written_as_asked),
        cmocka_unit_test(a_missing_end_marker_is_a_warning),
        cmocka_unit_test(a_cut_file_keeps_the_rows_above_the_cut),
        cmocka_unit_test(a_cut_progressive_file_keeps_its_first_scans),
        cmocka_unit_test(damage_between_restarts_is_confined),
        cmocka_unit_test(harmless_oddities_are_warnings),
        cmocka_unit_test(unknown_processes_are_not_supported),
        cmocka_unit_test(a_bomb_of_scans_is_defused),
        cmocka_unit_test(sides_beyond_the_format_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
