#include "image/reference.h"

#include <math.h>

static double sample_max(const struct pel_image *image)
{
    return image->bits == 8 ? 255 : 65535;
}

/* An encoded sample in [0, 1]. */
static double sample(const struct pel_image *image, size_t x, size_t y, int c)
{
    const unsigned char *row = image->data + y * image->stride_bytes;
    size_t i = x * (size_t)image->channels + (size_t)c;
    return image->bits == 8 ? row[i] / 255.0 : ((const uint16_t *)(const void *)row)[i] / 65535.0;
}

static double decode(double v, enum pel_space space)
{
    if (space == PEL_SPACE_GAMMA)
        return v;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* The encoded sample in [0, max]. */
static double encode(double linear, enum pel_space space, double max)
{
    double v = linear;
    if (space == PEL_SPACE_LINEAR)
        v = linear <= 0.04045 / 12.92 ? linear * 12.92 : 1.055 * pow(linear, 1 / 2.4) - 0.055;
    return fmin(fmax(v, 0), 1) * max;
}

/* ---- resize ---------------------------------------------------------------------------------- */

static double mitchell_netravali(double x, double b, double c)
{
    double x2 = x * x, x3 = x2 * x;
    if (x < 1)
        return (12 - 9 * b - 6 * c) / 6 * x3 + (-18 + 12 * b + 6 * c) / 6 * x2 + (6 - 2 * b) / 6;
    if (x < 2)
        return (-b - 6 * c) / 6 * x3 + (6 * b + 30 * c) / 6 * x2 + (-12 * b - 48 * c) / 6 * x +
               (8 * b + 24 * c) / 6;
    return 0;
}

static double sinc(double x)
{
    double t = acos(-1) * x;
    return fabs(x) < 1e-12 ? 1 : sin(t) / t;
}

static double kernel(enum pel_filter filter, double x)
{
    x = fabs(x);
    switch (filter) {
    case PEL_FILTER_BOX:
        return fabs(x - 0.5) < 1e-8 ? 0.5 : x < 0.5;
    case PEL_FILTER_TRIANGLE:
        return fmax(1 - x, 0);
    case PEL_FILTER_CATMULLROM:
        return mitchell_netravali(x, 0, 0.5);
    case PEL_FILTER_MITCHELL:
        return mitchell_netravali(x, 1.0 / 3, 1.0 / 3);
    case PEL_FILTER_LANCZOS3:
        return x < 3 ? sinc(x) * sinc(x / 3) : 0;
    default:
        return NAN; /* nearest has no kernel; a new one belongs here */
    }
}

/* One direction at one output position. */
struct axis {
    enum pel_filter filter;
    double centre, stretch, sum;
    size_t lo, hi; /* source positions that may have a weight */
};

static struct axis make_axis(enum pel_filter filter, double offset, double length, size_t nout,
                             size_t nin, size_t i)
{
    double scale = length / (double)nout, stretch = fmax(scale, 1);
    struct axis axis = {
        .filter = filter, .centre = offset + ((double)i + 0.5) * scale, .stretch = stretch};
    axis.lo = (size_t)fmax(floor(axis.centre - 3 * stretch) - 1, 0);
    axis.hi = (size_t)fmin(ceil(axis.centre + 3 * stretch) + 1, (double)nin);
    for (size_t j = axis.lo; j < axis.hi; j++)
        axis.sum += kernel(filter, ((double)j + 0.5 - axis.centre) / stretch);
    return axis;
}

static double weight(const struct axis *axis, size_t j)
{
    return kernel(axis->filter, ((double)j + 0.5 - axis->centre) / axis->stretch) / axis->sum;
}

static void resize_pixel(const struct pel_image *src, const struct axis *ax, const struct axis *ay,
                         enum pel_space space, double *out)
{
    int channels = src->channels, ncolors = channels - pel_image_has_alpha(src);
    double max = sample_max(src), alpha_sum = 0, color_sum[3] = {0};
    for (size_t y = ay->lo; y < ay->hi; y++) {
        double wy = weight(ay, y);
        if (wy == 0)
            continue;
        for (size_t x = ax->lo; x < ax->hi; x++) {
            double alpha = ncolors < channels ? sample(src, x, y, ncolors) : 1;
            double w = wy * weight(ax, x);
            alpha_sum += w * alpha;
            for (int c = 0; c < ncolors; c++)
                color_sum[c] += w * alpha * decode(sample(src, x, y, c), space);
        }
    }
    bool transparent = ncolors < channels && alpha_sum * max < 0.5;
    for (int c = 0; c < ncolors; c++)
        out[c] = transparent ? 0 : encode(color_sum[c] / alpha_sum, space, max);
    if (ncolors < channels)
        out[ncolors] = encode(alpha_sum, PEL_SPACE_GAMMA, max);
}

/* The pixel that holds the centre, ties to the right or down. */
static void nearest_pixel(const struct pel_image *src, const struct axis *ax, const struct axis *ay,
                          double *out)
{
    size_t x = (size_t)fmin(floor(ax->centre), (double)(src->width - 1));
    size_t y = (size_t)fmin(floor(ay->centre), (double)(src->height - 1));
    for (int c = 0; c < src->channels; c++)
        out[c] = sample(src, x, y, c) * sample_max(src);
}

void pel_reference_resize(const struct pel_image *src, const struct pel_resize *how, size_t width,
                          size_t height, double *out)
{
    struct pel_box box = how->box;
    if (box.width == 0) {
        box.width = (double)src->width;
        box.height = (double)src->height;
    }
    for (size_t y = 0; y < height; y++) {
        struct axis ay = make_axis(how->filter, box.y, box.height, height, src->height, y);
        for (size_t x = 0; x < width; x++, out += src->channels) {
            struct axis ax = make_axis(how->filter, box.x, box.width, width, src->width, x);
            if (how->filter == PEL_FILTER_NEAREST)
                nearest_pixel(src, &ax, &ay, out);
            else
                resize_pixel(src, &ax, &ay, how->space, out);
        }
    }
}

/* ---- gray, flatten --------------------------------------------------------------------------- */

void pel_reference_gray(const struct pel_image *src, enum pel_gray method, double *out)
{
    static const double weights[PEL_GRAY_COUNT][3] = {
        [PEL_GRAY_BT601] = {0.299, 0.587, 0.114},
        [PEL_GRAY_BT709] = {0.2126, 0.7152, 0.0722},
        [PEL_GRAY_LINEAR] = {0.2126, 0.7152, 0.0722},
    };
    enum pel_space space = method == PEL_GRAY_LINEAR ? PEL_SPACE_LINEAR : PEL_SPACE_GAMMA;
    double max = sample_max(src);
    bool alpha = pel_image_has_alpha(src);
    for (size_t y = 0; y < src->height; y++)
        for (size_t x = 0; x < src->width; x++) {
            double sum = 0;
            for (int c = 0; c < 3 && src->channels >= 3; c++)
                sum += weights[method][c] * decode(sample(src, x, y, c), space);
            *out++ = src->channels >= 3 ? encode(sum, space, max) : sample(src, x, y, 0) * max;
            if (alpha)
                *out++ = sample(src, x, y, src->channels - 1) * max;
        }
}

void pel_reference_flatten(const struct pel_image *src, const uint16_t background[3],
                           enum pel_space space, double *out)
{
    int ncolors = src->channels - 1;
    double under[3] = {background[0] / 65535.0, background[1] / 65535.0, background[2] / 65535.0};
    if (ncolors == 1)
        under[0] =
            floor(0.299 * background[0] + 0.587 * background[1] + 0.114 * background[2] + 0.5) /
            65535.0;
    for (size_t y = 0; y < src->height; y++)
        for (size_t x = 0; x < src->width; x++) {
            double a = sample(src, x, y, ncolors);
            for (int c = 0; c < ncolors; c++)
                *out++ = encode(a * decode(sample(src, x, y, c), space) +
                                    (1 - a) * decode(under[c], space),
                                space, sample_max(src));
        }
}
