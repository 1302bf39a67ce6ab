/* stb_image, held on a short lead. It trusts its input in places (palettes shorter than their
 * indices, offsets, masks: parts of what it then reads are not initialised) and skips what it does
 * not know. So each format here parses the header itself, settles sizes and limits, and hands stb a
 * clean header of our own making, followed by the file's pixel data. */
#ifndef PELTON_IO_CODEC_STB_H
#define PELTON_IO_CODEC_STB_H

#include "format.h"

#define PEL_STB_LIBRARY "stb_image 2"

enum { PEL_STB_SEGMENTS = 4 };

/* Pieces that stb reads as one file. */
struct pel_stb_input {
    struct {
        const unsigned char *data; /* NULL: zeros */
        size_t nbytes;
    } segments[PEL_STB_SEGMENTS];
    bool ran_out;           /* out: it wanted more than there is, and got zeros */
    size_t index, position; /* its own: where it is */
};

/* Decodes to pixels of `channels`, of which the first image->channels become image. 0, -EBADMSG,
 * -ENOMEM, or -ENOTSUP for what stb gives up on though it is valid. */
int pel_stb_decode(const struct pel_codec *codec, struct pel_stb_input *input, int channels,
                   struct pel_image *image, struct pel_error *err);

/* Refuses sizes that stb, which would give so many channels, cannot count. On failure *info is
 * zeroed. 0 or -ENOTSUP. */
int pel_stb_check_size(const struct pel_codec *codec, struct pel_picture_info *info, int channels,
                       struct pel_error *err);

#endif
