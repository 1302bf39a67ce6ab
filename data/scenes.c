#include "scenes.h"

#include <math.h>
#include <stdlib.h>

/* Positions are in picture heights: y from 0 (top) to 1, x from 0 to width / height. */
typedef struct color (*scene)(double x, double y);

static void paint_each(struct canvas *canvas, scene at)
{
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width; x++)
            *canvas_at(canvas, x, y) = at((x + 0.5) / canvas->height, (y + 0.5) / canvas->height);
}

/* ---- a lake in the morning ------------------------------------------------------------------- */

#define HORIZON 0.60

static struct color lake_sky(double x, double y)
{
    struct color sky = mix(rgb(0.30, 0.50, 0.78), rgb(0.99, 0.83, 0.66),
                           smoothstep(0, 1, y / HORIZON) * (0.4 + 0.6 * y / HORIZON));
    double dx = x - 1.05, dy = y - 0.41, from_sun = sqrt(dx * dx + dy * dy);
    sky = mix(sky, rgb(1, 0.93, 0.76), 0.75 / (1 + 28 * from_sun * from_sun));
    sky = mix(sky, rgb(1, 0.99, 0.94), 1 - smoothstep(0.028, 0.040, from_sun));
    double depth = 0.25 / (HORIZON + 0.12 - y); /* clouds get flatter towards the horizon */
    double cloud = smoothstep(0.02, 0.42, fractal(x * 2.2 * depth + 7, 5 * depth, 7, 11) + 0.04);
    double lit = fractal(x * 2.2 * depth + 7.1, 5 * depth + 0.08, 7, 11);
    return mix(sky, mix(rgb(0.74, 0.72, 0.80), rgb(1, 0.95, 0.90), smoothstep(-0.2, 0.4, lit)),
               0.85 * cloud);
}

/* The outline of mountain range `range` (0 is the farthest), as a height above the horizon. */
static double range_height(int range, double x)
{
    double low = 0.27 - 0.062 * range;
    double ridge = 1 - 2 * fabs(fractal(x * (1.1 + 0.5 * range) + 9.3 * range, 0.5, 7, 31));
    return low * (0.25 + 0.75 * ridge) + 0.012 * fractal(x * 14, range, 4, 33);
}

/* Pointed trees along the far shore: a triangle in each cell, as high as chance wants. */
static double trees_height(double x)
{
    double highest = 0;
    for (int layer = 0; layer < 2; layer++) {
        double cells = 74 + 37 * layer, position = x * cells;
        int cell = (int)position;
        double across = fabs(position - cell - 0.5) * 2;
        double height = (0.5 + random_at(cell, layer, 41)) * (1 - across);
        highest = height > highest ? height : highest;
    }
    return 0.012 + 0.034 * highest * (0.7 + 0.9 * fractal(x * 3, 2, 3, 43) + 0.3);
}

static struct color lake_land_or_sky(double x, double y)
{
    double up = HORIZON - y;
    if (up < trees_height(x)) {
        double light = 0.5 + fractal(x * 90, y * 90, 4, 51);
        return mix(rgb(0.07, 0.12, 0.11), rgb(0.21, 0.29, 0.18), clamp01(light));
    }
    for (int range = 3; range >= 0; range--) {
        double top = range_height(range, x);
        if (up >= top)
            continue;
        double slope = (range_height(range, x + 0.004) - top) * 60;
        double relief = fractal(x * 16 + range, y * 22 + slope, 6, 61);
        double light = clamp01(0.5 - slope * 0.28 + relief * 1.1);
        struct color rock = mix(rgb(0.20, 0.24, 0.30), rgb(0.60, 0.53, 0.46), light);
        double snow = smoothstep(0.150, 0.205, up + 0.10 * relief) * (range < 2);
        rock = mix(rock, mix(rgb(0.62, 0.70, 0.84), rgb(1, 0.97, 0.93), light), snow);
        struct color green = mix(rgb(0.11, 0.19, 0.14), rgb(0.40, 0.43, 0.24), light);
        rock = mix(rock, green, range >= 2 ? 0.8 - 2.5 * top : 0);
        double haze = (0.62 - 0.17 * range) * (1 - 0.5 * up / 0.27);
        return mix(rock, rgb(0.86, 0.80, 0.79), clamp01(haze));
    }
    return lake_sky(x, y);
}

static struct color lake_water(double x, double y)
{
    double down = y - HORIZON, near = down / (1 - HORIZON);
    double rows = 26 / (0.06 + down);
    double wave = fractal(x * (5 + 26 * (1 - near)), rows, 4, 71);
    double fine = fractal(x * 30, rows * 3, 3, 73);
    double mirror = HORIZON - down * 1.05 - (0.010 + 0.10 * near) * wave;
    struct color seen =
        lake_land_or_sky(x + 0.02 * near * fine, mirror > HORIZON ? HORIZON : mirror);
    seen = mix(seen, rgb(0.10, 0.22, 0.29), 0.22 + 0.45 * near);
    double dx = (x - 1.05) / (0.05 + 0.22 * near);
    double glitter = smoothstep(0.22, 0.42, wave + 0.6 * fine) / (1 + 4 * dx * dx);
    return mix(seen, rgb(1, 0.90, 0.72), 0.8 * glitter);
}

static struct color lake(double x, double y)
{
    double shore = 0.90 - 0.05 * smoothstep(0.2, 1.5, 1.5 - x) + 0.05 * fractal(x * 3, 1, 5, 81);
    if (y > shore) {
        double stones = fractal(x * 22, y * 60, 6, 83), grain = fractal(x * 160, y * 160, 2, 85);
        double blade = noise(x * 130 + 2 * noise(x * 9, y * 9, 86), y * 14, 87);
        struct color ground =
            mix(rgb(0.20, 0.17, 0.13), rgb(0.62, 0.54, 0.42), clamp01(0.45 + stones + 0.5 * grain));
        struct color grass = mix(rgb(0.10, 0.16, 0.06), rgb(0.50, 0.55, 0.22),
                                 clamp01(0.4 + 0.7 * blade + 0.3 * grain));
        double wet = smoothstep(0, 0.025, y - shore);
        double green = smoothstep(-0.05, 0.2, fractal(x * 4, y * 6, 3, 89) + 2.2 * (y - 0.93));
        return scale(mix(ground, grass, green), 0.55 + 0.45 * wet);
    }
    return y < HORIZON ? lake_land_or_sky(x, y) : lake_water(x, y);
}

void paint_lake(struct canvas *canvas)
{
    paint_each(canvas, lake);
}

/* ---- pebbles: "dead leaves", with radii that follow a power law --------------------------------
 */

struct pebble {
    double x, y, radius, flat, cos_angle, sin_angle;
    int number;
};

static struct pebble pebble_make(const struct canvas *canvas, int number)
{
    double u = random_at(number, 0, 101), turn = random_at(number, 1, 101);
    struct pebble p = {.number = number};
    double smallest = 0.010, largest = 0.16;
    /* The density r^-3 between the two, by inverting its distribution. */
    p.radius = 1 / sqrt(1 / (smallest * smallest) * (1 - u) + 1 / (largest * largest) * u);
    p.x = random_at(number, 2, 101) * canvas->width / canvas->height;
    p.y = random_at(number, 3, 101);
    p.flat = 0.62 + 0.38 * random_at(number, 4, 101);
    p.cos_angle = cos_turns(turn);
    p.sin_angle = cos_turns(turn - 0.25);
    return p;
}

static struct color pebble_color(const struct pebble *p, double u, double v)
{
    static const double kinds[7][3] = {{0.62, 0.60, 0.57}, {0.45, 0.47, 0.50}, {0.72, 0.64, 0.52},
                                       {0.55, 0.40, 0.33}, {0.80, 0.78, 0.74}, {0.36, 0.38, 0.36},
                                       {0.58, 0.50, 0.40}};
    const double *kind = kinds[(int)(random_at(p->number, 5, 101) * 7)];
    double tone = 0.75 + 0.4 * random_at(p->number, 6, 101);
    uint32_t seed = 1000 + (uint32_t)p->number;
    double marble = fractal(u * 2.5, v * 2.5 + 40, 6, seed);
    double speck = noise(u * p->radius * 260, v * p->radius * 260, seed);
    double band = p->number % 5 == 0 ? smoothstep(0.82, 0.95, cos_turns(u * 1.3 + marble)) : 0;
    struct color c =
        scale(rgb(kind[0], kind[1], kind[2]), tone * (1 + 0.55 * marble + 0.10 * speck));
    return mix(c, rgb(0.88, 0.86, 0.82), 0.7 * band);
}

/* Paints one stone over what is there, with its shadow on what lies below. */
static void pebble_paint(struct canvas *canvas, const struct pebble *p)
{
    double reach = 1.25 * p->radius;
    int x0 = (int)((p->x - reach) * canvas->height), x1 = (int)((p->x + reach) * canvas->height);
    int y0 = (int)((p->y - reach) * canvas->height), y1 = (int)((p->y + reach) * canvas->height);
    for (int y = y0 < 0 ? 0 : y0; y <= y1 && y < canvas->height; y++) {
        for (int x = x0 < 0 ? 0 : x0; x <= x1 && x < canvas->width; x++) {
            double dx = (x + 0.5) / canvas->height - p->x, dy = (y + 0.5) / canvas->height - p->y;
            double u = (dx * p->cos_angle + dy * p->sin_angle) / p->radius;
            double v = (dy * p->cos_angle - dx * p->sin_angle) / (p->radius * p->flat);
            double wobble = 1 + 0.16 * noise(u * 1.1 + 5, v * 1.1, 2000 + (uint32_t)p->number);
            double d2 = (u * u + v * v) * wobble;
            struct color *c = canvas_at(canvas, x, y);
            if (d2 < 1) {
                double z = sqrt(1 - d2);
                double nx = u * p->cos_angle - v * p->sin_angle;
                double ny = u * p->sin_angle + v * p->cos_angle;
                double light = 0.30 + 0.72 * clamp01(0.72 * z - 0.42 * nx - 0.52 * ny);
                double gloss = smoothstep(0.94, 1.0, 0.80 * z - 0.36 * nx - 0.46 * ny);
                *c = mix(scale(pebble_color(p, u, v), light), rgb(1, 0.98, 0.94), 0.22 * gloss);
            } else {
                double sx = u - 0.16, sy = v - 0.20;
                *c = scale(*c, 1 - 0.60 * (1 - smoothstep(0.75, 1.35, sx * sx + sy * sy)));
            }
        }
    }
}

void paint_pebbles(struct canvas *canvas)
{
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width; x++)
            *canvas_at(canvas, x, y) = rgb(0.16, 0.14, 0.12);
    for (int number = 1; number <= 5200; number++) {
        struct pebble p = pebble_make(canvas, number);
        pebble_paint(canvas, &p);
    }
}

/* ---- balloons -----------------------------------------------------------------------------------
 */

struct balloon {
    double x, y, radius;
    int palette;
};

/* Blends the balloon over *below where it covers the position. */
static void balloon_over(struct color *below, const struct balloon *b, double x, double y,
                         double haze)
{
    static const double palettes[4][3][3] = {
        {{0.86, 0.15, 0.12}, {0.98, 0.80, 0.20}, {0.95, 0.45, 0.10}},
        {{0.12, 0.30, 0.66}, {0.95, 0.95, 0.92}, {0.85, 0.16, 0.20}},
        {{0.10, 0.52, 0.46}, {0.98, 0.86, 0.45}, {0.93, 0.36, 0.22}},
        {{0.45, 0.20, 0.52}, {0.96, 0.62, 0.70}, {0.99, 0.90, 0.75}}};
    double u = (x - b->x) / b->radius, v = (y - b->y) / b->radius;
    double basket_x = fabs(u), basket_y = v - 1.62;
    struct color c;
    if (basket_x < 0.13 && fabs(basket_y) < 0.11) {
        double weave = cos_turns(u * 40) * cos_turns(v * 40);
        c = scale(rgb(0.46, 0.30, 0.17), 0.8 + 0.25 * weave - 1.2 * u);
    } else if (v > 1.28 && v < 1.52 && fabs(basket_x - (0.20 - 0.30 * (v - 1.28))) < 0.012) {
        c = rgb(0.25, 0.20, 0.17);
    } else {
        /* The envelope: a half circle above, a cone with a rounded waist below. */
        double width = v < 0 ? sqrt(1 - clamp01(v * v)) : 1 - 0.08 * v - 0.44 * v * v;
        if (v < -1 || v > 1.28 || fabs(u) > width)
            return;
        double across = u / width, z = sqrt(1 - clamp01(across * across));
        /* Gores are equally wide around the balloon: the angle seen at `across`, by its series. */
        double angle = across / (1 + 0.57 * z) * 1.0;
        int gore = (int)floor((angle + 1) * 8), stripe = (int)floor((v + 1) * 4 + 0.18 * gore);
        const double *dye =
            palettes[b->palette][(gore % 2 == 0 ? 0 : 1) + (stripe % 4 == 3 ? 1 : 0)];
        double seam = fabs((angle + 1) * 8 - gore - 0.5) * 2;
        double fold = 1 - 0.14 * smoothstep(0.6, 1, seam) + 0.05 * fractal(u * 9, v * 9, 4, 151);
        double light = 0.42 + 0.62 * clamp01(0.55 * z + 0.50 * across - 0.38 * v);
        c = scale(rgb(dye[0], dye[1], dye[2]), light * fold);
        c = mix(c, rgb(1, 0.97, 0.88),
                0.30 * smoothstep(0.86, 1.0, 0.55 * z + 0.62 * across - 0.55 * v));
    }
    *below = mix(c, rgb(0.84, 0.86, 0.90), haze);
}

static struct color balloons(double x, double y)
{
    static const struct balloon fleet[] = {{0.60, 0.56, 0.026, 1}, {0.09, 0.45, 0.034, 2},
                                           {0.44, 0.36, 0.045, 3}, {0.62, 0.20, 0.074, 2},
                                           {0.13, 0.17, 0.058, 1}, {0.33, 0.58, 0.130, 0}};
    struct color c = mix(rgb(0.22, 0.44, 0.78), rgb(0.93, 0.90, 0.86), smoothstep(0, 0.85, y));
    double cloud = fractal(x * 2.4, y * 6 + 3, 7, 161);
    c = mix(c, rgb(0.98, 0.97, 0.96), 0.8 * smoothstep(0.02, 0.45, cloud + 0.25 * (y - 0.4)));
    for (int i = 0; i < 4; i++) {
        double hill = 0.80 + 0.055 * i - 0.07 * fractal(x * (2 + i) + 5 * i, 3, 6, 171);
        if (y < hill)
            continue;
        double rows = cos_turns((x * (12 + 3 * i) + y * 30 * (i % 2 ? 1 : -1)) * 1.5);
        double grain = fractal(x * 70, y * 120, 5, 173), fields = noise(x * 6 + i, y * 22, 175);
        struct color field =
            mix(rgb(0.22, 0.33, 0.13), rgb(0.74, 0.66, 0.32), smoothstep(-0.3, 0.4, fields));
        field = scale(field, 0.80 + 0.10 * rows + 0.55 * grain);
        c = mix(field, rgb(0.78, 0.82, 0.86), 0.60 - 0.19 * i);
    }
    for (size_t i = 0; i < sizeof fleet / sizeof *fleet; i++)
        balloon_over(&c, &fleet[i], x, y, clamp01(0.45 - 4.2 * fleet[i].radius));
    return c;
}

void paint_balloons(struct canvas *canvas)
{
    paint_each(canvas, balloons);
}

static struct color balloon_cutout(double x, double y)
{
    struct color c = {0, 0, 0, 0};
    balloon_over(&c, &(struct balloon){0.40, 0.38, 0.34, 0}, x, y, 0);
    return c;
}

/* Alpha weights colour when 2 x 2 pixels are averaged: the colour of an edge must not darken. */
void paint_balloon_cutout(struct canvas *canvas)
{
    paint_each(canvas, balloon_cutout);
}

/* ---- the moon
 * -------------------------------------------------------------------------------------- */

/* Height of the ground at longitude and latitude: plains, and craters with a rim in every cell. */
static double moon_height(double u, double v)
{
    double height = 0.10 * fractal(u * 3, v * 3, 7, 181);
    for (int level = 0; level < 5; level++) {
        double cells = 3.5 * (1 << level), x = u * cells, y = v * cells;
        for (int j = (int)floor(y) - 1; j <= (int)floor(y) + 1; j++) {
            for (int i = (int)floor(x) - 1; i <= (int)floor(x) + 1; i++) {
                uint32_t seed = 191 + 4 * (uint32_t)level;
                double dx = x - i - random_at(i, j, seed), dy = y - j - random_at(i, j, seed + 1);
                double radius = 0.15 + 0.4 * random_at(i, j, seed + 2);
                double d = sqrt(dx * dx + dy * dy) / radius;
                if (d < 1.6)
                    height += 0.30 * radius / cells *
                              (d < 1 ? 2.2 * d * d - 1.4 : 0.8 * (1 - smoothstep(1, 1.6, d)));
            }
        }
    }
    return height;
}

static struct color moon(double x, double y)
{
    double u = (x - 0.5) / 0.43, v = (y - 0.5) / 0.43, d2 = u * u + v * v;
    if (d2 >= 1) {
        int cell_x = (int)(x * 110), cell_y = (int)(y * 110);
        double bright = random_at(cell_x, cell_y, 201);
        double dx = x * 110 - cell_x - 0.5, dy = y * 110 - cell_y - 0.5;
        double glow = 0.05 / (1 + 40 * (d2 - 1));
        double star = bright > 0.985 ? clamp01(0.35 - dx * dx * 9 - dy * dy * 9) * 2 : 0;
        return rgb(0.02 + glow + star, 0.02 + glow + star, 0.02 + glow + star);
    }
    double z = sqrt(1 - d2), bulge = 1 / (0.55 + 0.45 * z), e = 0.0035;
    double here = moon_height(u * bulge, v * bulge);
    double slope_x = (moon_height(u * bulge + e, v * bulge) - here) / e;
    double slope_y = (moon_height(u * bulge, v * bulge + e) - here) / e;
    double nx = u - 0.5 * slope_x, ny = v - 0.5 * slope_y, length = sqrt(nx * nx + ny * ny + z * z);
    double light = clamp01((-0.70 * nx - 0.22 * ny + 0.68 * z) / length);
    double plains = smoothstep(-0.02, 0.22, fractal(u * 1.6 + 3, v * 1.6, 5, 211));
    double value = (0.86 - 0.36 * plains + 0.12 * fractal(u * 24, v * 24, 4, 213)) * sqrt(light);
    return rgb(value, value, value);
}

void paint_moon(struct canvas *canvas)
{
    paint_each(canvas, moon);
}

/* ---- marbles: a small ray tracer
 * ----------------------------------------------------------------- */

struct vector {
    double x, y, z;
};

static double dot(struct vector a, struct vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static struct vector along(struct vector from, struct vector direction, double distance)
{
    return (struct vector){from.x + direction.x * distance, from.y + direction.y * distance,
                           from.z + direction.z * distance};
}

static struct vector normalize(struct vector v)
{
    double length = sqrt(dot(v, v));
    return (struct vector){v.x / length, v.y / length, v.z / length};
}

static const struct marble {
    struct vector center;
    double radius;
    double color[3];
} marbles[] = {{{-0.95, 0.50, 0.2}, 0.50, {0.80, 0.16, 0.14}},
               {{0.25, 0.62, 0.9}, 0.62, {0.12, 0.34, 0.62}},
               {{1.25, 0.40, 0.0}, 0.40, {0.92, 0.68, 0.16}},
               {{-0.12, 0.28, -0.7}, 0.28, {0.14, 0.52, 0.34}},
               {{0.62, 0.20, -0.9}, 0.20, {0.86, 0.84, 0.80}},
               {{-1.75, 0.34, 1.3}, 0.34, {0.40, 0.24, 0.52}},
               {{-0.72, 0.16, -1.0}, 0.16, {0.88, 0.45, 0.16}},
               {{1.9, 0.55, 1.6}, 0.55, {0.24, 0.56, 0.62}}};
#define MARBLES ((int)(sizeof marbles / sizeof *marbles))

/* Distance to the marble along the ray, or -1. */
static double marble_hit(const struct marble *m, struct vector from, struct vector direction)
{
    struct vector to = along(from, m->center, -1); /* from - center */
    double b = dot(to, direction), c = dot(to, to) - m->radius * m->radius, d = b * b - c;
    return d < 0 || -b - sqrt(d) < 1e-6 ? -1 : -b - sqrt(d);
}

static const struct vector to_light = {-0.48, 0.78, -0.40};

/* 0 in full shadow; grows with the angle by which the ray to the light misses the marbles. */
static double light_reaching(struct vector point)
{
    double reaching = 1;
    for (int i = 0; i < MARBLES; i++) {
        struct vector to = along(marbles[i].center, point, -1);
        double ahead = dot(to, to_light);
        double miss = sqrt(fabs(dot(to, to) - ahead * ahead)) - marbles[i].radius;
        if (ahead > 0)
            reaching *= smoothstep(-0.10, 0.10, miss / (0.4 + ahead) + (ahead < marbles[i].radius));
    }
    return reaching;
}

static struct color table_color(struct vector p)
{
    double plank = floor(p.x * 1.4 + 20), grain;
    grain = fractal(p.x * 14 + 9 * plank, p.z * 1.3 + 3 * plank, 5, 221);
    double ring = cos_turns(p.x * 5 + 2.5 * grain + 0.37 * plank);
    double gap = smoothstep(0.0, 0.03, fabs(p.x * 1.4 + 20 - plank - 0.5) * -1 + 0.5);
    struct color wood =
        mix(rgb(0.42, 0.26, 0.15), rgb(0.74, 0.53, 0.33), clamp01(0.5 + 0.2 * ring + 0.6 * grain));
    return scale(wood, (0.45 + 0.55 * gap) * (0.95 + 0.1 * random_at((int)plank, 0, 223)));
}

/* What a ray sees; reflections go `depth` bounces far. */
static struct color trace(struct vector from, struct vector direction, int depth)
{
    double nearest = 1e9;
    int hit = -1;
    for (int i = 0; i < MARBLES; i++) {
        double t = marble_hit(&marbles[i], from, direction);
        if (t > 0 && t < nearest) {
            nearest = t;
            hit = i;
        }
    }
    if (hit < 0 && direction.y > -0.02) {
        double window = smoothstep(0.86, 0.93, dot(direction, to_light));
        return mix(mix(rgb(0.66, 0.62, 0.58), rgb(0.30, 0.34, 0.42), clamp01(direction.y * 2)),
                   rgb(1, 1, 0.97), window);
    }
    if (hit < 0) {
        struct vector p = along(from, direction, -from.y / direction.y);
        double far = sqrt(p.x * p.x + p.z * p.z);
        struct color c = scale(table_color(p), 0.36 + 0.64 * light_reaching(p));
        return mix(c, rgb(0.66, 0.62, 0.58), smoothstep(3, 14, far));
    }
    const struct marble *m = &marbles[hit];
    struct vector p = along(from, direction, nearest), n = along(p, m->center, -1);
    n = normalize(n);
    double swirl = fractal(n.x * 1.7 + hit, n.y * 1.7 + n.z * 1.3, 6, 231);
    struct color c = mix(rgb(m->color[0], m->color[1], m->color[2]), rgb(0.97, 0.95, 0.90),
                         0.75 * smoothstep(0.08, 0.30, fabs(swirl)));
    double lit = clamp01(dot(n, to_light)) * light_reaching(along(p, n, 0.02));
    c = scale(c, 0.30 + 0.14 * n.y + 0.66 * lit);
    if (depth == 0)
        return c;
    double facing = clamp01(-dot(n, direction)), glance = 1 - facing;
    struct vector away = along(direction, n, 2 * facing);
    return mix(c, trace(along(p, n, 1e-4), normalize(away), depth - 1),
               0.07 + 0.75 * glance * glance * glance * glance);
}

static struct color marbles_view(double x, double y)
{
    struct vector eye = {0, 1.75, -4.2};
    return trace(eye, normalize((struct vector){(x - 0.75) * 0.82, (0.17 - y) * 0.82, 1.15}), 3);
}

void paint_marbles(struct canvas *canvas)
{
    paint_each(canvas, marbles_view);
}

static struct color dusk(double x, double y)
{
    struct color c = mix(rgb(0.05, 0.07, 0.20), rgb(0.52, 0.30, 0.36), smoothstep(0, 0.9, y));
    double dx = x - 0.9, dy = y - 1.02;
    return mix(c, rgb(0.99, 0.66, 0.30), 0.8 / (1 + 9 * (dx * dx + 2 * dy * dy)));
}

void paint_dusk(struct canvas *canvas)
{
    paint_each(canvas, dusk);
}
