#include "image/check.h"
#include "image/sample.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a row with padding; -EOVERFLOW cannot happen for sides that are accepted. */
static size_t padded_row(size_t width, int channels, int bits)
{
    size_t nbytes = width * (size_t)channels * ((size_t)bits / 8);
    return (nbytes + PEL_CACHE_LINE - 1) / PEL_CACHE_LINE * PEL_CACHE_LINE;
}

int pel_image_nbytes(size_t width, size_t height, int channels, int bits, size_t *nbytes)
{
    *nbytes = 0;
    if (width < 1 || width > PEL_IMAGE_MAX_SIDE || height < 1 || height > PEL_IMAGE_MAX_SIDE ||
        channels < 1 || channels > 4 || (bits != 8 && bits != 16))
        return -EINVAL;
    return pel_size_mul(padded_row(width, channels, bits), height, nbytes);
}

int pel_image_alloc(struct pel_image *image, size_t width, size_t height, int channels, int bits,
                    struct pel_error *err)
{
    size_t nbytes;
    *image = (struct pel_image){0};
    int status = pel_image_nbytes(width, height, channels, bits, &nbytes);
    if (status == -EINVAL)
        return pel_image_invalid(err, "no such image: sides are 1 to 16777215, channels 1 to 4, "
                                      "bits 8 or 16");
    if (status)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "the image's size overflows");
    unsigned char *data = aligned_alloc(PEL_CACHE_LINE, nbytes);
    if (!data)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "not enough memory for the image");
    *image = (struct pel_image){.data = data,
                                .width = width,
                                .height = height,
                                .stride_bytes = padded_row(width, channels, bits),
                                .channels = channels,
                                .bits = bits};
    return 0;
}

void pel_image_free(struct pel_image *image)
{
    free(image->data);
    *image = (struct pel_image){0};
}

struct pel_image pel_image_view(const struct pel_image *image, size_t x, size_t y, size_t width,
                                size_t height)
{
    assert(x <= image->width && width <= image->width - x);
    assert(y <= image->height && height <= image->height - y);
    struct pel_image view = *image;
    size_t pixel_nbytes = (size_t)image->channels * ((size_t)image->bits / 8);
    view.data += y * image->stride_bytes + x * pixel_nbytes;
    view.width = width;
    view.height = height;
    return view;
}

void pel_image_fill(struct pel_image *image, const uint16_t color[4])
{
    uint16_t samples[4] = {color[0], color[1], color[2], color[3]};
    if (image->channels <= 2) {
        samples[0] = pel_gray_bt601_16(color);
        samples[1] = color[3];
    }
    size_t nsamples = image->width * (size_t)image->channels;
    for (size_t i = 0; i < nsamples; i++) {
        uint16_t sample = samples[i % (size_t)image->channels];
        if (image->bits == 8)
            image->data[i] = pel_depth_8(sample);
        else
            ((uint16_t *)(void *)image->data)[i] = sample;
    }
    for (size_t y = 1; y < image->height; y++)
        memcpy(pel_image_row_mut(image, y), image->data, pel_image_row_nbytes(image));
}
