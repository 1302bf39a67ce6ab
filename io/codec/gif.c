/* gif: the first frame on its canvas; read only, by stb_image behind a header of our own. What the
 * frame does not cover is transparent, as in browsers. CompuServe's "GIF89a Specification". */
#include "stb.h"

#include <string.h>

enum {
    HEADER_NBYTES = 13,
    DESCRIPTOR_NBYTES = 10,
    BLOCK_EXTENSION = 0x21,
    BLOCK_IMAGE = 0x2c,
    BLOCK_END = 0x3b,
    GRAPHIC_CONTROL = 0xf9,
    /* stb keeps, for each pixel: the picture, the background (4 bytes each) and a flag. */
    STB_PIXEL_NBYTES = 9,
    STB_NBYTES = 128 * 1024 /* code tables */
};

struct header {
    size_t width, height; /* of the canvas, enlarged to hold the first frame */
    bool alpha;
    size_t after; /* offset of the first frame's coded data */
};

static bool is_gif(const unsigned char *data, size_t nbytes)
{
    return nbytes >= 6 && (memcmp(data, "GIF87a", 6) == 0 || memcmp(data, "GIF89a", 6) == 0);
}

static size_t table_nbytes(unsigned flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Passes over sub-blocks, each a length and so many bytes, up to the one of length 0. The offset
 * after it, or nbytes. */
static size_t skip_sub_blocks(const unsigned char *data, size_t nbytes, size_t at)
{
    while (at < nbytes && data[at] != 0)
        at += 1 + (size_t)data[at];
    return at < nbytes ? at + 1 : nbytes;
}

/* The offset of the next image descriptor from `at` on, or nbytes. *transparent: is there a
 * transparent colour by the last graphic control extension passed? */
static size_t find_image(const unsigned char *data, size_t nbytes, size_t at, bool *transparent)
{
    while (at + 1 < nbytes && data[at] == BLOCK_EXTENSION) {
        if (data[at + 1] == GRAPHIC_CONTROL && at + 3 < nbytes && data[at + 2] == 4)
            *transparent = data[at + 3] & 1;
        at = skip_sub_blocks(data, nbytes, at + 2);
    }
    return at < nbytes && data[at] == BLOCK_IMAGE ? at : nbytes;
}

static int parse(const unsigned char *data, size_t nbytes, struct header *header,
                 struct pel_error *err)
{
    *header = (struct header){0};
    if (!is_gif(data, nbytes))
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, 0, "gif: wrong signature");
    size_t at = nbytes;
    if (nbytes >= HEADER_NBYTES)
        at = find_image(data, nbytes, HEADER_NBYTES + table_nbytes(data[10]), &header->alpha);
    if (nbytes - at < DESCRIPTOR_NBYTES)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)at,
                                "gif: there is no image in %zu bytes", nbytes);
    size_t x = pel_read_le16(data + at + 1), y = pel_read_le16(data + at + 3),
           width = pel_read_le16(data + at + 5), height = pel_read_le16(data + at + 7);
    if (width == 0 || height == 0)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)at,
                                "gif: an empty frame: %zu x %zu", width, height);
    header->width = pel_read_le16(data + 6);
    header->height = pel_read_le16(data + 8);
    if (header->width < x + width)
        header->width = x + width;
    if (header->height < y + height)
        header->height = y + height;
    if (width < header->width || height < header->height)
        header->alpha = true;
    if (header->width > 65535 || header->height > 65535)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)at,
                                "gif: the frame ends at %zu, %zu", header->width, header->height);
    header->after = at + DESCRIPTOR_NBYTES + table_nbytes(data[at + 9]);
    /* stb takes up to 12, and recurses once for each code of a string: this bounds it to 4096. */
    if (header->after >= nbytes || data[header->after] < 1 || data[header->after] > 8)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)header->after,
                                "gif: no code size from 1 to 8 where the pixels should begin");
    return 0;
}

static int open_header(const unsigned char *data, size_t nbytes,
                       const struct pel_decode_options *options, struct header *header,
                       struct pel_picture_info *info, struct pel_error *err)
{
    *info = (struct pel_picture_info){0};
    int status = parse(data, nbytes, header, err);
    if (status)
        return status;
    *info = (struct pel_picture_info){
        .width = header->width,
        .height = header->height,
        .channels = header->alpha ? 4 : 3,
        .bits = 8,
        .orientation = 1,
        .work_nbytes = header->width * header->height * STB_PIXEL_NBYTES + STB_NBYTES};
    status = pel_codec_check_info(info, options, err);
    if (!status)
        status = pel_stb_check_size(&pel_codec_gif, info, 4, err);
    return status;
}

static int gif_info_of(const unsigned char *data, size_t nbytes,
                       const struct pel_decode_options *options, struct pel_picture_info *info,
                       struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    struct header header;
    return open_header(data, nbytes, options, &header, info, err);
}

static bool is_animated(const unsigned char *data, size_t nbytes, const struct header *header)
{
    bool ignored;
    size_t at = skip_sub_blocks(data, nbytes, header->after + 1);
    return find_image(data, nbytes, at, &ignored) < nbytes;
}

/* Decodes behind a clean header: our canvas, and no background colour, which stb would draw with
 * red and blue exchanged. *ran_out: the data ended inside the frame; what it lacks is 0. */
static int decode_frame(const unsigned char *data, size_t nbytes, const struct header *header,
                        struct pel_image *image, bool *ran_out, struct pel_error *err)
{
    unsigned char clean[HEADER_NBYTES];
    memcpy(clean, data, sizeof clean);
    clean[6] = (unsigned char)header->width;
    clean[7] = (unsigned char)(header->width >> 8);
    clean[8] = (unsigned char)header->height;
    clean[9] = (unsigned char)(header->height >> 8);
    clean[11] = 0;
    struct pel_stb_input input = {
        .segments = {{clean, sizeof clean}, {data + sizeof clean, nbytes - sizeof clean}}};
    int status = pel_stb_decode(&pel_codec_gif, &input, 4, image, err);
    *ran_out = input.ran_out;
    return status;
}

static int gif_decode(const unsigned char *data, size_t nbytes,
                      const struct pel_decode_options *options, struct pel_picture *picture,
                      struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    *picture = (struct pel_picture){0};
    struct header header;
    struct pel_picture_info info;
    bool ran_out = false;
    int status = open_header(data, nbytes, options, &header, &info, err);
    if (!status)
        status = pel_image_alloc(&picture->image, info.width, info.height, info.channels, 8, err);
    if (!status)
        status = decode_frame(data, nbytes, &header, &picture->image, &ran_out, err);
    if (!status && ran_out && !options->keep_truncated)
        status = pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)nbytes,
                                  "gif: the data ends early, inside the first frame");
    if (status) {
        pel_picture_free(picture);
        return status;
    }
    picture->orientation = 1;
    if (ran_out)
        pel_codec_flag(picture, PEL_PICTURE_TRUNCATED, "the data ends inside the first frame");
    if (is_animated(data, nbytes, &header))
        picture->flags |= PEL_PICTURE_ANIMATED;
    return 0;
}

const struct pel_codec pel_codec_gif = {
    .name = "gif",
    .extensions = "gif",
    .library = PEL_STB_LIBRARY,
    .probe = is_gif,
    .info = gif_info_of,
    .decode = gif_decode,
};
