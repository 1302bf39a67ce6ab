/* Resampling in one sweep over the source rows.
 *
 * Each task makes a band of output rows. It takes the source rows from top to bottom: a row is
 * decoded to planes of floats, kept in a ring of PEL_GROUP rows, and added with its weight to every
 * output row it takes part in; an output row whose last source row has come is encoded. The
 * horizontal pass is done either on each source row before it enters the ring, or on each output
 * row before it is encoded, whichever are fewer: a sum along a row costs more than one across rows.
 *
 * So a task holds a few rows, whatever the scale. The floats are the same for any cut into bands: the
 * rows of a window that fits into the ring are added up at once; longer windows are cut where the
 * source's row number is a multiple of PEL_GROUP. Sums are in float within a cut and in double over
 * the cuts. */
#include "image/check.h"
#include "image/nearest.h"
#include "image/rows.h"
#include "image/transfer.h"
#include "image/weights.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

const char *pel_filter_name(enum pel_filter filter)
{
    static const char *const names[PEL_FILTER_COUNT] = {
        [PEL_FILTER_NEAREST] = "nearest",   [PEL_FILTER_BOX] = "box",
        [PEL_FILTER_TRIANGLE] = "triangle", [PEL_FILTER_CATMULLROM] = "catmullrom",
        [PEL_FILTER_MITCHELL] = "mitchell", [PEL_FILTER_LANCZOS3] = "lanczos3",
    };
    return (unsigned)filter < PEL_FILTER_COUNT ? names[filter] : "";
}

const char *pel_space_name(enum pel_space space)
{
    static const char *const names[PEL_SPACE_COUNT] = {
        [PEL_SPACE_LINEAR] = "linear",
        [PEL_SPACE_GAMMA] = "gamma",
    };
    return (unsigned)space < PEL_SPACE_COUNT ? names[space] : "";
}

/* Output rows under way at a time at most: 2 * support + 1 of them contain a given source row. */
enum { SUMS_MAX = 2 * PEL_SUPPORT_MAX + 2 };

/* What a call needs to know before it allocates anything. */
struct plan {
    struct pel_box box;
    double scale_x, scale_y;
    bool horizontal_first;
    bool by_groups;       /* windows are longer than the ring */
    size_t nring;         /* source rows in the ring */
    size_t nsums;         /* output rows under way */
    size_t source_stride; /* floats of a plane of a decoded source row */
    size_t middle_stride; /* ... of a row in the ring */
    size_t result_stride; /* ... of an output row before it is encoded */
    size_t weights_x_nbytes, weights_y_nbytes;
    size_t source_nbytes, ring_nbytes, sums_nbytes, result_nbytes, sum_row_nbytes;
    size_t slot_nbytes; /* all of the four: what a task works in */
    size_t ntasks, nslots;
    size_t nbytes; /* everything */
};

/* Scratch of the task that holds it. */
struct slot {
    int taken; /* atomic */
    unsigned char *memory;
};

struct job {
    const struct pel_image *src;
    const struct pel_image *dst;
    const struct plan *plan;
    const struct pel_rows *rows;
    const struct pel_cancel *cancel;
    struct pel_transfer transfer;
    struct pel_weights x, y;
    struct slot *slots;
    bool stopped; /* a task was cut short; atomic */
};

/* ---- plan ------------------------------------------------------------------------------------ */

/* Room for reading whole lanes past the last sample and for whole blocks. */
static size_t plane_stride(size_t width)
{
    return (width + PEL_LANES + PEL_BLOCK - 1) / PEL_BLOCK * PEL_BLOCK;
}

/* A band decodes and keeps rows that its neighbours decode as well, 2 * support output rows' worth:
 * with 64 rows that is a tenth. Rather than let threads idle, bands get as low as 4 rows. */
static size_t count_bands(size_t nrows, int nthreads)
{
    struct pel_team team = {.nthreads = nthreads};
    size_t nbands = pel_team_tasks(&team, nrows, 64), least = nrows / 4;
    if (least > (size_t)nthreads)
        least = (size_t)nthreads;
    return nbands > least ? nbands : least ? least : 1;
}

static int plan_nbytes(struct plan *plan, const struct pel_image *src, const struct pel_image *dst,
                       enum pel_filter filter)
{
    size_t nplanes = (size_t)dst->channels;
    int status =
        pel_weights_nbytes(filter, src->width, dst->width, plan->scale_x, &plan->weights_x_nbytes);
    if (!status)
        status = pel_weights_nbytes(filter, src->height, dst->height, plan->scale_y,
                                    &plan->weights_y_nbytes);
    /* Sides are below 2^24: no product here comes near 2^64. */
    size_t middle_nfloats = plan->middle_stride * nplanes;
    plan->source_nbytes =
        plan->horizontal_first ? plan->source_stride * nplanes * sizeof(float) : 0;
    plan->ring_nbytes = plan->nring * middle_nfloats * sizeof(float);
    plan->sum_row_nbytes = middle_nfloats * sizeof(double);
    plan->sums_nbytes = plan->nsums * plan->sum_row_nbytes;
    plan->result_nbytes =
        (middle_nfloats + (plan->horizontal_first ? 0 : plan->result_stride * nplanes)) *
        sizeof(float);
    plan->slot_nbytes =
        plan->source_nbytes + plan->ring_nbytes + plan->sums_nbytes + plan->result_nbytes;
    size_t slots_nbytes = 0;
    if (!status)
        status = pel_size_mul(plan->nslots, plan->slot_nbytes + sizeof(struct slot), &slots_nbytes);
    if (!status)
        status = pel_size_add(plan->weights_x_nbytes, plan->weights_y_nbytes, &plan->nbytes);
    if (!status)
        status = pel_size_add(plan->nbytes, slots_nbytes, &plan->nbytes);
    if (!status) /* aligned_alloc wants whole lines */
        status = pel_size_add(plan->nbytes, PEL_CACHE_LINE, &plan->nbytes);
    plan->nbytes = plan->nbytes / PEL_CACHE_LINE * PEL_CACHE_LINE;
    return status;
}

static int make_plan(struct plan *plan, const struct pel_image *src, const struct pel_image *dst,
                     const struct pel_resize *how, int nthreads)
{
    *plan = (struct plan){.box = how->box};
    if (plan->box.width == 0 && plan->box.height == 0) {
        plan->box.width = (double)src->width;
        plan->box.height = (double)src->height;
    }
    plan->scale_x = plan->box.width / (double)dst->width;
    plan->scale_y = plan->box.height / (double)dst->height;
    plan->horizontal_first = plan->scale_y < 1;
    plan->source_stride = plane_stride(src->width);
    plan->result_stride = plane_stride(dst->width);
    plan->middle_stride = plan->horizontal_first ? plan->result_stride : plan->source_stride;
    plan->nring = src->height < PEL_GROUP ? src->height : PEL_GROUP;
    /* A window within a group's length is complete in the ring when its last row comes. */
    plan->by_groups = pel_weights_stride(how->filter, src->height, plan->scale_y) > PEL_GROUP;
    plan->nsums = !plan->by_groups ? 1 : dst->height < SUMS_MAX ? dst->height : SUMS_MAX;
    plan->ntasks = count_bands(dst->height, nthreads);
    plan->nslots = plan->ntasks < (size_t)nthreads ? plan->ntasks : (size_t)nthreads;
    return plan_nbytes(plan, src, dst, how->filter);
}

size_t pel_image_resize_workspace(const struct pel_image *src, const struct pel_image *dst,
                                  const struct pel_resize *how, int nthreads)
{
    struct plan plan;
    if (how->filter == PEL_FILTER_NEAREST)
        return pel_nearest_nbytes(dst);
    return make_plan(&plan, src, dst, how, nthreads) ? SIZE_MAX : plan.nbytes;
}

/* ---- one band -------------------------------------------------------------------------------- */

/* A task at work. */
struct band {
    struct job *job;
    float *source, *ring, *result, *filtered;
    double *sums;
    size_t done[SUMS_MAX]; /* of the output row in that place: source rows added so far end here */
    size_t lo, hi;         /* output rows; lo is the next to be encoded */
};

static size_t window_end(const struct job *job, size_t i)
{
    return (size_t)job->y.taps[i].first + job->y.taps[i].count;
}

static float *ring_row(const struct band *band, size_t j)
{
    const struct plan *plan = band->job->plan;
    return band->ring + j % PEL_GROUP * plan->middle_stride * (size_t)band->job->dst->channels;
}

static double *sum_row(const struct band *band, size_t i)
{
    return band->sums +
           i % band->job->plan->nsums * (band->job->plan->sum_row_nbytes / sizeof(double));
}

static size_t *done_of(struct band *band, size_t i)
{
    return &band->done[i % band->job->plan->nsums];
}

/* Source row j into the ring. */
static void take_row(const struct band *band, size_t j)
{
    const struct job *job = band->job;
    const struct plan *plan = job->plan;
    int channels = job->src->channels;
    const unsigned char *row = pel_image_row(job->src, j);
    if (!plan->horizontal_first) {
        pel_transfer_decode_row(&job->transfer, row, job->src->width, channels, ring_row(band, j),
                                plan->source_stride);
        return;
    }
    pel_transfer_decode_row(&job->transfer, row, job->src->width, channels, band->source,
                            plan->source_stride);
    job->rows->filter_row(&job->x, band->source, plan->source_stride, ring_row(band, j),
                          plan->middle_stride, channels);
}

/* Adds source rows [done, end), which are in the ring, to the columns [x0, x1) of output
 * row i. */
static void add_group(const struct band *band, size_t i, size_t done, size_t end, size_t x0,
                      size_t x1)
{
    const struct job *job = band->job;
    const float *rows[PEL_GROUP];
    size_t first = job->y.taps[i].first, nrows = end - done;
    for (size_t k = 0; k < nrows; k++)
        rows[k] = ring_row(band, done + k);
    job->rows->add_rows(sum_row(band, i), done != first, rows,
                        job->y.weight + i * job->y.stride + (done - first), nrows, x0, x1);
}

/* At the end of a group whose rows the next ones will overwrite: adds it to all output rows under
 * way. In strips of columns, so that the ring is read from the second-level cache once only. */
static void add_group_to_all(struct band *band, size_t end)
{
    const size_t strip = 1024;
    const struct job *job = band->job;
    size_t width = job->plan->middle_stride * (size_t)job->dst->channels;
    size_t last = band->lo;
    while (last < band->hi && job->y.taps[last].first < end)
        last++;
    for (size_t x0 = 0; x0 < width; x0 += strip)
        for (size_t i = band->lo; i < last; i++)
            add_group(band, i, *done_of(band, i), end, x0, width - x0 < strip ? width : x0 + strip);
    for (size_t i = band->lo; i < last; i++)
        *done_of(band, i) = end;
}

/* Adds what is left of output row i, whose source rows have all come, and writes it: they are in the ring,
 * since longer windows are added up group by group. */
static void finish_row(struct band *band, size_t i)
{
    const struct job *job = band->job;
    const struct plan *plan = job->plan;
    size_t width = plan->middle_stride * (size_t)job->dst->channels;
    add_group(band, i, *done_of(band, i), window_end(job, i), 0, width);
    const double *sum = sum_row(band, i);
    for (size_t x = 0; x < width; x++)
        band->result[x] = (float)sum[x];
    const float *planes = band->result;
    if (!plan->horizontal_first) {
        job->rows->filter_row(&job->x, band->result, plan->middle_stride, band->filtered,
                              plan->result_stride, job->dst->channels);
        planes = band->filtered;
    }
    pel_transfer_encode_row(&job->transfer, planes, plan->result_stride, job->dst->width,
                            job->dst->channels, pel_image_row_mut(job->dst, i));
    if (i + plan->nsums < band->hi)
        *done_of(band, i) = job->y.taps[i + plan->nsums].first;
}

static void resize_rows(struct band *band)
{
    struct job *job = band->job;
    for (size_t i = band->lo; i < band->hi && i < band->lo + job->plan->nsums; i++)
        *done_of(band, i) = job->y.taps[i].first;
    for (size_t j = job->y.taps[band->lo].first; band->lo < band->hi; j++) {
        if (pel_cancel_requested(job->cancel)) {
            __atomic_store_n(&job->stopped, true, __ATOMIC_RELAXED);
            return;
        }
        take_row(band, j);
        while (band->lo < band->hi && window_end(job, band->lo) == j + 1)
            finish_row(band, band->lo++);
        if (job->plan->by_groups && j % PEL_GROUP == PEL_GROUP - 1)
            add_group_to_all(band, j + 1);
    }
}

/* There are as many slots as threads in the team, so one is free or about to be. */
static struct slot *take_slot(struct job *job)
{
    for (size_t i = 0;; i = (i + 1) % job->plan->nslots) {
        if (!__atomic_exchange_n(&job->slots[i].taken, 1, __ATOMIC_ACQUIRE))
            return &job->slots[i];
        if (i + 1 == job->plan->nslots)
            (void)sched_yield();
    }
}

static void resize_band(void *ctx, size_t index)
{
    struct job *job = ctx;
    const struct plan *plan = job->plan;
    struct slot *slot = take_slot(job);
    struct pel_range range = pel_partition(job->dst->height, plan->ntasks, index);
    struct band band = {.job = job, .lo = range.lo, .hi = range.hi};
    unsigned char *at = slot->memory;
    band.sums = (double *)(void *)at;
    band.ring = (float *)(void *)(at += plan->sums_nbytes);
    band.result = (float *)(void *)(at += plan->ring_nbytes);
    band.filtered = band.result + plan->middle_stride * (size_t)job->dst->channels;
    band.source = (float *)(void *)(at + plan->result_nbytes);
    resize_rows(&band);
    __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
}

/* ---- the call -------------------------------------------------------------------------------- */

static int check(const struct pel_image *src, const struct pel_image *dst,
                 const struct pel_resize *how, struct pel_error *err)
{
    int status = pel_image_check(src, err);
    if (!status)
        status = pel_image_check(dst, err);
    if (status)
        return status;
    const struct pel_box *box = &how->box;
    if ((unsigned)how->filter >= PEL_FILTER_COUNT || (unsigned)how->space >= PEL_SPACE_COUNT)
        return pel_image_invalid(err, "no such filter or colour space");
    if (src->channels != dst->channels || src->bits != dst->bits)
        return pel_image_invalid(err, "src and dst differ in channels or bits");
    if (box->x == 0 && box->y == 0 && box->width == 0 && box->height == 0)
        return 0;
    /* Written so that NaN is refused as well. */
    if (!(box->x >= 0 && box->y >= 0 && box->width > 0 && box->height > 0 &&
          box->x + box->width <= (double)src->width && box->y + box->height <= (double)src->height))
        return pel_image_invalid(err, "the box is empty or reaches outside src");
    return 0;
}

/* Hands the memory out: weights, the slots' headers, the slots. */
static void lay_out(struct job *job, const struct pel_resize *how, unsigned char *memory)
{
    const struct plan *plan = job->plan;
    pel_weights_init(&job->x, how->filter, job->src->width, job->dst->width, plan->box.x,
                     plan->scale_x, memory);
    memory += plan->weights_x_nbytes;
    pel_weights_init(&job->y, how->filter, job->src->height, job->dst->height, plan->box.y,
                     plan->scale_y, memory);
    memory += plan->weights_y_nbytes;
    unsigned char *headers = memory + plan->nslots * plan->slot_nbytes;
    job->slots = (struct slot *)(void *)headers;
    for (size_t i = 0; i < plan->nslots; i++) {
        job->slots[i] = (struct slot){.memory = memory + i * plan->slot_nbytes};
        /* The filters multiply what lies beyond the samples by 0: it must be numbers. */
        memset(job->slots[i].memory, 0, plan->slot_nbytes);
    }
}

int pel_image_resize(const struct pel_image *src, struct pel_image *dst,
                     const struct pel_resize *how, const struct pel_team *team,
                     struct pel_error *err)
{
    static const struct pel_resize usual;
    how = how ? how : &usual;
    int status = check(src, dst, how, err);
    if (status)
        return status;
    if (how->filter == PEL_FILTER_NEAREST)
        return pel_nearest(src, dst, &how->box, team, err);
    struct plan plan;
    status = make_plan(&plan, src, dst, how, team->nthreads);
    if (status)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE,
                             "the tables of this resize do not fit into memory");
    unsigned char *memory = aligned_alloc(PEL_CACHE_LINE, plan.nbytes);
    if (!memory)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE,
                             "not enough memory for the tables and rows of this resize");

    struct job job = {.src = src,
                      .dst = dst,
                      .plan = &plan,
                      .rows = pel_rows_for(team->isa),
                      .cancel = team->cancel};
    pel_transfer_init(&job.transfer, how->space, src->bits);
    lay_out(&job, how, memory);
    status = pel_team_run(team, plan.ntasks, resize_band, &job);
    free(memory);
    if (status || job.stopped)
        return pel_error_set(err, -ECANCELED, PEL_STAGE_COMPUTE, "cancelled");
    return 0;
}
