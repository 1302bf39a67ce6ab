/* Reading PNG through libpng, row by row.
 *
 * libpng reports errors by longjmp. Everything that changes lives in struct reader, and setjmp is
 * in guarded() alone, so no local variable can be lost to a jump. */
#include "png.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "exif.h"

enum {
    SIGNATURE_NBYTES = 8,
    IHDR_END = 33,              /* signature, length, "IHDR", 13 bytes, CRC */
    MAX_CHUNK_NBYTES = 8000000, /* an ancillary chunk, inflated; ICC profiles stay under 4 MB */
    MAX_CHUNKS = 1000,          /* of those that are kept; also libpng's default */
    /* What libpng and zlib hold whatever the size: png_struct and png_info 2 KiB, inflate 44 KiB,
     * IDAT buffer 8 KiB, palettes and small chunks 10 KiB. */
    FIXED_NBYTES = 128 * 1024
};

struct reader {
    const unsigned char *data;
    size_t nbytes, position;
    png_structp png;
    png_infop info;
    struct pel_picture *picture;
    size_t rows_done;
    bool ran_out;   /* libpng asked for more than there is */
    bool no_memory; /* an allocation failed */
    jmp_buf jump;
    char message[120];
    char warning[120];
};

static void on_error(png_structp png, png_const_charp message)
{
    struct reader *reader = png_get_error_ptr(png);
    (void)snprintf(reader->message, sizeof reader->message, "%s", message);
    longjmp(reader->jump, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    struct reader *reader = png_get_error_ptr(png);
    if (!reader->warning[0])
        (void)snprintf(reader->warning, sizeof reader->warning, "%s", message);
}

static png_voidp on_malloc(png_structp png, png_alloc_size_t nbytes)
{
    struct reader *reader = png_get_mem_ptr(png);
    void *p = malloc(nbytes);
    if (!p)
        reader->no_memory = true;
    return p;
}

static void on_free(png_structp png, png_voidp p)
{
    (void)png;
    free(p);
}

static void on_read(png_structp png, png_bytep out, size_t nbytes)
{
    struct reader *reader = png_get_io_ptr(png);
    if (nbytes > reader->nbytes - reader->position) {
        reader->ran_out = true;
        reader->position = reader->nbytes;
        png_error(png, "the data ends early");
    }
    memcpy(out, reader->data + reader->position, nbytes);
    reader->position += nbytes;
}

/* Runs a step that calls libpng; false when it failed, with the reason in the reader. */
static bool guarded(struct reader *reader, void (*step)(struct reader *))
{
    if (setjmp(reader->jump))
        return false;
    step(reader);
    return true;
}

static int reader_error(const struct reader *reader, struct pel_error *err)
{
    if (reader->no_memory)
        return pel_error_format(err, -ENOMEM, PEL_STAGE_DECODE, -1, "out of memory");
    /* The warning often says what exactly is wrong, as with "Invalid IHDR data". */
    return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)reader->position,
                            "png: %s%s%s%s", reader->message, reader->warning[0] ? " (" : "",
                            reader->warning, reader->warning[0] ? ")" : "");
}

/* Chunks that say nothing about the pixels here, and that may be bombs (compressed text). */
static const png_byte skipped_chunks[] =
    "bKGD\0hIST\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sTER\0"
    "tEXt\0tIME\0zTXt";

static void step_header(struct reader *reader)
{
    png_structp png = reader->png;
    png_set_read_fn(png, reader, on_read);
    png_set_user_limits(png, PEL_IMAGE_MAX_SIDE, PEL_IMAGE_MAX_SIDE);
    png_set_chunk_malloc_max(png, MAX_CHUNK_NBYTES);
    png_set_chunk_cache_max(png, MAX_CHUNKS);
    png_set_benign_errors(png, 1);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped_chunks,
                                (int)(sizeof skipped_chunks / 5));
    png_read_info(png, reader->info);
}

static void step_rows(struct reader *reader)
{
    png_structp png = reader->png;
    struct pel_image *image = &reader->picture->image;
    png_set_expand(png); /* palette to RGB, 1, 2 and 4 bits scaled to 8, tRNS to alpha */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    png_set_swap(png);
#endif
    int npasses = png_set_interlace_handling(png);
    png_read_update_info(png, reader->info);
    if (png_get_rowbytes(png, reader->info) != pel_image_row_nbytes(image))
        png_error(png, "the row size is not what the header says");
    if (npasses > 1)
        pel_codec_clear_rows(image, 0,
                             image->height); /* the passes fill in, so the memory must be defined */
    for (int pass = 0; pass < npasses; pass++) {
        for (size_t y = 0; y < image->height; y++) {
            png_read_row(png, image->data + y * image->stride_bytes, NULL);
            if (pass == 0)
                reader->rows_done = y + 1;
        }
    }
    png_read_end(png, reader->info);
}

static bool is_png(const unsigned char *data, size_t nbytes)
{
    return nbytes >= SIGNATURE_NBYTES && memcmp(data, "\x89PNG\r\n\x1a\n", SIGNATURE_NBYTES) == 0;
}

/* Is there such a chunk before the image data? libpng cannot say it for chunks whose content it
 * also derives from others (gAMA from sRGB). The chunks have been read by libpng, so their CRCs
 * hold. */
static bool has_chunk(const struct reader *reader, const char *name)
{
    size_t at = SIGNATURE_NBYTES;
    while (reader->nbytes - at >= 12) {
        size_t length = pel_read_be32(reader->data + at);
        const unsigned char *type = reader->data + at + 4;
        if (memcmp(type, name, 4) == 0)
            return true;
        if (memcmp(type, "IDAT", 4) == 0 || length > reader->nbytes - at - 12)
            return false;
        at += 12 + length;
    }
    return false;
}

static int orientation(const struct reader *reader)
{
    png_uint_32 nbytes = 0;
    png_bytep exif = NULL;
    if (!png_get_eXIf_1(reader->png, reader->info, &nbytes, &exif))
        return 1;
    return pel_exif_orientation(exif, nbytes);
}

static size_t icc_nbytes(const struct reader *reader, const unsigned char **profile)
{
    png_charp name;
    png_bytep data;
    int compression;
    png_uint_32 nbytes;
    if (!png_get_iCCP(reader->png, reader->info, &name, &compression, &data, &nbytes))
        return 0;
    *profile = data;
    return nbytes;
}

static void describe(const struct reader *reader, struct pel_picture_info *info)
{
    png_byte type = png_get_color_type(reader->png, reader->info);
    bool alpha =
        (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(reader->png, reader->info, PNG_INFO_tRNS);
    const unsigned char *profile;
    info->channels = (type & PNG_COLOR_MASK_COLOR ? 3 : 1) + alpha;
    info->bits = png_get_bit_depth(reader->png, reader->info) == 16 ? 16 : 8;
    info->orientation = orientation(reader);
    /* libpng keeps this row and the one before, at up to 4 samples a pixel while it converts;
     * libpng's copy of the profile and ours. */
    info->work_nbytes = 2 * (4 * info->width * (size_t)(info->bits / 8) + 128) +
                        2 * icc_nbytes(reader, &profile) + FIXED_NBYTES;
}

/* Reads up to the image data. The caller calls close_reader, whatever this returns. */
static int open_reader(struct reader *reader, const struct pel_decode_options *options,
                       struct pel_picture_info *info, struct pel_error *err)
{
    *info = (struct pel_picture_info){.channels = 1, .bits = 8};
    if (!is_png(reader->data, reader->nbytes))
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, 0, "png: wrong signature");
    if (reader->nbytes < IHDR_END)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)reader->nbytes,
                                "png: the header ends after %zu of %d bytes", reader->nbytes,
                                IHDR_END);
    /* Sizes first, so that a bomb is refused before libpng sees it. */
    info->width = pel_read_be32(reader->data + 16);
    info->height = pel_read_be32(reader->data + 20);
    struct pel_picture_info sizes = *info;
    int status = pel_codec_check_info(&sizes, options, err);
    if (status) {
        *info = (struct pel_picture_info){0};
        return status;
    }
    reader->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning,
                                           reader, on_malloc, on_free);
    if (reader->png)
        reader->info = png_create_info_struct(reader->png);
    if (!reader->info)
        status = pel_error_format(err, -ENOMEM, PEL_STAGE_DECODE, -1, "out of memory");
    else if (!guarded(reader, step_header))
        status = reader_error(reader, err);
    if (status) {
        *info = (struct pel_picture_info){0};
        return status;
    }
    describe(reader, info);
    return pel_codec_check_info(info, options, err);
}

static void close_reader(struct reader *reader)
{
    png_destroy_read_struct(&reader->png, &reader->info, NULL);
}

static int png_info_of(const unsigned char *data, size_t nbytes,
                       const struct pel_decode_options *options, struct pel_picture_info *info,
                       struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    struct reader reader = {.data = data, .nbytes = nbytes};
    int status = open_reader(&reader, options, info, err);
    close_reader(&reader);
    return status;
}

static void read_color_chunks(const struct reader *reader, struct pel_color_chunks *color)
{
    png_structp png = reader->png;
    png_infop info = reader->info;
    color->has_srgb =
        has_chunk(reader, "sRGB") && png_get_sRGB(png, info, &color->srgb_intent) != 0;
    png_fixed_point gamma, xy[8];
    color->has_gamma = has_chunk(reader, "gAMA") && png_get_gAMA_fixed(png, info, &gamma) != 0;
    if (color->has_gamma)
        color->gamma = (uint32_t)gamma;
    color->has_chromaticities =
        has_chunk(reader, "cHRM") && png_get_cHRM_fixed(png, info, &xy[0], &xy[1], &xy[2], &xy[3],
                                                        &xy[4], &xy[5], &xy[6], &xy[7]) != 0;
    for (size_t i = 0; color->has_chromaticities && i < 8; i++)
        color->chromaticities[i] = (uint32_t)xy[i];
}

static int read_icc(const struct reader *reader, struct pel_bytes *icc)
{
    const unsigned char *profile = NULL;
    size_t nbytes = icc_nbytes(reader, &profile);
    if (nbytes == 0)
        return 0;
    icc->data = malloc(nbytes);
    if (!icc->data)
        return -ENOMEM;
    memcpy(icc->data, profile, nbytes);
    icc->nbytes = nbytes;
    return 0;
}

/* Damage and early ends are errors, unless there are rows to keep and the caller wants them. */
static int read_pixels(struct reader *reader, const struct pel_decode_options *options,
                       struct pel_error *err)
{
    struct pel_image *image = &reader->picture->image;
    if (guarded(reader, step_rows))
        return 0;
    if (!options->keep_truncated || reader->no_memory || reader->rows_done == 0)
        return reader_error(reader, err);
    pel_codec_clear_rows(image, reader->rows_done, image->height);
    char text[sizeof reader->message + 64];
    (void)snprintf(text, sizeof text, "%zu of %zu rows: %s", reader->rows_done, image->height,
                   reader->message);
    pel_codec_flag(reader->picture, PEL_PICTURE_TRUNCATED, text);
    return 0;
}

static int png_decode(const unsigned char *data, size_t nbytes,
                      const struct pel_decode_options *options, struct pel_picture *picture,
                      struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    *picture = (struct pel_picture){0};
    struct reader reader = {.data = data, .nbytes = nbytes, .picture = picture};
    struct pel_picture_info info;
    int status = open_reader(&reader, options, &info, err);
    if (!status)
        status = pel_image_alloc(&picture->image, info.width, info.height, info.channels, info.bits,
                                 err);
    if (!status && read_icc(&reader, &picture->icc))
        status = pel_error_format(err, -ENOMEM, PEL_STAGE_DECODE, -1, "out of memory");
    if (!status) {
        read_color_chunks(&reader, &picture->color);
        if (has_chunk(&reader, "acTL"))
            picture->flags |= PEL_PICTURE_ANIMATED;
        status = read_pixels(&reader, options, err);
    }
    if (!status) {
        picture->orientation = orientation(&reader); /* eXIf may also follow the image data */
        if (reader.warning[0])
            pel_codec_flag(picture, PEL_PICTURE_WARNING, reader.warning);
    } else {
        pel_picture_free(picture);
    }
    close_reader(&reader);
    return status;
}

const struct pel_codec pel_codec_png = {
    .name = "png",
    .extensions = "png",
    .library = "libpng " PNG_LIBPNG_VER_STRING ", zlib " ZLIB_VERSION,
    .probe = is_png,
    .info = png_info_of,
    .decode = png_decode,
    .encode = pel_png_encode,
    .encodes_alpha = true,
    .encodes_16 = true,
};
