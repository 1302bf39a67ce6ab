/* Checks of arguments and the cut of an image into bands, shared by the kernels of this folder. */
#ifndef PELTON_IMAGE_CHECK_H
#define PELTON_IMAGE_CHECK_H

#include <pelton/image.h>

/* 0, or -EINVAL with the reason in *err: is this an image that holds something? */
int pel_image_check(const struct pel_image *image, struct pel_error *err);

/* Both are images, and of the same size. */
int pel_image_check_pair(const struct pel_image *src, const struct pel_image *dst,
                         struct pel_error *err);

static inline int pel_image_invalid(struct pel_error *err, const char *message)
{
    return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, message);
}

static inline const unsigned char *pel_image_row(const struct pel_image *image, size_t y)
{
    return image->data + y * image->stride_bytes;
}

static inline unsigned char *pel_image_row_mut(const struct pel_image *image, size_t y)
{
    return image->data + y * image->stride_bytes;
}

/* Calls rows(ctx, lo, hi) for bands of about 256 KiB that together are [0, nrows), over the team.
 * The bands are small whatever the team, so that cancelling takes effect soon. */
int pel_image_run_rows(const struct pel_team *team, size_t nrows, size_t row_nbytes,
                       void (*rows)(void *ctx, size_t lo, size_t hi), void *ctx,
                       struct pel_error *err);

#endif
