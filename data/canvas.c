#include "canvas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct canvas canvas_make(int width, int height)
{
    struct canvas canvas = {width, height, NULL};
    canvas.pixels = calloc((size_t)width * (size_t)height, sizeof *canvas.pixels);
    if (!canvas.pixels) {
        fprintf(stderr, "no memory for %d x %d pixels\n", width, height);
        exit(1);
    }
    return canvas;
}

void canvas_free(struct canvas *canvas)
{
    free(canvas->pixels);
    canvas->pixels = NULL;
}

struct color *canvas_at(const struct canvas *canvas, int x, int y)
{
    return &canvas->pixels[(size_t)y * (size_t)canvas->width + (size_t)x];
}

struct canvas canvas_halve(struct canvas *large)
{
    struct canvas half = canvas_make(large->width / 2, large->height / 2);
    for (int y = 0; y < half.height; y++) {
        for (int x = 0; x < half.width; x++) {
            const struct color *p = canvas_at(large, 2 * x, 2 * y), *q = p + large->width;
            *canvas_at(&half, x, y) = (struct color){
                (p[0].r + p[1].r + q[0].r + q[1].r) / 4, (p[0].g + p[1].g + q[0].g + q[1].g) / 4,
                (p[0].b + p[1].b + q[0].b + q[1].b) / 4, (p[0].a + p[1].a + q[0].a + q[1].a) / 4};
        }
    }
    canvas_free(large);
    return half;
}

struct canvas canvas_turn_left(struct canvas *upright)
{
    struct canvas turned = canvas_make(upright->height, upright->width);
    for (int y = 0; y < turned.height; y++)
        for (int x = 0; x < turned.width; x++)
            *canvas_at(&turned, x, y) = *canvas_at(upright, upright->width - 1 - y, x);
    canvas_free(upright);
    return turned;
}

void canvas_add_noise(struct canvas *canvas, double level, uint32_t seed)
{
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            struct color *c = canvas_at(canvas, x, y);
            double *samples[3] = {&c->r, &c->g, &c->b};
            for (uint32_t i = 0; i < 3;
                 i++) /* the sum of 3 uniform numbers is close to a bell curve */
                *samples[i] += level * 2 *
                               (random_at(x, y, seed + 3 * i) + random_at(x, y, seed + 3 * i + 1) +
                                random_at(x, y, seed + 3 * i + 2) - 1.5);
        }
    }
}

unsigned quantize(double sample, unsigned max)
{
    return (unsigned)(clamp01(sample) * max + 0.5);
}

struct color rgb(double r, double g, double b)
{
    return (struct color){r, g, b, 1};
}

struct color mix(struct color a, struct color b, double t)
{
    return (struct color){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t,
                          a.a + (b.a - a.a) * t};
}

struct color scale(struct color c, double factor)
{
    return (struct color){c.r * factor, c.g * factor, c.b * factor, c.a};
}

double clamp01(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

double smoothstep(double lo, double hi, double x)
{
    double t = clamp01((x - lo) / (hi - lo));
    return t * t * (3 - 2 * t);
}

double cos_turns(double turns)
{
    double t = turns - floor(turns); /* [0, 1) */
    t = t > 0.5 ? 1 - t : t;         /* cosine is even: [0, 1/2] */
    double sign = t > 0.25 ? -1 : 1;
    t = t > 0.25 ? 0.5 - t : t;
    double x = t * t * 39.478417604357434; /* (2 pi t)^2, at most (pi/2)^2 */
    double series = 1 - x / 2 * (1 - x / 12 * (1 - x / 30 * (1 - x / 56 * (1 - x / 90))));
    return sign * series;
}

static uint32_t scramble(uint32_t x, uint32_t y, uint32_t seed)
{
    uint32_t h = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ seed * 0xc2b2ae3du;
    h = (h ^ (h >> 15)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12)) * 0x297a2d39u;
    return h ^ (h >> 15);
}

double random_at(int x, int y, uint32_t seed)
{
    return scramble((uint32_t)x, (uint32_t)y, seed) / 4294967296.0;
}

/* The share of lattice point (x, y) at the offset (dx, dy) from it. */
static double gradient(int x, int y, uint32_t seed, double dx, double dy)
{
    static const double directions[8][2] = {{1, 0},     {-1, 0},     {0, 1},      {0, -1},
                                            {0.7, 0.7}, {-0.7, 0.7}, {0.7, -0.7}, {-0.7, -0.7}};
    const double *d = directions[scramble((uint32_t)x, (uint32_t)y, seed) >> 29];
    return d[0] * dx + d[1] * dy;
}

double noise(double x, double y, uint32_t seed)
{
    double left = floor(x), top = floor(y);
    int i = (int)left, j = (int)top;
    double u = x - left, v = y - top;
    double su = u * u * u * (u * (u * 6 - 15) + 10), sv = v * v * v * (v * (v * 6 - 15) + 10);
    double a = gradient(i, j, seed, u, v), b = gradient(i + 1, j, seed, u - 1, v);
    double c = gradient(i, j + 1, seed, u, v - 1), d = gradient(i + 1, j + 1, seed, u - 1, v - 1);
    double upper = a + (b - a) * su, lower = c + (d - c) * su;
    return 1.5 * (upper + (lower - upper) * sv);
}

double fractal(double x, double y, int octaves, uint32_t seed)
{
    double sum = 0, height = 0.5;
    for (int i = 0; i < octaves; i++) {
        sum += height * noise(x, y, seed + (uint32_t)i);
        x *= 2;
        y *= 2;
        height *= 0.5;
    }
    return sum;
}
