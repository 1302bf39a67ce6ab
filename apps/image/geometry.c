#include "geometry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fit_name(enum fit fit)
{
    static const char *const names[FIT_COUNT] = {"inside", "cover", "contain", "fill"};
    return names[fit];
}

/* Digits at *text as a side of an image; 0 when there are none. */
static bool parse_side(const char **text, size_t *side, char reason[80])
{
    size_t value = 0;
    const char *c = *text;
    for (; *c >= '0' && *c <= '9'; c++) {
        value = value * 10 + (size_t)(*c - '0');
        if (value > PEL_IMAGE_MAX_SIDE) {
            (void)snprintf(reason, 80, "a side is over the limit of %zu pixels",
                           PEL_IMAGE_MAX_SIDE);
            return false;
        }
    }
    if (c != *text && value == 0) {
        (void)snprintf(reason, 80, "a side of 0 pixels");
        return false;
    }
    *side = value;
    *text = c;
    return true;
}

static bool parse_percent(const char **text, double *percent, char reason[80])
{
    char *end;
    double value = strtod(*text, &end);
    if (!(value > 0) || value > 100000) {
        (void)snprintf(reason, 80, "a percentage not between 0 and 100000");
        return false;
    }
    *percent = value;
    *text = end + 1;
    return true;
}

static bool is_percentage(const char *text)
{
    size_t number = strspn(text, "0123456789.");
    return number > 0 && text[number] == '%';
}

bool geometry_parse(const char *text, struct geometry *out, char reason[80])
{
    struct geometry geometry = {.wanted = true};
    const char *rest = text;
    if (is_percentage(text)) {
        if (!parse_percent(&rest, &geometry.percent, reason))
            return false;
    } else {
        if (!parse_side(&rest, &geometry.width, reason))
            return false;
        if (*rest == 'x' || *rest == 'X') {
            rest++;
            if (!parse_side(&rest, &geometry.height, reason))
                return false;
        } else {
            rest = "?";
        }
        if (!geometry.width && !geometry.height)
            rest = "?";
    }
    for (; *rest; rest++) {
        if (*rest == '>')
            geometry.only_shrink = true;
        else if (*rest == '<')
            geometry.only_enlarge = true;
        else if (*rest == '!')
            geometry.fit = FIT_FILL;
        else {
            (void)snprintf(reason, 80, "not like 800x600, 800x, x600 or 50%% (then >, < or !)");
            return false;
        }
    }
    if (geometry.only_shrink && geometry.only_enlarge) {
        (void)snprintf(reason, 80, "> and < exclude each other");
        return false;
    }
    *out = geometry;
    return true;
}

/* round(side * numerator / denominator), at least 1. The sides are below 2^24, so 64 bits hold the
 * product. */
static size_t scale_side(size_t side, size_t numerator, size_t denominator)
{
    uint64_t scaled = (2 * (uint64_t)side * numerator + denominator) / (2 * (uint64_t)denominator);
    if (scaled > PEL_IMAGE_MAX_SIDE)
        return PEL_IMAGE_MAX_SIDE;
    return scaled ? (size_t)scaled : 1;
}

static size_t percent_side(size_t side, double percent)
{
    double scaled = floor((double)side * percent / 100 + 0.5);
    if (scaled > (double)PEL_IMAGE_MAX_SIDE)
        return PEL_IMAGE_MAX_SIDE;
    return scaled >= 1 ? (size_t)scaled : 1;
}

/* The largest size of the shape width x height within W x H. */
static void fit_within(size_t width, size_t height, size_t W, size_t H, struct placement *p)
{
    if ((uint64_t)width * H > (uint64_t)height * W) { /* relatively wider: the width decides */
        p->width = W;
        p->height = scale_side(height, W, width);
    } else {
        p->width = scale_side(width, H, height);
        p->height = H;
    }
}

/* The part of width x height, centred, that has the shape W x H. */
static struct pel_box crop_to_shape(size_t width, size_t height, size_t W, size_t H)
{
    struct pel_box box = {0, 0, (double)width, (double)height};
    if ((uint64_t)width * H > (uint64_t)height * W) {
        box.width = (double)height * (double)W / (double)H;
        box.x = ((double)width - box.width) / 2;
    } else {
        box.height = (double)width * (double)H / (double)W;
        box.y = ((double)height - box.height) / 2;
    }
    return box;
}

/* Would a resize to the placement's size be one that > or < forbids? */
static bool is_forbidden(const struct geometry *geometry, const struct placement *p)
{
    bool grows = (double)p->width > p->box.width || (double)p->height > p->box.height;
    bool shrinks = (double)p->width < p->box.width || (double)p->height < p->box.height;
    return (geometry->only_shrink && !shrinks) || (geometry->only_enlarge && !grows);
}

struct placement geometry_place(const struct geometry *geometry, size_t width, size_t height)
{
    struct placement p = {.box = {0, 0, (double)width, (double)height},
                          .width = width,
                          .height = height,
                          .canvas_width = width,
                          .canvas_height = height};
    if (!geometry->wanted)
        return p;
    size_t W = geometry->width, H = geometry->height;
    bool both = W && H;
    if (geometry->percent > 0) {
        p.width = percent_side(width, geometry->percent);
        p.height = percent_side(height, geometry->percent);
    } else if (!both) {
        p.width = W ? W : scale_side(width, H, height);
        p.height = H ? H : scale_side(height, W, width);
    } else if (geometry->fit == FIT_INSIDE || geometry->fit == FIT_CONTAIN) {
        fit_within(width, height, W, H, &p);
    } else {
        p.width = W;
        p.height = H;
        if (geometry->fit == FIT_COVER)
            p.box = crop_to_shape(width, height, W, H);
    }
    if (is_forbidden(geometry, &p)) {
        p.box = (struct pel_box){0, 0, (double)width, (double)height};
        p.width = width;
        p.height = height;
    }
    p.resample = p.width != width || p.height != height || p.box.width < (double)width ||
                 p.box.height < (double)height;
    p.canvas_width = p.width;
    p.canvas_height = p.height;
    if (both && geometry->fit == FIT_CONTAIN) {
        p.canvas_width = W > p.width ? W : p.width;
        p.canvas_height = H > p.height ? H : p.height;
        p.x = (p.canvas_width - p.width) / 2;
        p.y = (p.canvas_height - p.height) / 2;
    }
    return p;
}
