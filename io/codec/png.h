/* PNG's two halves: png.c reads, png_write.c writes. */
#ifndef PELTON_IO_CODEC_PNG_H
#define PELTON_IO_CODEC_PNG_H

#include "format.h"

int pel_png_encode(const struct pel_picture *picture, const struct pel_encode_options *options,
                   struct pel_bytes *out, struct pel_error *err);

#endif
