#include "bulk/reduce/values.h"

struct bests_f64 {
    struct pel_best_f64 min, max;
};
struct bests_i64 {
    struct pel_best_i64 min, max;
};

/* Both are looked for in a block while it is in the first-level cache. */
#define EXTREMES(type, ctype)                                                                      \
    static void leaf_##type(void *ctx, size_t lo, size_t hi, void *partial)                        \
    {                                                                                              \
        const struct pel_values *values = ctx;                                                     \
        struct bests_##type bests = {0};                                                           \
        for (; lo < hi; lo += PEL_BLOCK_ROWS) {                                                    \
            ctype block[PEL_BLOCK_ROWS];                                                           \
            size_t n = hi - lo < PEL_BLOCK_ROWS ? hi - lo : PEL_BLOCK_ROWS;                        \
            const ctype *x = pel_values_##type(values, lo, n, block);                              \
            values->lanes->min_##type(&bests.min, x, n, NULL, lo);                                 \
            values->lanes->max_##type(&bests.max, x, n, NULL, lo);                                 \
        }                                                                                          \
        *(struct bests_##type *)partial = bests;                                                   \
    }                                                                                              \
    static void combine_##type(void *into, const void *from)                                       \
    {                                                                                              \
        struct bests_##type *bests = into;                                                         \
        const struct bests_##type *right = from;                                                   \
        pel_best_min_##type(&bests->min, &right->min);                                             \
        pel_best_max_##type(&bests->max, &right->max);                                             \
    }                                                                                              \
    static int find_##type(struct pel_values *values, size_t n, const struct pel_team *team,       \
                           struct pel_extremes *extremes, struct pel_error *err)                   \
    {                                                                                              \
        static const struct pel_reduction reduction = {sizeof(struct bests_##type), leaf_##type,   \
                                                       combine_##type};                            \
        struct bests_##type bests = {0};                                                           \
        int status = pel_reduce_values(team, n, PEL_CHUNK_ROWS, &reduction, values, &bests, err);  \
        *extremes = (struct pel_extremes){(size_t)bests.min.row, (size_t)bests.max.row};           \
        return status;                                                                             \
    }
EXTREMES(f64, double)
EXTREMES(i64, int64_t)

int pel_extremes(enum pel_type type, const void *x, size_t n, const struct pel_team *team,
                 struct pel_extremes *extremes, struct pel_error *err)
{
    *extremes = (struct pel_extremes){0, 0};
    int status = pel_values_check(type, err);
    if (status)
        return status;
    if (n == 0)
        return pel_error_set(err, -ENODATA, PEL_STAGE_COMPUTE,
                             "there is no least or greatest of no values");
    struct pel_values values = {type, x, pel_lanes_for(team->isa)};
    return pel_type_is_float(type) ? find_f64(&values, n, team, extremes, err)
                                   : find_i64(&values, n, team, extremes, err);
}
