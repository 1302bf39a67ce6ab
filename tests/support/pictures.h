/* Small picture files of every kind that the codecs read, made on the spot by the formats'
 * libraries or by hand, for tests of decoding. */
#ifndef PELTON_TEST_PICTURES_H
#define PELTON_TEST_PICTURES_H

#include <pelton/codec.h>

#include "support.h"

/* Waves with some noise, different in each channel. */
void test_image_make(struct pel_image *image, size_t width, size_t height, int channels, int bits,
                     uint64_t seed);
bool test_images_equal(const struct pel_image *a, const struct pel_image *b);

/* A PNG of random samples. bits: as PNG counts them (1 to 16). */
struct test_png {
    uint32_t width, height;
    int color_type, bits;
    bool interlaced, transparent; /* transparent: a tRNS chunk */
};
struct pel_bytes test_png_write(const struct test_png *how, uint64_t seed);

struct test_jpeg {
    size_t width, height;
    int components; /* 1, 3 or 4 (CMYK) */
    bool progressive, arithmetic, rgb, ycck, no_adobe, no_subsampling, sequential_scans;
    int restart_rows;
    const unsigned char *app1; /* contents of an APP1 segment */
    size_t app1_nbytes;
    struct pel_bytes icc;
};
struct pel_bytes test_jpeg_write(const struct test_jpeg *how, uint64_t seed);

struct test_gif {
    unsigned width, height;                   /* canvas */
    unsigned x, y, frame_width, frame_height; /* 0: the canvas */
    bool interlaced, transparent;             /* transparent: index 3 */
    int frames;                               /* 0: 1 */
};
/* Pixel i of the frame has index (i * 7 + i / 5) % 8 in a palette of which entry k is
 * (k * 30, 255 - k * 20, k * k). */
struct pel_bytes test_gif_write(const struct test_gif *how);

struct test_tga {
    unsigned width, height, type, bpp, descriptor; /* as in the header; type with bit 3 for RLE */
    unsigned map_first, map_length, map_bits, id_length;
};
/* Random bytes for pixels and palette; indices stay inside the palette. RLE packets alternate
 * between runs and literals. *raster: the offset of the pixels, may be NULL. */
struct pel_bytes test_tga_write(const struct test_tga *how, uint64_t seed, size_t *raster);

struct test_bmp {
    unsigned width, height, bpp, info_nbytes, compression, ncolors;
    bool top_down, gray_palette;
    uint32_t masks[4];
};
struct pel_bytes test_bmp_write(const struct test_bmp *how, uint64_t seed, size_t *raster);

/* One of each kind, at most 24 x 16 pixels. */
struct test_sample {
    const char *name;
    const struct pel_codec *codec;
    struct pel_bytes bytes;
};
enum { TEST_SAMPLES_MAX = 40 };
size_t test_samples_make(struct test_sample *samples);
void test_samples_free(struct test_sample *samples, size_t nsamples);

#endif
