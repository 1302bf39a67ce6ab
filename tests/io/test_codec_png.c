/* PNG against libpng's own simplified reading, on PngSuite and on the kinds it lacks. */
#include <dirent.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pictures.h"

static const struct pel_decode_options no_limits;

static const struct pel_codec *png(void)
{
    return pel_codec_for_name("png");
}

/* ---- the reference: png_read_png, which reads whole images by another route than ours -------- */

struct source {
    const unsigned char *data;
    size_t nbytes, at;
};

static void on_read(png_structp reader, png_bytep out, size_t nbytes)
{
    struct source *source = png_get_io_ptr(reader);
    if (nbytes > source->nbytes - source->at)
        png_error(reader, "end");
    memcpy(out, source->data + source->at, nbytes);
    source->at += nbytes;
}

static void on_warning(png_structp reader, png_const_charp message)
{
    (void)reader, (void)message;
}

/* The samples as the file has them: PNG_TRANSFORM_EXPAND, and big-endian bytes put together by
 * hand. */
static void reference(const unsigned char *data, size_t nbytes, struct pel_image *image)
{
    struct source source = {data, nbytes, 0};
    png_structp reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, on_warning);
    png_infop info = png_create_info_struct(reader);
    if (setjmp(png_jmpbuf(reader)))
        fail_msg("libpng refuses the file");
    png_set_read_fn(reader, &source, on_read);
    png_read_png(reader, info, PNG_TRANSFORM_EXPAND, NULL);
    png_bytepp rows = png_get_rows(reader, info);
    int bits = png_get_bit_depth(reader, info);
    assert_int_equal(pel_image_alloc(image, png_get_image_width(reader, info),
                                     png_get_image_height(reader, info),
                                     png_get_channels(reader, info), bits, NULL),
                     0);
    for (size_t y = 0; y < image->height; y++) {
        unsigned char *row = image->data + y * image->stride_bytes;
        memcpy(row, rows[y], pel_image_row_nbytes(image));
        for (size_t i = 0; bits == 16 && i < pel_image_row_nbytes(image); i += 2) {
            uint16_t sample = (uint16_t)(rows[y][i] << 8 | rows[y][i + 1]);
            memcpy(row + i, &sample, 2);
        }
    }
    png_destroy_read_struct(&reader, &info, NULL);
}

static void check_against_libpng(const char *name, const unsigned char *data, size_t nbytes)
{
    struct pel_picture picture;
    struct pel_error err = {0};
    struct pel_image expected;
    if (png()->decode(data, nbytes, &no_limits, &picture, &err) != 0)
        fail_msg("%s: %s", name, err.message);
    reference(data, nbytes, &expected);
    if (!test_images_equal(&picture.image, &expected))
        fail_msg("%s: not libpng's pixels", name);
    pel_image_free(&expected);
    pel_picture_free(&picture);
}

static void pngsuite_gives_libpngs_own_pixels(void **state)
{
    (void)state;
    const char *folder = test_corpus("pngsuite");
    if (!folder)
        skip();
    size_t ngood = 0, nbad = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".png"))
            continue;
        size_t nbytes;
        unsigned char *data = test_file_read(test_path(folder, entry->d_name), &nbytes);
        if (entry->d_name[0] == 'x') {
            struct pel_picture picture;
            struct pel_error err = {0};
            assert_int_equal(png()->decode(data, nbytes, &no_limits, &picture, &err), -EBADMSG);
            assert_int_equal(strncmp(err.message, "png: ", 5), 0);
            assert_true(strlen(err.message) > 10);
            nbad++;
        } else {
            check_against_libpng(entry->d_name, data, nbytes);
            ngood++;
        }
        free(data);
    }
    closedir(dir);
    assert_int_equal(ngood, 162);
    assert_int_equal(nbad, 14);
}

static void every_kind_of_png_gives_libpngs_own_pixels(void **state)
{
    (void)state;
    static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_PALETTE,
                                PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB_ALPHA};
    size_t n = 0;
    for (size_t t = 0; t < 5; t++) {
        for (int bits = 1; bits <= 16; bits *= 2) {
            if ((bits < 8 && types[t] != PNG_COLOR_TYPE_GRAY &&
                 types[t] != PNG_COLOR_TYPE_PALETTE) ||
                (bits == 16 && types[t] == PNG_COLOR_TYPE_PALETTE))
                continue;
            for (int kind = 0; kind < 4; kind++) {
                struct test_png how = {
                    1 + (uint32_t)n * 3 % 40,  1 + (uint32_t)n * 7 % 30, types[t], bits, kind & 1,
                    (kind & 2) && types[t] < 4};
                struct pel_bytes bytes = test_png_write(&how, n++);
                check_against_libpng("made", bytes.data, bytes.nbytes);
                free(bytes.data);
            }
        }
    }
    assert_int_equal(n, 60);
}

/* ---- chunks ---------------------------------------------------------------------------------- */

/* Inserts a chunk after IHDR, with its CRC right or not. */
static struct pel_bytes with_chunk(const struct pel_bytes *bytes, size_t at, const char *type,
                                   const void *data, size_t nbytes, bool good_crc)
{
    struct pel_bytes out = {malloc(bytes->nbytes + nbytes + 12), bytes->nbytes + nbytes + 12};
    assert_non_null(out.data);
    memcpy(out.data, bytes->data, at);
    unsigned char *p = out.data + at;
    memset(p, 0, 4);
    p[2] = (unsigned char)(nbytes >> 8);
    p[3] = (unsigned char)nbytes;
    memcpy(p + 4, type, 4);
    memcpy(p + 8, data, nbytes);
    uLong crc = crc32(0, p + 4, (uInt)(nbytes + 4)) ^ !good_crc;
    for (size_t i = 0; i < 4; i++)
        p[8 + nbytes + i] = (unsigned char)(crc >> (24 - 8 * i));
    memcpy(p + 12 + nbytes, bytes->data + at, bytes->nbytes - at);
    return out;
}

static struct pel_bytes plain_png(void)
{
    return test_png_write(&(struct test_png){20, 10, PNG_COLOR_TYPE_RGB, 8, false, false}, 1);
}

static int decode_with(const char *type, const void *data, size_t nbytes, bool good_crc,
                       struct pel_picture *picture, struct pel_error *err)
{
    struct pel_bytes plain = plain_png();
    struct pel_bytes bytes = with_chunk(&plain, 33, type, data, nbytes, good_crc);
    int status = png()->decode(bytes.data, bytes.nbytes, &no_limits, picture, err);
    free(bytes.data);
    free(plain.data);
    return status;
}

static void a_wrong_crc_is_an_error_in_any_chunk(void **state)
{
    (void)state;
    static const char *const types[] = {"gAMA", "tEXt", "prIv"};
    for (size_t i = 0; i < 3; i++) {
        struct pel_picture picture;
        struct pel_error err = {0};
        assert_int_equal(decode_with(types[i], "\0\0\xb1\x8f", 4, true, &picture, &err), 0);
        pel_picture_free(&picture);
        assert_int_equal(decode_with(types[i], "\0\0\xb1\x8f", 4, false, &picture, &err), -EBADMSG);
        assert_non_null(strstr(err.message, "CRC"));
        assert_true(err.offset > 33);
    }
}

static void apng_is_flagged_and_eXIf_turns(void **state)
{
    (void)state;
    struct pel_picture picture;
    assert_int_equal(decode_with("acTL", "\0\0\0\2\0\0\0\0", 8, true, &picture, NULL), 0);
    assert_int_equal(picture.flags, PEL_PICTURE_ANIMATED);
    pel_picture_free(&picture);
    static const unsigned char exif[] = "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0";
    assert_int_equal(decode_with("eXIf", exif, 26, true, &picture, NULL), 0);
    assert_int_equal(picture.orientation, 6);
    pel_picture_free(&picture);

    struct pel_bytes plain = plain_png(); /* after the image data, just before IEND */
    struct pel_bytes late = with_chunk(&plain, plain.nbytes - 12, "eXIf", exif, 26, true);
    assert_int_equal(png()->decode(late.data, late.nbytes, &no_limits, &picture, NULL), 0);
    assert_int_equal(picture.orientation, 6);
    pel_picture_free(&picture);
    free(late.data);
    free(plain.data);
}

static void colour_chunks_pass_through_and_are_never_invented(void **state)
{
    (void)state;
    struct pel_picture picture, back;
    assert_int_equal(decode_with("sRGB", "\1", 1, true, &picture, NULL), 0);
    assert_true(picture.color.has_srgb);
    assert_int_equal(picture.color.srgb_intent, 1);
    assert_false(picture.color.has_gamma); /* though libpng derives it from sRGB */
    assert_false(picture.color.has_chromaticities);
    pel_picture_free(&picture);

    assert_int_equal(decode_with("gAMA", "\0\0\xb1\x8f", 4, true, &picture, NULL), 0);
    assert_false(picture.color.has_srgb);
    assert_true(picture.color.has_gamma);
    assert_int_equal(picture.color.gamma, 45455);
    picture.color.has_chromaticities = true;
    static const uint32_t xy[8] = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000};
    memcpy(picture.color.chromaticities, xy, sizeof xy);
    struct pel_encode_options options = {0};
    struct pel_bytes bytes;
    assert_int_equal(png()->encode(&picture, &options, &bytes, NULL), 0);
    assert_int_equal(png()->decode(bytes.data, bytes.nbytes, &no_limits, &back, NULL), 0);
    assert_memory_equal(&back.color, &picture.color, sizeof back.color);
    pel_picture_free(&back);
    pel_bytes_free(&bytes);

    struct pel_picture gray = {.orientation = 1, .color = picture.color};
    test_image_make(&gray.image, 9, 9, 1, 8, 1);
    assert_int_equal(png()->encode(&gray, &options, &bytes, NULL), 0);
    assert_int_equal(png()->decode(bytes.data, bytes.nbytes, &no_limits, &back, NULL), 0);
    assert_true(back.color.has_gamma);
    assert_false(back.color.has_chromaticities); /* gray has no primaries */
    pel_picture_free(&back);
    pel_bytes_free(&bytes);
    pel_picture_free(&gray);
    pel_picture_free(&picture);
}

static void a_huge_header_is_refused_before_memory_is_taken(void **state)
{
    (void)state;
    struct pel_bytes bytes = plain_png();
    memcpy(bytes.data + 16, "\x00\x80\x00\x00\x00\x80\x00\x00", 8);
    struct pel_picture picture;
    struct pel_error err = {0};
    struct pel_decode_options options = {.max_pixels = 268000000};
    assert_int_equal(png()->decode(bytes.data, bytes.nbytes, &options, &picture, &err), -EFBIG);
    assert_non_null(strstr(err.message, "8388608 x 8388608 pixels"));
    memcpy(bytes.data + 16, "\x7f\xff\xff\xff\x7f\xff\xff\xff", 8);
    assert_int_equal(png()->decode(bytes.data, bytes.nbytes, &no_limits, &picture, &err), -EFBIG);
    free(bytes.data);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void rows_before_the_cut_are_kept(void **state)
{
    (void)state;
    struct pel_bytes bytes =
        test_png_write(&(struct test_png){200, 300, PNG_COLOR_TYPE_RGB, 8, false, false}, 3);
    struct pel_decode_options keep = {.keep_truncated = true};
    struct pel_picture whole, cut;
    struct pel_error err = {0};
    assert_int_equal(png()->decode(bytes.data, bytes.nbytes, &no_limits, &whole, NULL), 0);
    size_t nbytes = bytes.nbytes / 2;
    assert_int_equal(png()->decode(bytes.data, nbytes, &no_limits, &cut, &err), -EBADMSG);
    assert_int_equal(err.offset, nbytes);
    assert_int_equal(png()->decode(bytes.data, nbytes, &keep, &cut, NULL), 0);
    assert_int_equal(cut.flags, PEL_PICTURE_TRUNCATED);
    size_t rows = strtoul(cut.warning, NULL, 10), row_nbytes = pel_image_row_nbytes(&cut.image);
    assert_in_range(rows, 120, 160);
    for (size_t y = 0; y < 300; y++) {
        const unsigned char *row = cut.image.data + y * cut.image.stride_bytes;
        if (y < rows)
            assert_memory_equal(row, whole.image.data + y * whole.image.stride_bytes, row_nbytes);
        for (size_t i = 0; y >= rows && i < row_nbytes; i++)
            assert_int_equal(row[i], 0);
    }
    pel_picture_free(&cut);
    pel_picture_free(&whole);
    free(bytes.data);
}

static void bytes_after_the_end_do_not_matter(void **state)
{
    (void)state;
    struct pel_bytes bytes = plain_png();
    unsigned char *longer = malloc(bytes.nbytes + 100);
    assert_non_null(longer);
    memcpy(longer, bytes.data, bytes.nbytes);
    memset(longer + bytes.nbytes, 0xaa, 100);
    struct pel_picture picture;
    assert_int_equal(png()->decode(longer, bytes.nbytes + 100, &no_limits, &picture, NULL), 0);
    assert_int_equal(picture.flags, 0);
    pel_picture_free(&picture);
    free(longer);
    free(bytes.data);
}

static void a_higher_level_is_not_larger(void **state)
{
    (void)state;
    struct pel_picture picture = {.orientation = 1};
    test_image_make(&picture.image, 200, 200, 3, 8, 1);
    size_t sizes[3];
    for (int i = 0; i < 3; i++) {
        struct pel_encode_options options = {.compression = (int[]){1, 0, 6}[i]};
        struct pel_bytes bytes;
        assert_int_equal(png()->encode(&picture, &options, &bytes, NULL), 0);
        sizes[i] = bytes.nbytes;
        pel_bytes_free(&bytes);
    }
    assert_true(sizes[1] < sizes[0]);
    assert_int_equal(sizes[1], sizes[2]); /* 0 is 6 */
    pel_picture_free(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pngsuite_gives_libpngs_own_pixels),
        cmocka_unit_test(every_kind_of_png_gives_libpngs_own_pixels),
        cmocka_unit_test(a_wrong_crc_is_an_error_in_any_chunk),
        cmocka_unit_test(apng_is_flagged_and_eXIf_turns),
        cmocka_unit_test(colour_chunks_pass_through_and_are_never_invented),
        cmocka_unit_test(a_huge_header_is_refused_before_memory_is_taken),
        cmocka_unit_test(rows_before_the_cut_are_kept),
        cmocka_unit_test(bytes_after_the_end_do_not_matter),
        cmocka_unit_test(a_higher_level_is_not_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
