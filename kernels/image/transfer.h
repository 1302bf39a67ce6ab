/* Samples to floats and back, for one call of a kernel: which numbers stand for the samples while
 * sums are taken.
 *
 * In linear light colour is decoded to [0, 1] by the sRGB transfer function; in gamma space, and
 * for alpha always, the float is the sample itself.
 *
 * The tables are made anew for each call (tens of microseconds), so that there is no hidden state
 * to initialise or share. They come out the same on any machine: only IEEE additions,
 * multiplications and divisions are used, nothing of libm, whose last bit depends on version and
 * processor. */
#ifndef PELTON_IMAGE_TRANSFER_H
#define PELTON_IMAGE_TRANSFER_H

#include <pelton/image.h>

#include <string.h>

enum {
    /* 8 bits: the smallest step between neighbouring levels in linear light is 1 / (255 * 12.92) =
     * 1.24 / 4096, so a bucket of 1 / 4096 holds at most one limit between levels. */
    PEL_TRANSFER_BUCKETS = 4096,
    /* 16 bits, decoding: a cubic for each 256 codes. */
    PEL_TRANSFER_SEGMENTS = 256,
    /* 16 bits, encoding: a cubic for each sixteenth of an octave from 2^-9 up to 2. */
    PEL_TRANSFER_OCTAVES = 10,
    PEL_TRANSFER_STEPS = 16 * PEL_TRANSFER_OCTAVES
};

struct pel_transfer {
    enum pel_space space;
    int bits;
    float max; /* 2^bits - 1 */

    /* 8 bits, either space: the float of each code. */
    float decode8[256];
    /* 8 bits, linear: base[i] is the level at the lower end of bucket i; the level is one higher
     * from limit[base[i]] on. Exactly the nearest level for every float. */
    float limit8[256];
    unsigned char base8[PEL_TRANSFER_BUCKETS + 1];

    /* 16 bits, linear: c[0] + c[1] t + c[2] t^2 + c[3] t^3, t in [0, 1) within a segment. */
    float decode16[PEL_TRANSFER_SEGMENTS][4];
    float encode16[PEL_TRANSFER_STEPS][4];
};

void pel_transfer_init(struct pel_transfer *transfer, enum pel_space space, int bits);

/* The sRGB decoding function of v in [0, 1], to about 2^-50. */
double pel_srgb_decode(double v);

/* One row of interleaved samples to planes of floats, plane_stride apart; with alpha, colours are
 * multiplied by it. */
void pel_transfer_decode_row(const struct pel_transfer *transfer, const unsigned char *row,
                             size_t width, int channels, float *planes, size_t plane_stride);

/* The other way round: colours are divided by alpha (0 where alpha rounds to 0), clamped and
 * rounded to nearest. */
void pel_transfer_encode_row(const struct pel_transfer *transfer, const float *planes,
                             size_t plane_stride, size_t width, int channels, unsigned char *row);

/* ---- single samples ---- */

static inline float pel_cubic(const float c[4], float t)
{
    return ((c[3] * t + c[2]) * t + c[1]) * t + c[0];
}

static inline float pel_decode16_linear(const struct pel_transfer *transfer, unsigned code)
{
    if (code <= 2650) /* 0.04045 * 65535 = 2650.9 */
        return (float)code / (65535.0f * 12.92f);
    return pel_cubic(transfer->decode16[code >> 8], (float)(code & 255) / 256.0f);
}

static inline unsigned pel_encode_clamped(float value, float max)
{
    value = value > 0 ? value : 0;
    value = value < max ? value : max;
    return (unsigned)(int)(value + 0.5f);
}

static inline unsigned pel_encode8_linear(const struct pel_transfer *transfer, float value)
{
    value = value > 0 ? value : 0;
    value = value < 1 ? value : 1;
    unsigned level = transfer->base8[(int)(value * PEL_TRANSFER_BUCKETS)];
    return level + (value >= transfer->limit8[level]);
}

static inline unsigned pel_encode16_linear(const struct pel_transfer *transfer, float value)
{
    if (!(value > 0.0031308f))
        return pel_encode_clamped(value * (65535.0f * 12.92f), 65535.0f);
    value = value < 1 ? value : 1;
    uint32_t bits; /* of the float: 8 of exponent, then 4 that pick the sixteenth of the octave */
    memcpy(&bits, &value, sizeof bits);
    unsigned i = (bits >> 19) - ((127 - 9) << 4);
    return pel_encode_clamped(pel_cubic(transfer->encode16[i], (float)(bits & 0x7ffff) / 524288.0f),
                              65535.0f);
}

/* One colour sample each way. */
static inline float pel_transfer_decode(const struct pel_transfer *transfer, unsigned sample)
{
    if (transfer->bits == 8)
        return transfer->decode8[sample];
    return transfer->space == PEL_SPACE_LINEAR ? pel_decode16_linear(transfer, sample)
                                               : (float)sample;
}

static inline unsigned pel_transfer_encode(const struct pel_transfer *transfer, float value)
{
    if (transfer->space == PEL_SPACE_GAMMA)
        return pel_encode_clamped(value, transfer->max);
    return transfer->bits == 8 ? pel_encode8_linear(transfer, value)
                               : pel_encode16_linear(transfer, value);
}

#endif
