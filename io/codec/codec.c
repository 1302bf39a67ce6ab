/* The table of formats, looking one up, and what their files have in common. */
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* TGA last: it has no magic number, so its probe is the weakest. */
static const struct pel_codec *const codecs[] = {
    &pel_codec_png, &pel_codec_jpeg, &pel_codec_bmp, &pel_codec_pnm,
    &pel_codec_gif, &pel_codec_tga,  NULL,
};

const struct pel_codec *const *pel_codecs(void)
{
    return codecs;
}

const struct pel_codec *pel_codec_for_data(const unsigned char *data, size_t nbytes)
{
    for (const struct pel_codec *const *codec = codecs; *codec; codec++) {
        if ((*codec)->probe(data, nbytes))
            return *codec;
    }
    return NULL;
}

const struct pel_codec *pel_codec_for_name(const char *name)
{
    for (const struct pel_codec *const *codec = codecs; *codec; codec++) {
        if (strcmp((*codec)->name, name) == 0)
            return *codec;
    }
    return NULL;
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, " ");
        if (n == length && strncasecmp(at, word, n) == 0)
            return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

const struct pel_codec *pel_codec_for_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    if (!dot || !dot[1])
        return NULL;
    for (const struct pel_codec *const *codec = codecs; *codec; codec++) {
        if (has_word((*codec)->extensions, dot + 1))
            return *codec;
    }
    return NULL;
}

void pel_picture_free(struct pel_picture *picture)
{
    pel_image_free(&picture->image);
    pel_bytes_free(&picture->icc);
    *picture = (struct pel_picture){0};
}

static int check_pixels(const struct pel_picture_info *info, uint64_t limit, struct pel_error *err)
{
    size_t w = info->width, h = info->height, npixels;
    if (w == 0 || h == 0)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, -1, "an empty image: %zu x %zu", w,
                                h);
    if (w > PEL_IMAGE_MAX_SIDE || h > PEL_IMAGE_MAX_SIDE)
        return pel_error_format(err, -EFBIG, PEL_STAGE_DECODE, -1,
                                "%zu x %zu: a side is over the largest possible, %zu", w, h,
                                PEL_IMAGE_MAX_SIDE);
    if (pel_size_mul(w, h, &npixels) || (limit && npixels > limit))
        return pel_error_format(err, -EFBIG, PEL_STAGE_DECODE, -1,
                                "%zu x %zu pixels are over the limit of %llu (max-pixels)", w, h,
                                (unsigned long long)limit);
    return 0;
}

int pel_codec_check_info(struct pel_picture_info *info, const struct pel_decode_options *options,
                         struct pel_error *err)
{
    const double mib = 1024 * 1024;
    size_t total;
    int status = check_pixels(info, options->max_pixels, err);
    if (!status) {
        status = pel_image_nbytes(info->width, info->height, info->channels, info->bits,
                                  &info->image_nbytes);
        if (status || pel_size_add(info->image_nbytes, info->work_nbytes, &total))
            status = pel_error_format(err, -EFBIG, PEL_STAGE_DECODE, -1,
                                      "%zu x %zu pixels do not fit into the address space",
                                      info->width, info->height);
        else if (options->max_nbytes && total > options->max_nbytes)
            status = pel_error_format(err, -ENOMEM, PEL_STAGE_DECODE, -1,
                                      "%zu x %zu pixels take %.1f MiB, and decoding %.1f MiB: over "
                                      "the limit of %.1f MiB (memory)",
                                      info->width, info->height, (double)info->image_nbytes / mib,
                                      (double)info->work_nbytes / mib,
                                      (double)options->max_nbytes / mib);
    }
    if (status)
        *info = (struct pel_picture_info){0};
    return status;
}

const struct pel_decode_options *
pel_decode_options_or_usual(const struct pel_decode_options *options)
{
    static const struct pel_decode_options usual;
    return options ? options : &usual;
}

int pel_codec_check_encode(const struct pel_codec *codec, const struct pel_image *image,
                           struct pel_error *err)
{
    const char *lacks = NULL;
    if (image->width == 0 || image->height == 0)
        lacks = "empty images";
    else if (image->bits == 16 && !codec->encodes_16)
        lacks = "16 bits a sample";
    else if (pel_image_has_alpha(image) && !codec->encodes_alpha)
        lacks = "alpha";
    if (!lacks)
        return 0;
    return pel_error_format(err, -EINVAL, PEL_STAGE_ENCODE, -1, "%s cannot hold %s", codec->name,
                            lacks);
}

bool pel_icc_describes(const struct pel_bytes *icc, int channels)
{
    enum { HEADER_NBYTES = 128, COLOR_SPACE_OFFSET = 16 };
    return icc->nbytes > HEADER_NBYTES &&
           memcmp(icc->data + COLOR_SPACE_OFFSET, channels < 3 ? "GRAY" : "RGB ", 4) == 0;
}

void pel_codec_flag(struct pel_picture *picture, unsigned flags, const char *warning)
{
    picture->flags |= flags;
    if (!picture->warning[0])
        (void)snprintf(picture->warning, sizeof picture->warning, "%s", warning);
}

void pel_codec_clear_rows(struct pel_image *image, size_t lo, size_t hi)
{
    for (size_t y = lo; y < hi; y++)
        memset(image->data + y * image->stride_bytes, 0, pel_image_row_nbytes(image));
}

int pel_codec_check_rows(const struct pel_codec *codec, size_t nrows, size_t height,
                         const struct pel_decode_options *options, struct pel_error *err)
{
    if (nrows >= height || (options->keep_truncated && nrows > 0))
        return 0;
    return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, -1,
                            "%s: the data ends early, with %zu of %zu rows", codec->name, nrows,
                            height);
}

void pel_codec_keep_rows(struct pel_picture *picture, size_t nrows, bool bottom_up)
{
    struct pel_image *image = &picture->image;
    if (nrows >= image->height)
        return;
    if (bottom_up)
        pel_codec_clear_rows(image, 0, image->height - nrows);
    else
        pel_codec_clear_rows(image, nrows, image->height);
    char text[96];
    (void)snprintf(text, sizeof text, "%zu of %zu rows: the data ends early", nrows, image->height);
    pel_codec_flag(picture, PEL_PICTURE_TRUNCATED, text);
}

int pel_sink_reserve(struct pel_sink *sink, size_t nbytes)
{
    size_t need;
    if (pel_size_add(sink->nbytes, nbytes, &need))
        return -ENOMEM;
    if (need <= sink->room)
        return 0;
    size_t room = sink->room + sink->room / 2;
    if (room < need)
        room = need;
    unsigned char *data = realloc(sink->data, room);
    if (!data)
        return -ENOMEM;
    sink->data = data;
    sink->room = room;
    return 0;
}

int pel_sink_write(struct pel_sink *sink, const void *data, size_t nbytes)
{
    int status = pel_sink_reserve(sink, nbytes);
    if (!status) {
        memcpy(sink->data + sink->nbytes, data, nbytes);
        sink->nbytes += nbytes;
    }
    return status;
}

void pel_sink_finish(struct pel_sink *sink, struct pel_bytes *out)
{
    unsigned char *data = realloc(sink->data, sink->nbytes);
    *out = (struct pel_bytes){.data = data ? data : sink->data, .nbytes = sink->nbytes};
    *sink = (struct pel_sink){0};
}
