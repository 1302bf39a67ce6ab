#include "pictures.h"

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After stdio.h, which it needs. */
#include <jpeglib.h>

static void append(struct pel_bytes *bytes, const void *data, size_t nbytes)
{
    bytes->data = realloc(bytes->data, bytes->nbytes + nbytes + 1);
    assert_non_null(bytes->data);
    memcpy(bytes->data + bytes->nbytes, data, nbytes);
    bytes->nbytes += nbytes;
}

static void append_byte(struct pel_bytes *bytes, unsigned value)
{
    unsigned char byte = (unsigned char)value;
    append(bytes, &byte, 1);
}

static void append_le(struct pel_bytes *bytes, uint32_t value, int nbytes)
{
    for (int i = 0; i < nbytes; i++)
        append_byte(bytes, value >> (8 * i) & 255);
}

void test_image_make(struct pel_image *image, size_t width, size_t height, int channels, int bits,
                     uint64_t seed)
{
    struct test_random random = {seed};
    assert_int_equal(pel_image_alloc(image, width, height, channels, bits, NULL), 0);
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width * (size_t)channels; x++) {
            double phase = (double)(x % (size_t)channels) + (double)seed;
            double wave = 0.5 + 0.4 * sin(0.21 * (double)x + phase) * cos(0.17 * (double)y);
            double value = wave * 65000 + (double)test_random_below(&random, 500);
            unsigned char *row = image->data + y * image->stride_bytes;
            if (bits == 8)
                row[x] = (unsigned char)(value / 257);
            else
                ((uint16_t *)(void *)row)[x] = (uint16_t)value;
        }
    }
}

bool test_images_equal(const struct pel_image *a, const struct pel_image *b)
{
    if (a->width != b->width || a->height != b->height || a->channels != b->channels ||
        a->bits != b->bits)
        return false;
    for (size_t y = 0; y < a->height; y++) {
        if (memcmp(a->data + y * a->stride_bytes, b->data + y * b->stride_bytes,
                   pel_image_row_nbytes(a)) != 0)
            return false;
    }
    return true;
}

/* ---- PNG ------------------------------------------------------------------------------------- */

static void on_png_write(png_structp png, png_bytep data, size_t nbytes)
{
    append(png_get_io_ptr(png), data, nbytes);
}

static void on_png_flush(png_structp png)
{
    (void)png;
}

static void set_transparency(png_structp png, png_infop info, const struct test_png *how)
{
    static const png_byte alphas[2] = {0, 128};
    png_color_16 key = {.gray = 1, .red = 1, .green = 1, .blue = 1};
    bool palette = how->color_type == PNG_COLOR_TYPE_PALETTE;
    png_set_tRNS(png, info, palette ? alphas : NULL, palette ? 2 : 0, palette ? NULL : &key);
}

struct pel_bytes test_png_write(const struct test_png *how, uint64_t seed)
{
    struct pel_bytes bytes = {0};
    struct test_random random = {seed};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &bytes, on_png_write, on_png_flush);
    png_set_IHDR(png, info, how->width, how->height, how->bits, how->color_type,
                 how->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (how->color_type == PNG_COLOR_TYPE_PALETTE) {
        png_color colors[256];
        for (size_t i = 0; i < 256; i++)
            colors[i] = (png_color){(png_byte)(i * 77), (png_byte)(i * 31), (png_byte)(255 - i)};
        png_set_PLTE(png, info, colors, 1 << how->bits);
    }
    if (how->transparent)
        set_transparency(png, info, how);
    png_write_info(png, info);
    size_t row_nbytes = png_get_rowbytes(png, info);
    unsigned char *data = malloc(row_nbytes * how->height);
    png_bytep *rows = calloc(how->height, sizeof *rows);
    assert_non_null(data);
    assert_non_null(rows);
    for (size_t i = 0; i < row_nbytes * how->height; i++)
        data[i] = (unsigned char)(test_random_next(&random) & test_random_next(&random));
    for (size_t y = 0; y < how->height; y++)
        rows[y] = data + y * row_nbytes;
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(rows);
    free(data);
    return bytes;
}

/* ---- JPEG ------------------------------------------------------------------------------------ */

static void set_jpeg_kind(struct jpeg_compress_struct *cinfo, const struct test_jpeg *how)
{
    static const jpeg_scan_info scans[] = {
        {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
    jpeg_set_defaults(cinfo);
    if (how->rgb)
        jpeg_set_colorspace(cinfo, JCS_RGB);
    if (how->components == 4)
        jpeg_set_colorspace(cinfo, how->ycck ? JCS_YCCK : JCS_CMYK);
    if (how->no_adobe)
        cinfo->write_Adobe_marker = FALSE;
    jpeg_set_quality(cinfo, 85, TRUE);
    if (how->no_subsampling)
        cinfo->comp_info[0].h_samp_factor = cinfo->comp_info[0].v_samp_factor = 1;
    if (how->progressive)
        jpeg_simple_progression(cinfo);
    if (how->sequential_scans) {
        cinfo->scan_info = scans;
        cinfo->num_scans = 3;
    }
    cinfo->arith_code = how->arithmetic;
    cinfo->restart_in_rows = how->restart_rows;
}

struct pel_bytes test_jpeg_write(const struct test_jpeg *how, uint64_t seed)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *out = NULL;
    unsigned long nbytes = 0;
    struct pel_image image;
    test_image_make(&image, how->width, how->height, how->components, 8, seed);
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &out, &nbytes);
    cinfo.image_width = (JDIMENSION)how->width;
    cinfo.image_height = (JDIMENSION)how->height;
    cinfo.input_components = how->components;
    cinfo.in_color_space = how->components == 1   ? JCS_GRAYSCALE
                           : how->components == 3 ? JCS_RGB
                                                  : JCS_CMYK;
    set_jpeg_kind(&cinfo, how);
    jpeg_start_compress(&cinfo, TRUE);
    if (how->app1)
        jpeg_write_marker(&cinfo, JPEG_APP0 + 1, how->app1, (unsigned)how->app1_nbytes);
    if (how->icc.data)
        jpeg_write_icc_profile(&cinfo, how->icc.data, (unsigned)how->icc.nbytes);
    while (cinfo.next_scanline < cinfo.image_height) {
        JSAMPROW row = image.data + cinfo.next_scanline * image.stride_bytes;
        jpeg_write_scanlines(&cinfo, &row, 1);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    pel_image_free(&image);
    struct pel_bytes bytes = {0};
    append(&bytes, out, nbytes);
    free(out);
    return bytes;
}

/* ---- GIF ------------------------------------------------------------------------------------- */

/* LZW without compression: 4-bit codes of a 3-bit alphabet, with a clear code (8) before the table
 * could make them longer (7 codes after a clear use entries 10 to 15). */
static void append_gif_pixels(struct pel_bytes *bytes, size_t npixels)
{
    struct pel_bytes codes = {0};
    size_t i = 0;
    unsigned half = 0, nhalves = 0;
    bool done = false;
    for (size_t n = 0; !done; n++) {
        unsigned code;
        if (n % 6 == 0)
            code = 8;
        else if (i < npixels)
            code = (unsigned)((i * 7 + i / 5) % 8), i++;
        else
            code = 9, done = true;
        if (nhalves++ % 2 == 0)
            half = code;
        else
            append_byte(&codes, half | code << 4);
    }
    if (nhalves % 2)
        append_byte(&codes, half);
    append_byte(bytes, 3);
    for (size_t at = 0; at < codes.nbytes; at += 200) {
        size_t n = codes.nbytes - at < 200 ? codes.nbytes - at : 200;
        append_byte(bytes, (unsigned)n);
        append(bytes, codes.data + at, n);
    }
    append_byte(bytes, 0);
    free(codes.data);
}

struct pel_bytes test_gif_write(const struct test_gif *how)
{
    struct pel_bytes bytes = {0};
    unsigned width = how->frame_width ? how->frame_width : how->width,
             height = how->frame_height ? how->frame_height : how->height;
    append(&bytes, "GIF89a", 6);
    append_le(&bytes, how->width, 2);
    append_le(&bytes, how->height, 2);
    append(&bytes, "\x82\x05\0", 3); /* 8 colours, background 5 */
    for (unsigned k = 0; k < 8; k++) {
        append_byte(&bytes, k * 30);
        append_byte(&bytes, 255 - k * 20);
        append_byte(&bytes, k * k);
    }
    append(&bytes, "\x21\xfe\x05hello\0", 9); /* a comment */
    for (int frame = 0; frame < (how->frames ? how->frames : 1); frame++) {
        append(&bytes,
               how->transparent ? "\x21\xf9\x04\x01\x0a\0\x03\0" : "\x21\xf9\x04\0\x0a\0\0\0", 8);
        append_byte(&bytes, 0x2c);
        append_le(&bytes, how->x, 2);
        append_le(&bytes, how->y, 2);
        append_le(&bytes, width, 2);
        append_le(&bytes, height, 2);
        append_byte(&bytes, how->interlaced ? 0x40 : 0);
        append_gif_pixels(&bytes, (size_t)width * height);
    }
    append_byte(&bytes, 0x3b);
    return bytes;
}

/* ---- TGA and BMP ----------------------------------------------------------------------------- */

static void append_tga_pixel(struct pel_bytes *bytes, const struct test_tga *how,
                             struct test_random *random)
{
    uint32_t value = (uint32_t)test_random_next(random);
    if ((how->type & 7) == 1)
        value = how->map_first + value % how->map_length;
    append_le(bytes, value, (int)(how->bpp + 7) / 8);
}

static void append_tga_packets(struct pel_bytes *bytes, const struct test_tga *how,
                               struct test_random *random)
{
    size_t npixels = (size_t)how->width * how->height;
    for (size_t i = 0; i < npixels;) {
        size_t length = 1 + test_random_below(random, 128);
        if (length > npixels - i)
            length = npixels - i;
        bool run = test_random_below(random, 2);
        append_byte(bytes, (unsigned)(length - 1) | (run ? 128 : 0));
        for (size_t k = 0; k < (run ? 1 : length); k++)
            append_tga_pixel(bytes, how, random);
        i += length;
    }
}

struct pel_bytes test_tga_write(const struct test_tga *how, uint64_t seed, size_t *raster)
{
    struct pel_bytes bytes = {0};
    struct test_random random = {seed};
    append_byte(&bytes, how->id_length);
    append_byte(&bytes, how->map_length > 0);
    append_byte(&bytes, how->type);
    append_le(&bytes, how->map_first, 2);
    append_le(&bytes, how->map_length, 2);
    append_byte(&bytes, how->map_bits);
    append_le(&bytes, 0, 4);
    append_le(&bytes, how->width, 2);
    append_le(&bytes, how->height, 2);
    append_byte(&bytes, how->bpp);
    append_byte(&bytes, how->descriptor);
    for (unsigned i = 0; i < how->id_length; i++)
        append_byte(&bytes, 'i');
    for (unsigned i = 0; i < how->map_length; i++)
        append_le(&bytes, (uint32_t)test_random_next(&random), (int)(how->map_bits + 7) / 8);
    if (raster)
        *raster = bytes.nbytes;
    if (how->type & 8)
        append_tga_packets(&bytes, how, &random);
    for (size_t i = 0; !(how->type & 8) && i < (size_t)how->width * how->height; i++)
        append_tga_pixel(&bytes, how, &random);
    return bytes;
}

struct pel_bytes test_bmp_write(const struct test_bmp *how, uint64_t seed, size_t *raster)
{
    struct pel_bytes bytes = {0};
    struct test_random random = {seed};
    unsigned info_nbytes = how->info_nbytes ? how->info_nbytes : 40;
    bool os2 = info_nbytes == 12;
    unsigned ncolors = how->bpp > 8 ? 0 : how->ncolors ? how->ncolors : 1u << how->bpp;
    unsigned masks_nbytes = info_nbytes == 40 && how->compression == 3 ? 12 : 0;
    unsigned start = 14 + info_nbytes + masks_nbytes + ncolors * (os2 ? 3 : 4);
    append(&bytes, "BM\0\0\0\0\0\0\0\0", 10);
    append_le(&bytes, start, 4);
    append_le(&bytes, info_nbytes, 4);
    append_le(&bytes, how->width, os2 ? 2 : 4);
    append_le(&bytes, how->top_down ? 0 - how->height : how->height, os2 ? 2 : 4);
    append_le(&bytes, 1, 2);
    append_le(&bytes, how->bpp, 2);
    if (!os2) {
        append_le(&bytes, how->compression, 4);
        append(&bytes, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
        append_le(&bytes, how->ncolors, 4);
        append_le(&bytes, 0, 4);
        for (size_t i = 0; i < 4 && bytes.nbytes < 14 + info_nbytes + masks_nbytes; i++)
            append_le(&bytes, how->masks[i], 4);
        while (bytes.nbytes < 14 + info_nbytes)
            append_byte(&bytes, 0);
    }
    for (unsigned i = 0; i < ncolors; i++) {
        for (unsigned k = 0; k < 3; k++)
            append_byte(&bytes,
                        how->gray_palette ? i * 3 : (unsigned)test_random_below(&random, 256));
        if (!os2)
            append_byte(&bytes, 0);
    }
    if (raster)
        *raster = bytes.nbytes;
    size_t stride = ((size_t)how->width * how->bpp + 31) / 32 * 4;
    for (size_t i = 0; i < stride * how->height; i++)
        append_byte(&bytes, (unsigned)test_random_below(&random, 256));
    return bytes;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void add(struct test_sample *samples, size_t *nsamples, const char *name,
                struct pel_bytes bytes)
{
    char codec[8] = "";
    assert_true(*nsamples < TEST_SAMPLES_MAX);
    assert_int_equal(sscanf(name, "%7[a-z]", codec), 1);
    const struct pel_codec *found = pel_codec_for_name(codec);
    assert_non_null(found);
    samples[(*nsamples)++] = (struct test_sample){name, found, bytes};
}

static struct pel_bytes pnm(const char *head, size_t raster_nbytes)
{
    struct pel_bytes bytes = {0};
    struct test_random random = {raster_nbytes};
    append(&bytes, head, strlen(head));
    for (size_t i = 0; i < raster_nbytes; i++)
        append_byte(&bytes, (unsigned)test_random_below(&random, 256));
    return bytes;
}

static size_t add_library_samples(struct test_sample *s)
{
    static const struct {
        const char *name;
        struct test_png how;
    } pngs[] = {
        {"png gray", {17, 11, PNG_COLOR_TYPE_GRAY, 8, false, false}},
        {"png gray 2 bits, transparent", {17, 11, PNG_COLOR_TYPE_GRAY, 2, false, true}},
        {"png palette, transparent, interlaced", {17, 11, PNG_COLOR_TYPE_PALETTE, 4, true, true}},
        {"png rgb", {17, 11, PNG_COLOR_TYPE_RGB, 8, false, false}},
        {"png rgb 16 bits, transparent", {9, 7, PNG_COLOR_TYPE_RGB, 16, false, true}},
        {"png gray alpha", {17, 11, PNG_COLOR_TYPE_GRAY_ALPHA, 8, false, false}},
        {"png rgba 16 bits, interlaced", {9, 7, PNG_COLOR_TYPE_RGB_ALPHA, 16, true, false}},
    };
    static const struct {
        const char *name;
        struct test_jpeg how;
    } jpegs[] = {
        {"jpeg gray", {.width = 24, .height = 16, .components = 1}},
        {"jpeg 4:2:0", {.width = 24, .height = 40, .components = 3}},
        {"jpeg 4:4:4, restarts",
         {.width = 17, .height = 35, .components = 3, .no_subsampling = true, .restart_rows = 1}},
        {"jpeg progressive", {.width = 24, .height = 16, .components = 3, .progressive = true}},
        {"jpeg one scan a component",
         {.width = 24, .height = 16, .components = 3, .sequential_scans = true}},
        {"jpeg arithmetic", {.width = 24, .height = 16, .components = 3, .arithmetic = true}},
        {"jpeg stored as rgb", {.width = 24, .height = 16, .components = 3, .rgb = true}},
        {"jpeg cmyk", {.width = 24, .height = 16, .components = 4}},
        {"jpeg ycck", {.width = 24, .height = 16, .components = 4, .ycck = true}},
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof pngs / sizeof *pngs; i++)
        add(s, &n, pngs[i].name, test_png_write(&pngs[i].how, i + 1));
    for (size_t i = 0; i < sizeof jpegs / sizeof *jpegs; i++)
        add(s, &n, jpegs[i].name, test_jpeg_write(&jpegs[i].how, i + 1));
    return n;
}

size_t test_samples_make(struct test_sample *s)
{
    size_t n = add_library_samples(s);
    add(s, &n, "bmp 1 bit",
        test_bmp_write(&(struct test_bmp){.width = 19, .height = 5, .bpp = 1}, 1, NULL));
    add(s, &n, "bmp 4 bits, short palette",
        test_bmp_write(&(struct test_bmp){.width = 19, .height = 5, .bpp = 4, .ncolors = 9}, 2,
                       NULL));
    add(s, &n, "bmp 8 bits, OS/2",
        test_bmp_write(&(struct test_bmp){.width = 19, .height = 5, .bpp = 8, .info_nbytes = 12}, 3,
                       NULL));
    add(s, &n, "bmp 16 bits",
        test_bmp_write(&(struct test_bmp){.width = 19, .height = 5, .bpp = 16, .top_down = true}, 4,
                       NULL));
    add(s, &n, "bmp 24 bits",
        test_bmp_write(&(struct test_bmp){.width = 19, .height = 5, .bpp = 24}, 5, NULL));
    add(s, &n, "bmp 32 bits with alpha",
        test_bmp_write(&(struct test_bmp){.width = 19,
                                          .height = 5,
                                          .bpp = 32,
                                          .compression = 3,
                                          .info_nbytes = 108,
                                          .masks = {0xff0000, 0xff00, 0xff, 0xff000000}},
                       6, NULL));
    add(s, &n, "pnm gray", pnm("P5 # a comment\n12 9\n255\n", 12 * 9));
    add(s, &n, "pnm rgb, up to 100", pnm("P6\n12\n9 100 ", 12 * 9 * 3));
    add(s, &n, "pnm rgb 16 bits", pnm("P6 12 9 65535\n", 12 * 9 * 6));
    add(s, &n, "gif", test_gif_write(&(struct test_gif){.width = 23, .height = 13}));
    add(s, &n, "gif interlaced, transparent, animated",
        test_gif_write(&(struct test_gif){
            .width = 23, .height = 13, .interlaced = true, .transparent = true, .frames = 2}));
    add(s, &n, "gif frame inside the canvas",
        test_gif_write(&(struct test_gif){
            .width = 23, .height = 13, .x = 3, .y = 4, .frame_width = 11, .frame_height = 7}));
    add(s, &n, "tga 24 bits",
        test_tga_write(&(struct test_tga){.width = 15, .height = 9, .type = 2, .bpp = 24}, 1,
                       NULL));
    add(s, &n, "tga 32 bits, runs, from top",
        test_tga_write(
            &(struct test_tga){.width = 15, .height = 9, .type = 10, .bpp = 32, .descriptor = 0x28},
            2, NULL));
    add(s, &n, "tga palette, runs",
        test_tga_write(&(struct test_tga){.width = 15,
                                          .height = 9,
                                          .type = 9,
                                          .bpp = 8,
                                          .map_first = 10,
                                          .map_length = 20,
                                          .map_bits = 24,
                                          .id_length = 5},
                       3, NULL));
    add(s, &n, "tga 16 bits",
        test_tga_write(&(struct test_tga){.width = 15, .height = 9, .type = 2, .bpp = 16}, 4,
                       NULL));
    add(s, &n, "tga gray, runs",
        test_tga_write(&(struct test_tga){.width = 15, .height = 9, .type = 11, .bpp = 8}, 5,
                       NULL));
    return n;
}

void test_samples_free(struct test_sample *samples, size_t nsamples)
{
    for (size_t i = 0; i < nsamples; i++)
        free(samples[i].bytes.data);
}
