#include "image/check.h"
#include "image/rows.h"
#include "image/sample.h"
#include "image/transfer.h"

#include <string.h>

const char *pel_gray_name(enum pel_gray method)
{
    static const char *const names[PEL_GRAY_COUNT] = {
        [PEL_GRAY_BT601] = "bt601",
        [PEL_GRAY_BT709] = "bt709",
        [PEL_GRAY_LINEAR] = "linear",
    };
    return (unsigned)method < PEL_GRAY_COUNT ? names[method] : "";
}

struct gray_job {
    const struct pel_image *src;
    const struct pel_image *dst;
    const struct pel_rows *rows;
    const uint32_t *coefficient;         /* of the integer methods */
    const struct pel_transfer *transfer; /* of the linear one */
};

static void copy_rows(void *ctx, size_t lo, size_t hi)
{
    const struct gray_job *job = ctx;
    for (size_t y = lo; y < hi; y++)
        memcpy(pel_image_row_mut(job->dst, y), pel_image_row(job->src, y),
               pel_image_row_nbytes(job->src));
}

static void luma_rows(void *ctx, size_t lo, size_t hi)
{
    const struct gray_job *job = ctx;
    size_t width = job->src->width;
    int channels = job->src->channels;
    for (size_t y = lo; y < hi; y++) {
        const void *in = pel_image_row(job->src, y);
        void *out = pel_image_row_mut(job->dst, y);
        if (job->src->bits == 8)
            job->rows->gray8(in, width, channels, job->coefficient, out);
        else
            job->rows->gray16(in, width, channels, job->coefficient, out);
    }
}

static inline unsigned luminance(const struct pel_transfer *transfer, unsigned r, unsigned g,
                                 unsigned b)
{
    return pel_transfer_encode(transfer, 0.2126f * pel_transfer_decode(transfer, r) +
                                             0.7152f * pel_transfer_decode(transfer, g) +
                                             0.0722f * pel_transfer_decode(transfer, b));
}

static void luminance_row8(const struct pel_transfer *transfer, const uint8_t *in, size_t nin,
                           size_t width, uint8_t *out)
{
    size_t nout = nin - 2;
    for (size_t x = 0; x < width; x++, in += nin, out += nout) {
        out[0] = (uint8_t)luminance(transfer, in[0], in[1], in[2]);
        if (nout == 2)
            out[1] = in[3];
    }
}

static void luminance_row16(const struct pel_transfer *transfer, const uint16_t *in, size_t nin,
                            size_t width, uint16_t *out)
{
    size_t nout = nin - 2;
    for (size_t x = 0; x < width; x++, in += nin, out += nout) {
        out[0] = (uint16_t)luminance(transfer, in[0], in[1], in[2]);
        if (nout == 2)
            out[1] = in[3];
    }
}

static void luminance_rows(void *ctx, size_t lo, size_t hi)
{
    const struct gray_job *job = ctx;
    size_t nin = (size_t)job->src->channels, width = job->src->width;
    for (size_t y = lo; y < hi; y++) {
        const void *in = pel_image_row(job->src, y);
        void *out = pel_image_row_mut(job->dst, y);
        if (job->src->bits == 8)
            luminance_row8(job->transfer, in, nin, width, out);
        else
            luminance_row16(job->transfer, in, nin, width, out);
    }
}

int pel_image_gray(const struct pel_image *src, struct pel_image *dst, enum pel_gray method,
                   const struct pel_team *team, struct pel_error *err)
{
    static const uint32_t bt601[3] = {PEL_BT601_R, PEL_BT601_G, PEL_BT601_B};
    static const uint32_t bt709[3] = {PEL_BT709_R, PEL_BT709_G, PEL_BT709_B};
    int status = pel_image_check_pair(src, dst, err);
    if (status)
        return status;
    if ((unsigned)method >= PEL_GRAY_COUNT)
        return pel_image_invalid(err, "no such gray method");
    if (src->bits != dst->bits)
        return pel_image_invalid(err, "src and dst differ in bits");
    if (dst->channels != (pel_image_has_alpha(src) ? 2 : 1))
        return pel_image_invalid(err, "dst must have 1 channel, or 2 where src has alpha");

    struct gray_job job = {.src = src, .dst = dst, .rows = pel_rows_for(team->isa)};
    struct pel_transfer transfer;
    void (*rows)(void *ctx, size_t lo, size_t hi) = luma_rows;
    if (src->channels <= 2) {
        rows = copy_rows;
    } else if (method == PEL_GRAY_LINEAR) {
        pel_transfer_init(&transfer, PEL_SPACE_LINEAR, src->bits);
        job.transfer = &transfer;
        rows = luminance_rows;
    } else {
        job.coefficient = method == PEL_GRAY_BT601 ? bt601 : bt709;
    }
    return pel_image_run_rows(team, src->height, pel_image_row_nbytes(src), rows, &job, err);
}
