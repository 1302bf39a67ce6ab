#include "image/check.h"

#include <string.h>

/* dst(x, y) = src(u, v): each orientation is an optional exchange of x and y, then mirrors. */
struct orient_job {
    const struct pel_image *src;
    const struct pel_image *dst;
    bool swap;   /* columns of src become rows of dst */
    bool flip_x; /* src is read from right to left */
    bool flip_y; /* src is read from bottom to top */
};

/* Pixels are moved in squares of this side when rows become columns: at 8 bytes a pixel the lines
 * touched, 64 of src and 64 of dst, stay in a 32 KiB first-level cache. */
enum { SQUARE = 32 };

/* Copies the square of dst columns [x0, x1) and rows [y0, y1) where rows become columns. Inlined
 * with a constant pixel size, the memcpy is one move. */
static inline void transpose_square(const struct orient_job *job, size_t x0, size_t x1, size_t y0,
                                    size_t y1, size_t nbytes)
{
    for (size_t y = y0; y < y1; y++) {
        unsigned char *out = pel_image_row_mut(job->dst, y);
        size_t u = job->flip_x ? job->src->width - 1 - y : y;
        for (size_t x = x0; x < x1; x++) {
            size_t v = job->flip_y ? job->src->height - 1 - x : x;
            memcpy(out + x * nbytes, pel_image_row(job->src, v) + u * nbytes, nbytes);
        }
    }
}

static inline void transpose_rows(const struct orient_job *job, size_t lo, size_t hi, size_t nbytes)
{
    size_t width = job->dst->width;
    for (size_t y = lo; y < hi; y += SQUARE)
        for (size_t x = 0; x < width; x += SQUARE)
            transpose_square(job, x, width - x < SQUARE ? width : x + SQUARE, y,
                             hi - y < SQUARE ? hi : y + SQUARE, nbytes);
}

static inline void mirror_rows(const struct orient_job *job, size_t lo, size_t hi, size_t nbytes)
{
    size_t width = job->dst->width;
    for (size_t y = lo; y < hi; y++) {
        size_t v = job->flip_y ? job->src->height - 1 - y : y;
        const unsigned char *in = pel_image_row(job->src, v);
        unsigned char *out = pel_image_row_mut(job->dst, y);
        if (!job->flip_x) {
            memcpy(out, in, width * nbytes);
            continue;
        }
        for (size_t x = 0; x < width; x++)
            memcpy(out + x * nbytes, in + (width - 1 - x) * nbytes, nbytes);
    }
}

static inline void move_rows(const struct orient_job *job, size_t lo, size_t hi, size_t nbytes)
{
    if (job->swap)
        transpose_rows(job, lo, hi, nbytes);
    else
        mirror_rows(job, lo, hi, nbytes);
}

static void orient_rows(void *ctx, size_t lo, size_t hi)
{
    const struct orient_job *job = ctx;
    switch (job->src->channels * job->src->bits / 8) {
    case 1:
        move_rows(job, lo, hi, 1);
        break;
    case 2:
        move_rows(job, lo, hi, 2);
        break;
    case 3:
        move_rows(job, lo, hi, 3);
        break;
    case 4:
        move_rows(job, lo, hi, 4);
        break;
    case 6:
        move_rows(job, lo, hi, 6);
        break;
    case 8:
        move_rows(job, lo, hi, 8);
        break;
    }
}

static int check(const struct pel_image *src, const struct pel_image *dst, int orientation,
                 struct pel_error *err)
{
    int status = pel_image_check(src, err);
    if (!status)
        status = pel_image_check(dst, err);
    if (status)
        return status;
    if (orientation < 1 || orientation > 8)
        return pel_image_invalid(err, "no such orientation: they are 1 to 8");
    if (src->channels != dst->channels || src->bits != dst->bits)
        return pel_image_invalid(err, "src and dst differ in channels or bits");
    bool swap = pel_orientation_swaps(orientation);
    if (dst->width != (swap ? src->height : src->width) ||
        dst->height != (swap ? src->width : src->height))
        return pel_image_invalid(err, swap ? "dst must have src's width and height exchanged"
                                           : "src and dst differ in width or height");
    return 0;
}

int pel_image_orient(const struct pel_image *src, struct pel_image *dst, int orientation,
                     const struct pel_team *team, struct pel_error *err)
{
    int status = check(src, dst, orientation, err);
    if (status)
        return status;
    struct orient_job job = {.src = src, .dst = dst, .swap = pel_orientation_swaps(orientation)};
    job.flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    job.flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    return pel_image_run_rows(team, dst->height, pel_image_row_nbytes(dst), orient_rows, &job, err);
}
