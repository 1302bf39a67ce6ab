/* The drawing surface of the sample generator.
 *
 * Only + - * / and sqrt are used on the way to a pixel. IEEE 754 fixes their results, so the
 * pictures are the same on every machine; sin, pow and their like may differ between C libraries.
 */
#ifndef PELTON_DATA_CANVAS_H
#define PELTON_DATA_CANVAS_H

#include <stddef.h>
#include <stdint.h>

/* Encoded (not linear) samples, 0 to 1. */
struct color {
    double r, g, b, a;
};

struct canvas {
    int width, height;
    struct color *pixels;
};

struct canvas canvas_make(int width, int height);
void canvas_free(struct canvas *canvas);
struct color *canvas_at(const struct canvas *canvas, int x, int y);

/* Averages 2 x 2 pixels into one: the scenes paint at twice the size to get smooth edges. Frees
 * `large`. */
struct canvas canvas_halve(struct canvas *large);
/* Turned left by 90 degrees: what a camera held upright stores. Frees `upright`. */
struct canvas canvas_turn_left(struct canvas *upright);
/* Sensor noise: each sample moves by about `level` (1/255 is one step of 8 bits). */
void canvas_add_noise(struct canvas *canvas, double level, uint32_t seed);

/* One sample rounded to [0, max]. */
unsigned quantize(double sample, unsigned max);

struct color rgb(double r, double g, double b);
struct color mix(struct color a, struct color b, double t);
struct color scale(struct color c, double factor);
/* 0 below lo, 1 above hi, and a smooth cubic between. */
double smoothstep(double lo, double hi, double x);
double clamp01(double x);
/* cos(2 pi turns), within 1e-6. */
double cos_turns(double turns);

/* A number in [0, 1) that depends on its arguments only. */
double random_at(int x, int y, uint32_t seed);
/* Gradient noise after Perlin, about -1 to 1, with one feature per unit. */
double noise(double x, double y, uint32_t seed);
/* Octaves of noise, each twice as fine and half as high: an amplitude spectrum of about 1/f, the
 * spectrum of photographs. */
double fractal(double x, double y, int octaves, uint32_t seed);

#endif
