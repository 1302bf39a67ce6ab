/* Portable anymaps: P5 (gray) and P6 (RGB), with 8 or 16 bits a sample. After the header the pixels
 * lie there as they are, so this format needs no library. netpbm's pgm(5) and ppm(5). */
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct header {
    size_t width, height, raster; /* raster: offset of the first sample */
    unsigned maxval;
    int channels;
};

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Any anymap: the kinds that are not read are to be named, not to be unknown. */
static bool is_pnm(const unsigned char *data, size_t nbytes)
{
    return nbytes >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '7' &&
           (is_space(data[2]) || data[2] == '#');
}

/* Skips blanks and comments, which run from '#' to the end of the line. */
static size_t skip_blanks(const unsigned char *data, size_t nbytes, size_t at)
{
    while (at < nbytes && (is_space(data[at]) || data[at] == '#')) {
        if (data[at] == '#') {
            while (at < nbytes && data[at] != '\n' && data[at] != '\r')
                at++;
        } else {
            at++;
        }
    }
    return at;
}

/* A decimal number, at most UINT32_MAX (more digits stay there). Returns the offset after it, or 0.
 */
static size_t read_number(const unsigned char *data, size_t nbytes, size_t at, size_t *number)
{
    at = skip_blanks(data, nbytes, at);
    size_t start = at;
    *number = 0;
    for (; at < nbytes && data[at] >= '0' && data[at] <= '9'; at++) {
        *number = *number * 10 + (size_t)(data[at] - '0');
        if (*number > UINT32_MAX)
            *number = UINT32_MAX;
    }
    return at > start ? at : 0;
}

static int parse(const unsigned char *data, size_t nbytes, struct header *header,
                 struct pel_error *err)
{
    *header = (struct header){0};
    if (!is_pnm(data, nbytes))
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, 0, "pnm: wrong signature");
    if (data[1] != '5' && data[1] != '6')
        return pel_error_format(err, -ENOTSUP, PEL_STAGE_DECODE, 0,
                                "pnm: kind P%c; only P5 (gray) and P6 (RGB) are read", data[1]);
    header->channels = data[1] == '5' ? 1 : 3;
    size_t maxval = 0, at = read_number(data, nbytes, 2, &header->width);
    if (at)
        at = read_number(data, nbytes, at, &header->height);
    if (at)
        at = read_number(data, nbytes, at, &maxval);
    if (!at || at >= nbytes || !is_space(data[at]))
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, -1,
                                "pnm: the header is not width, height, maximum, blank");
    if (maxval == 0 || maxval > 65535)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)at,
                                "pnm: a maximum of %zu is not in 1 to 65535", maxval);
    header->maxval = (unsigned)maxval;
    header->raster = at + 1;
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
    *info = (struct pel_picture_info){.width = header->width,
                                      .height = header->height,
                                      .channels = header->channels,
                                      .bits = header->maxval > 255 ? 16 : 8,
                                      .orientation = 1};
    return pel_codec_check_info(info, options, err);
}

static int pnm_info_of(const unsigned char *data, size_t nbytes,
                       const struct pel_decode_options *options, struct pel_picture_info *info,
                       struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    struct header header;
    return open_header(data, nbytes, options, &header, info, err);
}

/* Samples to the full range of the bits, rounded to nearest; over the maximum counts as it. */
static unsigned scale(unsigned sample, unsigned maxval, unsigned full)
{
    if (sample > maxval)
        sample = maxval;
    return (unsigned)(((uint64_t)sample * full + maxval / 2) / maxval);
}

static void read_row8(const unsigned char *in, unsigned char *out, size_t nsamples, unsigned maxval)
{
    memcpy(out, in, nsamples);
    for (size_t i = 0; maxval != 255 && i < nsamples; i++)
        out[i] = (unsigned char)scale(in[i], maxval, 255);
}

static void read_row16(const unsigned char *in, uint16_t *out, size_t nsamples, unsigned maxval)
{
    for (size_t i = 0; i < nsamples; i++) {
        unsigned sample = pel_read_be16(in + 2 * i);
        out[i] = (uint16_t)(maxval == 65535 ? sample : scale(sample, maxval, 65535));
    }
}

static int pnm_decode(const unsigned char *data, size_t nbytes,
                      const struct pel_decode_options *options, struct pel_picture *picture,
                      struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    *picture = (struct pel_picture){0};
    struct pel_image *image = &picture->image;
    struct header header;
    struct pel_picture_info info;
    int status = open_header(data, nbytes, options, &header, &info, err);
    if (status)
        return status;
    size_t nrows =
        (nbytes - header.raster) / (info.width * (size_t)info.channels * ((size_t)info.bits / 8));
    if (nrows > info.height)
        nrows = info.height;
    status = pel_codec_check_rows(&pel_codec_pnm, nrows, info.height, options, err);
    if (!status)
        status = pel_image_alloc(image, info.width, info.height, info.channels, info.bits, err);
    if (status)
        return status;
    size_t row_nbytes = pel_image_row_nbytes(image);
    for (size_t y = 0; y < nrows; y++) {
        const unsigned char *in = data + header.raster + y * row_nbytes;
        unsigned char *out = image->data + y * image->stride_bytes;
        if (image->bits == 8)
            read_row8(in, out, row_nbytes, header.maxval);
        else
            read_row16(in, (uint16_t *)(void *)out, row_nbytes / 2, header.maxval);
    }
    picture->orientation = 1;
    pel_codec_keep_rows(picture, nrows, false);
    return 0;
}

static int pnm_encode(const struct pel_picture *picture, const struct pel_encode_options *options,
                      struct pel_bytes *out, struct pel_error *err)
{
    (void)options;
    *out = (struct pel_bytes){0};
    const struct pel_image *image = &picture->image;
    int status = pel_codec_check_encode(&pel_codec_pnm, image, err);
    if (status)
        return status;
    char head[64];
    int length = snprintf(head, sizeof head, "P%c\n%zu %zu\n%d\n", image->channels == 1 ? '5' : '6',
                          image->width, image->height, image->bits == 8 ? 255 : 65535);
    size_t row_nbytes = pel_image_row_nbytes(image), raster_nbytes;
    struct pel_sink sink = {0};
    if (pel_size_mul(row_nbytes, image->height, &raster_nbytes) ||
        pel_sink_reserve(&sink, raster_nbytes + sizeof head) ||
        pel_sink_write(&sink, head, (size_t)length))
        return pel_error_format(err, -ENOMEM, PEL_STAGE_ENCODE, -1, "out of memory");
    for (size_t y = 0; y < image->height; y++) {
        const unsigned char *row = image->data + y * image->stride_bytes;
        unsigned char *to = sink.data + sink.nbytes;
        memcpy(to, row, row_nbytes);
        for (size_t i = 0; image->bits == 16 && i < row_nbytes; i += 2) {
            uint16_t sample;
            memcpy(&sample, row + i, 2);
            to[i] = (unsigned char)(sample >> 8);
            to[i + 1] = (unsigned char)sample;
        }
        sink.nbytes += row_nbytes;
    }
    pel_sink_finish(&sink, out);
    return 0;
}

const struct pel_codec pel_codec_pnm = {
    .name = "pnm",
    .extensions = "pnm pgm ppm",
    .library = "pelton " PEL_VERSION,
    .probe = is_pnm,
    .info = pnm_info_of,
    .decode = pnm_decode,
    .encode = pnm_encode,
    .encodes_16 = true,
};
