/* Reading JPEG through libjpeg-turbo.
 *
 * libjpeg reports errors by a call that must not return. Everything that changes lives in struct
 * reader, and setjmp is in guarded() alone, so no local variable can be lost to a jump.
 *
 * What its warnings mean here:
 *   the entropy-coded data ends early or is damaged   an error, or PEL_PICTURE_TRUNCATED if wanted
 *   only the end marker is missing, bytes too many,
 *   odd scan parameters, a broken ICC profile         PEL_PICTURE_WARNING
 * The first kind is what viewers show as gray areas, the second is what some cameras write. */
#include "jpeg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After stdio.h, which it needs. */
#include <jpeglib.h>

#include <jerror.h>
#include <setjmp.h>

#include "exif.h"

enum {
    /* Encoders write 10 scans or so, optimizers of scripts up to about 20; a crafted file can hold
     * one in 10 bytes, and each costs a pass over all coefficients (libjpeg-turbo's LJT-01-004). */
    MAX_SCANS = 100,
    /* Fixed part of what libjpeg holds: tables, colour conversion tables, pool slack. */
    FIXED_NBYTES = 256 * 1024
};

struct reader {
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    const unsigned char *data;
    size_t nbytes;
    const struct pel_decode_options *options;
    struct pel_picture *picture;
    JSAMPARRAY cmyk;      /* one row, for files of 4 inks */
    bool damaged;         /* entropy-coded data is missing or wrong */
    bool ran_out;         /* the data ended without an end marker */
    size_t first_missing; /* rows from here on have no data at all */
    jmp_buf jump;
    int code; /* of the error that ended it */
    char message[JMSG_LENGTH_MAX];
    char warning[JMSG_LENGTH_MAX];
};

/* ---- errors and warnings -----------------------------------------------------------------------
 */

static int code_of(int message)
{
    switch (message) {
    case JERR_OUT_OF_MEMORY:
        return -ENOMEM;
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW:
        return -EFBIG;
#if JPEG_LIB_VERSION < 70 /* later interfaces (Ubuntu's is 80) have arithmetic coding */
    case JERR_ARITH_NOTIMPL:
#endif
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
        return -ENOTSUP;
    default:
        return -EBADMSG;
    }
}

static void fail(struct reader *reader, int code)
{
    reader->code = code;
    longjmp(reader->jump, 1);
}

static void on_error(j_common_ptr common)
{
    struct reader *reader = common->client_data;
    reader->errors.format_message(common, reader->message);
    fail(reader, code_of(reader->errors.msg_code));
}

/* Where the first scan's data ends for good, the rows of the unit being decoded and all after it
 * have none; later scans only refine what is there. */
static void note_missing(struct reader *reader)
{
    struct jpeg_decompress_struct *cinfo = &reader->cinfo;
    size_t row = (size_t)cinfo->input_iMCU_row * (size_t)cinfo->max_v_samp_factor * DCTSIZE;
    if (cinfo->input_scan_number <= 1 && row < reader->first_missing)
        reader->first_missing = row;
}

/* Is a missing end marker all that can be missing? Huffman decoding in one scan notices by itself
 * when it needs a bit that is not there; arithmetic decoding, and further scans, do not. */
static bool ending_is_checked(struct jpeg_decompress_struct *cinfo)
{
    return !cinfo->arith_code && !jpeg_has_multiple_scans(cinfo);
}

static void note_warning(struct reader *reader, int message)
{
    struct jpeg_decompress_struct *cinfo = &reader->cinfo;
    bool decoding = cinfo->input_scan_number > 0;
    switch (message) {
    case JWRN_JPEG_EOF:
        reader->ran_out = true;
        if (decoding && !ending_is_checked(cinfo)) {
            reader->damaged = true;
            note_missing(reader);
        }
        break;
    case JWRN_HIT_MARKER:
        reader->damaged = true;
        if (cinfo->unread_marker == JPEG_EOI)
            note_missing(reader);
        break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
        reader->damaged = true;
        break;
    default:
        break;
    }
}

static void on_message(j_common_ptr common, int level)
{
    struct reader *reader = common->client_data;
    if (level >= 0)
        return; /* traces */
    reader->errors.num_warnings++;
    bool was_damaged = reader->damaged;
    note_warning(reader, reader->errors.msg_code);
    /* The warning that matters replaces a harmless one. */
    if (!reader->warning[0] || (reader->damaged && !was_damaged))
        reader->errors.format_message(common, reader->warning);
    if (reader->damaged && !reader->options->keep_truncated) {
        memcpy(reader->message, reader->warning, sizeof reader->message);
        fail(reader, -EBADMSG);
    }
}

static void on_progress(j_common_ptr common)
{
    struct reader *reader = common->client_data;
    if (reader->cinfo.input_scan_number <= MAX_SCANS)
        return;
    (void)snprintf(reader->message, sizeof reader->message, "more than %d scans", MAX_SCANS);
    fail(reader, -ENOTSUP);
}

/* Runs a step that calls libjpeg; false when it failed, with the reason in the reader. */
static bool guarded(struct reader *reader, void (*step)(struct reader *))
{
    if (setjmp(reader->jump))
        return false;
    step(reader);
    return true;
}

static int reader_error(const struct reader *reader, struct pel_error *err)
{
    int64_t offset = -1;
    if (reader->cinfo.src && !reader->ran_out)
        offset = (int64_t)(reader->nbytes - reader->cinfo.src->bytes_in_buffer);
    else if (reader->ran_out)
        offset = (int64_t)reader->nbytes;
    return pel_error_format(err, reader->code, PEL_STAGE_DECODE, offset, "jpeg: %s",
                            reader->message);
}

/* ---- the header --------------------------------------------------------------------------------
 */

static bool is_jpeg(const unsigned char *data, size_t nbytes)
{
    return nbytes >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff;
}

static void step_header(struct reader *reader)
{
    struct jpeg_decompress_struct *cinfo = &reader->cinfo;
    jpeg_create_decompress(cinfo);
    cinfo->progress = &reader->progress;
    reader->progress.progress_monitor = on_progress;
    jpeg_mem_src(cinfo, reader->data, reader->nbytes);
    jpeg_save_markers(cinfo, JPEG_APP0 + 1, 0xffff); /* EXIF */
    jpeg_save_markers(cinfo, JPEG_APP0 + 2, 0xffff); /* ICC */
    (void)jpeg_read_header(cinfo, TRUE);
}

/* Picks the colour space to decode to; the channels it gives, or 0. */
static int choose_output(struct jpeg_decompress_struct *cinfo, bool luma_only)
{
    switch (cinfo->jpeg_color_space) {
    case JCS_GRAYSCALE:
        cinfo->out_color_space = JCS_GRAYSCALE;
        return 1;
    case JCS_YCbCr:
        cinfo->out_color_space = luma_only ? JCS_GRAYSCALE : JCS_RGB;
        return luma_only ? 1 : 3;
    case JCS_RGB:
        cinfo->out_color_space = JCS_RGB;
        return 3;
    case JCS_CMYK:
    case JCS_YCCK:
        cinfo->out_color_space = JCS_CMYK;
        return 3;
    default:
        return 0;
    }
}

static int orientation(const struct jpeg_decompress_struct *cinfo)
{
    for (const struct jpeg_marker_struct *marker = cinfo->marker_list; marker;
         marker = marker->next) {
        if (marker->marker == JPEG_APP0 + 1 && marker->data_length >= 6 &&
            memcmp(marker->data, "Exif\0\0", 6) == 0)
            return pel_exif_orientation(marker->data, marker->data_length);
    }
    return 1;
}

/* Upper bound of what libjpeg holds while it decodes. No term can overflow: sides are at most
 * 65500, sampling factors 4, components 4. */
static size_t work_nbytes(struct jpeg_decompress_struct *cinfo)
{
    size_t total = FIXED_NBYTES, max_h = (size_t)cinfo->max_h_samp_factor,
           max_v = (size_t)cinfo->max_v_samp_factor;
    for (const struct jpeg_marker_struct *marker = cinfo->marker_list; marker;
         marker = marker->next)
        total +=
            2 * (size_t)marker->data_length + 128; /* the segment and the profile made of them */
    /* Rows: 10 row groups a component between IDCT and upsampling, one after it, one of CMYK. */
    size_t row_nbytes = cinfo->image_width + max_h * DCTSIZE + 2 * PEL_CACHE_LINE;
    total += (size_t)cinfo->num_components * row_nbytes * max_v * 12 + 4 * row_nbytes;
    if (!jpeg_has_multiple_scans(cinfo))
        return total;
    for (int i = 0; i < cinfo->num_components; i++) { /* all coefficients, 16 bits each */
        const jpeg_component_info *c = &cinfo->comp_info[i];
        size_t columns = c->width_in_blocks + max_h, rows = c->height_in_blocks + max_v;
        total += rows * (columns * DCTSIZE2 * sizeof(JCOEF) + sizeof(void *));
    }
    return total;
}

/* Reads up to the first scan. The caller calls close_reader, whatever this returns. */
static int open_reader(struct reader *reader, struct pel_picture_info *info, struct pel_error *err)
{
    struct jpeg_decompress_struct *cinfo = &reader->cinfo;
    *info = (struct pel_picture_info){0};
    cinfo->err = jpeg_std_error(&reader->errors);
    reader->errors.error_exit = on_error;
    reader->errors.emit_message = on_message;
    cinfo->client_data = reader;
    reader->first_missing = SIZE_MAX;
    if (!guarded(reader, step_header))
        return reader_error(reader, err);
    info->channels = choose_output(cinfo, reader->options->luma_only);
    if (info->channels == 0)
        return pel_error_format(err, -ENOTSUP, PEL_STAGE_DECODE, -1,
                                "jpeg: %d components in an unknown colour space",
                                cinfo->num_components);
    info->width = cinfo->image_width;
    info->height = cinfo->image_height;
    info->bits = 8;
    info->orientation = orientation(cinfo);
    info->work_nbytes = work_nbytes(cinfo);
    return pel_codec_check_info(info, reader->options, err);
}

static int jpeg_info_of(const unsigned char *data, size_t nbytes,
                        const struct pel_decode_options *options, struct pel_picture_info *info,
                        struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    struct reader reader = {.data = data, .nbytes = nbytes, .options = options};
    int status = open_reader(&reader, info, err);
    jpeg_destroy_decompress(&reader.cinfo);
    return status;
}

/* ---- the pixels --------------------------------------------------------------------------------
 */

/* Amounts of ink to light, without a profile: R = (1 - C)(1 - K). Adobe's programs, which mark
 * their files with APP14, store 255 less the ink, in CMYK and in YCCK alike; see "CMYK" in
 * libjpeg.txt. */
static void cmyk_to_rgb(const JSAMPLE *ink, unsigned char *rgb, size_t width, bool inverted)
{
    unsigned flip = inverted ? 0 : 255;
    for (size_t x = 0; x < width; x++, ink += 4, rgb += 3) {
        unsigned k = ink[3] ^ flip;
        for (int i = 0; i < 3; i++)
            rgb[i] = (unsigned char)(((ink[i] ^ flip) * k + 127) / 255);
    }
}

static void step_rows(struct reader *reader)
{
    struct jpeg_decompress_struct *cinfo = &reader->cinfo;
    struct pel_image *image = &reader->picture->image;
    cinfo->dct_method = JDCT_ISLOW;
    (void)jpeg_start_decompress(cinfo);
    bool cmyk = cinfo->out_color_space == JCS_CMYK;
    if (cmyk)
        reader->cmyk =
            cinfo->mem->alloc_sarray((j_common_ptr)cinfo, JPOOL_IMAGE, cinfo->output_width * 4, 1);
    while (cinfo->output_scanline < cinfo->output_height) {
        unsigned char *row = image->data + cinfo->output_scanline * image->stride_bytes;
        (void)jpeg_read_scanlines(cinfo, cmyk ? reader->cmyk : &row, 1);
        if (cmyk)
            cmyk_to_rgb(reader->cmyk[0], row, image->width, cinfo->saw_Adobe_marker);
    }
}

static void step_finish(struct reader *reader)
{
    (void)jpeg_finish_decompress(&reader->cinfo);
}

/* A profile of other pixels than ours is left out: that of the inks, or of the colours we did not
 * decode. */
static void step_icc(struct reader *reader)
{
    JOCTET *data = NULL;
    unsigned nbytes = 0;
    if (!jpeg_read_icc_profile(&reader->cinfo, &data, &nbytes))
        return;
    struct pel_bytes *icc = &reader->picture->icc;
    *icc = (struct pel_bytes){.data = data, .nbytes = nbytes};
    bool cmyk = reader->cinfo.out_color_space == JCS_CMYK;
    if (!pel_icc_describes(icc, reader->picture->image.channels))
        pel_bytes_free(icc);
    if (cmyk)
        pel_codec_flag(reader->picture, PEL_PICTURE_WARNING,
                       "CMYK was converted to RGB without its ICC profile");
}

/* What is wrong but can be kept becomes a flag; the rest is an error. */
static int settle(struct reader *reader, bool rows_read, struct pel_error *err)
{
    struct pel_image *image = &reader->picture->image;
    size_t first_missing = reader->first_missing;
    if (!rows_read) {
        if (!reader->options->keep_truncated || reader->code != -EBADMSG)
            return reader_error(reader, err);
        memcpy(reader->warning, reader->message, sizeof reader->warning);
        reader->damaged = true;
        if (reader->cinfo.output_scanline < first_missing)
            first_missing = reader->cinfo.output_scanline;
    }
    if (!reader->damaged)
        return 0;
    if (first_missing == 0)
        return pel_error_format(err, -EBADMSG, PEL_STAGE_DECODE, (int64_t)reader->nbytes,
                                "jpeg: %s; not one row of pixels", reader->warning);
    pel_codec_clear_rows(image, first_missing, image->height);
    char text[sizeof reader->warning + 64];
    (void)snprintf(text, sizeof text, "%zu of %zu rows: %s",
                   first_missing < image->height ? first_missing : image->height, image->height,
                   reader->warning);
    pel_codec_flag(reader->picture, PEL_PICTURE_TRUNCATED, text);
    return 0;
}

static int read_pixels(struct reader *reader, struct pel_error *err)
{
    bool rows_read = guarded(reader, step_rows);
    int status = settle(reader, rows_read, err);
    if (status || !rows_read)
        return status;
    if (!guarded(reader, step_icc)) /* before the markers are gone */
        return reader_error(reader, err);
    if (!guarded(reader, step_finish) && reader->code != -ENOMEM) /* all pixels are there */
        memcpy(reader->warning, reader->message, sizeof reader->warning);
    if (reader->ran_out && !reader->damaged)
        pel_codec_flag(reader->picture, PEL_PICTURE_WARNING, "the end marker is missing");
    else if (reader->warning[0] && !reader->damaged)
        pel_codec_flag(reader->picture, PEL_PICTURE_WARNING, reader->warning);
    return 0;
}

static int jpeg_decode(const unsigned char *data, size_t nbytes,
                       const struct pel_decode_options *options, struct pel_picture *picture,
                       struct pel_error *err)
{
    options = pel_decode_options_or_usual(options);
    *picture = (struct pel_picture){0};
    struct reader reader = {.data = data, .nbytes = nbytes, .options = options, .picture = picture};
    struct pel_picture_info info;
    int status = open_reader(&reader, &info, err);
    if (!status)
        status = pel_image_alloc(&picture->image, info.width, info.height, info.channels, info.bits,
                                 err);
    if (!status) {
        picture->orientation = info.orientation;
        status = read_pixels(&reader, err);
    }
    if (status)
        pel_picture_free(picture);
    jpeg_destroy_decompress(&reader.cinfo);
    return status;
}

#define QUOTE_(text) #text
#define QUOTE(text) QUOTE_(text)

const struct pel_codec pel_codec_jpeg = {
    .name = "jpeg",
    .extensions = "jpg jpeg jpe jfif",
    .library = "libjpeg-turbo " QUOTE(LIBJPEG_TURBO_VERSION),
    .probe = is_jpeg,
    .info = jpeg_info_of,
    .decode = jpeg_decode,
    .encode = pel_jpeg_encode,
};
