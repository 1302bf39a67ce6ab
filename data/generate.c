/* Makes the sample files of data/samples: `pelton_samples DIR` writes them below DIR, and
 * `pelton_samples --check DIR` compares those that are there with what it would write.
 *
 * The check ends with 0 (same bytes), 77 (same pixels, other bytes: libpng or libjpeg compress
 * differently in another version) or 1.
 *
 * To add a sample: a line in `samples` and one in README.md. */
#include "formats.h"
#include "scenes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct canvas render(void (*paint)(struct canvas *), int width, int height)
{
    struct canvas large = canvas_make(2 * width, 2 * height);
    paint(&large);
    return canvas_halve(&large);
}

static struct canvas photograph(void (*paint)(struct canvas *), int width, int height)
{
    struct canvas canvas = render(paint, width, height);
    canvas_add_noise(&canvas, 1.0 / 255, 7);
    return canvas;
}

static struct bytes encode_jpeg(struct canvas canvas, struct jpeg_style style)
{
    struct bytes out = write_jpeg(&canvas, style);
    canvas_free(&canvas);
    return out;
}

static struct bytes encode_png(struct canvas canvas, struct png_style style)
{
    struct bytes out = write_png(&canvas, style);
    canvas_free(&canvas);
    return out;
}

static struct bytes encode(struct canvas canvas, struct bytes (*write)(const struct canvas *))
{
    struct bytes out = write(&canvas);
    canvas_free(&canvas);
    return out;
}

static struct bytes lake(void)
{
    return encode_jpeg(photograph(paint_lake, 768, 512), (struct jpeg_style){0});
}

static struct bytes pebbles(void)
{
    return encode_jpeg(photograph(paint_pebbles, 640, 480), (struct jpeg_style){.progressive = 1});
}

static struct bytes balloons(void)
{
    struct canvas upright = photograph(paint_balloons, 400, 560);
    return encode_jpeg(canvas_turn_left(&upright), (struct jpeg_style){.orientation = 6});
}

static struct bytes moon(void)
{
    return encode_jpeg(photograph(paint_moon, 480, 480), (struct jpeg_style){.gray = 1});
}

static struct bytes marbles(void)
{
    return encode_png(photograph(paint_marbles, 480, 320), (struct png_style){.kind = PNG_RGB8});
}

/* Zone plate, page and chart are exact: painted at their own size, without averaging. */
static struct canvas drawing(void (*paint)(struct canvas *), int width, int height)
{
    struct canvas canvas = canvas_make(width, height);
    paint(&canvas);
    return canvas;
}

static struct bytes zone_plate(void)
{
    return encode_png(drawing(paint_zone_plate, 400, 400), (struct png_style){.kind = PNG_GRAY8});
}

static struct bytes text_page(void)
{
    return encode_png(drawing(paint_text_page, 900, 1000), (struct png_style){.kind = PNG_GRAY1});
}

static struct bytes color_chart(void)
{
    return encode_png(drawing(paint_color_chart, 480, 240),
                      (struct png_style){.kind = PNG_PALETTE});
}

static struct bytes alpha(void)
{
    return encode_png(render(paint_balloon_cutout, 240, 300),
                      (struct png_style){.kind = PNG_RGBA8});
}

static struct bytes depth_16(void)
{
    return encode_png(drawing(paint_dusk, 192, 128), (struct png_style){.kind = PNG_RGB16});
}

static struct bytes interlaced(void)
{
    return encode_png(render(paint_marbles, 192, 128),
                      (struct png_style){.kind = PNG_RGB8, .interlaced = 1});
}

static struct bytes bmp(void)
{
    return encode(render(paint_lake, 191, 128), write_bmp);
}

static struct bytes gif(void)
{
    return encode(render(paint_balloons, 128, 180), write_gif);
}

static struct bytes tga(void)
{
    return encode(render(paint_balloon_cutout, 120, 150), write_tga);
}

static struct bytes ppm(void)
{
    return encode(render(paint_pebbles, 160, 120), write_ppm);
}

/* ---- broken ones
 * --------------------------------------------------------------------------------- */

static struct bytes truncated_jpeg(void)
{
    struct bytes file = encode_jpeg(photograph(paint_lake, 192, 128), (struct jpeg_style){0});
    file.nbytes = file.nbytes * 6 / 10;
    return file;
}

static struct bytes truncated_png(void)
{
    struct bytes file = interlaced();
    file.nbytes /= 2;
    return file;
}

/* One bit of the checksum of the image data is wrong: the last four bytes before IEND's twelve. */
static struct bytes bad_checksum(void)
{
    struct bytes file =
        encode_png(drawing(paint_color_chart, 96, 48), (struct png_style){.kind = PNG_RGB8});
    file.data[file.nbytes - 13] ^= 1;
    return file;
}

static struct bytes text_called_png(void)
{
    struct bytes file = {NULL, 0};
    const char *text = "This is a text, whatever its name says.\n";
    bytes_add(&file, text, strlen(text));
    return file;
}

static struct bytes empty(void)
{
    struct bytes file = {NULL, 0};
    bytes_add(&file, "", 0);
    return file;
}

/* A valid header that asks for 100000 x 100000 RGB pixels, 30 GB, and hardly any data. */
static struct bytes huge_header(void)
{
    static const unsigned char png[] = {
        0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', /* signature */
        0,    0,    0,    13,   'I',  'H',  'D',  'R',  /* header chunk: */
        0,    1,    0x86, 0xa0, 0,    1,    0x86, 0xa0, 8,    2,    0,    0,
        0,                      /* 100000, 100000, RGB8 */
        0x27, 0x30, 0x9c, 0x9f, /* CRC-32 of that chunk */
        0,    0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82};
    struct bytes file = {NULL, 0};
    bytes_add(&file, png, sizeof png);
    return file;
}

static const struct sample {
    const char *path;
    struct bytes (*make)(void);
} samples[] = {
    {"photos/Zürich lake.jpg", lake},
    {"photos/pebbles.jpg", pebbles},
    {"photos/balloons.jpg", balloons},
    {"photos/night/moon.jpg", moon},
    {"photos/marbles.png", marbles},
    {"charts/zone-plate.png", zone_plate},
    {"charts/text-page.png", text_page},
    {"charts/colors.png", color_chart},
    {"formats/alpha.png", alpha},
    {"formats/depth-16.png", depth_16},
    {"formats/interlaced.png", interlaced},
    {"formats/lake.bmp", bmp},
    {"formats/balloons.gif", gif},
    {"formats/balloon.tga", tga},
    {"formats/pebbles.ppm", ppm},
    {"broken/truncated-photo.jpg", truncated_jpeg},
    {"broken/truncated-interlaced.png", truncated_png},
    {"broken/bad-checksum.png", bad_checksum},
    {"broken/text.png", text_called_png},
    {"broken/empty.jpg", empty},
    {"broken/huge-header.png", huge_header},
};
#define SAMPLES (sizeof samples / sizeof *samples)

/* ---- files
 * ---------------------------------------------------------------------------------------- */

static void make_folders(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            perror(path);
        *slash = '/';
    }
}

static int save(char *path, struct bytes file)
{
    make_folders(path);
    FILE *stream = fopen(path, "wb");
    int ok = stream && fwrite(file.data, 1, file.nbytes, stream) == file.nbytes;
    if (stream && fclose(stream) != 0)
        ok = 0;
    if (!ok)
        perror(path);
    return ok;
}

static int load(const char *path, struct bytes *file)
{
    unsigned char buffer[65536];
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        perror(path);
        return 0;
    }
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, stream)) > 0;)
        bytes_add(file, buffer, n);
    return fclose(stream) == 0;
}

enum verdict { SAME_BYTES = 0, DIFFERENT = 1, SAME_PIXELS = 77 };

static enum verdict check(const char *path, struct bytes made)
{
    struct bytes stored = {NULL, 0};
    enum verdict verdict = DIFFERENT;
    if (load(path, &stored)) {
        if (stored.nbytes == made.nbytes &&
            (made.nbytes == 0 || memcmp(stored.data, made.data, made.nbytes) == 0))
            verdict = SAME_BYTES;
        else if (same_pixels(made, stored))
            verdict = SAME_PIXELS;
    }
    if (verdict != SAME_BYTES)
        printf("%s: %s\n", path,
               verdict == SAME_PIXELS ? "same pixels, other bytes"
                                      : "not what the generator makes");
    free(stored.data);
    return verdict;
}

int main(int argc, char **argv)
{
    int checking = argc == 3 && strcmp(argv[1], "--check") == 0;
    if (argc != 2 && !checking) {
        fprintf(stderr, "usage: pelton_samples [--check] DIR\n");
        return 2;
    }
    int status = SAME_BYTES;
    for (size_t i = 0; i < SAMPLES; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", argv[argc - 1], samples[i].path);
        struct bytes file = samples[i].make();
        int result = checking ? (int)check(path, file) : !save(path, file);
        if (result == DIFFERENT || status == SAME_BYTES)
            status = result;
        free(file.data);
    }
    return status;
}
