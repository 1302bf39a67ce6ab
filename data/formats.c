#include "formats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>

void bytes_add(struct bytes *bytes, const void *data, size_t nbytes)
{
    unsigned char *more = realloc(bytes->data, bytes->nbytes + nbytes + 1);
    if (!more) {
        fprintf(stderr, "no memory for %zu bytes\n", bytes->nbytes + nbytes);
        exit(1);
    }
    if (nbytes)
        memcpy(more + bytes->nbytes, data, nbytes);
    bytes->data = more;
    bytes->nbytes += nbytes;
}

static void add_byte(struct bytes *bytes, unsigned value)
{
    unsigned char byte = (unsigned char)value;
    bytes_add(bytes, &byte, 1);
}

static void add_le16(struct bytes *bytes, unsigned value)
{
    add_byte(bytes, value & 255);
    add_byte(bytes, value >> 8);
}

static void add_le32(struct bytes *bytes, unsigned value)
{
    add_le16(bytes, value & 65535);
    add_le16(bytes, value >> 16);
}

static unsigned char sample8(double sample)
{
    return (unsigned char)quantize(sample, 255);
}

/* ---- PNG
 * ----------------------------------------------------------------------------------------- */

static void png_to_bytes(png_structp png, png_bytep data, png_size_t nbytes)
{
    bytes_add(png_get_io_ptr(png), data, nbytes);
}

struct palette {
    png_color colors[256];
    int count;
};

static unsigned char palette_index(struct palette *palette, const struct color *c)
{
    png_color wanted = {sample8(c->r), sample8(c->g), sample8(c->b)};
    for (int i = 0; i < palette->count; i++)
        if (memcmp(&palette->colors[i], &wanted, sizeof wanted) == 0)
            return (unsigned char)i;
    if (palette->count == 256) {
        fprintf(stderr, "more than 256 colours\n");
        exit(1);
    }
    palette->colors[palette->count] = wanted;
    return (unsigned char)palette->count++;
}

/* Packs pixel x into the row, in the file's layout. */
static void png_pack(unsigned char *row, int x, const struct color *c, enum png_kind kind,
                     struct palette *palette)
{
    const double samples[4] = {c->r, c->g, c->b, c->a};
    int channels = kind == PNG_RGBA8 ? 4 : 3;
    switch (kind) {
    case PNG_RGB8:
    case PNG_RGBA8:
        for (int i = 0; i < channels; i++)
            row[x * channels + i] = sample8(samples[i]);
        break;
    case PNG_RGB16:
        for (int i = 0; i < 3; i++) {
            unsigned value = quantize(samples[i], 65535);
            row[x * 6 + i * 2] = (unsigned char)(value >> 8);
            row[x * 6 + i * 2 + 1] = (unsigned char)(value & 255);
        }
        break;
    case PNG_PALETTE:
        row[x] = palette_index(palette, c);
        break;
    case PNG_GRAY8:
        row[x] = sample8(c->g);
        break;
    case PNG_GRAY1:
        row[x / 8] = (unsigned char)(row[x / 8] | quantize(c->g, 1) << (7 - x % 8));
        break;
    }
}

struct bytes write_png(const struct canvas *canvas, struct png_style style)
{
    static const int color_types[] = {PNG_COLOR_TYPE_RGB,  PNG_COLOR_TYPE_RGB,
                                      PNG_COLOR_TYPE_RGBA, PNG_COLOR_TYPE_PALETTE,
                                      PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY};
    static const int depths[] = {8, 16, 8, 8, 8, 1};
    struct bytes out = {NULL, 0};
    struct palette palette = {.count = 0};
    size_t stride = (size_t)canvas->width * 6;
    unsigned char *pixels = calloc((size_t)canvas->height, stride);
    png_bytep *rows = calloc((size_t)canvas->height, sizeof *rows);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!pixels || !rows || !info || setjmp(png_jmpbuf(png))) {
        fprintf(stderr, "cannot write PNG\n");
        exit(1);
    }
    for (int y = 0; y < canvas->height; y++) {
        rows[y] = pixels + (size_t)y * stride;
        for (int x = 0; x < canvas->width; x++)
            png_pack(rows[y], x, canvas_at(canvas, x, y), style.kind, &palette);
    }
    png_set_write_fn(png, &out, png_to_bytes, NULL);
    png_set_compression_level(png, 9);
    png_set_IHDR(png, info, (png_uint_32)canvas->width, (png_uint_32)canvas->height,
                 depths[style.kind], color_types[style.kind],
                 style.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (style.kind == PNG_PALETTE)
        png_set_PLTE(png, info, palette.colors, palette.count);
    png_set_rows(png, info, rows);
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    png_destroy_write_struct(&png, &info);
    free(rows);
    free(pixels);
    return out;
}

/* ---- JPEG
 * ---------------------------------------------------------------------------------------- */

/* An APP1 segment with one TIFF entry, tag 274. */
static void jpeg_add_orientation(struct jpeg_compress_struct *jpeg, int orientation)
{
    unsigned char exif[] = {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                            1,   18,  0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};
    exif[25] = (unsigned char)orientation;
    jpeg_write_marker(jpeg, JPEG_APP0 + 1, exif, sizeof exif);
}

struct bytes write_jpeg(const struct canvas *canvas, struct jpeg_style style)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long nbytes = 0;
    int channels = style.gray ? 1 : 3;
    JSAMPLE *row = malloc((size_t)canvas->width * 3);
    jpeg.err = jpeg_std_error(&errors); /* prints and exits on failure: right for a generator */
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &nbytes);
    jpeg.image_width = (JDIMENSION)canvas->width;
    jpeg.image_height = (JDIMENSION)canvas->height;
    jpeg.input_components = channels;
    jpeg.in_color_space = style.gray ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 90, TRUE);
    jpeg.optimize_coding = TRUE;
    jpeg.dct_method = JDCT_ISLOW;
    if (style.progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (style.orientation)
        jpeg_add_orientation(&jpeg, style.orientation);
    for (int y = 0; row && y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            const struct color *c = canvas_at(canvas, x, y);
            const double samples[3] = {c->r, c->g, c->b};
            for (int i = 0; i < channels; i++)
                row[x * channels + i] = sample8(samples[i]);
        }
        (void)jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    struct bytes out = {NULL, 0};
    bytes_add(&out, data, nbytes);
    free(data);
    return out;
}

/* ---- formats without a library
 * -------------------------------------------------------------------- */

struct bytes write_bmp(const struct canvas *canvas)
{
    struct bytes out = {NULL, 0};
    unsigned width = (unsigned)canvas->width, height = (unsigned)canvas->height;
    unsigned stride = (width * 3 + 3) / 4 * 4;
    bytes_add(&out, "BM", 2);
    add_le32(&out, 54 + stride * height);
    add_le32(&out, 0);
    add_le32(&out, 54); /* where the pixels begin */
    add_le32(&out, 40); /* BITMAPINFOHEADER */
    add_le32(&out, width);
    add_le32(&out, height);
    add_le16(&out, 1);
    add_le16(&out, 24);
    add_le32(&out, 0); /* not compressed */
    add_le32(&out, stride * height);
    add_le32(&out, 2835); /* 72 dots an inch */
    add_le32(&out, 2835);
    add_le32(&out, 0);
    add_le32(&out, 0);
    for (int y = canvas->height - 1; y >= 0; y--) {
        for (int x = 0; x < canvas->width; x++) {
            const struct color *c = canvas_at(canvas, x, y);
            bytes_add(&out, (unsigned char[]){sample8(c->b), sample8(c->g), sample8(c->r)}, 3);
        }
        bytes_add(&out, "\0\0\0", stride - width * 3);
    }
    return out;
}

/* The nearest of 4 x 6 x 5 levels after adding a 4 x 4 ordered pattern. */
static unsigned gif_index(const struct color *c, int x, int y)
{
    static const unsigned char order[4][4] = {
        {0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
    double shift = (order[y % 4][x % 4] + 0.5) / 16 - 0.5;
    unsigned r = quantize(c->r + shift / 4, 4), g = quantize(c->g + shift / 5, 5);
    return (r * 6 + g) * 4 + quantize(c->b + shift / 3, 3);
}

struct bytes write_gif(const struct canvas *canvas)
{
    struct bytes out = {NULL, 0}, codes = {NULL, 0};
    bytes_add(&out, "GIF89a", 6);
    add_le16(&out, (unsigned)canvas->width);
    add_le16(&out, (unsigned)canvas->height);
    bytes_add(&out, "\xf6\0\0", 3); /* a palette of 2^7 colours */
    for (unsigned i = 0; i < 128; i++) {
        unsigned level = i < 120 ? i : 0;
        add_byte(&out, level / 24 * 255 / 4);
        add_byte(&out, level / 4 % 6 * 255 / 5);
        add_byte(&out, level % 4 * 255 / 3);
    }
    add_byte(&out, ',');
    add_le32(&out, 0);
    add_le16(&out, (unsigned)canvas->width);
    add_le16(&out, (unsigned)canvas->height);
    add_byte(&out, 0);
    add_byte(&out, 7); /* literals of 7 bits: codes begin with 8 */
    /* A decoder's table grows by one entry a code and codes would get longer at entry 256: the
     * clear code (128) after every 120 literals keeps them at 8 bits, so that a code is a byte. */
    for (int i = 0; i < canvas->width * canvas->height; i++) {
        if (i % 120 == 0)
            add_byte(&codes, 128);
        int x = i % canvas->width, y = i / canvas->width;
        add_byte(&codes, gif_index(canvas_at(canvas, x, y), x, y));
    }
    add_byte(&codes, 129); /* end */
    for (size_t at = 0; at < codes.nbytes; at += 255) {
        size_t block = codes.nbytes - at < 255 ? codes.nbytes - at : 255;
        add_byte(&out, (unsigned)block);
        bytes_add(&out, codes.data + at, block);
    }
    bytes_add(&out, "\0;", 2);
    free(codes.data);
    return out;
}

struct bytes write_tga(const struct canvas *canvas)
{
    struct bytes out = {NULL, 0};
    bytes_add(&out, "\0\0\x0a\0\0\0\0\0\0\0\0\0",
              12); /* type 10: true colour, run-length packets */
    add_le16(&out, (unsigned)canvas->width);
    add_le16(&out, (unsigned)canvas->height);
    bytes_add(&out, "\x20\x28", 2); /* 32 bits, 8 of them alpha, top to bottom */
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0, run; x < canvas->width; x += run) {
            unsigned char pixel[4] = {0}, other[4];
            for (run = 0; x + run < canvas->width && run < 128; run++) {
                const struct color *c = canvas_at(canvas, x + run, y);
                other[0] = sample8(c->b);
                other[1] = sample8(c->g);
                other[2] = sample8(c->r);
                other[3] = sample8(c->a);
                if (run == 0)
                    memcpy(pixel, other, 4);
                else if (memcmp(pixel, other, 4) != 0)
                    break;
            }
            add_byte(&out, 128u + (unsigned)run - 1);
            bytes_add(&out, pixel, 4);
        }
    }
    return out;
}

struct bytes write_ppm(const struct canvas *canvas)
{
    struct bytes out = {NULL, 0};
    char header[64];
    int length = snprintf(header, sizeof header, "P6\n# a sample of pelton\n%d %d\n255\n",
                          canvas->width, canvas->height);
    bytes_add(&out, header, (size_t)length);
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            const struct color *c = canvas_at(canvas, x, y);
            bytes_add(&out, (unsigned char[]){sample8(c->r), sample8(c->g), sample8(c->b)}, 3);
        }
    }
    return out;
}

/* ---- comparing
 * -------------------------------------------------------------------------------------- */

/* Decodes to 16-bit RGBA by libpng's simplified reader; NULL when it is not a valid PNG. */
static unsigned char *png_pixels(struct bytes file, size_t *nbytes)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, file.data, file.nbytes))
        return NULL;
    image.format = PNG_FORMAT_LINEAR_RGB_ALPHA;
    *nbytes = PNG_IMAGE_SIZE(image);
    unsigned char *pixels = malloc(*nbytes);
    if (!pixels || !png_image_finish_read(&image, NULL, pixels, 0, NULL)) {
        png_image_free(&image);
        free(pixels);
        return NULL;
    }
    return pixels;
}

struct jpeg_failure {
    struct jpeg_error_mgr manager;
    jmp_buf back;
};

static void jpeg_fail(j_common_ptr jpeg)
{
    longjmp(((struct jpeg_failure *)jpeg->err)->back, 1);
}

static unsigned char *jpeg_pixels(struct bytes file, size_t *nbytes)
{
    struct jpeg_decompress_struct jpeg;
    struct jpeg_failure failure;
    unsigned char *volatile pixels = NULL;
    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = jpeg_fail;
    jpeg_create_decompress(&jpeg);
    if (setjmp(failure.back)) {
        free(pixels);
        jpeg_destroy_decompress(&jpeg);
        return NULL;
    }
    jpeg_mem_src(&jpeg, file.data, file.nbytes);
    (void)jpeg_read_header(&jpeg, TRUE);
    (void)jpeg_start_decompress(&jpeg);
    size_t stride = jpeg.output_width * (size_t)jpeg.output_components;
    *nbytes = stride * jpeg.output_height;
    pixels = calloc(*nbytes, 1);
    while (pixels && jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = pixels + stride * jpeg.output_scanline;
        (void)jpeg_read_scanlines(&jpeg, &row, 1);
    }
    (void)jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    return pixels;
}

int same_pixels(struct bytes a, struct bytes b)
{
    int is_png = a.nbytes > 8 && png_sig_cmp(a.data, 0, 8) == 0;
    int is_jpeg = a.nbytes > 2 && a.data[0] == 0xff && a.data[1] == 0xd8;
    if (!is_png && !is_jpeg)
        return 0;
    size_t na = 0, nb = 0;
    unsigned char *pa = is_png ? png_pixels(a, &na) : jpeg_pixels(a, &na);
    unsigned char *pb = is_png ? png_pixels(b, &nb) : jpeg_pixels(b, &nb);
    int same = pa && pb && na == nb && memcmp(pa, pb, na) == 0;
    free(pa);
    free(pb);
    return same;
}
