/* --resize and --fit: from a size wish and an image's size to what is to be done. */
#ifndef PELTON_IMAGE_GEOMETRY_H
#define PELTON_IMAGE_GEOMETRY_H

#include <pelton/image.h>

enum fit {
    FIT_INSIDE,  /* as large as fits in W x H; keeps the shape (the default) */
    FIT_COVER,   /* fills W x H, keeps the shape, cuts off evenly what is over */
    FIT_CONTAIN, /* fits in W x H, keeps the shape, pads evenly to W x H */
    FIT_FILL,    /* W x H exactly, whatever the shape */
    FIT_COUNT
};
const char *fit_name(enum fit fit);

/* Zeroed: no resize. */
struct geometry {
    bool wanted;
    double percent;       /* of both sides; 0: width and height count */
    size_t width, height; /* 0: follows from the other */
    bool only_shrink, only_enlarge;
    enum fit fit;
};

/* Reads "800x600", "800x", "x600", "50%", each with > (only shrink), < (only enlarge) or ! (exact,
 * as --fit fill) behind it. On failure returns false with the reason. */
bool geometry_parse(const char *text, struct geometry *out, char reason[80]);

/* What becomes of an image of width x height. */
struct placement {
    bool resample;                      /* false: the pixels stay as they are */
    struct pel_box box;                 /* of the source */
    size_t width, height;               /* of the resampled picture */
    size_t canvas_width, canvas_height; /* of the output; larger than the picture with contain */
    size_t x, y;                        /* of the picture on the canvas */
};
struct placement geometry_place(const struct geometry *geometry, size_t width, size_t height);

#endif
