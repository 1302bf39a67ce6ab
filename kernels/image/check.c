#include "image/check.h"

int pel_image_check(const struct pel_image *image, struct pel_error *err)
{
    size_t nbytes;
    if (pel_image_nbytes(image->width, image->height, image->channels, image->bits, &nbytes) != 0)
        return pel_image_invalid(err, "no such image: sides are 1 to 16777215, channels 1 to 4, "
                                      "bits 8 or 16");
    if (!image->data)
        return pel_image_invalid(err, "the image has no pixels (data is NULL)");
    if (image->stride_bytes < pel_image_row_nbytes(image))
        return pel_image_invalid(err,
                                 "the image's rows overlap (stride_bytes below a row's bytes)");
    if (image->bits == 16 && ((uintptr_t)image->data % 2 || image->stride_bytes % 2))
        return pel_image_invalid(err, "the rows of a 16-bit image must be 2-byte aligned");
    return 0;
}

int pel_image_check_pair(const struct pel_image *src, const struct pel_image *dst,
                         struct pel_error *err)
{
    int status = pel_image_check(src, err);
    if (!status)
        status = pel_image_check(dst, err);
    if (!status && (src->width != dst->width || src->height != dst->height))
        return pel_image_invalid(err, "src and dst differ in width or height");
    return status;
}

struct rows_job {
    void (*rows)(void *ctx, size_t lo, size_t hi);
    void *ctx;
    size_t nrows, nbands;
};

static void run_band(void *ctx, size_t index)
{
    const struct rows_job *job = ctx;
    struct pel_range range = pel_partition(job->nrows, job->nbands, index);
    job->rows(job->ctx, range.lo, range.hi);
}

int pel_image_run_rows(const struct pel_team *team, size_t nrows, size_t row_nbytes,
                       void (*rows)(void *ctx, size_t lo, size_t hi), void *ctx,
                       struct pel_error *err)
{
    const size_t band_nbytes = 256 << 10;
    size_t rows_per_band = band_nbytes / row_nbytes;
    if (rows_per_band == 0)
        rows_per_band = 1;
    struct rows_job job = {rows, ctx, nrows, (nrows - 1) / rows_per_band + 1};
    int status = pel_team_run(team, job.nbands, run_band, &job);
    return status ? pel_error_set(err, status, PEL_STAGE_COMPUTE, "cancelled") : 0;
}
