#include "image/weights.h"

#include <assert.h>
#include <math.h>

/* sin(pi x) for x in [0, 1], by Taylor's series up to pi / 2 (remainder below 2e-17). Not libm's:
 * the weights are the same bits on any machine. */
static double sin_pi(double x)
{
    static const double pi = 3.14159265358979323846;
    static const double c[] = {/* 1 / (2k + 1)! with alternating sign, k = 10 down to 0 */
                               1.0 / 51090942171709440000.0,
                               -1.0 / 121645100408832000.0,
                               1.0 / 355687428096000.0,
                               -1.0 / 1307674368000.0,
                               1.0 / 6227020800.0,
                               -1.0 / 39916800.0,
                               1.0 / 362880.0,
                               -1.0 / 5040.0,
                               1.0 / 120.0,
                               -1.0 / 6.0,
                               1.0};
    double t = (x > 0.5 ? 1 - x : x) * pi, t2 = t * t, sum = c[0];
    for (size_t k = 1; k < sizeof c / sizeof c[0]; k++)
        sum = sum * t2 + c[k];
    return sum * t;
}

/* sinc(x) sinc(x / 3), x in [0, 3), with sin(3a) = 3 sin a - 4 sin^3 a. */
static double lanczos3(double x)
{
    static const double pi = 3.14159265358979323846;
    if (x < 1e-8)
        return 1;
    if (x >= 3)
        return 0;
    double sine = sin_pi(x / 3);
    return 3 * (3 - 4 * sine * sine) * sine * sine / (pi * pi * x * x);
}

/* The cubic of Mitchell & Netravali, "Reconstruction filters in computer graphics", 1988, x >= 0.
 */
static double cubic(double x, double b, double c)
{
    if (x < 1)
        return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + (6 - 2 * b)) /
               6;
    if (x < 2)
        return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x +
                (8 * b + 24 * c)) /
               6;
    return 0;
}

/* Edges are where rounding must not decide: a centre that falls between two pixels gives each of
 * them half, wherever the image lies. Positions are good to 4e-9 (2^24 times the precision of
 * double). */
static double box(double x)
{
    double beyond = x - 0.5;
    return beyond < -1e-8 ? 1 : beyond <= 1e-8 ? 0.5 : 0;
}

static double triangle(double x)
{
    return x < 1 ? 1 - x : 0;
}

static double catmullrom(double x)
{
    return cubic(x, 0, 0.5);
}

static double mitchell(double x)
{
    return cubic(x, 1.0 / 3, 1.0 / 3);
}

/* The kernels that average, for x >= 0, and where they end. */
static const struct {
    double support;
    double (*k)(double x);
} kernels[PEL_FILTER_COUNT] = {
    [PEL_FILTER_LANCZOS3] = {3, lanczos3},
    [PEL_FILTER_MITCHELL] = {2, mitchell},
    [PEL_FILTER_CATMULLROM] = {2, catmullrom},
    [PEL_FILTER_TRIANGLE] = {1, triangle},
    [PEL_FILTER_BOX] = {0.5, box},
};

/* Half the window's width in source positions. */
static double radius(enum pel_filter filter, double scale)
{
    assert(kernels[filter].k && kernels[filter].support <= PEL_SUPPORT_MAX);
    return kernels[filter].support * (scale > 1 ? scale : 1);
}

size_t pel_weights_stride(enum pel_filter filter, size_t nin, double scale)
{
    double window = 2 * radius(filter, scale) + 2;
    size_t taps = window < (double)nin ? (size_t)window : nin;
    return (taps + PEL_LANES - 1) / PEL_LANES * PEL_LANES;
}

static size_t taps_nbytes(size_t nout)
{
    size_t nbytes = nout * sizeof(struct pel_taps);
    return (nbytes + PEL_CACHE_LINE - 1) / PEL_CACHE_LINE * PEL_CACHE_LINE;
}

int pel_weights_nbytes(enum pel_filter filter, size_t nin, size_t nout, double scale,
                       size_t *nbytes)
{
    size_t nweights;
    int status = pel_size_mul(nout, pel_weights_stride(filter, nin, scale), &nweights);
    if (!status)
        status = pel_size_mul(nweights, sizeof(float), nbytes);
    if (!status)
        status = pel_size_add(*nbytes, taps_nbytes(nout), nbytes);
    if (!status) /* the kernel's values at one position */
        status =
            pel_size_add(*nbytes, pel_weights_stride(filter, nin, scale) * sizeof(double), nbytes);
    return status;
}

static struct pel_taps window(double centre, double reach, size_t nin)
{
    /* With a margin for the edges of box, see there. */
    double first = ceil(centre - reach - 0.5 - 1e-7), last = floor(centre + reach - 0.5 + 1e-7);
    if (first < 0)
        first = 0;
    if (last > (double)(nin - 1))
        last = (double)(nin - 1);
    return (struct pel_taps){(uint32_t)first, (uint32_t)(last - first) + 1};
}

/* How many units make 1: a power of two, chosen so that the largest weight has 22 to 23 bits. Then
 * each weight is exact in a float even when it takes the rounding of all others (at most half a
 * unit each, fewer than 2^24 of them). */
static double units_of(double largest)
{
    int exponent;
    (void)frexp(largest, &exponent);
    return ldexp(1, 23 - exponent);
}

/* Rounds the kernel's values at one position to weights in whole units; what is missing to exactly
 * 1 goes to the largest. */
static void normalise(const double *value, size_t count, float *weight)
{
    double sum = 0;
    size_t peak = 0;
    for (size_t t = 0; t < count; t++) {
        sum += value[t];
        if (value[t] > value[peak])
            peak = t;
    }
    double units = units_of(value[peak] / sum), rest = units;
    for (size_t t = 0; t < count; t++) {
        double rounded = floor(value[t] / sum * units + 0.5);
        rest -= rounded;
        weight[t] = (float)(rounded / units);
    }
    weight[peak] = (float)((double)weight[peak] + rest / units);
}

void pel_weights_init(struct pel_weights *weights, enum pel_filter filter, size_t nin, size_t nout,
                      double offset, double scale, void *memory)
{
    double *value = memory;
    weights->nout = nout;
    weights->stride = pel_weights_stride(filter, nin, scale);
    weights->taps = (struct pel_taps *)(void *)(value + weights->stride);
    weights->weight = (float *)(void *)((unsigned char *)(void *)weights->taps + taps_nbytes(nout));
    double stretch = scale > 1 ? scale : 1, reach = radius(filter, scale);
    for (size_t i = 0; i < nout; i++) {
        double centre = offset + ((double)i + 0.5) * scale;
        struct pel_taps taps = window(centre, reach, nin);
        float *weight = weights->weight + i * weights->stride;
        weights->taps[i] = taps;
        for (uint32_t t = 0; t < taps.count; t++)
            value[t] = kernels[filter].k(fabs((taps.first + t + 0.5 - centre) / stretch));
        normalise(value, taps.count, weight);
        for (size_t t = taps.count; t < weights->stride; t++)
            weight[t] = 0;
    }
}
