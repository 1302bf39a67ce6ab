/* What holds for every format: the table, probes, limits, round trips, EXIF, profiles. */
#include <stdlib.h>
#include <string.h>

#include "codec/exif.h"
#include "pictures.h"

static const struct pel_decode_options no_limits;

static void decode_ok(const struct pel_codec *codec, const struct pel_bytes *bytes,
                      struct pel_picture *picture)
{
    struct pel_error err = {0};
    if (codec->decode(bytes->data, bytes->nbytes, &no_limits, picture, &err) != 0)
        fail_msg("%s: %s", codec->name, err.message);
}

static void the_table_is_found_by_name_and_extension(void **state)
{
    (void)state;
    static const char *const names[] = {"png", "jpeg", "bmp", "pnm", "gif", "tga"};
    size_t n = 0;
    for (const struct pel_codec *const *codec = pel_codecs(); *codec; codec++, n++) {
        assert_string_equal((*codec)->name, names[n]);
        assert_ptr_equal(pel_codec_for_name(names[n]), *codec);
        assert_true(strlen((*codec)->library) > 0);
    }
    assert_int_equal(n, 6);
    assert_null(pel_codec_for_name("tiff"));
    assert_null(pel_codec_for_name("pn"));
    assert_string_equal(pel_codec_for_path("a/b.JPG")->name, "jpeg");
    assert_string_equal(pel_codec_for_path("b.jpeg")->name, "jpeg");
    assert_string_equal(pel_codec_for_path("x.tar.ppm")->name, "pnm");
    assert_string_equal(pel_codec_for_path(".png")->name, "png");
    static const char *const none[] = {"", "png", "a.", "a.png/b", "a.pn", "a.pngx", "a.jpg jpeg"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(pel_codec_for_path(none[i]));
}

static void samples_are_known_by_their_first_bytes(void **state)
{
    (void)state;
    struct test_sample samples[TEST_SAMPLES_MAX];
    size_t n = test_samples_make(samples);
    for (size_t i = 0; i < n; i++) {
        const struct pel_bytes *bytes = &samples[i].bytes;
        assert_ptr_equal(pel_codec_for_data(bytes->data, bytes->nbytes), samples[i].codec);
        bool known = false;
        for (size_t length = 0; length <= bytes->nbytes; length++) {
            unsigned char *copy = malloc(length ? length : 1); /* so that overreading shows */
            assert_non_null(copy);
            memcpy(copy, bytes->data, length);
            const struct pel_codec *found = pel_codec_for_data(copy, length);
            assert_true(found == samples[i].codec || (!known && !found));
            known = found != NULL;
            free(copy);
        }
        assert_true(known);
    }
    assert_null(pel_codec_for_data(NULL, 0));
    assert_null(pel_codec_for_data((const unsigned char *)"hello, world: no picture", 24));
    test_samples_free(samples, n);
}

static void info_says_what_decode_gives(void **state)
{
    (void)state;
    struct test_sample samples[TEST_SAMPLES_MAX];
    size_t n = test_samples_make(samples);
    for (size_t i = 0; i < n; i++) {
        const struct pel_bytes *bytes = &samples[i].bytes;
        struct pel_picture_info info;
        struct pel_picture picture;
        assert_int_equal(
            samples[i].codec->info(bytes->data, bytes->nbytes, &no_limits, &info, NULL), 0);
        decode_ok(samples[i].codec, bytes, &picture);
        assert_int_equal(picture.image.width, info.width);
        assert_int_equal(picture.image.height, info.height);
        assert_int_equal(picture.image.channels, info.channels);
        assert_int_equal(picture.image.bits, info.bits);
        assert_int_equal(picture.image.stride_bytes * info.height, info.image_nbytes);
        assert_int_equal(picture.orientation, 1);
        assert_int_equal(picture.flags, strstr(samples[i].name, "anim") ? PEL_PICTURE_ANIMATED : 0);
        pel_picture_free(&picture);
        assert_null(picture.image.data);
        pel_picture_free(&picture);
    }
    test_samples_free(samples, n);
}

static void check_limit(const struct test_sample *sample, struct pel_decode_options options,
                        int code, const char *word)
{
    const struct pel_bytes *bytes = &sample->bytes;
    struct pel_picture_info info = {.width = 1};
    struct pel_picture picture = {.orientation = 1};
    struct pel_error err = {0};
    assert_int_equal(sample->codec->info(bytes->data, bytes->nbytes, &options, &info, &err), code);
    if (code) {
        assert_int_equal(info.width, 0);
        assert_int_equal(err.code, code);
        assert_int_equal(err.stage, PEL_STAGE_DECODE);
        assert_non_null(strstr(err.message, word));
    }
    assert_int_equal(sample->codec->decode(bytes->data, bytes->nbytes, &options, &picture, &err),
                     code);
    assert_true((code == 0) == (picture.image.data != NULL));
    pel_picture_free(&picture);
}

static void limits_hold_to_the_pixel_and_byte(void **state)
{
    (void)state;
    struct test_sample samples[TEST_SAMPLES_MAX];
    size_t n = test_samples_make(samples);
    for (size_t i = 0; i < n; i++) {
        const struct pel_bytes *bytes = &samples[i].bytes;
        struct pel_picture_info info;
        assert_int_equal(
            samples[i].codec->info(bytes->data, bytes->nbytes, &no_limits, &info, NULL), 0);
        uint64_t npixels = info.width * info.height, total = info.image_nbytes + info.work_nbytes;
        check_limit(&samples[i], (struct pel_decode_options){.max_pixels = npixels}, 0, "");
        check_limit(&samples[i], (struct pel_decode_options){.max_pixels = npixels - 1}, -EFBIG,
                    "(max-pixels)");
        check_limit(&samples[i], (struct pel_decode_options){.max_nbytes = total}, 0, "");
        check_limit(&samples[i], (struct pel_decode_options){.max_nbytes = total - 1}, -ENOMEM,
                    "(memory)");
    }
    test_samples_free(samples, n);
}

static void a_limit_is_named_with_numbers(void **state)
{
    (void)state;
    static const char head[] = "P6 20000 20000 255\n";
    struct pel_decode_options options = {.max_pixels = 268000000};
    struct pel_picture_info info;
    struct pel_error err = {0};
    const struct pel_codec *pnm = pel_codec_for_name("pnm");
    assert_int_equal(pnm->info((const unsigned char *)head, sizeof head - 1, &options, &info, &err),
                     -EFBIG);
    assert_string_equal(err.message,
                        "20000 x 20000 pixels are over the limit of 268000000 (max-pixels)");
    static const char *const impossible[] = {"P6 0 5 255\n", "P6 5 0 255\n", "P5 16777216 1 255\n",
                                             "P5 99999999999999999999 3 255\n"};
    for (size_t i = 0; i < 4; i++) {
        const unsigned char *data = (const unsigned char *)impossible[i];
        assert_int_equal(pnm->info(data, strlen(impossible[i]), &no_limits, &info, &err),
                         i < 2 ? -EBADMSG : -EFBIG);
    }
    assert_non_null(strstr(err.message, "16777215"));
}

/* ---- round trips ----------------------------------------------------------------------------- */

static double mean_difference(const struct pel_image *a, const struct pel_image *b)
{
    double sum = 0;
    size_t n = pel_image_row_nbytes(a);
    for (size_t y = 0; y < a->height; y++) {
        for (size_t x = 0; x < n; x++)
            sum += abs(a->data[y * a->stride_bytes + x] - b->data[y * b->stride_bytes + x]);
    }
    return sum / (double)(n * a->height);
}

static void round_trip(const struct pel_codec *codec, const struct pel_picture *from)
{
    struct pel_encode_options options = {.quality = 100};
    struct pel_bytes bytes, again;
    struct pel_picture back;
    struct pel_error err = {0};
    if (codec->encode(from, &options, &bytes, &err) != 0)
        fail_msg("%s: %s", codec->name, err.message);
    assert_int_equal(codec->encode(from, &options, &again, NULL), 0);
    assert_int_equal(bytes.nbytes, again.nbytes);
    assert_memory_equal(bytes.data, again.data, bytes.nbytes);
    assert_ptr_equal(pel_codec_for_data(bytes.data, bytes.nbytes), codec);
    decode_ok(codec, &bytes, &back);
    assert_int_equal(back.flags, 0);
    if (strcmp(codec->name, "jpeg") == 0) {
        assert_int_equal(back.image.channels, from->image.channels);
        assert_true(mean_difference(&from->image, &back.image) < 1.5);
    } else {
        assert_true(test_images_equal(&from->image, &back.image));
    }
    pel_picture_free(&back);
    pel_bytes_free(&bytes);
    pel_bytes_free(&again);
}

static void refused(const struct pel_codec *codec, const struct pel_picture *from)
{
    struct pel_encode_options options = {0};
    struct pel_bytes bytes = {.nbytes = 1};
    struct pel_error err = {0};
    assert_int_equal(codec->encode(from, &options, &bytes, &err), -EINVAL);
    assert_null(bytes.data);
    assert_int_equal(err.stage, PEL_STAGE_ENCODE);
    assert_non_null(strstr(err.message, codec->name));
}

static void every_encoder_gives_back_every_kind_it_can_hold(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1}, {2, 9}, {33, 17}, {64, 1}, {100, 70}};
    for (const struct pel_codec *const *codec = pel_codecs(); *codec; codec++) {
        for (size_t i = 0; (*codec)->encode && i < sizeof sizes / sizeof *sizes; i++) {
            for (int kind = 0; kind < 8; kind++) {
                struct pel_picture picture = {.orientation = 1}, view = {.orientation = 1};
                int channels = 1 + kind % 4, bits = kind < 4 ? 8 : 16;
                test_image_make(&picture.image, sizes[i][0] + 3, sizes[i][1] + 2, channels, bits,
                                (uint64_t)kind);
                view.image = pel_image_view(&picture.image, 2, 1, sizes[i][0], sizes[i][1]);
                bool alpha = channels % 2 == 0;
                bool can =
                    (!alpha || (*codec)->encodes_alpha) && (bits == 8 || (*codec)->encodes_16);
                if (can)
                    round_trip(*codec, &view);
                else
                    refused(*codec, &view);
                pel_picture_free(&picture);
            }
        }
        if ((*codec)->encode)
            refused(*codec, &(struct pel_picture){.image = {.channels = 1, .bits = 8}});
    }
}

/* ---- EXIF ------------------------------------------------------------------------------------ */

/* A TIFF header and a directory of another tag and the orientation. */
static size_t make_exif(unsigned char *out, bool big_endian, unsigned tag, unsigned type,
                        unsigned count, unsigned value)
{
    static const unsigned char little[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 2, 0};
    static const unsigned char big[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 2};
    memset(out, 0, 38);
    memcpy(out, big_endian ? big : little, 10);
    unsigned char *entry = out + 10 + 12;
    size_t low = big_endian ? 1 : 0;
    entry[low] = (unsigned char)tag;
    entry[1 - low] = (unsigned char)(tag >> 8);
    entry[2 + low] = (unsigned char)type;
    entry[big_endian ? 7 : 4] = (unsigned char)count;
    entry[8 + low] = (unsigned char)value;
    return 38;
}

static void exif_orientation_is_read_in_both_byte_orders(void **state)
{
    (void)state;
    unsigned char exif[64];
    for (int big = 0; big < 2; big++) {
        for (unsigned value = 0; value <= 9; value++) {
            size_t nbytes = make_exif(exif, big, 274, 3, 1, value);
            int expected = value >= 1 && value <= 8 ? (int)value : 1;
            assert_int_equal(pel_exif_orientation(exif, nbytes), expected);
            unsigned char prefixed[64] = "Exif\0";
            memcpy(prefixed + 6, exif, nbytes);
            assert_int_equal(pel_exif_orientation(prefixed, nbytes + 6), expected);
        }
    }
}

static void broken_exif_means_upright(void **state)
{
    (void)state;
    unsigned char exif[64];
    size_t nbytes = make_exif(exif, false, 274, 4, 1, 6); /* not a SHORT */
    assert_int_equal(pel_exif_orientation(exif, nbytes), 1);
    nbytes = make_exif(exif, false, 274, 3, 2, 6); /* two of them */
    assert_int_equal(pel_exif_orientation(exif, nbytes), 1);
    nbytes = make_exif(exif, false, 275, 3, 1, 6);
    assert_int_equal(pel_exif_orientation(exif, nbytes), 1);
    nbytes = make_exif(exif, false, 274, 3, 1, 6);
    assert_int_equal(pel_exif_orientation(exif, nbytes), 6);
    for (size_t cut = 0; cut < nbytes; cut++) { /* the entry is whole only at byte 34 */
        unsigned char *copy = malloc(cut ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, exif, cut);
        assert_int_equal(pel_exif_orientation(copy, cut), cut < 34 ? 1 : 6);
        free(copy);
    }
    struct test_random random = {test_seed(274)};
    for (int i = 0; i < 20000; i++) {
        make_exif(exif, i & 1, 274, 3, 1, 6);
        for (int k = 0; k < 3; k++)
            exif[test_random_below(&random, 38)] = (unsigned char)test_random_next(&random);
        unsigned char *copy = malloc(38);
        assert_non_null(copy);
        memcpy(copy, exif, 38);
        int value = pel_exif_orientation(copy, 38);
        assert_in_range(value, 1, 8);
        free(copy);
    }
}

/* ---- colour profiles ------------------------------------------------------------------------- */

/* A profile that libpng's checks accept: the header's fixed fields and no tags, padded. */
static struct pel_bytes make_icc(const char *space, size_t nbytes)
{
    struct pel_bytes icc = {.data = calloc(1, nbytes), .nbytes = nbytes};
    assert_non_null(icc.data);
    unsigned char *p = icc.data;
    for (size_t i = 0; i < 4; i++)
        p[i] = (unsigned char)(nbytes >> (24 - 8 * i));
    p[8] = 2; /* version */
    memcpy(p + 12, "mntr", 4);
    memcpy(p + 16, space, 4);
    memcpy(p + 20, "XYZ ", 4);
    memcpy(p + 36, "acsp", 4);
    memcpy(p + 68, "\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d", 12); /* D50 */
    for (size_t i = 132; i < nbytes; i++)
        p[i] = (unsigned char)(i * 2654435761u >> 13);
    return icc;
}

static void profile_round_trip(const char *format, const char *space, int channels, size_t nbytes,
                               bool kept)
{
    const struct pel_codec *codec = pel_codec_for_name(format);
    struct pel_picture picture = {.orientation = 1, .icc = make_icc(space, nbytes)}, back;
    test_image_make(&picture.image, 20, 10, channels, 8, 1);
    struct pel_encode_options options = {0};
    struct pel_bytes bytes;
    assert_int_equal(codec->encode(&picture, &options, &bytes, NULL), 0);
    decode_ok(codec, &bytes, &back);
    assert_int_equal(back.flags, 0);
    assert_int_equal(back.icc.nbytes, kept ? nbytes : 0);
    if (kept)
        assert_memory_equal(back.icc.data, picture.icc.data, nbytes);
    pel_picture_free(&picture);
    pel_picture_free(&back);
    pel_bytes_free(&bytes);
}

static void profiles_are_kept_where_they_fit_the_pixels(void **state)
{
    (void)state;
    static const char *const formats[] = {"png", "jpeg"};
    for (size_t i = 0; i < 2; i++) {
        profile_round_trip(formats[i], "RGB ", 3, 1000, true);
        profile_round_trip(formats[i], "RGB ", 3, 200000, true); /* four segments in a JPEG */
        profile_round_trip(formats[i], "GRAY", 1, 500, true);
        profile_round_trip(formats[i], "RGB ", 1, 500, false);
        profile_round_trip(formats[i], "GRAY", 3, 500, false);
        profile_round_trip(formats[i], "CMYK", 3, 500, false);
        profile_round_trip(formats[i], "RGB ", 3, 100, false); /* not even a header */
    }
    profile_round_trip("png", "RGB ", 4, 500, true);
    profile_round_trip("png", "RGB ", 2, 500, false);
}

static void null_options_are_the_usual_ones(void **state)
{
    (void)state;
    struct pel_picture picture = {0};
    assert_int_equal(pel_image_alloc(&picture.image, 5, 4, 1, 8, NULL), 0);
    pel_image_fill(&picture.image, (const uint16_t[]){9999, 9999, 9999, 65535});
    for (const struct pel_codec *const *codec = pel_codecs(); *codec; codec++) {
        if (!(*codec)->encode)
            continue;
        struct pel_bytes bytes = {0};
        struct pel_picture_info info;
        struct pel_picture again;
        assert_int_equal((*codec)->encode(&picture, NULL, &bytes, NULL), 0);
        assert_int_equal((*codec)->info(bytes.data, bytes.nbytes, NULL, &info, NULL), 0);
        assert_int_equal((*codec)->decode(bytes.data, bytes.nbytes, NULL, &again, NULL), 0);
        assert_int_equal(again.image.width, 5);
        pel_picture_free(&again);
        pel_bytes_free(&bytes);
    }
    pel_picture_free(&picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_options_are_the_usual_ones),
        cmocka_unit_test(the_table_is_found_by_name_and_extension),
        cmocka_unit_test(samples_are_known_by_their_first_bytes),
        cmocka_unit_test(info_says_what_decode_gives),
        cmocka_unit_test(limits_hold_to_the_pixel_and_byte),
        cmocka_unit_test(a_limit_is_named_with_numbers),
        cmocka_unit_test(every_encoder_gives_back_every_kind_it_can_hold),
        cmocka_unit_test(exif_orientation_is_read_in_both_byte_orders),
        cmocka_unit_test(broken_exif_means_upright),
        cmocka_unit_test(profiles_are_kept_where_they_fit_the_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
