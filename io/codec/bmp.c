/* Windows and OS/2 bitmaps. Reading: uncompressed, 1 to 32 bits a pixel, by stb_image behind a
 * header of our own. Writing: 24 bits RGB, or 8 bits with a palette of grays. */
#include "stb.h"

#include <stdlib.h>
#include <string.h>

enum {
    FILE_HEADER_NBYTES = 14,
    INFO_NBYTES = 40, /* BITMAPINFOHEADER */
    V4_NBYTES = 108,  /* BITMAPV4HEADER: has masks */
    PALETTE_NBYTES = 256 * 4,
    BI_RGB = 0,
    BI_BITFIELDS = 3,
    BI_ALPHABITFIELDS = 6,
    STB_NBYTES = 64 * 1024 /* stb's own, besides the pixels */
};

struct header {
    size_t width, height, raster; /* raster: offset of the pixels */
    bool bottom_up;
    unsigned bpp;
    uint32_t masks[4]; /* of red, green, blue, alpha, for 16 and 32 bits */
    bool gray;         /* the palette holds nothing but grays */
    unsigned char
        palette[PALETTE_NBYTES]; /* blue, green, red, 0; entries the file lacks are black */
};

static bool is_bmp(const unsigned char *data, size_t nbytes)
{
    return nbytes >= 18 && data[0] == 'B' && data[1] == 'M' && pel_read_le32(data + 14) >= 12 &&
           pel_read_le32(data + 14) <= 124;
}

static int bad(struct pel_error *err, int code, const char *what, size_t number)
{
    return pel_error_format(err, code, PEL_STAGE_DECODE, -1, "bmp: %s %zu", what, number);
}

/* A mask of 1 to 8 adjoining bits: stb scales no others. */
static bool is_plain_mask(uint32_t mask)
{
    if (mask == 0)
        return false;
    uint32_t low = mask >> __builtin_ctz(mask);
    return (low & (low + 1)) == 0 && low <= 255;
}

static int parse_masks(struct header *header, const unsigned char *data, size_t nbytes,
                       uint32_t compression, size_t info_nbytes, struct pel_error *err)
{
    static const uint32_t defaults[2][3] = {{0x7c00, 0x03e0, 0x001f},
                                            {0xff0000, 0x00ff00, 0x0000ff}};
    memcpy(header->masks, defaults[header->bpp == 32], sizeof defaults[0]);
    if (compression != BI_RGB) {
        bool alpha = info_nbytes >= 56 || compression == BI_ALPHABITFIELDS;
        size_t nmasks = alpha ? 4 : 3, at = FILE_HEADER_NBYTES + INFO_NBYTES;
        if (nbytes < at + nmasks * 4)
            return bad(err, -EBADMSG, "the header ends after byte", nbytes);
        for (size_t i = 0; i < nmasks; i++)
            header->masks[i] = pel_read_le32(data + at + 4 * i);
    }
    for (size_t i = 0; i < 4; i++) {
        if (!is_plain_mask(header->masks[i]) && (i < 3 || header->masks[3] != 0))
            return bad(err, -ENOTSUP,
                       "a colour mask that is not 1 to 8 adjoining bits:", header->masks[i]);
        if (header->bpp == 16 && header->masks[i] > 0xffff)
            return bad(err, -EBADMSG, "a colour mask beyond 16 bits:", header->masks[i]);
    }
    return 0;
}

static int parse_palette(struct header *header, const unsigned char *data, size_t nbytes, size_t at,
                         size_t entry_nbytes, size_t ncolors, struct pel_error *err)
{
    size_t end = header->raster < nbytes ? header->raster : nbytes;
    size_t fit = at < end ? (end - at) / entry_nbytes : 0;
    if (ncolors == 0 || ncolors > (size_t)1 << header->bpp)
        ncolors = (size_t)1 << header->bpp;
    if (ncolors > fit)
        ncolors = fit;
    if (ncolors == 0)
        return bad(err, -EBADMSG, "no palette; bits a pixel:", header->bpp);
    header->gray = true;
    for (size_t i = 0; i < ncolors; i++) {
        const unsigned char *from = data + at + i * entry_nbytes;
        memcpy(header->palette + 4 * i, from, 3);
        header->gray &= from[0] == from[1] && from[1] == from[2];
    }
    return 0;
}

static int parse_size(struct header *header, const unsigned char *data, bool os2,
                      struct pel_error *err)
{
    if (os2) {
        header->width = pel_read_le16(data + 18);
        header->height = pel_read_le16(data + 20);
        header->bottom_up = true;
        return 0;
    }
    int64_t width = (int32_t)pel_read_le32(data + 18), height = (int32_t)pel_read_le32(data + 22);
    if (width < 0)
        return bad(err, -EBADMSG, "a negative width:", (size_t)-width);
    header->width = (size_t)width;
    header->height = (size_t)(height < 0 ? -height : height);
    header->bottom_up = height > 0;
    return 0;
}

static int parse(const unsigned char *data, size_t nbytes, struct header *header,
                 struct pel_error *err)
{
    *header = (struct header){0};
    if (!is_bmp(data, nbytes))
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, 0, "bmp: wrong signature");
    size_t info_nbytes = pel_read_le32(data + 14), at = FILE_HEADER_NBYTES + info_nbytes;
    bool os2 = info_nbytes == 12;
    if (!os2 && info_nbytes != INFO_NBYTES && info_nbytes != 52 && info_nbytes != 56 &&
        info_nbytes != 64 && info_nbytes != V4_NBYTES && info_nbytes != 124)
        return bad(err, -ENOTSUP, "an unknown kind of header, of bytes:", info_nbytes);
    if (nbytes < at)
        return bad(err, -EBADMSG, "the header ends after byte", nbytes);
    int status = parse_size(header, data, os2, err);
    if (status)
        return status;
    header->raster = pel_read_le32(data + 10);
    header->bpp = pel_read_le16(data + (os2 ? 24 : 28));
    uint32_t compression = os2 ? BI_RGB : pel_read_le32(data + 30);
    bool masked = (compression == BI_BITFIELDS || compression == BI_ALPHABITFIELDS) &&
                  info_nbytes != 64 && (header->bpp == 16 || header->bpp == 32);
    if (compression != BI_RGB && !masked)
        return bad(err, -ENOTSUP, "compression kind", compression);
    if (header->raster < at)
        return bad(err, -EBADMSG, "the pixels begin inside the header, at byte", header->raster);
    switch (header->bpp) {
    case 1:
    case 4:
    case 8:
        return parse_palette(header, data, nbytes, at, os2 ? 3 : 4,
                             os2 ? 0 : pel_read_le32(data + 46), err);
    case 16:
    case 32:
        return parse_masks(header, data, nbytes, compression, info_nbytes, err);
    case 24:
        return 0;
    default:
        return bad(err, -ENOTSUP, "bits a pixel:", header->bpp);
    }
}

/* The channels that stb will give. */
static int stb_channels(const struct header *header)
{
    return header->masks[3] ? 4 : 3;
}

static int open_header(const unsigned char *data, size_t nbytes,
                       const struct pel_decode_options *options, struct header *header,
                       struct pel_picture_info *info, struct pel_error *err)
{
    *info = (struct pel_picture_info){0};
    int status = parse(data, nbytes, header, err);
    if (status)
        return status;
    int channels = stb_channels(header);
    info->width = header->width;
    info->height = header->height;
    info->channels = header->gray ? 1 : channels;
    info->bits = 8;
    info->orientation = 1;
    /* Below 2^32 * 2^31 * 4 = 2^65 only with sides that check_info refuses first. */
    if (info->width <= PEL_IMAGE_MAX_SIDE && info->height <= PEL_IMAGE_MAX_SIDE)
        info->work_nbytes = info->width * info->height * (size_t)channels + STB_NBYTES;
    status = pel_codec_check_info(info, options, err);
    if (!status)
        status = pel_stb_check_size(&pel_codec_bmp, info, channels, err);
    return status;
}

static int bmp_info_of(const unsigned char *data, size_t nbytes,
                       const struct pel_decode_options *options, struct pel_picture_info *info,
                       struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    struct header header;
    return open_header(data, nbytes, options, &header, info, err);
}

static void put16(unsigned char *p, unsigned value)
{
    p[0] = (unsigned char)value;
    p[1] = (unsigned char)(value >> 8);
}

static void put32(unsigned char *p, uint32_t value)
{
    put16(p, value & 0xffff);
    put16(p + 2, value >> 16);
}

/* The first 54 bytes of a bitmap whose pixels follow its palette or masks. */
static void put_header(unsigned char *p, size_t info_nbytes, size_t palette_nbytes, uint32_t width,
                       uint32_t height, unsigned bpp, uint32_t compression, size_t raster_nbytes)
{
    size_t raster = FILE_HEADER_NBYTES + info_nbytes + palette_nbytes;
    memset(p, 0, FILE_HEADER_NBYTES + INFO_NBYTES);
    p[0] = 'B';
    p[1] = 'M';
    put32(p + 2, (uint32_t)(raster + raster_nbytes));
    put32(p + 10, (uint32_t)raster);
    put32(p + 14, (uint32_t)info_nbytes);
    put32(p + 18, width);
    put32(p + 22, height);
    put16(p + 26, 1); /* planes */
    put16(p + 28, bpp);
    put32(p + 30, compression);
    put32(p + 34, (uint32_t)raster_nbytes);
}

/* The header stb gets: the palette always whole, masks always said. Returns its length. */
static size_t make_clean_header(const struct header *header, unsigned char *out)
{
    uint32_t height = (uint32_t)header->height;
    if (!header->bottom_up)
        height = 0 - height;
    size_t palette_nbytes = header->bpp <= 8 ? ((size_t)4 << header->bpp) : 0;
    bool masked = header->bpp == 16 || header->bpp == 32;
    size_t info_nbytes = masked ? V4_NBYTES : INFO_NBYTES;
    put_header(out, info_nbytes, palette_nbytes, (uint32_t)header->width, height, header->bpp,
               masked ? BI_BITFIELDS : BI_RGB, 0);
    unsigned char *rest = out + FILE_HEADER_NBYTES + INFO_NBYTES;
    if (masked) {
        memset(rest, 0, V4_NBYTES - INFO_NBYTES);
        for (size_t i = 0; i < 4; i++)
            put32(rest + 4 * i, header->masks[i]);
    } else {
        memcpy(rest, header->palette, palette_nbytes);
    }
    return FILE_HEADER_NBYTES + info_nbytes + palette_nbytes;
}

/* Rows that are complete. The last one need not be padded to 4 bytes. */
static size_t count_rows(const struct header *header, size_t nbytes)
{
    size_t available = nbytes > header->raster ? nbytes - header->raster : 0;
    size_t row_nbytes = (header->width * header->bpp + 7) / 8, stride = (row_nbytes + 3) / 4 * 4;
    size_t nrows = (available + (stride - row_nbytes)) / stride;
    return nrows < header->height ? nrows : header->height;
}

static int bmp_decode(const unsigned char *data, size_t nbytes,
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
    size_t nrows = count_rows(&header, nbytes);
    status = pel_codec_check_rows(&pel_codec_bmp, nrows, info.height, options, err);
    if (!status)
        status = pel_image_alloc(&picture->image, info.width, info.height, info.channels, 8, err);
    if (status)
        return status;
    unsigned char clean[FILE_HEADER_NBYTES + INFO_NBYTES + PALETTE_NBYTES];
    struct pel_stb_input input = {.segments = {{clean, make_clean_header(&header, clean)},
                                               {data + header.raster, nbytes - header.raster}}};
    status = pel_stb_decode(&pel_codec_bmp, &input, stb_channels(&header), &picture->image, err);
    if (status) {
        pel_picture_free(picture);
        return status;
    }
    picture->orientation = 1;
    pel_codec_keep_rows(picture, nrows, header.bottom_up);
    return 0;
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static void put_row(const struct pel_image *image, const unsigned char *row, unsigned char *out)
{
    if (image->channels == 1) {
        memcpy(out, row, image->width);
        return;
    }
    for (size_t x = 0; x < image->width; x++, row += 3, out += 3) {
        out[0] = row[2];
        out[1] = row[1];
        out[2] = row[0];
    }
}

static int bmp_encode(const struct pel_picture *picture, const struct pel_encode_options *options,
                      struct pel_bytes *out, struct pel_error *err)
{
    (void)options;
    *out = (struct pel_bytes){0};
    const struct pel_image *image = &picture->image;
    int status = pel_codec_check_encode(&pel_codec_bmp, image, err);
    if (status)
        return status;
    size_t stride = (pel_image_row_nbytes(image) + 3) / 4 * 4, raster_nbytes;
    size_t palette_nbytes = image->channels == 1 ? PALETTE_NBYTES : 0;
    size_t head_nbytes = FILE_HEADER_NBYTES + INFO_NBYTES + palette_nbytes;
    if (pel_size_mul(stride, image->height, &raster_nbytes) ||
        raster_nbytes > UINT32_MAX - head_nbytes)
        return pel_error_format(err, -EINVAL, PEL_STAGE_ENCODE, -1,
                                "bmp cannot hold %zu x %zu pixels: a file is at most 4 GiB",
                                image->width, image->height);
    unsigned char *data = calloc(1, head_nbytes + raster_nbytes); /* also the padding of rows */
    if (!data)
        return pel_error_format(err, -ENOMEM, PEL_STAGE_ENCODE, -1, "out of memory");
    put_header(data, INFO_NBYTES, palette_nbytes, (uint32_t)image->width, (uint32_t)image->height,
               image->channels == 1 ? 8 : 24, BI_RGB, raster_nbytes);
    for (size_t i = 0; i < palette_nbytes / 4; i++)
        memset(data + FILE_HEADER_NBYTES + INFO_NBYTES + 4 * i, (int)i, 3);
    for (size_t y = 0; y < image->height; y++)
        put_row(image, image->data + (image->height - 1 - y) * image->stride_bytes,
                data + head_nbytes + y * stride);
    *out = (struct pel_bytes){.data = data, .nbytes = head_nbytes + raster_nbytes};
    return 0;
}

const struct pel_codec pel_codec_bmp = {
    .name = "bmp",
    .extensions = "bmp dib",
    .library = PEL_STB_LIBRARY,
    .probe = is_bmp,
    .info = bmp_info_of,
    .decode = bmp_decode,
    .encode = bmp_encode,
};
