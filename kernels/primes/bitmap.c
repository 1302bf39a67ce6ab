#include "primes/bitmap.h"

#include <stdlib.h>

static int copy_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    struct pel_bitmap *bitmap = ctx;
    struct pel_segment segment;
    int status = pel_sieve_begin(sieve, chunk);
    if (status)
        return status;
    while ((status = pel_sieve_next(sieve, &segment)) > 0)
        memcpy(bitmap->bytes + (segment.base / 30 - bitmap->first_byte), segment.bytes,
               segment.nbytes);
    return status;
}

int pel_bitmap_sieve(struct pel_bitmap *bitmap, uint64_t start, uint64_t stop,
                     const struct pel_team *team, struct pel_error *err)
{
    *bitmap = (struct pel_bitmap){0};
    struct pel_team quiet = *team;
    quiet.progress = NULL;
    struct pel_sieve_plan plan;
    int status = pel_sieve_plan(&plan, start, stop, 0, &quiet, err);
    if (status)
        return status;
    bitmap->first_byte = plan.first_byte;
    bitmap->nbytes = stop < 7 ? 0 : (size_t)((stop - 7) / 30 + 1 - plan.first_byte);
    bitmap->bytes = calloc(bitmap->nbytes / 8 + 1, 8);
    if (bitmap->bytes)
        status = pel_sieve_run(&plan, &quiet, copy_chunk, bitmap, err);
    else
        status = pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a bitmap of primes");
    pel_sieve_plan_free(&plan);
    if (status)
        pel_bitmap_free(bitmap);
    return status;
}

void pel_bitmap_free(struct pel_bitmap *bitmap)
{
    free(bitmap->bytes);
    *bitmap = (struct pel_bitmap){0};
}
