#include "image/nearest.h"

#include "image/check.h"

#include <stdlib.h>
#include <string.h>

struct nearest_job {
    const struct pel_image *src;
    const struct pel_image *dst;
    struct pel_box box;
    const uint32_t *column; /* source column of each output column */
};

/* The source position that holds the centre of output position i; ties go right. */
static size_t position(double offset, double length, size_t nout, size_t nin, size_t i)
{
    double centre = offset + ((double)i + 0.5) * length / (double)nout;
    size_t at = (size_t)centre;
    return at < nin ? at : nin - 1;
}

static inline void gather(const unsigned char *in, const uint32_t *column, size_t width,
                          unsigned char *out, size_t nbytes)
{
    for (size_t x = 0; x < width; x++)
        memcpy(out + x * nbytes, in + column[x] * nbytes, nbytes);
}

static void nearest_rows(void *ctx, size_t lo, size_t hi)
{
    const struct nearest_job *job = ctx;
    for (size_t y = lo; y < hi; y++) {
        const unsigned char *in = pel_image_row(
            job->src, position(job->box.y, job->box.height, job->dst->height, job->src->height, y));
        unsigned char *out = pel_image_row_mut(job->dst, y);
        size_t width = job->dst->width;
        switch (job->src->channels * job->src->bits / 8) {
        case 1:
            gather(in, job->column, width, out, 1);
            break;
        case 2:
            gather(in, job->column, width, out, 2);
            break;
        case 3:
            gather(in, job->column, width, out, 3);
            break;
        case 4:
            gather(in, job->column, width, out, 4);
            break;
        case 6:
            gather(in, job->column, width, out, 6);
            break;
        case 8:
            gather(in, job->column, width, out, 8);
            break;
        }
    }
}

size_t pel_nearest_nbytes(const struct pel_image *dst)
{
    return dst->width * sizeof(uint32_t);
}

int pel_nearest(const struct pel_image *src, const struct pel_image *dst, const struct pel_box *box,
                const struct pel_team *team, struct pel_error *err)
{
    uint32_t *column = malloc(pel_nearest_nbytes(dst));
    if (!column)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE,
                             "not enough memory for the table of columns");
    struct nearest_job job = {.src = src, .dst = dst, .box = *box, .column = column};
    if (box->width == 0) {
        job.box.width = (double)src->width;
        job.box.height = (double)src->height;
    }
    for (size_t x = 0; x < dst->width; x++)
        column[x] = (uint32_t)position(job.box.x, job.box.width, dst->width, src->width, x);
    int status =
        pel_image_run_rows(team, dst->height, pel_image_row_nbytes(dst), nearest_rows, &job, err);
    free(column);
    return status;
}
