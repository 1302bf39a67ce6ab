/* The formulas of <pelton/image.h> in double precision, pixel by pixel: slow, and sharing no code
 * with the kernels. The tests' oracle.
 *
 * Results are encoded samples before rounding, clamped to [0, 2^bits - 1], interleaved as in the
 * image, in out[(y * width + x) * channels + c]. */
#ifndef PELTON_IMAGE_REFERENCE_H
#define PELTON_IMAGE_REFERENCE_H

#include <pelton/image.h>

/* width x height samples of src's channels. Cost: the product of all output pixels and all taps of
 * both directions. */
void pel_reference_resize(const struct pel_image *src, const struct pel_resize *how, size_t width,
                          size_t height, double *out);

/* One gray sample a pixel, then alpha where src has it. */
void pel_reference_gray(const struct pel_image *src, enum pel_gray method, double *out);

/* One channel fewer than src. */
void pel_reference_flatten(const struct pel_image *src, const uint16_t background[3],
                           enum pel_space space, double *out);

#endif
