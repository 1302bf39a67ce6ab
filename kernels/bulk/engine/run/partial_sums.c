/* Aggregates that are made of sums. */
#include "bulk/engine/run/partial.h"

#include "bulk/reduce/quotient.h"

#include <math.h>

/* ---- sums and means ------------------------------------------------------------------------------- */

static void sum_ints(const struct fold_input *in, struct partial *out)
{
    out->wide = in->lanes->sum_i64(pel_fold_ints(in), in->block->n, in->mask);
    out->n = in->block->nselected;
}

static void combine_wide(struct partial *into, const struct partial *from)
{
    into->wide += from->wide;
    into->n += from->n;
}

static int finish_sum_ints(const struct partial *all, enum value_type type, void *out,
                           struct pel_error *err)
{
    if (all->wide < INT64_MIN || all->wide > INT64_MAX)
        return pel_error_set(err, -ERANGE, PEL_STAGE_COMPUTE,
                             "sum: the result does not fit int64 (sum(float(...)) rounds instead)");
    pel_put_i64((int64_t)all->wide, type, out);
    return 0;
}

static int finish_mean_ints(const struct partial *all, enum value_type type, void *out,
                            struct pel_error *err)
{
    (void)err;
    pel_put_f64(all->n ? pel_quotient(all->wide, all->n) : (double)NAN, type, out);
    return 0;
}

static void sum_tree(const struct fold_input *in, struct partial *out)
{
    const void *packed = pel_machine_packed(in->block->machine, in->value);
    if (packed && in->type == VALUE_F64)
        out->f64 = in->lanes->sum_packed(packed, in->block->n, in->mask);
    else
        out->f64 = in->lanes->sum(pel_fold_floats(in), in->block->n, in->mask);
    out->n = in->block->nselected;
}

static void combine_tree(struct partial *into, const struct partial *from)
{
    into->f64 += from->f64;
    into->n += from->n;
}

static int finish_sum(const struct partial *all, enum value_type type, void *out,
                      struct pel_error *err)
{
    (void)err;
    pel_put_f64(all->f64, type, out);
    return 0;
}

static int finish_mean(const struct partial *all, enum value_type type, void *out,
                       struct pel_error *err)
{
    (void)err;
    pel_put_f64(all->f64 / (double)all->n, type, out); /* of none: 0 / 0 */
    return 0;
}

static void sum_dd(const struct fold_input *in, struct partial *out)
{
    out->dd = in->lanes->sum_dd(pel_fold_floats(in), in->block->n, in->mask);
    out->n = in->block->nselected;
}

static void combine_dd(struct partial *into, const struct partial *from)
{
    into->dd = pel_dd_add(into->dd, from->dd);
    into->n += from->n;
}

/* The normal form's hi is the sum rounded: finish_sum and finish_mean take it for f64. */
_Static_assert(offsetof(struct partial, dd.hi) == offsetof(struct partial, f64), "see above");

/* The worker's sum takes the values; totals.c puts the result in f64 at the end. */
static void sum_exact(const struct fold_input *in, struct partial *out)
{
    in->lanes->sum_exact(in->exact, pel_fold_floats(in), in->block->n, in->mask);
    out->n = in->block->nselected;
}

static void combine_exact(struct partial *into, const struct partial *from)
{
    into->n += from->n;
}

/* ---- variance -------------------------------------------------------------------------------------- */

static void moments(const struct fold_input *in, struct partial *out)
{
    out->moments = pel_moments_block(in->lanes, pel_fold_floats(in), in->block->n, in->mask);
    out->n = out->moments.n;
}

static void combine_moments(struct partial *into, const struct partial *from)
{
    pel_moments_combine(&into->moments, &from->moments);
    into->n = into->moments.n;
}

static int finish_var(const struct partial *all, enum value_type type, void *out,
                      struct pel_error *err)
{
    (void)err;
    pel_put_f64(pel_variance(&all->moments, 0), type, out);
    return 0;
}

static int finish_std(const struct partial *all, enum value_type type, void *out,
                      struct pel_error *err)
{
    (void)err;
    pel_put_f64(sqrt(pel_variance(&all->moments, 0)), type, out);
    return 0;
}

/* ---- which is which --------------------------------------------------------------------------------- */

const struct fold *pel_fold_of_sums(enum pel_aggregate kind, bool is_int,
                                    enum pel_precision precision)
{
    static const struct fold sums[] = {
        [PEL_TREE] = {sum_tree, combine_tree, finish_sum, true},
        [PEL_FAST] = {sum_tree, combine_tree, finish_sum, true},
        [PEL_DD] = {sum_dd, combine_dd, finish_sum, true},
        [PEL_EXACT] = {sum_exact, combine_exact, finish_sum, true},
    };
    static const struct fold means[] = {
        [PEL_TREE] = {sum_tree, combine_tree, finish_mean, true},
        [PEL_FAST] = {sum_tree, combine_tree, finish_mean, true},
        [PEL_DD] = {sum_dd, combine_dd, finish_mean, true},
        [PEL_EXACT] = {sum_exact, combine_exact, finish_mean, true},
    };
    static const struct fold of_ints[] = {
        {sum_ints, combine_wide, finish_sum_ints, true},
        {sum_ints, combine_wide, finish_mean_ints, true},
    };
    static const struct fold var = {moments, combine_moments, finish_var, true};
    static const struct fold std = {moments, combine_moments, finish_std, true};
    bool is_mean = kind == PEL_AGGREGATE_MEAN;
    if (kind == PEL_AGGREGATE_VAR || kind == PEL_AGGREGATE_STD)
        return kind == PEL_AGGREGATE_VAR ? &var : &std;
    return is_int ? &of_ints[is_mean] : is_mean ? &means[precision] : &sums[precision];
}
