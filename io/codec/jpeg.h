/* JPEG's two halves: jpeg.c reads, jpeg_write.c writes. */
#ifndef PELTON_IO_CODEC_JPEG_H
#define PELTON_IO_CODEC_JPEG_H

#include "format.h"

int pel_jpeg_encode(const struct pel_picture *picture, const struct pel_encode_options *options,
                    struct pel_bytes *out, struct pel_error *err);

#endif
