/* Images in memory, and the kernels that turn one into another: orientation, gray, resize, flatten.
 *
 * All kernels: read `src`, write `dst`, which the caller has allocated in the right shape and which
 * must not overlap src; give the same bytes for any team; return 0, -EINVAL (shapes do not fit; which
 * one is in err), -ENOMEM or -ECANCELED (dst then holds no picture). `err` may be NULL.
 *
 * Colour is sRGB throughout, unless a function says otherwise: samples are encoded with the transfer
 * function of IEC 61966-2-1,
 *     linear = v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ^ 2.4,   v = sample / (2^bits - 1)
 * and alpha is never encoded and never associated (colour is not multiplied by it).
 */
#ifndef PELTON_IMAGE_H
#define PELTON_IMAGE_H

#include <pelton/core.h>

PEL_BEGIN_DECLS

/* Rows from top to bottom, stride_bytes apart; in a row, pixels from left to right with interleaved
 * samples. channels 1: gray, 2: gray alpha, 3: red green blue, 4: red green blue alpha.
 * bits 8: uint8_t samples; bits 16: uint16_t in the machine's byte order, rows 2-byte aligned.
 * A view into another image is an image like any other, but must not be given to pel_image_free. */
struct pel_image {
    unsigned char *data;
    size_t width, height; /* pixels, both >= 1 in an image that holds something */
    size_t stride_bytes;  /* >= width * channels * bits / 8 */
    int channels;
    int bits;
};

/* Largest width and height that are accepted anywhere: 2^24 - 1. Keeps positions exact in float. */
#define PEL_IMAGE_MAX_SIDE ((size_t)16777215)

static inline bool pel_image_has_alpha(const struct pel_image *image)
{
    return image->channels == 2 || image->channels == 4;
}

static inline size_t pel_image_row_nbytes(const struct pel_image *image)
{
    return image->width * (size_t)image->channels * ((size_t)image->bits / 8);
}

/* Bytes that pel_image_alloc takes for such an image (rows are padded to 64 bytes). 0 on success,
 * -EINVAL for a side of 0 or over PEL_IMAGE_MAX_SIDE or a shape that does not exist, -EOVERFLOW. */
PEL_API PEL_MUST_CHECK int pel_image_nbytes(size_t width, size_t height, int channels, int bits,
                                            size_t *nbytes);

/* Allocates an image (64-byte aligned rows, contents not initialised). On failure *image is zeroed.
 * The owner frees it with pel_image_free, which leaves it zeroed and accepts a zeroed one. */
PEL_API PEL_MUST_CHECK int pel_image_alloc(struct pel_image *image, size_t width, size_t height,
                                           int channels, int bits, struct pel_error *err);
PEL_API void pel_image_free(struct pel_image *image);

/* The part of an image that begins at (x, y) and is width x height; must lie inside it (asserted). */
PEL_API struct pel_image pel_image_view(const struct pel_image *image, size_t x, size_t y,
                                        size_t width, size_t height);

/* Sets every pixel to `color`: red, green, blue, alpha as 16-bit encoded samples, whatever the image
 * holds. For 8 bits the samples are rounded, for gray images the BT.601 gray of the colour is used,
 * and images without alpha ignore it. */
PEL_API void pel_image_fill(struct pel_image *image, const uint16_t color[4]);

/* ---- orientation ------------------------------------------------------------------------------ */

/* Applies an EXIF orientation (TIFF tag 274, values 1 to 8): 1 as is, 2 mirrored left-right, 3 turned
 * by 180, 4 mirrored top-bottom, 5 transposed, 6 turned right by 90, 7 anti-transposed, 8 turned left
 * by 90 degrees. dst is of the same kind, with width and height exchanged for 5 to 8. */
PEL_API PEL_MUST_CHECK int pel_image_orient(const struct pel_image *src, struct pel_image *dst,
                                            int orientation, const struct pel_team *team,
                                            struct pel_error *err);

/* True where the orientation exchanges width and height (5 to 8). */
static inline bool pel_orientation_swaps(int orientation)
{
    return orientation >= 5 && orientation <= 8;
}

/* ---- gray -------------------------------------------------------------------------------------- */

/* What "gray" means. With R, G, B the encoded samples and M = 2^bits - 1:
 *  bt601   Y' = 0.299 R + 0.587 G + 0.114 B          (ITU-R BT.601; the luma that JPEG stores)
 *  bt709   Y' = 0.2126 R + 0.7152 G + 0.0722 B       (ITU-R BT.709)
 *  linear  Y  = 0.2126 r + 0.7152 g + 0.0722 b of the linear r, g, b (relative luminance), encoded
 * bt601 and bt709 are computed in integers: (cr R + cg G + cb B + 2^15) >> 16 with coefficients that
 * are the above times 2^16 and add up to 2^16 (bt601: 19595, 38470, 7471, the ones of libjpeg).
 * All three map R = G = B to itself exactly. Pure red, green, blue in 8 bits: 76 150 29; 54 182 18;
 * 127 220 76. */
enum pel_gray { PEL_GRAY_BT601, PEL_GRAY_BT709, PEL_GRAY_LINEAR, PEL_GRAY_COUNT };

/* "bt601", "bt709", "linear". */
PEL_API const char *pel_gray_name(enum pel_gray method);

/* dst: same size and bits, 1 channel, or 2 when src has alpha (which is copied). A gray src is
 * copied. linear differs from the double-precision formula by at most 1 level of 8 bits and 2 of 16.
 */
PEL_API PEL_MUST_CHECK int pel_image_gray(const struct pel_image *src, struct pel_image *dst,
                                          enum pel_gray method, const struct pel_team *team,
                                          struct pel_error *err);

/* ---- resize ------------------------------------------------------------------------------------ */

/* Reconstruction kernels k(x), x in source pixels when enlarging, stretched by the scale when
 * shrinking (prefiltering), except nearest, which never averages.
 *  nearest     the pixel that contains the centre (ties go right/down)
 *  box         1 for |x| < 1/2, 1/2 at |x| = 1/2 (a centre between two pixels takes half of each)
 *  triangle    1 - |x|, support 1
 *  catmullrom  the cubic of Mitchell & Netravali 1988 with B = 0, C = 1/2, support 2
 *  mitchell    the same with B = C = 1/3, support 2
 *  lanczos3    sinc(x) sinc(x / 3), support 3 */
/* To add one: a value here, before nearest, and its formula above; its name in image/resize.c; its row in
 * image/weights.c (and PEL_SUPPORT_MAX, if it is wider); its formula again in image/reference.c; the
 * help in apps/image/image.c, and the README. The tests take the filters from here. */
enum pel_filter {
    PEL_FILTER_LANCZOS3,
    PEL_FILTER_MITCHELL,
    PEL_FILTER_CATMULLROM,
    PEL_FILTER_TRIANGLE,
    PEL_FILTER_BOX,
    PEL_FILTER_NEAREST,
    PEL_FILTER_COUNT
};
PEL_API const char *pel_filter_name(enum pel_filter filter);

/* Where the weighted sums are taken: in linear light (physically right: a fine 0/255 checker becomes
 * 188), or on the encoded samples as most tools do (it becomes 128). */
enum pel_space { PEL_SPACE_LINEAR, PEL_SPACE_GAMMA, PEL_SPACE_COUNT };
PEL_API const char *pel_space_name(enum pel_space space);

/* The part of src that becomes dst, in source pixels, with fractions; x, y >= 0, inside src.
 * Zeroed stands for the whole. Pixels outside the box but inside src still take part near its edge. */
struct pel_box {
    double x, y, width, height;
};

struct pel_resize {
    enum pel_filter filter;
    enum pel_space space;
    struct pel_box box;
};

/* Resamples src to dst (same channels and bits, any sizes).
 *
 * Separable. With scale s = box.width / dst.width, output column i is centred on the source position
 * c = box.x + (i + 1/2) s (half-pixel centres), and
 *     out_i = sum_j w_ij in_j,   w_ij = k((j + 1/2 - c) / max(s, 1)) / sum of the same over j in src
 * so pixels beyond the edge do not take part and the weights add up to exactly 1 (they are multiples
 * of a power of two, 2^-22 or finer: 2^-22 of the largest). Rows likewise. Colours are weighted by
 * alpha (out = sum w a v / sum w a), fully transparent results are 0. Between the passes samples are
 * floats; the result is clamped and rounded to nearest. Every sum has a fixed order, so the bytes do
 * not depend on team.
 * Differs from the double-precision formula by at most 1 level of 8 bits and 2 of 16 bits; where
 * there is alpha, that holds for colour times alpha (a colour that is all but transparent is the
 * quotient of two small numbers).
 *
 * Cost: multiply-adds a channel, with taps = 2 * support * max(s, 1) each way:
 *     dst.width * dst.height * taps_x + src.width * dst.height * taps_y   when shrinking in height,
 *     dst.width * src.height * taps_x + dst.width * dst.height * taps_y   otherwise.
 * Memory: pel_image_resize_workspace(), which is the weights and some 30 rows a thread. A dst of
 * fewer than 4 rows a thread does not occupy all threads. */
PEL_API PEL_MUST_CHECK int pel_image_resize(const struct pel_image *src, struct pel_image *dst,
                                            const struct pel_resize *how,
                                            const struct pel_team *team, struct pel_error *err);

/* Bytes of scratch that pel_image_resize allocates for such a call with a team of nthreads. Only the
 * shapes of src and dst are looked at. Saturates at SIZE_MAX. */
PEL_API size_t pel_image_resize_workspace(const struct pel_image *src, const struct pel_image *dst,
                                          const struct pel_resize *how, int nthreads);

/* ---- alpha and depth --------------------------------------------------------------------------- */

/* Composites src (with alpha) over a background colour (16-bit encoded R, G, B):
 *     out = a v + (1 - a) background, in the given space, rounded to nearest.
 * dst: same size and bits, one channel fewer. For gray the BT.601 gray of the background is used. */
PEL_API PEL_MUST_CHECK int pel_image_flatten(const struct pel_image *src, struct pel_image *dst,
                                             const uint16_t background[3], enum pel_space space,
                                             const struct pel_team *team, struct pel_error *err);

/* 16 to 8 bits: (v * 255 + 32767) / 65535, which is rounding to nearest; 8 to 16: v * 257.
 * dst: same size and channels, the other depth. */
PEL_API PEL_MUST_CHECK int pel_image_depth(const struct pel_image *src, struct pel_image *dst,
                                           const struct pel_team *team, struct pel_error *err);

PEL_END_DECLS
#endif
