/* The weights of one pass of a resize: which source positions make up each output position. */
#ifndef PELTON_IMAGE_WEIGHTS_H
#define PELTON_IMAGE_WEIGHTS_H

#include <pelton/image.h>

/* Sums run in this many lanes; the taps of a position are filled up to a multiple with weights of
 * 0. */
enum { PEL_LANES = 8 };

/* No kernel's support is larger: half a window in source positions, at scale 1. */
enum { PEL_SUPPORT_MAX = 3 };

struct pel_taps {
    uint32_t first; /* source position of the first tap */
    uint32_t count; /* taps that have a position in the source, >= 1 */
};

/* Output position i = sum over t < taps[i].count of weight[i * stride + t] * in[taps[i].first + t].
 * The weights of a position are multiples of a power of two not above 2^-22 and add up to
 * exactly 1. Windows move forward: taps[i].first and taps[i].first + count never fall as i grows.
 */
struct pel_weights {
    size_t nout, stride; /* stride: multiple of PEL_LANES, >= any count */
    struct pel_taps *taps;
    float *weight;
};

/* Taps of a position at most, filled up to whole lanes. */
size_t pel_weights_stride(enum pel_filter filter, size_t nin, double scale);

/* Bytes that pel_weights_init takes for nout positions out of nin, scale source positions apart.
 * 0 or -EOVERFLOW. */
int pel_weights_nbytes(enum pel_filter filter, size_t nin, size_t nout, double scale,
                       size_t *nbytes);

/* Lays the weights out in memory (64-byte aligned, of pel_weights_nbytes) and computes them. Output
 * position i is centred on offset + (i + 1/2) scale. */
void pel_weights_init(struct pel_weights *weights, enum pel_filter filter, size_t nin, size_t nout,
                      double offset, double scale, void *memory);

#endif
