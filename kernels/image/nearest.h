/* The nearest-neighbour resize, which shares nothing with the filters. */
#ifndef PELTON_IMAGE_NEAREST_H
#define PELTON_IMAGE_NEAREST_H

#include <pelton/image.h>

size_t pel_nearest_nbytes(const struct pel_image *dst);

/* Arguments have been checked; a zeroed box stands for the whole of src. */
int pel_nearest(const struct pel_image *src, const struct pel_image *dst, const struct pel_box *box,
                const struct pel_team *team, struct pel_error *err);

#endif
