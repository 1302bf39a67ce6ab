/* What the formats of io/codec share; internal.
 *
 * To add a format: a file here with its struct pel_codec, a declaration below, a line in codec.c's
 * table, and samples in tests/support/pictures.c, which most of tests/io/test_codec*.c covers; what
 * --format and the help of apps/image/image.c say. With a library of its own: find_package and both link
 * lists in CMakeLists.txt, scripts/setup.sh, scripts/package/, and tests/house/includes.sh.
 */
#ifndef PELTON_IO_CODEC_FORMAT_H
#define PELTON_IO_CODEC_FORMAT_H

#include <pelton/codec.h>

#include "../error.h"

extern const struct pel_codec pel_codec_png, pel_codec_jpeg, pel_codec_bmp, pel_codec_pnm,
    pel_codec_gif, pel_codec_tga;

/* The options themselves, or the usual ones for NULL. */
const struct pel_decode_options *pel_decode_options_or_usual(const struct pel_decode_options *options);

/* Completes what a header said with image_nbytes and holds it against the limits: the last step of
 * every info. width, height, channels, bits and work_nbytes are filled in. On failure *info is
 * zeroed. */
int pel_codec_check_info(struct pel_picture_info *info, const struct pel_decode_options *options,
                         struct pel_error *err);

/* Refuses what the encoder of `codec` has no place for. 0 or -EINVAL. */
int pel_codec_check_encode(const struct pel_codec *codec, const struct pel_image *image,
                           struct pel_error *err);

/* Sets the picture's flags, and the first complaint as its warning. */
void pel_codec_flag(struct pel_picture *picture, unsigned flags, const char *warning);

/* Zeroes rows [lo, hi): what a cut file has nothing for. */
void pel_codec_clear_rows(struct pel_image *image, size_t lo, size_t hi);

/* For formats whose header tells where each row lies: may a file with so many rows be decoded?
 * Before anything is allocated. 0, or -EBADMSG. */
int pel_codec_check_rows(const struct pel_codec *codec, size_t nrows, size_t height,
                         const struct pel_decode_options *options, struct pel_error *err);

/* Where nrows is less than the height: zeroes the others (the upper ones, when the file begins at
 * the bottom) and flags the picture. */
void pel_codec_keep_rows(struct pel_picture *picture, size_t nrows, bool bottom_up);

/* Bytes that grow while an encoder writes. pel_sink_finish hands them over; otherwise free(data).
 */
struct pel_sink {
    unsigned char *data;
    size_t nbytes, room;
};
/* 0, or -ENOMEM with the sink as it was. */
int pel_sink_reserve(struct pel_sink *sink, size_t nbytes);
int pel_sink_write(struct pel_sink *sink, const void *data, size_t nbytes);
void pel_sink_finish(struct pel_sink *sink, struct pel_bytes *out);

static inline unsigned pel_read_be16(const unsigned char *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t pel_read_be32(const unsigned char *p)
{
    return (uint32_t)pel_read_be16(p) << 16 | pel_read_be16(p + 2);
}

static inline unsigned pel_read_le16(const unsigned char *p)
{
    return (unsigned)p[1] << 8 | p[0];
}

static inline uint32_t pel_read_le32(const unsigned char *p)
{
    return (uint32_t)pel_read_le16(p + 2) << 16 | pel_read_le16(p);
}

#endif
