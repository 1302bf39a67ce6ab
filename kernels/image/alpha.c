#include "image/check.h"
#include "image/sample.h"
#include "image/transfer.h"

/* ---- flatten --------------------------------------------------------------------------------- */

struct flatten_job {
    const struct pel_image *src;
    const struct pel_image *dst;
    struct pel_transfer transfer;
    uint16_t background[3];    /* 16-bit samples */
    float background_value[3]; /* decoded */
};

/* (a v + (M - a) b) / M rounded to nearest, in 16-bit samples, then to the image's bits:
 * with 8 bits v and the result are in units of 257, which the background need not be. Exact. */
static unsigned blend_gamma(unsigned v, unsigned alpha, unsigned background, int bits)
{
    if (bits == 16) {
        uint64_t sum = (uint64_t)v * alpha + (uint64_t)background * (65535u - alpha);
        return (unsigned)((sum + 32767u) / 65535u);
    }
    return (v * 257u * alpha + background * (255u - alpha) + 32767u) / 65535u;
}

static unsigned blend(const struct flatten_job *job, unsigned v, unsigned alpha, int c)
{
    if (job->transfer.space == PEL_SPACE_GAMMA)
        return blend_gamma(v, alpha, job->background[c], job->src->bits);
    float a = (float)alpha / job->transfer.max;
    return pel_transfer_encode(&job->transfer, a * pel_transfer_decode(&job->transfer, v) +
                                                   (1 - a) * job->background_value[c]);
}

static void flatten_rows(void *ctx, size_t lo, size_t hi)
{
    const struct flatten_job *job = ctx;
    size_t nin = (size_t)job->src->channels, ncolors = nin - 1;
    for (size_t y = lo; y < hi; y++) {
        const unsigned char *in8 = pel_image_row(job->src, y);
        const uint16_t *in16 = (const uint16_t *)(const void *)in8;
        unsigned char *out8 = pel_image_row_mut(job->dst, y);
        uint16_t *out16 = (uint16_t *)(void *)out8;
        for (size_t x = 0; x < job->src->width; x++)
            for (size_t c = 0; c < ncolors; c++) {
                size_t i = nin * x + c, alpha = nin * x + ncolors, o = ncolors * x + c;
                if (job->src->bits == 8)
                    out8[o] = (uint8_t)blend(job, in8[i], in8[alpha], (int)c);
                else
                    out16[o] = (uint16_t)blend(job, in16[i], in16[alpha], (int)c);
            }
    }
}

int pel_image_flatten(const struct pel_image *src, struct pel_image *dst,
                      const uint16_t background[3], enum pel_space space,
                      const struct pel_team *team, struct pel_error *err)
{
    int status = pel_image_check_pair(src, dst, err);
    if (status)
        return status;
    if ((unsigned)space >= PEL_SPACE_COUNT)
        return pel_image_invalid(err, "no such colour space");
    if (!pel_image_has_alpha(src) || dst->channels != src->channels - 1)
        return pel_image_invalid(err, "src must have alpha, dst the same channels without it");
    if (src->bits != dst->bits)
        return pel_image_invalid(err, "src and dst differ in bits");

    struct flatten_job job = {.src = src, .dst = dst};
    pel_transfer_init(&job.transfer, space, src->bits);
    for (int c = 0; c < 3; c++) {
        job.background[c] = dst->channels == 1 ? pel_gray_bt601_16(background) : background[c];
        job.background_value[c] = (float)pel_srgb_decode(job.background[c] / 65535.0);
    }
    return pel_image_run_rows(team, src->height, pel_image_row_nbytes(src), flatten_rows, &job,
                              err);
}

/* ---- depth ----------------------------------------------------------------------------------- */

struct depth_job {
    const struct pel_image *src;
    const struct pel_image *dst;
};

static void depth_rows(void *ctx, size_t lo, size_t hi)
{
    const struct depth_job *job = ctx;
    size_t nsamples = job->src->width * (size_t)job->src->channels;
    for (size_t y = lo; y < hi; y++) {
        const void *in = pel_image_row(job->src, y);
        void *out = pel_image_row_mut(job->dst, y);
        if (job->src->bits == 16)
            for (size_t i = 0; i < nsamples; i++)
                ((uint8_t *)out)[i] = pel_depth_8(((const uint16_t *)in)[i]);
        else
            for (size_t i = 0; i < nsamples; i++)
                ((uint16_t *)out)[i] = (uint16_t)(((const uint8_t *)in)[i] * 257u);
    }
}

int pel_image_depth(const struct pel_image *src, struct pel_image *dst, const struct pel_team *team,
                    struct pel_error *err)
{
    int status = pel_image_check_pair(src, dst, err);
    if (status)
        return status;
    if (src->channels != dst->channels)
        return pel_image_invalid(err, "src and dst differ in channels");
    if (src->bits == dst->bits)
        return pel_image_invalid(err, "dst must have the other depth (8 or 16 bits)");
    struct depth_job job = {src, dst};
    return pel_image_run_rows(team, src->height, pel_image_row_nbytes(src), depth_rows, &job, err);
}
