/* The inner loops of the image kernels, one table a level of instruction sets. All levels are
 * compiled from one source (rows_body.h) and give the same bits: sums are laid out in lanes and
 * trees that do not depend on the width of a vector register. */
#ifndef PELTON_IMAGE_ROWS_H
#define PELTON_IMAGE_ROWS_H

#include "image/weights.h"

/* Source rows that are added up at a time by `add_rows`, and the floats it takes at a time. */
enum { PEL_GROUP = 8, PEL_BLOCK = 32 };

struct pel_rows {
    /* out[x] = (r R + g G + b B + 2^15) >> 16, coefficients in that order; pixel_samples apart in
     * `in` (3 or 4), 1 or 2 in out. */
    void (*gray8)(const uint8_t *in, size_t width, int channels, const uint32_t coefficient[3],
                  uint8_t *out);
    void (*gray16)(const uint16_t *in, size_t width, int channels, const uint32_t coefficient[3],
                   uint16_t *out);

    /* out[i] = sum of weights of position i times in, for nplanes planes. Reads in to a multiple of
     * PEL_LANES past each window, where it must hold numbers. Sums of 512 taps run in floats,
     * PEL_LANES side by side; these are added up in double. */
    void (*filter_row)(const struct pel_weights *weights, const float *in, size_t in_stride,
                       float *out, size_t out_stride, int nplanes);

    /* sum[x] = (add ? sum[x] : 0) + (weight[0] row[0][x] + weight[1] row[1][x] + ...), for x in
     * [lo, hi), which are whole blocks; nrows <= PEL_GROUP. The bracket is taken in float, left to
     * right. */
    void (*add_rows)(double *sum, bool add, const float *const *row, const float *weight,
                     size_t nrows, size_t lo, size_t hi);
};

/* The table of a level, lowered to what the processor can run. */
const struct pel_rows *pel_rows_for(enum pel_isa isa);

#endif
