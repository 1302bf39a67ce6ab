/* Writers of the sample files: a canvas to bytes in memory. */
#ifndef PELTON_DATA_FORMATS_H
#define PELTON_DATA_FORMATS_H

#include "canvas.h"

struct bytes {
    unsigned char *data;
    size_t nbytes;
};
void bytes_add(struct bytes *bytes, const void *data, size_t nbytes);

enum png_kind { PNG_RGB8, PNG_RGB16, PNG_RGBA8, PNG_PALETTE, PNG_GRAY8, PNG_GRAY1 };

struct png_style {
    enum png_kind kind;
    int interlaced;
};

struct jpeg_style {
    int gray, progressive;
    int orientation; /* EXIF, 0: no such tag */
};

/* PNG_PALETTE: at most 256 colours. */
struct bytes write_png(const struct canvas *canvas, struct png_style style);
/* Quality 90, 4:2:0. */
struct bytes write_jpeg(const struct canvas *canvas, struct jpeg_style style);
/* 24 bits a pixel, rows from bottom to top. */
struct bytes write_bmp(const struct canvas *canvas);
/* 124 colours by ordered dither, LZW codes of 8 bits that are never compressed. */
struct bytes write_gif(const struct canvas *canvas);
/* 32 bits a pixel, run-length packets, rows from top to bottom. */
struct bytes write_tga(const struct canvas *canvas);
/* P6. */
struct bytes write_ppm(const struct canvas *canvas);

/* Are two files the same picture? For the formats whose bytes depend on a library's version; 0 for
 * anything that is not a valid PNG or JPEG. */
int same_pixels(struct bytes a, struct bytes b);

#endif
