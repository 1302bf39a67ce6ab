/* One file's way through the codecs and kernels: decode, orient, gray, resize, fit the format,
 * encode. */
#include "image/image.h"

#include <pelton/system.h>

#include <stdlib.h>
#include <string.h>

/* ---- what it will take ---- */

/* Memory in use while the steps run: each step holds its input and its output, then frees the
 * input. */
struct footprint {
    uint64_t held, peak;
};

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

static uint64_t image_nbytes(size_t width, size_t height, int channels, int bits)
{
    size_t nbytes;
    return pel_image_nbytes(width, height, channels, bits, &nbytes) ? UINT64_MAX : nbytes;
}

static void footprint_step(struct footprint *footprint, uint64_t output, uint64_t scratch)
{
    uint64_t during = add_saturated(add_saturated(footprint->held, output), scratch);
    footprint->peak = during > footprint->peak ? during : footprint->peak;
    footprint->held = output;
}

/* The most bytes that pipeline_run takes for a file with this header, its kernels on nthreads. */
static uint64_t pipeline_nbytes(const struct pipeline *pipeline,
                                const struct pel_picture_info *info, int nthreads)
{
    const struct image_options *options = pipeline->options;
    bool swaps = pel_orientation_swaps(info->orientation);
    struct pel_image now = {.width = swaps ? info->height : info->width,
                            .height = swaps ? info->width : info->height,
                            .channels = info->channels,
                            .bits = info->bits};
    struct footprint footprint = {0};
    footprint_step(&footprint, info->image_nbytes, info->work_nbytes);
    if (info->orientation != 1)
        footprint_step(&footprint, info->image_nbytes, 0);
    if (options->gray && now.channels >= 3) {
        now.channels -= 2;
        footprint_step(&footprint, image_nbytes(now.width, now.height, now.channels, now.bits), 0);
    }
    struct placement place = geometry_place(&options->geometry, now.width, now.height);
    struct pel_image canvas = now;
    canvas.width = place.canvas_width;
    canvas.height = place.canvas_height;
    if (place.resample || canvas.width != now.width || canvas.height != now.height) {
        struct pel_resize how = {options->filter, options->space, place.box};
        struct pel_image picture = canvas;
        picture.width = place.width;
        picture.height = place.height;
        footprint_step(&footprint,
                       image_nbytes(canvas.width, canvas.height, now.channels, now.bits),
                       pel_image_resize_workspace(&now, &picture, &how, nthreads));
    }
    /* Flattening and reducing the depth only make it smaller; the encoded bytes may exceed the
     * pixels (noise at high quality) and are twice there while their buffer grows. */
    footprint_step(&footprint, footprint.held, 0);
    footprint_step(&footprint, 0, add_saturated(2 * (footprint.held / 2 * 3), 1 << 17));
    return footprint.peak;
}

/* ---- the steps ---- */

/* Ends a step: puts its result in the place of the picture's image, or drops it if the step failed.
 */
static int finish(struct pel_picture *picture, struct pel_image *result, int status)
{
    if (status) {
        pel_image_free(result);
        return status;
    }
    pel_image_free(&picture->image);
    picture->image = *result;
    return 0;
}

static int orient(const struct pipeline *pipeline, struct pel_picture *picture,
                  struct pel_error *err)
{
    if (picture->orientation == 1)
        return 0;
    const struct pel_image *src = &picture->image;
    bool swaps = pel_orientation_swaps(picture->orientation);
    struct pel_image dst;
    int status = pel_image_alloc(&dst, swaps ? src->height : src->width,
                                 swaps ? src->width : src->height, src->channels, src->bits, err);
    if (!status)
        status = pel_image_orient(src, &dst, picture->orientation, &pipeline->team, err);
    picture->orientation = 1;
    return finish(picture, &dst, status);
}

static int gray(const struct pipeline *pipeline, struct pel_picture *picture, struct pel_error *err)
{
    const struct pel_image *src = &picture->image;
    if (!pipeline->options->gray || src->channels < 3)
        return 0;
    struct pel_image dst;
    int status = pel_image_alloc(&dst, src->width, src->height, src->channels - 2, src->bits, err);
    if (!status)
        status = pel_image_gray(src, &dst, pipeline->options->gray_method, &pipeline->team, err);
    return finish(picture, &dst, status);
}

/* Copies rows; only for pixels that are put on a larger canvas as they are. */
static void copy_pixels(const struct pel_image *src, struct pel_image *dst)
{
    for (size_t y = 0; y < src->height; y++)
        memcpy(dst->data + y * dst->stride_bytes, src->data + y * src->stride_bytes,
               pel_image_row_nbytes(src));
}

static int resize(const struct pipeline *pipeline, struct pel_picture *picture,
                  struct pel_error *err)
{
    const struct image_options *options = pipeline->options;
    const struct pel_image *src = &picture->image;
    struct placement place = geometry_place(&options->geometry, src->width, src->height);
    bool padded = place.canvas_width != place.width || place.canvas_height != place.height;
    if (!place.resample && !padded)
        return 0;
    struct pel_image canvas;
    int status = pel_image_alloc(&canvas, place.canvas_width, place.canvas_height, src->channels,
                                 src->bits, err);
    if (status)
        return status;
    if (padded)
        pel_image_fill(&canvas, options->background);
    struct pel_image spot = pel_image_view(&canvas, place.x, place.y, place.width, place.height);
    struct pel_resize how = {options->filter, options->space, place.box};
    if (place.resample)
        status = pel_image_resize(src, &spot, &how, &pipeline->team, err);
    else
        copy_pixels(src, &spot);
    return finish(picture, &canvas, status);
}

static int flatten(const struct pipeline *pipeline, struct job *job, struct pel_picture *picture,
                   struct pel_error *err)
{
    const struct image_options *options = pipeline->options;
    const struct pel_image *src = &picture->image;
    if (!pel_image_has_alpha(src) || job->format->encodes_alpha)
        return 0;
    struct pel_image dst;
    int status = pel_image_alloc(&dst, src->width, src->height, src->channels - 1, src->bits, err);
    if (!status)
        status =
            pel_image_flatten(src, &dst, options->background, options->space, &pipeline->team, err);
    job_warn(job, "alpha flattened over the background");
    return finish(picture, &dst, status);
}

static int reduce_depth(const struct pipeline *pipeline, struct job *job,
                        struct pel_picture *picture, struct pel_error *err)
{
    const struct pel_image *src = &picture->image;
    if (src->bits != 16 || job->format->encodes_16)
        return 0;
    struct pel_image dst;
    int status = pel_image_alloc(&dst, src->width, src->height, src->channels, 8, err);
    if (!status)
        status = pel_image_depth(src, &dst, &pipeline->team, err);
    job_warn(job, "16 bits reduced to 8");
    return finish(picture, &dst, status);
}

/* A profile is dropped where the picture is no longer of the colours it describes. */
static void keep_what_applies(const struct image_options *options, struct job *job,
                              struct pel_picture *picture)
{
    bool is_gray = picture->image.channels < 3;
    bool fits = pel_icc_describes(&picture->icc, picture->image.channels);
    if (picture->icc.nbytes && !options->strip && !fits)
        job_warn(job, "ICC profile dropped: it does not describe the output's colours");
    if (options->strip || !fits)
        pel_bytes_free(&picture->icc);
    if (options->strip)
        picture->color = (struct pel_color_chunks){0};
    if (is_gray)
        picture->color.has_chromaticities = false;
}

static int transform(const struct pipeline *pipeline, struct job *job, struct pel_picture *picture,
                     struct pel_error *err)
{
    int status = orient(pipeline, picture, err);
    if (!status)
        status = gray(pipeline, picture, err);
    if (!status)
        status = resize(pipeline, picture, err);
    if (!status)
        status = flatten(pipeline, job, picture, err);
    if (!status)
        status = reduce_depth(pipeline, job, picture, err);
    if (!status)
        keep_what_applies(pipeline->options, job, picture);
    return status;
}

/* ---- the whole ---- */

static void note_decoded(struct job *job, const struct pel_picture *picture)
{
    job->damaged = (picture->flags & PEL_PICTURE_TRUNCATED) != 0;
    if (picture->flags & (PEL_PICTURE_TRUNCATED | PEL_PICTURE_WARNING))
        job_warn(job, picture->warning);
    if (picture->flags & PEL_PICTURE_ANIMATED)
        job_warn(job, "animated: first frame only");
}

/* Reserves what the file will take. Where that is too much with scratch for every thread of the team, its
 * kernels run on one: what can be converted must not depend on the number of threads. */
static int reserve(struct pipeline *pipeline, const struct pel_picture_info *info,
                   struct pel_error *err)
{
    uint64_t needed = pipeline_nbytes(pipeline, info, pipeline->team.nthreads);
    if (needed > pipeline->max_nbytes) {
        pipeline->team.nthreads = 1;
        needed = pipeline_nbytes(pipeline, info, 1);
    }
    if (needed > pipeline->max_nbytes) {
        char needs[32], leaves[32], memory[32], text[160];
        (void)snprintf(text, sizeof text,
                       "needs %s to convert, over the %s that --memory %s leaves for pictures",
                       cli_format_bytes(needed, needs),
                       cli_format_bytes(pipeline->max_nbytes, leaves),
                       cli_format_bytes(pipeline->options->memory, memory));
        return pel_error_set(err, -ENOMEM, PEL_STAGE_DECODE, text);
    }
    pipeline->reserve(pipeline->ctx, needed);
    return 0;
}

/* Decodes within the limits: the header first, then the reservation, then the pixels. */
static int decode(struct pipeline *pipeline, struct job *job, const unsigned char *data,
                  size_t nbytes, struct pel_picture *picture, struct pel_error *err)
{
    const struct image_options *options = pipeline->options;
    if (nbytes == 0)
        return pel_error_set(err, -EBADMSG, PEL_STAGE_DECODE, "the file is empty");
    const struct pel_codec *codec = pel_codec_for_data(data, nbytes);
    if (!codec)
        return pel_error_set(err, -ENOTSUP, PEL_STAGE_DECODE,
                             "not an image: none of the known formats begins like this");
    job->input_format = codec->name;
    const struct pel_decode_options how = {
        .max_pixels = options->max_pixels,
        .max_nbytes = pipeline->max_nbytes,
        .keep_truncated = options->keep_truncated,
        .luma_only = options->gray && options->gray_method == PEL_GRAY_BT601,
    };
    struct pel_picture_info info;
    int status = codec->info(data, nbytes, &how, &info, err);
    if (status)
        return status;
    job->width_in = info.width;
    job->height_in = info.height;
    job->channels_in = info.channels;
    job->bits_in = info.bits;
    job->orientation = info.orientation;
    status = reserve(pipeline, &info, err);
    if (status)
        return status;
    job->times.decode_start = pel_now_ns(); /* waiting for memory is not decoding */
    status = codec->decode(data, nbytes, &how, picture, err);
    if (!status)
        note_decoded(job, picture);
    return status;
}

int pipeline_run(const struct pipeline *usual, struct job *job, const unsigned char *data,
                 size_t nbytes, struct pel_bytes *out, struct pel_error *err)
{
    struct pipeline own = *usual, *pipeline = &own; /* its team may become smaller */
    struct pel_picture picture = {0};
    job->times.decode_start = pel_now_ns();
    int status = decode(pipeline, job, data, nbytes, &picture, err);
    pipeline->loaded(pipeline->ctx);
    job->times.compute_start = pel_now_ns();
    if (!status)
        status = transform(pipeline, job, &picture, err);
    job->times.encode_start = pel_now_ns();
    if (!status) {
        job->width_out = picture.image.width;
        job->height_out = picture.image.height;
        job->channels_out = picture.image.channels;
        job->bits_out = picture.image.bits;
        status = job->format->encode(&picture, &pipeline->options->encode, out, err);
    }
    job->times.encode_end = pel_now_ns();
    if (!status)
        job->bytes_out = out->nbytes;
    pel_picture_free(&picture);
    return status;
}
