#include "image/transfer.h"

/* The fifth root of a in (0, 1.2], by Newton's method. The start is a tangent of the concave root
 * and so not below it; from there the iteration falls until it rounds to a standstill. */
static double fifth_root(double a)
{
    double y = 0.58 + 0.7248 * a;
    for (;;) {
        double y2 = y * y, y4 = y2 * y2;
        double next = y - (y - a / y4) / 5;
        if (next >= y)
            return y;
        y = next;
    }
}

/* ((v + 0.055) / 1.055) ^ 2.4, the curved part of the sRGB function: u^2.4 = u^2 (u^2)^(1/5). */
static double srgb_curve(double v)
{
    double u = (v + 0.055) / 1.055;
    return u * u * fifth_root(u * u);
}

static double srgb_curve_slope(double v)
{
    return 2.4 * srgb_curve(v) / (v + 0.055);
}

double pel_srgb_decode(double v)
{
    return v <= 0.04045 ? v / 12.92 : srgb_curve(v);
}

/* Where the curve has the value `linear`, by Newton's method from a start not below it (the curve is
 * convex). */
static double srgb_curve_inverse(double linear, double start)
{
    for (double v = start;;) {
        double next = v - (srgb_curve(v) - linear) / srgb_curve_slope(v);
        if (next >= v)
            return v;
        v = next;
    }
}

static void init_linear8(struct pel_transfer *transfer)
{
    for (int code = 0; code < 256; code++) {
        transfer->decode8[code] = (float)pel_srgb_decode(code / 255.0);
        transfer->limit8[code] = code < 255 ? (float)pel_srgb_decode((code + 0.5) / 255.0) : 2.0f;
    }
    unsigned char level = 0;
    for (int i = 0; i <= PEL_TRANSFER_BUCKETS; i++) {
        float low = (float)i / PEL_TRANSFER_BUCKETS;
        while (transfer->limit8[level] <= low)
            level++;
        transfer->base8[i] = level;
    }
}

/* The cubic over [0, 1] with values f0, f1 and slopes d0, d1 at its ends. */
static void hermite(float c[4], double f0, double d0, double f1, double d1)
{
    c[0] = (float)f0;
    c[1] = (float)d0;
    c[2] = (float)(3 * (f1 - f0) - 2 * d0 - d1);
    c[3] = (float)(2 * (f0 - f1) + d0 + d1);
}

/* A cubic misses by h^4 / 384 times the fourth derivative: relative to the value at most 3e-8 when
 * decoding (at the dark end of the curve), 4e-8 when encoding: less than 0.003 of a level. */
static void init_linear16(struct pel_transfer *transfer)
{
    double step = 256 / 65535.0;
    for (int i = 0; i < PEL_TRANSFER_SEGMENTS; i++) {
        double v = i * step;
        hermite(transfer->decode16[i], srgb_curve(v), step * srgb_curve_slope(v),
                srgb_curve(v + step), step * srgb_curve_slope(v + step));
    }
    double v0 = srgb_curve_inverse(1.0 / 512, 1), d0 = srgb_curve_slope(v0);
    for (int i = 0; i < PEL_TRANSFER_STEPS; i++) {
        double h = (double)(1 << (i / 16)) / (512 * 16);
        double v1 = srgb_curve_inverse(h * (17 + i % 16), v0 + h / d0), d1 = srgb_curve_slope(v1);
        hermite(transfer->encode16[i], 65535 * v0, 65535 * h / d0, 65535 * v1, 65535 * h / d1);
        v0 = v1;
        d0 = d1;
    }
}

void pel_transfer_init(struct pel_transfer *transfer, enum pel_space space, int bits)
{
    transfer->space = space;
    transfer->bits = bits;
    transfer->max = bits == 8 ? 255.0f : 65535.0f;
    if (space == PEL_SPACE_LINEAR && bits == 16)
        init_linear16(transfer);
    else if (space == PEL_SPACE_LINEAR)
        init_linear8(transfer);
    else
        for (int code = 0; code < 256; code++)
            transfer->decode8[code] = (float)code;
}

/* Row `in` of interleaved samples, 8 or 16 bits. */
static inline unsigned load(const unsigned char *row, size_t i, int bits)
{
    return bits == 8 ? row[i] : ((const uint16_t *)(const void *)row)[i];
}

static inline void store(unsigned char *row, size_t i, int bits, unsigned sample)
{
    if (bits == 8)
        row[i] = (unsigned char)sample;
    else
        ((uint16_t *)(void *)row)[i] = (uint16_t)sample;
}

/* Both inlined with constant channels, so that the loop over colours is unrolled. */
static inline void decode_row(const struct pel_transfer *transfer, const unsigned char *row,
                              size_t width, int channels, float *planes, size_t plane_stride,
                              int bits, bool linear)
{
    int ncolors = channels - (channels % 2 == 0);
    for (size_t x = 0; x < width; x++) {
        const size_t i = x * (size_t)channels;
        float alpha = 1;
        if (ncolors < channels)
            alpha = planes[(size_t)ncolors * plane_stride + x] =
                (float)load(row, i + (size_t)ncolors, bits);
        for (int c = 0; c < ncolors; c++) {
            unsigned code = load(row, i + (size_t)c, bits);
            float value = !linear     ? (float)code
                          : bits == 8 ? transfer->decode8[code]
                                      : pel_decode16_linear(transfer, code);
            planes[(size_t)c * plane_stride + x] = ncolors < channels ? value * alpha : value;
        }
    }
}

static inline void encode_row(const struct pel_transfer *transfer, const float *planes,
                              size_t plane_stride, size_t width, int channels, unsigned char *row,
                              int bits, bool linear)
{
    int ncolors = channels - (channels % 2 == 0);
    float max = bits == 8 ? 255.0f : 65535.0f;
    for (size_t x = 0; x < width; x++) {
        const size_t i = x * (size_t)channels;
        float alpha = 1;
        unsigned alpha_code = 1;
        if (ncolors < channels) {
            alpha = planes[(size_t)ncolors * plane_stride + x];
            alpha_code = pel_encode_clamped(alpha, max);
            store(row, i + (size_t)ncolors, bits, alpha_code);
        }
        for (int c = 0; c < ncolors; c++) {
            float value = planes[(size_t)c * plane_stride + x];
            if (ncolors < channels)
                value = alpha_code ? value / alpha : 0;
            unsigned code = !linear     ? pel_encode_clamped(value, max)
                            : bits == 8 ? pel_encode8_linear(transfer, value)
                                        : pel_encode16_linear(transfer, value);
            store(row, i + (size_t)c, bits, code);
        }
    }
}

/* Calls row(..., channels, ..., bits, linear) with the three as constants. */
#define WITH_CONSTANTS(row, channels)                                                              \
    do {                                                                                           \
        if (transfer->bits == 8 && transfer->space == PEL_SPACE_LINEAR)                            \
            row(channels, 8, true);                                                                \
        else if (transfer->bits == 8)                                                              \
            row(channels, 8, false);                                                               \
        else if (transfer->space == PEL_SPACE_LINEAR)                                              \
            row(channels, 16, true);                                                               \
        else                                                                                       \
            row(channels, 16, false);                                                              \
    } while (0)

#define FOR_EACH_KIND(row)                                                                         \
    switch (channels) {                                                                            \
    case 1:                                                                                        \
        WITH_CONSTANTS(row, 1);                                                                    \
        break;                                                                                     \
    case 2:                                                                                        \
        WITH_CONSTANTS(row, 2);                                                                    \
        break;                                                                                     \
    case 3:                                                                                        \
        WITH_CONSTANTS(row, 3);                                                                    \
        break;                                                                                     \
    case 4:                                                                                        \
        WITH_CONSTANTS(row, 4);                                                                    \
        break;                                                                                     \
    }

void pel_transfer_decode_row(const struct pel_transfer *transfer, const unsigned char *row,
                             size_t width, int channels, float *planes, size_t plane_stride)
{
#define DECODE(channels, bits, linear)                                                             \
    decode_row(transfer, row, width, channels, planes, plane_stride, bits, linear)
    FOR_EACH_KIND(DECODE)
#undef DECODE
}

void pel_transfer_encode_row(const struct pel_transfer *transfer, const float *planes,
                             size_t plane_stride, size_t width, int channels, unsigned char *row)
{
#define ENCODE(channels, bits, linear)                                                             \
    encode_row(transfer, planes, plane_stride, width, channels, row, bits, linear)
    FOR_EACH_KIND(ENCODE)
#undef ENCODE
}
