/* Sorts of keys alone. */
#include <pelton/sort.h>

#include "bulk/sort/keys.h"
#include "bulk/sort/radix.h"

/* The keys' numbers, all of them, bit for bit: see sort_keys.h. */
struct keys {
    struct sort_map map;
    void *keys;
};

static void load_u64(const void *ctx, size_t lo, size_t n, void *records)
{
    const struct keys *job = ctx;
    const uint64_t *keys = (const uint64_t *)job->keys + lo, flip = job->map.flip;
    uint64_t *out = records;
    if (job->map.is_float)
        for (size_t i = 0; i < n; i++)
            out[i] = sort_from_f64(keys[i], flip);
    else
        for (size_t i = 0; i < n; i++)
            out[i] = keys[i] ^ flip;
}

static void store_u64(void *ctx, size_t lo, size_t n, const void *records, bool continues)
{
    const struct keys *job = ctx;
    const uint64_t *in = records, flip = job->map.flip;
    uint64_t *keys = (uint64_t *)job->keys + lo;
    (void)continues;
    if (job->map.is_float)
        for (size_t i = 0; i < n; i++)
            keys[i] = sort_to_f64(in[i], flip);
    else
        for (size_t i = 0; i < n; i++)
            keys[i] = in[i] ^ flip;
}

static void load_u32(const void *ctx, size_t lo, size_t n, void *records)
{
    const struct keys *job = ctx;
    const uint32_t *keys = (const uint32_t *)job->keys + lo, flip = (uint32_t)job->map.flip;
    uint32_t *out = records;
    if (job->map.is_float)
        for (size_t i = 0; i < n; i++)
            out[i] = sort_from_f32(keys[i], flip);
    else
        for (size_t i = 0; i < n; i++)
            out[i] = keys[i] ^ flip;
}

static void store_u32(void *ctx, size_t lo, size_t n, const void *records, bool continues)
{
    const struct keys *job = ctx;
    const uint32_t *in = records, flip = (uint32_t)job->map.flip;
    uint32_t *keys = (uint32_t *)job->keys + lo;
    (void)continues;
    if (job->map.is_float)
        for (size_t i = 0; i < n; i++)
            keys[i] = sort_to_f32(in[i], flip);
    else
        for (size_t i = 0; i < n; i++)
            keys[i] = in[i] ^ flip;
}

int pel_sort(enum pel_type type, void *keys, size_t n, bool descending, const struct pel_team *team,
             struct pel_error *err)
{
    if (!sort_is_key(type))
        return pel_sort_bad_type(err);
    struct keys ctx = {sort_map(type, descending), keys};
    const struct radix_job job = {
        .kind = ctx.map.wide ? RADIX_U64 : RADIX_U32,
        .n = n,
        .input = ctx.map.flip || ctx.map.is_float ? NULL : keys,
        .load = ctx.map.wide ? load_u64 : load_u32,
        .store = ctx.map.wide ? store_u64 : store_u32,
        .ctx = &ctx,
        .spare = keys,
    };
    enum radix_order order;
    int status = pel_radix_sort(&job, team, &order, err);
    if (!status && order == RADIX_REVERSED)
        status = pel_sort_reverse(keys, n, pel_type_nbytes(type), team, err);
    return status;
}
