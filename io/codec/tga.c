/* Truevision tga: colour-mapped, true colour and gray, plain or run-length coded; read only, by
 * stb_image behind a header of our own. Truevision's "TGA File Format Specification", 2.0. */
#include "stb.h"

#include <string.h>

enum {
    HEADER_NBYTES = 18,
    FROM_RIGHT = 0x10, /* bits of the image descriptor */
    FROM_TOP = 0x20,
    STB_NBYTES = 64 * 1024
};

struct header {
    size_t width, height;
    unsigned type; /* 1 colour-mapped, 2 true colour, 3 gray */
    bool rle;
    unsigned bpp, descriptor;
    unsigned map_first, map_length, map_bits;
    size_t map, raster; /* offsets of the palette and of the pixels */
    int channels;
};

static bool is_color_depth(unsigned bits)
{
    return bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

/* There is no magic number, so everything that is fixed is looked at. */
static bool is_tga(const unsigned char *data, size_t nbytes)
{
    if (nbytes < HEADER_NBYTES || data[1] > 1 || (data[2] & ~8u) < 1 || (data[2] & ~8u) > 3)
        return false;
    unsigned type = data[2] & ~8u, bpp = data[16];
    bool mapped = type == 1;
    if (mapped && (data[1] == 0 || pel_read_le16(data + 5) == 0))
        return false;
    if (data[1] == 1 && !is_color_depth(data[7]))
        return false;
    bool depth = type == 2 ? is_color_depth(bpp) : bpp == 8 || bpp == 16;
    return depth && (data[17] & 0xc0) == 0 && pel_read_le16(data + 12) > 0 &&
           pel_read_le16(data + 14) > 0;
}

static int parse(const unsigned char *data, size_t nbytes, struct header *header,
                 struct pel_error *err)
{
    *header = (struct header){0};
    if (!is_tga(data, nbytes))
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, 0, "tga: not a valid header");
    header->type = data[2] & ~8u;
    header->rle = data[2] & 8u;
    header->width = pel_read_le16(data + 12);
    header->height = pel_read_le16(data + 14);
    header->bpp = data[16];
    header->descriptor = data[17];
    if (data[1] == 1) {
        header->map_first = pel_read_le16(data + 3);
        header->map_length = pel_read_le16(data + 5);
        header->map_bits = data[7];
    }
    header->map = HEADER_NBYTES + (size_t)data[0];
    header->raster = header->map + header->map_length * ((header->map_bits + 7) / 8);
    if (header->raster > nbytes)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)nbytes,
                                "tga: the data ends before the pixels, which begin at byte %zu",
                                header->raster);
    if (header->map_first + header->map_length > 65535)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, 3,
                                "tga: a palette of entries %u to %u", header->map_first,
                                header->map_first + header->map_length - 1);
    unsigned bits = header->type == 1 ? header->map_bits : header->bpp;
    header->channels = header->type == 3 ? (int)bits / 8 : bits == 32 ? 4 : 3;
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
    size_t npixels = header->width * header->height, channels = (size_t)header->channels;
    *info = (struct pel_picture_info){.width = header->width,
                                      .height = header->height,
                                      .channels = header->channels,
                                      .bits = 8,
                                      .orientation = header->descriptor & FROM_RIGHT ? 2 : 1,
                                      .work_nbytes =
                                          npixels * channels + STB_NBYTES +
                                          (header->map_first + header->map_length) * channels};
    status = pel_codec_check_info(info, options, err);
    if (!status)
        status = pel_stb_check_size(&pel_codec_tga, info, header->channels, err);
    return status;
}

static int tga_info_of(const unsigned char *data, size_t nbytes,
                       const struct pel_decode_options *options, struct pel_picture_info *info,
                       struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    struct header header;
    return open_header(data, nbytes, options, &header, info, err);
}

/* Pixels that the data holds, up to npixels. */
static size_t count_pixels(const struct header *header, const unsigned char *data, size_t nbytes,
                           size_t npixels)
{
    size_t unit = (header->bpp + 7) / 8, at = header->raster, count = 0;
    if (!header->rle)
        count = (nbytes - at) / unit;
    while (header->rle && count < npixels && at < nbytes) {
        size_t length = (data[at] & 127u) + 1, available = (nbytes - at - 1) / unit;
        if (data[at] & 128u) { /* one pixel, repeated */
            count += available ? length : 0;
            at += 1 + unit;
        } else {
            count += length < available ? length : available;
            at += 1 + length * unit;
        }
    }
    return count < npixels ? count : npixels;
}

/* The header stb gets: no identification, the palette from entry 0 on. */
static void make_clean_header(const struct header *header, unsigned char *out)
{
    memset(out, 0, HEADER_NBYTES);
    out[2] = (unsigned char)(header->type | (header->rle ? 8 : 0));
    if (header->type == 1) {
        unsigned length = header->map_first + header->map_length;
        out[1] = 1;
        out[5] = (unsigned char)length;
        out[6] = (unsigned char)(length >> 8);
        out[7] = (unsigned char)header->map_bits;
    }
    out[12] = (unsigned char)header->width;
    out[13] = (unsigned char)(header->width >> 8);
    out[14] = (unsigned char)header->height;
    out[15] = (unsigned char)(header->height >> 8);
    out[16] = (unsigned char)header->bpp;
    out[17] = (unsigned char)(header->descriptor & FROM_TOP);
}

/* 32 bits a pixel of which the descriptor calls none alpha: if they are all 0, the picture is
 * opaque, and else the descriptor is wrong, as many are. */
static void settle_alpha(const struct header *header, struct pel_image *image)
{
    if (header->channels != 4 || (header->descriptor & 15) != 0)
        return;
    unsigned any = 0;
    for (size_t y = 0; y < image->height; y++) {
        for (size_t x = 0; x < image->width; x++)
            any |= image->data[y * image->stride_bytes + 4 * x + 3];
    }
    for (size_t y = 0; any == 0 && y < image->height; y++) {
        for (size_t x = 0; x < image->width; x++)
            image->data[y * image->stride_bytes + 4 * x + 3] = 255;
    }
}

static int tga_decode(const unsigned char *data, size_t nbytes,
                      const struct pel_decode_options *options, struct pel_picture *picture,
                      struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    *picture = (struct pel_picture){0};
    struct header header;
    struct pel_picture_info info;
    int status = open_header(data, nbytes, options, &header, &info, err);
    if (status)
        return status;
    size_t nrows = count_pixels(&header, data, nbytes, info.width * info.height) / info.width;
    status = pel_codec_check_rows(&pel_codec_tga, nrows, info.height, options, err);
    if (!status)
        status = pel_image_alloc(&picture->image, info.width, info.height, info.channels, 8, err);
    if (status)
        return status;
    unsigned char clean[HEADER_NBYTES];
    make_clean_header(&header, clean);
    struct pel_stb_input input = {.segments = {{clean, sizeof clean}}};
    if (header.type == 1) {
        size_t entry_nbytes = (header.map_bits + 7) / 8;
        input.segments[1].nbytes = header.map_first * entry_nbytes; /* never used: zeros */
        input.segments[2].data = data + header.map;
        input.segments[2].nbytes = header.map_length * entry_nbytes;
    }
    input.segments[3].data = data + header.raster;
    input.segments[3].nbytes = nbytes - header.raster;
    status = pel_stb_decode(&pel_codec_tga, &input, header.channels, &picture->image, err);
    if (status) {
        pel_picture_free(picture);
        return status;
    }
    settle_alpha(&header, &picture->image);
    picture->orientation = info.orientation;
    pel_codec_keep_rows(picture, nrows, !(header.descriptor & FROM_TOP));
    return 0;
}

const struct pel_codec pel_codec_tga = {
    .name = "tga",
    .extensions = "tga icb vda vst",
    .library = PEL_STB_LIBRARY,
    .probe = is_tga,
    .info = tga_info_of,
    .decode = tga_decode,
};
