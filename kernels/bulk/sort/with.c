/* Sorts of keys with a payload, and the order of one array of keys. */
#include <pelton/sort.h>

#include "bulk/sort/keys.h"
#include "bulk/sort/radix.h"

#include <stdlib.h>

/* ---- argsort ------------------------------------------------------------------------------------- */

struct argsort {
    struct sort_map map;
    const unsigned char *keys;
    uint64_t *order;
};

static void load_numbered_u32(const void *ctx, size_t lo, size_t n, void *records)
{
    const struct argsort *job = ctx;
    uint64_t *out = records;
    for (size_t i = 0; i < n; i++)
        out[i] = sort_value(&job->map, job->keys + 4 * (lo + i)) << 32 | (uint32_t)(lo + i);
}

static void store_order_u32(void *ctx, size_t lo, size_t n, const void *records, bool continues)
{
    const struct argsort *job = ctx;
    const uint64_t *in = records;
    (void)continues;
    for (size_t i = 0; i < n; i++)
        job->order[lo + i] = (uint32_t)in[i];
}

static void load_numbered(const void *ctx, size_t lo, size_t n, void *records)
{
    const struct argsort *job = ctx;
    size_t nbytes = job->map.wide ? 8 : 4;
    struct radix_pair *out = records;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct radix_pair){sort_value(&job->map, job->keys + nbytes * (lo + i)), lo + i};
}

static void store_order(void *ctx, size_t lo, size_t n, const void *records, bool continues)
{
    const struct argsort *job = ctx;
    const struct radix_pair *in = records;
    (void)continues;
    for (size_t i = 0; i < n; i++)
        job->order[lo + i] = in[i].value;
}

int pel_argsort(enum pel_type type, const void *keys, size_t n, bool descending, uint64_t *order,
                const struct pel_team *team, struct pel_error *err)
{
    if (!sort_is_key(type))
        return pel_sort_bad_type(err);
    struct argsort ctx = {sort_map(type, descending), keys, order};
    bool narrow = !ctx.map.wide && n <= UINT32_MAX;
    const struct radix_job job = {
        .kind = narrow ? RADIX_PACKED : RADIX_PAIR,
        .n = n,
        .load = narrow ? load_numbered_u32 : load_numbered,
        .store = narrow ? store_order_u32 : store_order,
        .ctx = &ctx,
        .spare = narrow ? order : NULL,
        .strict = true,
    };
    enum radix_order how;
    int status = pel_radix_sort(&job, team, &how, err);
    if (status || how == RADIX_STORED)
        return status;
    return pel_sort_rows(order, n, how == RADIX_REVERSED, team, err);
}

/* ---- keys that take their payload along -------------------------------------------------------------- */

struct with {
    struct sort_map map;
    unsigned char *keys, *payload;
    size_t payload_nbytes;
};

static void load_packed(const void *ctx, size_t lo, size_t n, void *records)
{
    const struct with *job = ctx;
    uint64_t *out = records;
    for (size_t i = 0; i < n; i++) {
        uint32_t value;
        memcpy(&value, job->payload + 4 * (lo + i), sizeof value);
        out[i] = sort_number(&job->map, job->keys + 4 * (lo + i)) << 32 | value;
    }
}

static void store_packed(void *ctx, size_t lo, size_t n, const void *records, bool continues)
{
    const struct with *job = ctx;
    const uint64_t *in = records;
    (void)continues;
    for (size_t i = 0; i < n; i++) {
        uint32_t value = (uint32_t)in[i];
        sort_key(&job->map, in[i] >> 32, job->keys + 4 * (lo + i));
        memcpy(job->payload + 4 * (lo + i), &value, sizeof value);
    }
}

static void load_pair(const void *ctx, size_t lo, size_t n, void *records)
{
    const struct with *job = ctx;
    size_t key_nbytes = job->map.wide ? 8 : 4, payload_nbytes = job->payload_nbytes;
    struct radix_pair *out = records;
    for (size_t i = 0; i < n; i++) {
        const unsigned char *payload = job->payload + payload_nbytes * (lo + i);
        uint32_t narrow;
        memcpy(&narrow, payload, sizeof narrow);
        out[i].key = sort_number(&job->map, job->keys + key_nbytes * (lo + i));
        out[i].value = narrow;
        if (payload_nbytes == sizeof out[i].value)
            memcpy(&out[i].value, payload, sizeof out[i].value);
    }
}

static void store_pair(void *ctx, size_t lo, size_t n, const void *records, bool continues)
{
    const struct with *job = ctx;
    size_t key_nbytes = job->map.wide ? 8 : 4, payload_nbytes = job->payload_nbytes;
    const struct radix_pair *in = records;
    (void)continues;
    for (size_t i = 0; i < n; i++) {
        unsigned char *payload = job->payload + payload_nbytes * (lo + i);
        uint32_t narrow = (uint32_t)in[i].value;
        sort_key(&job->map, in[i].key, job->keys + key_nbytes * (lo + i));
        if (payload_nbytes == sizeof in[i].value)
            memcpy(payload, &in[i].value, sizeof in[i].value);
        else
            memcpy(payload, &narrow, sizeof narrow);
    }
}

static int sort_pairs(struct with *ctx, size_t n, const struct pel_team *team,
                      struct pel_error *err)
{
    bool packed = !ctx->map.wide && ctx->payload_nbytes == 4;
    const struct radix_job job = {
        .kind = packed ? RADIX_PACKED : RADIX_PAIR,
        .n = n,
        .load = packed ? load_packed : load_pair,
        .store = packed ? store_packed : store_pair,
        .ctx = ctx,
        .strict = true,
    };
    enum radix_order how;
    int status = pel_radix_sort(&job, team, &how, err);
    if (status || how != RADIX_REVERSED)
        return status;
    struct pel_team whole = *team; /* keys and payloads: both or neither */
    whole.cancel = NULL;
    status = pel_sort_reverse(ctx->keys, n, ctx->map.wide ? 8 : 4, &whole, err);
    return status ? status : pel_sort_reverse(ctx->payload, n, ctx->payload_nbytes, &whole, err);
}

/* Keys and payloads by way of their order. */
static int sort_by_order(enum pel_type type, struct with *ctx, size_t n, bool descending,
                         const struct pel_team *team, struct pel_error *err)
{
    size_t key_nbytes = pel_type_nbytes(type), nbytes, all;
    if (pel_size_add(key_nbytes + sizeof(uint64_t), ctx->payload_nbytes, &nbytes) ||
        pel_size_mul(n, nbytes, &all))
        return pel_sort_no_memory(err);
    uint64_t *order = malloc(all + 1);
    if (!order)
        return pel_sort_no_memory(err);
    unsigned char *keys = (unsigned char *)(order + n), *payload = keys + n * key_nbytes;
    int status = pel_argsort(type, ctx->keys, n, descending, order, team, err);
    if (!status)
        status = pel_sort_gather(ctx->keys, key_nbytes, order, n, keys, team, err);
    if (!status)
        status = pel_sort_gather(ctx->payload, ctx->payload_nbytes, order, n, payload, team, err);
    if (!status) {
        memcpy(ctx->keys, keys, n * key_nbytes);
        memcpy(ctx->payload, payload, n * ctx->payload_nbytes);
    }
    free(order);
    return status;
}

/* Tells whether a float among the keys is equal to one of other bits, or might be. */
struct signs {
    const unsigned char *keys;
    size_t n, nbytes, ntasks;
    bool found; /* atomic */
};

static bool is_unusual(const unsigned char *key, size_t nbytes)
{
    if (nbytes == sizeof(uint32_t)) {
        uint32_t bits;
        memcpy(&bits, key, sizeof bits);
        return bits == F32_SIGN || ((bits & ~F32_SIGN) > F32_INF && bits != F32_NAN);
    }
    uint64_t bits;
    memcpy(&bits, key, sizeof bits);
    return bits == F64_SIGN || ((bits & ~F64_SIGN) > F64_INF && bits != F64_NAN);
}

static void find_unusual(void *ctx, size_t index)
{
    struct signs *job = ctx;
    struct pel_range range = pel_partition(job->n, job->ntasks, index);
    bool found = false;
    for (size_t i = range.lo; i < range.hi; i++)
        found |= is_unusual(job->keys + i * job->nbytes, job->nbytes);
    if (found)
        __atomic_store_n(&job->found, true, __ATOMIC_RELAXED);
}

int pel_sort_with(enum pel_type type, void *keys, void *payload, size_t payload_nbytes, size_t n,
                  bool descending, const struct pel_team *team, struct pel_error *err)
{
    if (!sort_is_key(type))
        return pel_sort_bad_type(err);
    if (!payload_nbytes)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "a payload of no bytes");
    struct with ctx = {sort_map(type, descending), keys, payload, payload_nbytes};
    struct signs signs = {.keys = keys,
                          .n = n,
                          .nbytes = pel_type_nbytes(type),
                          .ntasks = pel_team_tasks(team, n, 1 << 16)};
    if (ctx.map.is_float && pel_team_run(team, signs.ntasks, find_unusual, &signs))
        return pel_sort_cancelled(err);
    if (signs.found || (payload_nbytes != 4 && payload_nbytes != 8))
        return sort_by_order(type, &ctx, n, descending, team, err);
    return sort_pairs(&ctx, n, team, err);
}
