/* Pictures made by rule: a zone plate, a page of text with a chart, flat colours. */
#include "scenes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* cos(pi r^2 / n) with r in pixels: the local frequency grows linearly from the centre and reaches
 * the Nyquist limit, half a cycle a pixel, at r = n / 2, the middle of each side. Aliasing shows as
 * rings that are not concentric. */
void paint_zone_plate(struct canvas *canvas)
{
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            double dx = x + 0.5 - canvas->width / 2.0, dy = y + 0.5 - canvas->height / 2.0;
            double value = 0.5 + 0.5 * cos_turns((dx * dx + dy * dy) / (2.0 * canvas->width));
            *canvas_at(canvas, x, y) = rgb(value, value, value);
        }
    }
}

static void fill(struct canvas *canvas, int x, int y, int width, int height, struct color c)
{
    for (int j = y < 0 ? 0 : y; j < y + height && j < canvas->height; j++)
        for (int i = x < 0 ? 0 : x; i < x + width && i < canvas->width; i++)
            *canvas_at(canvas, i, j) = c;
}

/* 24 flat patches (hues at three tones, skin, sky, leaf) above 17 steps of gray. 41 colours. */
void paint_color_chart(struct canvas *canvas)
{
    static const double hues[8][3] = {{0.80, 0.12, 0.14}, {0.92, 0.50, 0.10}, {0.95, 0.83, 0.15},
                                      {0.25, 0.60, 0.22}, {0.10, 0.58, 0.60}, {0.13, 0.30, 0.66},
                                      {0.48, 0.22, 0.58}, {0.80, 0.30, 0.52}};
    static const double natural[8][3] = {{0.95, 0.82, 0.72}, {0.80, 0.58, 0.46}, {0.46, 0.29, 0.22},
                                         {0.52, 0.70, 0.88}, {0.34, 0.44, 0.20}, {0.62, 0.52, 0.36},
                                         {0.99, 0.97, 0.90}, {0.16, 0.18, 0.24}};
    int cell = canvas->width / 8, gap = cell / 12;
    fill(canvas, 0, 0, canvas->width, canvas->height, rgb(0.2, 0.2, 0.2));
    for (int i = 0; i < 8; i++) {
        struct color full = rgb(hues[i][0], hues[i][1], hues[i][2]);
        struct color rows[3] = {full, mix(full, rgb(1, 1, 1), 0.55),
                                rgb(natural[i][0], natural[i][1], natural[i][2])};
        for (int row = 0; row < 3; row++)
            fill(canvas, i * cell + gap, row * cell + gap, cell - 2 * gap, cell - 2 * gap,
                 rows[row]);
    }
    for (int i = 0; i < 17; i++) {
        int from = canvas->width * i / 17, to = canvas->width * (i + 1) / 17;
        fill(canvas, from, 3 * cell + gap, to - from, canvas->height - 3 * cell - 2 * gap,
             rgb(i / 16.0, i / 16.0, i / 16.0));
    }
}

/* ---- text
 * ------------------------------------------------------------------------------------------ */

/* 5 x 7 capitals: seven rows of five bits, the left pixel being 16. */
static const struct glyph {
    char character;
    unsigned char rows[7];
} font[] = {
    {'A', {4, 10, 17, 17, 31, 17, 17}},  {'B', {30, 17, 17, 30, 17, 17, 30}},
    {'C', {14, 17, 16, 16, 16, 17, 14}}, {'D', {28, 18, 17, 17, 17, 18, 28}},
    {'E', {31, 16, 16, 30, 16, 16, 31}}, {'F', {31, 16, 16, 30, 16, 16, 16}},
    {'G', {14, 17, 16, 19, 17, 17, 14}}, {'H', {17, 17, 17, 31, 17, 17, 17}},
    {'I', {14, 4, 4, 4, 4, 4, 14}},      {'J', {7, 2, 2, 2, 2, 18, 12}},
    {'K', {17, 18, 20, 24, 20, 18, 17}}, {'L', {16, 16, 16, 16, 16, 16, 31}},
    {'M', {17, 27, 21, 21, 17, 17, 17}}, {'N', {17, 25, 25, 21, 19, 19, 17}},
    {'O', {14, 17, 17, 17, 17, 17, 14}}, {'P', {30, 17, 17, 30, 16, 16, 16}},
    {'Q', {14, 17, 17, 17, 21, 18, 13}}, {'R', {30, 17, 17, 30, 20, 18, 17}},
    {'S', {15, 16, 16, 14, 1, 1, 30}},   {'T', {31, 4, 4, 4, 4, 4, 4}},
    {'U', {17, 17, 17, 17, 17, 17, 14}}, {'V', {17, 17, 17, 17, 10, 10, 4}},
    {'W', {17, 17, 17, 21, 21, 27, 17}}, {'X', {17, 17, 10, 4, 10, 17, 17}},
    {'Y', {17, 17, 10, 4, 4, 4, 4}},     {'Z', {31, 1, 2, 4, 8, 16, 31}},
    {'0', {14, 17, 19, 21, 25, 17, 14}}, {'1', {4, 12, 20, 4, 4, 4, 31}},
    {'2', {14, 17, 1, 6, 8, 16, 31}},    {'3', {30, 1, 1, 14, 1, 1, 30}},
    {'4', {2, 6, 10, 18, 31, 2, 2}},     {'5', {31, 16, 30, 1, 1, 17, 14}},
    {'6', {6, 8, 16, 30, 17, 17, 14}},   {'7', {31, 1, 2, 4, 4, 8, 8}},
    {'8', {14, 17, 17, 14, 17, 17, 14}}, {'9', {14, 17, 17, 15, 1, 2, 12}},
    {'.', {0, 0, 0, 0, 0, 12, 12}},      {',', {0, 0, 0, 0, 12, 4, 8}},
    {':', {0, 12, 12, 0, 12, 12, 0}},    {'-', {0, 0, 0, 14, 0, 0, 0}},
    {'\'', {4, 4, 8, 0, 0, 0, 0}},       {'%', {24, 25, 2, 4, 8, 19, 3}},
    {'(', {2, 4, 8, 8, 8, 4, 2}},        {')', {8, 4, 2, 2, 2, 4, 8}},
};

static const struct color black = {0, 0, 0, 1}, white = {1, 1, 1, 1};

/* Writes one line with its top left corner at (x, y); each font pixel is size x size. */
static void write_line(struct canvas *canvas, int x, int y, int size, const char *text)
{
    for (; *text; text++, x += 6 * size)
        for (size_t g = 0; g < sizeof font / sizeof *font; g++)
            for (int bit = 0; font[g].character == *text && bit < 35; bit++)
                if (font[g].rows[bit / 5] >> (4 - bit % 5) & 1)
                    fill(canvas, x + bit % 5 * size, y + bit / 5 * size, size, size, black);
}

static void draw_segment(struct canvas *canvas, int x0, int y0, int x1, int y1)
{
    for (int x = x0; x <= x1; x++)
        fill(canvas, x, y0 + (y1 - y0) * (x - x0) / (x1 - x0) - 1, 2, 3, black);
}

/* Bars for what one to eight nozzles give, and the line that would be ideal. */
static void draw_chart(struct canvas *canvas, int x, int y, int width, int height)
{
    static const int percent[8] = {12, 25, 37, 49, 60, 71, 81, 90};
    int step = width / 8;
    fill(canvas, x, y, 2, height, black);
    fill(canvas, x, y + height - 2, width, 2, black);
    for (int i = 0; i < 8; i++) {
        int bar = height * percent[i] / 100, left = x + i * step + step / 4;
        fill(canvas, left, y + height - bar, step / 2, bar, black);
        /* Hatching of every other bar: single-pixel lines, the hardest thing to shrink. */
        for (int row = y + height - bar + 2; i % 2 && row < y + height - 3; row += 2)
            fill(canvas, left + 2, row, step / 2 - 4, 1, white);
        char label[2] = {(char)('1' + i), 0};
        write_line(canvas, left + step / 4 - 5, y + height + 8, 2, label);
    }
    draw_segment(canvas, x + step / 2, y + height - height * 12 / 100, x + 7 * step + step / 2,
                 y + height - height * 97 / 100);
    for (int percent_line = 25; percent_line <= 100; percent_line += 25)
        for (int dot = x; dot < x + width; dot += 4)
            fill(canvas, dot, y + height - height * percent_line / 100, 1, 1, black);
}

void paint_text_page(struct canvas *canvas)
{
    static const char *const lines[] = {
        "THE PELTON WHEEL TURNS BECAUSE A JET NEVER STOPS FEEDING ITS",
        "BUCKETS. EACH BUCKET SPLITS THE WATER IN TWO AND SENDS IT BACK",
        "ALMOST THE WAY IT CAME, SO THAT NEARLY ALL OF ITS MOMENTUM IS",
        "LEFT WITH THE WHEEL. WHEN THE RIM RUNS AT HALF THE SPEED OF THE",
        "JET THE WATER FALLS OUT WITH HARDLY ANY SPEED LEFT: UP TO 90% OF",
        "THE POWER OF THE FALL REACHES THE SHAFT.",
        "",
        "A WHEEL WITH ONE NOZZLE IS SIMPLE. MORE NOZZLES GIVE MORE POWER,",
        "UP TO SIX ON ONE WHEEL, AS LONG AS THE JETS DO NOT DISTURB EACH",
        "OTHER. THE CHART SHOWS POWER (%) OVER THE NUMBER OF NOZZLES, AND",
        "THE STRAIGHT LINE THAT NO REAL WHEEL QUITE FOLLOWS."};
    fill(canvas, 0, 0, canvas->width, canvas->height, white);
    write_line(canvas, 48, 48, 5, "JET AND BUCKETS");
    fill(canvas, 48, 98, canvas->width - 96, 3, black);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        write_line(canvas, 48, 124 + 22 * (int)i, 2, lines[i]);
    draw_chart(canvas, 110, 420, canvas->width - 220, 360);
    write_line(canvas, 48, 850, 1,
               "SMALL PRINT: 5 X 7 PIXELS A LETTER. 0123456789 (THE LIMIT OF WHAT CAN BE READ).");
    for (int i = 0; i < 60; i++) /* lines 1 to 5 pixels apart */
        fill(canvas, 48 + i * (1 + i / 12) * 2, 880, 1 + i / 12, 60, black);
}
