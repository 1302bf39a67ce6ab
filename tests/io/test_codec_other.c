/* BMP, TGA, GIF and PNM against decoders written here straight from the formats' definitions, and
 * what these formats' headers can say wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"

static const struct pel_decode_options no_limits;

static void decode_ok(const char *format, const struct pel_bytes *bytes,
                      struct pel_picture *picture)
{
    struct pel_error err = {0};
    const struct pel_codec *codec = pel_codec_for_name(format);
    if (codec->decode(bytes->data, bytes->nbytes, &no_limits, picture, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(picture->image.bits, strcmp(format, "pnm") == 0 ? picture->image.bits : 8);
}

static void refused(const char *format, const struct pel_bytes *bytes, int code, const char *word)
{
    struct pel_picture picture;
    struct pel_error err = {0};
    const struct pel_codec *codec = pel_codec_for_name(format);
    assert_int_equal(codec->decode(bytes->data, bytes->nbytes, &no_limits, &picture, &err), code);
    assert_null(picture.image.data);
    if (!strstr(err.message, word))
        fail_msg("'%s' is not in '%s'", word, err.message);
}

static const unsigned char *pixel_at(const struct pel_image *image, size_t x, size_t y)
{
    return image->data + y * image->stride_bytes + x * (size_t)image->channels;
}

/* ---- BMP ------------------------------------------------------------------------------------- */

static unsigned le(const unsigned char *p, size_t nbytes)
{
    unsigned value = 0;
    for (size_t i = 0; i < nbytes; i++)
        value |= (unsigned)p[i] << (8 * i);
    return value;
}

/* v of a mask of n bits, as 255 v / (2^n - 1). */
static double masked(unsigned value, uint32_t mask)
{
    if (mask == 0)
        return 255;
    return 255.0 * (value & mask) / mask;
}

static void expected_bmp_pixel(const struct test_bmp *how, const unsigned char *raster,
                               const unsigned char *palette, size_t x, size_t y, double out[4])
{
    size_t stride = ((size_t)how->width * how->bpp + 31) / 32 * 4;
    const unsigned char *row = raster + (how->top_down ? y : how->height - 1 - y) * stride;
    unsigned value = le(row + x * how->bpp / 8, how->bpp < 8 ? 1 : how->bpp / 8);
    if (how->bpp < 8)
        value = value >> (8 - how->bpp - x * how->bpp % 8) & ((1u << how->bpp) - 1);
    uint32_t masks[4] = {0x7c00, 0x3e0, 0x1f, 0};
    if (how->bpp >= 24)
        masks[0] = 0xff0000, masks[1] = 0xff00, masks[2] = 0xff;
    if (how->compression == 3)
        memcpy(masks, how->masks, sizeof masks);
    unsigned ncolors = how->ncolors ? how->ncolors : 256;
    for (size_t i = 0; i < 4; i++) {
        size_t entry = (how->info_nbytes == 12 ? 3 : 4) * (size_t)value + 2 - i;
        if (how->bpp <= 8)
            out[i] = i == 3 ? 255 : value < ncolors ? palette[entry] : 0;
        else
            out[i] = masked(value, masks[i]);
    }
}

static void check_bmp(const struct test_bmp *how, int channels)
{
    size_t raster;
    struct pel_bytes bytes = test_bmp_write(how, 7, &raster);
    struct pel_picture picture;
    decode_ok("bmp", &bytes, &picture);
    assert_int_equal(picture.image.channels, channels);
    unsigned info_nbytes = how->info_nbytes ? how->info_nbytes : 40;
    for (size_t y = 0; y < how->height; y++) {
        for (size_t x = 0; x < how->width; x++) {
            double expected[4];
            expected_bmp_pixel(how, bytes.data + raster, bytes.data + 14 + info_nbytes, x, y,
                               expected);
            for (int i = 0; i < channels; i++) {
                double difference = pixel_at(&picture.image, x, y)[i] - expected[i];
                assert_true(difference < 1 && difference > -1);
            }
        }
    }
    pel_picture_free(&picture);
    free(bytes.data);
}

static void bitmaps_of_all_kinds_are_read(void **state)
{
    (void)state;
    for (unsigned width = 1; width < 34; width += 4) {
        for (int top_down = 0; top_down < 2; top_down++) {
            struct test_bmp how = {.width = width, .height = 5, .top_down = top_down};
            for (how.bpp = 1; how.bpp <= 8; how.bpp *= how.bpp == 1 ? 4 : 2)
                check_bmp(&how, 3);
            how.bpp = 8;
            how.ncolors = 100; /* indices beyond it are black */
            check_bmp(&how, 3);
            how.gray_palette = true;
            check_bmp(&how, 1);
            how = (struct test_bmp){.width = width, .height = 5, .top_down = top_down, .bpp = 16};
            check_bmp(&how, 3);
            how.bpp = 24;
            check_bmp(&how, 3);
            how.bpp = 32; /* without masks the fourth byte is nothing */
            check_bmp(&how, 3);
        }
        check_bmp(&(struct test_bmp){.width = width, .height = 3, .bpp = 4, .info_nbytes = 12}, 3);
        check_bmp(&(struct test_bmp){.width = width, .height = 3, .bpp = 24, .info_nbytes = 124},
                  3);
    }
}

static void bitmaps_with_masks_are_read(void **state)
{
    (void)state;
    struct test_bmp how = {
        .width = 21, .height = 9, .bpp = 16, .compression = 3, .masks = {0xf800, 0x7e0, 0x1f, 0}};
    check_bmp(&how, 3);
    how = (struct test_bmp){.width = 21,
                            .height = 9,
                            .bpp = 16,
                            .compression = 3,
                            .info_nbytes = 56,
                            .masks = {0xf00, 0xf0, 0xf, 0xf000}};
    check_bmp(&how, 4);
    how = (struct test_bmp){.width = 21,
                            .height = 9,
                            .bpp = 32,
                            .compression = 3,
                            .info_nbytes = 108,
                            .masks = {0xff, 0xff00, 0xff0000, 0xff000000}};
    check_bmp(&how, 4);
    how.masks[3] = 0;
    check_bmp(&how, 3);
}

static void bitmaps_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint32_t value;
        int code;
        const char *word;
    } cases[] = {
        {14, 41, -ENOTSUP, "41"},
        {18, 0, -EBADMSG, "empty"},
        {18, 0x80000000, -EBADMSG, "negative width"},
        {22, 0, -EBADMSG, "empty"},
        {22, 0x80000000, -EFBIG, "2147483648"},
        {30, 1, -ENOTSUP, "compression kind 1"},
        {30, 4, -ENOTSUP, "compression"},
        {10, 20, -EBADMSG, "begin inside"},
        {10, 0xffffffff, -EBADMSG, "0 of 5 rows"},
        {28, 2, -ENOTSUP, "bits a pixel: 2"},
        {28, 0, -ENOTSUP, "bits"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pel_bytes bytes =
            test_bmp_write(&(struct test_bmp){.width = 9, .height = 5, .bpp = 24}, 1, NULL);
        size_t n = cases[i].offset == 28 ? 2 : 4;
        for (size_t k = 0; k < n; k++)
            bytes.data[cases[i].offset + k] = (unsigned char)(cases[i].value >> (8 * k));
        refused("bmp", &bytes, cases[i].code, cases[i].word);
        free(bytes.data);
    }
    struct test_bmp how = {.width = 9,
                           .height = 5,
                           .bpp = 32,
                           .compression = 3,
                           .masks = {0x3ff00000, 0xffc00, 0x3ff, 0}};
    struct pel_bytes deep = test_bmp_write(&how, 1, NULL);
    refused("bmp", &deep, -ENOTSUP, "mask");
    free(deep.data);
}

/* The file begins at the bottom, so what a cut takes away is the top. */
static void cut_bitmaps_lack_their_top(void **state)
{
    (void)state;
    struct test_bmp how = {.width = 8, .height = 10, .bpp = 8};
    size_t raster;
    struct pel_bytes bytes = test_bmp_write(&how, 1, &raster);
    struct pel_picture whole, cut;
    decode_ok("bmp", &bytes, &whole);
    bytes.nbytes = raster + 4 * 8 + 5;
    refused("bmp", &bytes, -EBADMSG, "4 of 10 rows");
    struct pel_decode_options keep = {.keep_truncated = true};
    assert_int_equal(pel_codec_for_name("bmp")->decode(bytes.data, bytes.nbytes, &keep, &cut, NULL),
                     0);
    assert_int_equal(cut.flags, PEL_PICTURE_TRUNCATED);
    static const unsigned char zeros[24];
    for (size_t y = 0; y < 10; y++)
        assert_memory_equal(pixel_at(&cut.image, 0, y),
                            y < 6 ? zeros : pixel_at(&whole.image, 0, y), 24);
    pel_picture_free(&whole);
    pel_picture_free(&cut);
    free(bytes.data);
}

/* ---- TGA ------------------------------------------------------------------------------------- */

/* The stored pixel number i, by walking packets; its bytes in *unit. */
static const unsigned char *stored_pixel(const struct test_tga *how, const unsigned char *raster,
                                         size_t i)
{
    size_t unit = (how->bpp + 7) / 8;
    if (!(how->type & 8))
        return raster + i * unit;
    for (;;) {
        size_t length = (raster[0] & 127u) + 1;
        bool run = raster[0] & 128u;
        if (i < length)
            return raster + 1 + (run ? 0 : i * unit);
        i -= length;
        raster += 1 + (run ? unit : length * unit);
    }
}

static void expected_tga_color(const unsigned char *p, unsigned bits, bool gray,
                               unsigned char out[4])
{
    unsigned value = bits <= 16 && !gray ? le(p, 2) : 0;
    if (gray)
        memcpy(out, p, bits / 8);
    else if (bits <= 16)
        for (int i = 0; i < 3; i++)
            out[i] = (unsigned char)((value >> (10 - 5 * i) & 31) * 255 / 31);
    else
        memcpy(out, (unsigned char[]){p[2], p[1], p[0], bits == 32 ? p[3] : 0}, 4);
}

static void check_tga(const struct test_tga *how, int channels)
{
    size_t raster;
    struct pel_bytes bytes = test_tga_write(how, 11, &raster);
    struct pel_picture picture;
    decode_ok("tga", &bytes, &picture);
    assert_int_equal(picture.image.channels, channels);
    assert_int_equal(picture.orientation, how->descriptor & 0x10 ? 2 : 1);
    for (size_t i = 0; i < (size_t)how->width * how->height; i++) {
        const unsigned char *p = stored_pixel(how, bytes.data + raster, i);
        unsigned bits = how->bpp;
        if ((how->type & 7) == 1) {
            size_t index = le(p, how->bpp / 8) - how->map_first, unit = (how->map_bits + 7) / 8;
            bits = how->map_bits;
            p = bytes.data + 18 + how->id_length + index * unit;
        }
        unsigned char expected[4];
        expected_tga_color(p, bits, (how->type & 7) == 3, expected);
        size_t y = i / how->width;
        if (!(how->descriptor & 0x20))
            y = how->height - 1 - y;
        assert_memory_equal(pixel_at(&picture.image, i % how->width, y), expected,
                            (size_t)channels);
    }
    pel_picture_free(&picture);
    free(bytes.data);
}

static void targas_of_all_kinds_are_read(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 8; kind++) {
        struct test_tga how = {.width = 40,
                               .height = 11,
                               .type = 2 + (kind & 1) * 8,
                               .descriptor = (kind & 2) * 0x10 | (kind & 4) * 4,
                               .id_length = kind * 3};
        how.bpp = 15;
        check_tga(&how, 3);
        how.bpp = 16;
        check_tga(&how, 3);
        how.bpp = 24;
        check_tga(&how, 3);
        how.bpp = 32;
        how.descriptor |= 8;
        check_tga(&how, 4);
        how.type++;
        how.bpp = 8;
        check_tga(&how, 1);
        how.bpp = 16;
        check_tga(&how, 2);
        how.type -= 2;
        how.map_bits = (unsigned[]){15, 16, 24, 32}[kind / 2];
        how.map_first = kind * 10;
        how.map_length = 150;
        check_tga(&how, how.map_bits == 32 ? 4 : 3);
        how.bpp = 8;
        check_tga(&how, how.map_bits == 32 ? 4 : 3);
    }
    /* True colour with a palette that is not used. */
    check_tga(
        &(struct test_tga){
            .width = 9, .height = 9, .type = 2, .bpp = 24, .map_length = 7, .map_bits = 24},
        3);
}

static void alpha_that_is_nowhere_set_is_opaque(void **state)
{
    (void)state;
    struct test_tga how = {.width = 5, .height = 3, .type = 2, .bpp = 32};
    size_t raster;
    struct pel_bytes bytes = test_tga_write(&how, 1, &raster);
    for (size_t i = 0; i < 15; i++)
        bytes.data[raster + 4 * i + 3] = 0;
    struct pel_picture picture;
    decode_ok("tga", &bytes, &picture);
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(pixel_at(&picture.image, i % 5, i / 5)[3], 255);
    pel_picture_free(&picture);
    bytes.data[17] = 8; /* but where the header says that it is alpha, it is */
    decode_ok("tga", &bytes, &picture);
    assert_int_equal(pixel_at(&picture.image, 0, 0)[3], 0);
    pel_picture_free(&picture);
    free(bytes.data);
}

static void targas_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct test_tga how = {
        .width = 5, .height = 3, .type = 1, .bpp = 8, .map_length = 4, .map_bits = 24};
    static const struct {
        size_t offset;
        unsigned char value;
        const char *word;
    } cases[] = {
        {1, 2, "header"},
        {2, 4, "header"},
        {5, 0, "header"},
        {7, 12, "header"},
        {12, 0, "header"},
        {14, 0, "header"},
        {16, 24, "header"},
        {17, 0x40, "header"},
        {0, 200, "before the pixels"},
        {4, 255, "before the pixels"},
    };
    for (size_t i = 0; i + 1 < sizeof cases / sizeof *cases; i++) {
        struct pel_bytes bytes = test_tga_write(&how, 1, NULL);
        bytes.data[cases[i].offset] = cases[i].value;
        refused("tga", &bytes, -EBADMSG, cases[i].word);
        free(bytes.data);
    }
    struct pel_bytes bytes = test_tga_write(&how, 1, NULL);
    bytes.data[3] = bytes.data[4] = 255;
    refused("tga", &bytes, -EBADMSG, "65535 to 65538");
    free(bytes.data);
}

/* ---- GIF ------------------------------------------------------------------------------------- */

/* The frame's row that is stored as number `stored`. */
static unsigned interlaced_row(unsigned stored, unsigned height)
{
    static const unsigned starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    for (int pass = 0; pass < 4; pass++) {
        unsigned nrows =
            height > starts[pass] ? (height - starts[pass] + steps[pass] - 1) / steps[pass] : 0;
        if (stored < nrows)
            return starts[pass] + stored * steps[pass];
        stored -= nrows;
    }
    return 0;
}

static void check_gif(const struct test_gif *how, int channels)
{
    struct pel_bytes bytes = test_gif_write(how);
    struct pel_picture picture;
    decode_ok("gif", &bytes, &picture);
    const struct pel_image *image = &picture.image;
    unsigned width = how->frame_width ? how->frame_width : how->width,
             height = how->frame_height ? how->frame_height : how->height;
    assert_int_equal(image->channels, channels);
    struct pel_image expected;
    assert_int_equal(pel_image_alloc(&expected, image->width, image->height, channels, 8, NULL), 0);
    memset(expected.data, 0, expected.height * expected.stride_bytes);
    for (unsigned i = 0; i < width * height; i++) {
        unsigned k = (i * 7 + i / 5) % 8, row = i / width;
        size_t y = how->y + (how->interlaced ? interlaced_row(row, height) : row);
        unsigned char color[4] = {(unsigned char)(k * 30), (unsigned char)(255 - k * 20),
                                  (unsigned char)(k * k), 255};
        if (!how->transparent || k != 3)
            memcpy(expected.data + y * expected.stride_bytes +
                       (how->x + i % width) * (size_t)channels,
                   color, (size_t)channels);
    }
    assert_true(test_images_equal(image, &expected));
    assert_int_equal(picture.flags, how->frames > 1 ? PEL_PICTURE_ANIMATED : 0);
    pel_image_free(&expected);
    pel_picture_free(&picture);
    free(bytes.data);
}

static void gifs_of_all_kinds_are_read(void **state)
{
    (void)state;
    for (unsigned size = 1; size < 40; size += 3) {
        for (int kind = 0; kind < 8; kind++) {
            struct test_gif how = {.width = size,
                                   .height = 41 - size,
                                   .interlaced = kind & 1,
                                   .transparent = kind & 2,
                                   .frames = kind & 4 ? 3 : 1};
            check_gif(&how, kind & 2 ? 4 : 3);
        }
    }
    /* A frame smaller than the canvas leaves the rest transparent; one beyond it enlarges it. */
    check_gif(
        &(struct test_gif){
            .width = 30, .height = 20, .x = 5, .y = 6, .frame_width = 10, .frame_height = 9},
        4);
    check_gif(&(struct test_gif){.width = 3, .height = 20, .frame_width = 10, .frame_height = 30},
              3);
    check_gif(
        &(struct test_gif){.width = 0, .height = 0, .x = 2, .frame_width = 10, .frame_height = 9},
        4);
}

static void gifs_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct test_gif how = {.width = 9, .height = 7};
    struct pel_bytes bytes = test_gif_write(&how);
    size_t image = 13 + 24 + 9 + 8; /* header, palette, comment, graphic control */
    assert_int_equal(bytes.data[image], 0x2c);
    bytes.data[image] = 0x3b;
    refused("gif", &bytes, -EBADMSG, "no image");
    bytes.data[image] = 0x2c;
    bytes.data[image + 10] = 12; /* code size */
    refused("gif", &bytes, -EBADMSG, "code size");
    bytes.data[image + 10] = 3;
    bytes.data[image + 5] = 0;
    refused("gif", &bytes, -EBADMSG, "0 x 7");
    bytes.data[image + 5] = 9;
    memset(bytes.data + image + 1, 0xff, 2);
    refused("gif", &bytes, -EBADMSG, "65544");
    memset(bytes.data + image + 1, 0, 2);
    memset(bytes.data + image + 5, 0xff, 4);
    refused("gif", &bytes, -ENOTSUP, "2 GiB");
    memcpy(bytes.data + image + 5, "\x09\0\x07\0", 4);
    memset(bytes.data + image + 12, 0xff, 6);
    refused("gif", &bytes, -EBADMSG, "gif: ");
    bytes.nbytes = 12;
    refused("gif", &bytes, -EBADMSG, "no image");
    free(bytes.data);
}

/* ---- PNM ------------------------------------------------------------------------------------- */

static struct pel_bytes text(const char *content, size_t nbytes)
{
    struct pel_bytes bytes = {malloc(nbytes), nbytes};
    assert_non_null(bytes.data);
    memcpy(bytes.data, content, nbytes);
    return bytes;
}

static void anymaps_are_scaled_to_the_full_range(void **state)
{
    (void)state;
    static const char small[] = "P5\n# a\r#b\n2 2\n# c\n100\n\x00\x32\x64\xff";
    struct pel_bytes bytes = text(small, sizeof small - 1);
    struct pel_picture picture;
    decode_ok("pnm", &bytes, &picture);
    assert_memory_equal(pixel_at(&picture.image, 0, 0), "\x00\x80", 2); /* 127.5 rounds up */
    assert_memory_equal(pixel_at(&picture.image, 0, 1), "\xff\xff", 2);
    pel_picture_free(&picture);
    free(bytes.data);

    static const char deep[] = "P6 1 1 1000 \x00\x00\x01\xf4\x03\xe8";
    bytes = text(deep, sizeof deep - 1);
    decode_ok("pnm", &bytes, &picture);
    assert_int_equal(picture.image.bits, 16);
    const uint16_t *samples = (const uint16_t *)(const void *)picture.image.data;
    assert_int_equal(samples[0], 0);
    assert_int_equal(samples[1], 32768); /* 500 of 1000 */
    assert_int_equal(samples[2], 65535);
    pel_picture_free(&picture);
    free(bytes.data);
}

static void anymaps_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        int code;
        const char *word;
    } cases[] = {
        {"P1 2 2 1 0 1 0", -ENOTSUP, "P1"},       {"P2 2 2 255 1 2 3 4", -ENOTSUP, "P5 (gray)"},
        {"P3 1 1 255 1 2 3", -ENOTSUP, "P3"},     {"P4 8 1 x", -ENOTSUP, "P4"},
        {"P7\nWIDTH 1\n", -ENOTSUP, "P7"},        {"P5 2 2", -EBADMSG, "header"},
        {"P5 2 2 255", -EBADMSG, "header"},       {"P5 2 2 255x1234", -EBADMSG, "header"},
        {"P5 2 -2 255 1234", -EBADMSG, "header"}, {"P5 2 2 0 1234", -EBADMSG, "maximum of 0"},
        {"P5 2 2 65536 1234", -EBADMSG, "65536"}, {"P5 2 2 255 123", -EBADMSG, "1 of 2 rows"},
        {"P5 2 2 # 255", -EBADMSG, "header"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pel_bytes bytes = text(cases[i].content, strlen(cases[i].content));
        assert_ptr_equal(pel_codec_for_data(bytes.data, bytes.nbytes), pel_codec_for_name("pnm"));
        refused("pnm", &bytes, cases[i].code, cases[i].word);
        free(bytes.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitmaps_of_all_kinds_are_read),
        cmocka_unit_test(bitmaps_with_masks_are_read),
        cmocka_unit_test(bitmaps_that_cannot_be_are_refused),
        cmocka_unit_test(cut_bitmaps_lack_their_top),
        cmocka_unit_test(targas_of_all_kinds_are_read),
        cmocka_unit_test(alpha_that_is_nowhere_set_is_opaque),
        cmocka_unit_test(targas_that_cannot_be_are_refused),
        cmocka_unit_test(gifs_of_all_kinds_are_read),
        cmocka_unit_test(gifs_that_cannot_be_are_refused),
        cmocka_unit_test(anymaps_are_scaled_to_the_full_range),
        cmocka_unit_test(anymaps_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
