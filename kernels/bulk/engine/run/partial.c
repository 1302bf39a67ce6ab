#include "bulk/engine/run/partial.h"

#include <math.h>
#include <string.h>

/* ---- values of a block --------------------------------------------------------------------------- */

const double *pel_fold_floats(const struct fold_input *in)
{
    const void *x = pel_machine_operand(in->block->machine, in->value);
    double *out = in->scratch;
    if (in->type == VALUE_F64)
        return x;
    if (in->type == VALUE_F32)
        in->lanes->widen_f32(x, in->block->n, out);
    else if (in->type == VALUE_I64)
        for (size_t i = 0; i < in->block->n; i++)
            out[i] = (double)((const int64_t *)x)[i];
    else
        for (size_t i = 0; i < in->block->n; i++)
            out[i] = ((const uint8_t *)x)[i];
    return out;
}

const int64_t *pel_fold_ints(const struct fold_input *in)
{
    const void *x = pel_machine_operand(in->block->machine, in->value);
    int64_t *out = in->scratch;
    if (in->type == VALUE_I64)
        return x;
    for (size_t i = 0; i < in->block->n; i++)
        out[i] = ((const uint8_t *)x)[i];
    return out;
}

void pel_put_f64(double x, enum value_type type, void *out)
{
    float narrow = (float)x;
    if (x != x)
        x = NAN, narrow = NAN;
    memcpy(out, type == VALUE_F32 ? (void *)&narrow : (void *)&x, type == VALUE_F32 ? 4 : 8);
}

void pel_put_i64(int64_t x, enum value_type type, void *out)
{
    if (type == VALUE_BOOL)
        *(uint8_t *)out = x != 0;
    else if (type == VALUE_I64)
        memcpy(out, &x, 8);
    else
        pel_put_f64((double)x, type, out);
}

/* ---- count, any, all ------------------------------------------------------------------------------ */

static void count_rows(const struct fold_input *in, struct partial *out)
{
    out->n = in->block->nselected;
}

/* How many of the selected rows are `truth`. */
static size_t count_truths(const struct fold_input *in, bool truth)
{
    const uint64_t *mask = pel_machine_mask(in->block->machine, in->value);
    uint64_t rows[MASK_WORDS];
    for (int i = 0; i < MASK_WORDS; i++)
        rows[i] = (truth ? mask[i] : ~mask[i]) & in->block->selected[i];
    return in->lanes->count(PEL_BLOCK_ROWS, rows);
}

static void count_true(const struct fold_input *in, struct partial *out)
{
    out->n = count_truths(in, true);
}

static void combine_count(struct partial *into, const struct partial *from)
{
    into->n += from->n;
}

static int finish_count(const struct partial *all, enum value_type type, void *out,
                        struct pel_error *err)
{
    (void)err;
    pel_put_i64((int64_t)all->n, type, out);
    return 0;
}

static void find_true(const struct fold_input *in, struct partial *out)
{
    out->found = count_truths(in, true) > 0;
}

static void find_false(const struct fold_input *in, struct partial *out)
{
    out->found = count_truths(in, false) > 0;
}

static void combine_found(struct partial *into, const struct partial *from)
{
    into->found = into->found || from->found;
}

static int finish_any(const struct partial *all, enum value_type type, void *out,
                      struct pel_error *err)
{
    (void)err;
    pel_put_i64(all->found, type, out);
    return 0;
}

static int finish_all(const struct partial *all, enum value_type type, void *out,
                      struct pel_error *err)
{
    (void)err;
    pel_put_i64(!all->found, type, out);
    return 0;
}

/* ---- least and greatest ---------------------------------------------------------------------------- */

/* n is whether there is one at all. */
#define BEST(which, type, values)                                                                  \
    static void which##_##type(const struct fold_input *in, struct partial *out)                   \
    {                                                                                              \
        in->lanes->which##_##type(&out->best_##type, values(in), in->block->n, in->mask,           \
                                  pel_block_row(in->block));                                       \
        out->n += in->block->nselected;                                                            \
    }                                                                                              \
    static void combine_##which##_##type(struct partial *into, const struct partial *from)         \
    {                                                                                              \
        pel_best_##which##_##type(&into->best_##type, &from->best_##type);                         \
        into->n += from->n;                                                                        \
    }
BEST(min, f64, pel_fold_floats)
BEST(max, f64, pel_fold_floats)
BEST(min, i64, pel_fold_ints)
BEST(max, i64, pel_fold_ints)

static int finish_best_f64(const struct partial *all, enum value_type type, void *out,
                           struct pel_error *err)
{
    (void)err;
    pel_put_f64(all->best_f64.value, type, out);
    return 0;
}

static int finish_best_i64(const struct partial *all, enum value_type type, void *out,
                           struct pel_error *err)
{
    (void)err;
    pel_put_i64(all->best_i64.value, type, out);
    return 0;
}

static int finish_row_f64(const struct partial *all, enum value_type type, void *out,
                          struct pel_error *err)
{
    (void)err;
    pel_put_i64((int64_t)all->best_f64.row, type, out);
    return 0;
}

static int finish_row_i64(const struct partial *all, enum value_type type, void *out,
                          struct pel_error *err)
{
    (void)err;
    pel_put_i64((int64_t)all->best_i64.row, type, out);
    return 0;
}

/* ---- first and last --------------------------------------------------------------------------------- */

static const size_t value_nbytes[] = {
    [VALUE_BOOL] = 1, [VALUE_I64] = 8, [VALUE_F32] = 4, [VALUE_F64] = 8, [VALUE_STRING] = 16};

static void hold(const struct fold_input *in, size_t i, struct partial *out)
{
    const unsigned char *x = pel_machine_value(in->block->machine, in->value);
    size_t nbytes = value_nbytes[in->type];
    memcpy(&out->held.value, x + i * nbytes, nbytes);
    out->held.row = pel_block_row(in->block) + i;
    out->n += in->block->nselected;
}

static void first(const struct fold_input *in, struct partial *out)
{
    for (size_t i = 0; i < MASK_WORDS && !out->n; i++)
        if (in->block->selected[i]) {
            hold(in, i * 64 + (size_t)__builtin_ctzll(in->block->selected[i]), out);
            return;
        }
}

static void last(const struct fold_input *in, struct partial *out)
{
    for (size_t i = MASK_WORDS; i-- > 0;)
        if (in->block->selected[i]) {
            hold(in, i * 64 + 63 - (size_t)__builtin_clzll(in->block->selected[i]), out);
            return;
        }
}

/* By their rows: behind what has decided a `first` some leaves may be missing, and neighbours are none. */
static void combine_first(struct partial *into, const struct partial *from)
{
    if (from->n && (!into->n || from->held.row < into->held.row))
        *into = *from;
}

static void combine_last(struct partial *into, const struct partial *from)
{
    if (from->n)
        *into = *from;
}

static int finish_held(const struct partial *all, enum value_type type, void *out,
                       struct pel_error *err)
{
    (void)err;
    memcpy(out, &all->held.value, value_nbytes[type]);
    return 0;
}

/* ---- which is which --------------------------------------------------------------------------------- */

static const struct fold *best_fold(enum pel_aggregate kind, bool is_int)
{
    static const struct fold folds[][2] = {
        {{min_f64, combine_min_f64, finish_best_f64, false},
         {min_i64, combine_min_i64, finish_best_i64, false}},
        {{max_f64, combine_max_f64, finish_best_f64, false},
         {max_i64, combine_max_i64, finish_best_i64, false}},
        {{min_f64, combine_min_f64, finish_row_f64, false},
         {min_i64, combine_min_i64, finish_row_i64, false}},
        {{max_f64, combine_max_f64, finish_row_f64, false},
         {max_i64, combine_max_i64, finish_row_i64, false}},
    };
    return &folds[kind - PEL_AGGREGATE_MIN][is_int];
}
_Static_assert(PEL_AGGREGATE_ARGMAX == PEL_AGGREGATE_MIN + 3, "the rows of best_fold");

const struct fold *pel_fold_for(enum pel_aggregate kind, enum value_type type,
                                enum pel_precision precision)
{
    static const struct fold counts[] = {{count_rows, combine_count, finish_count, true},
                                         {count_true, combine_count, finish_count, true}};
    static const struct fold any = {find_true, combine_found, finish_any, true};
    static const struct fold all = {find_false, combine_found, finish_all, true};
    static const struct fold firsts = {first, combine_first, finish_held, false};
    static const struct fold lasts = {last, combine_last, finish_held, false};
    bool is_int = type == VALUE_I64 || type == VALUE_BOOL;
    switch (kind) {
    case PEL_AGGREGATE_COUNT:
        return &counts[type == VALUE_BOOL];
    case PEL_AGGREGATE_SUM:
    case PEL_AGGREGATE_MEAN:
    case PEL_AGGREGATE_VAR:
    case PEL_AGGREGATE_STD:
        return pel_fold_of_sums(kind, is_int, precision);
    case PEL_AGGREGATE_MIN:
    case PEL_AGGREGATE_MAX:
    case PEL_AGGREGATE_ARGMIN:
    case PEL_AGGREGATE_ARGMAX:
        return best_fold(kind, is_int);
    case PEL_AGGREGATE_ANY:
        return &any;
    case PEL_AGGREGATE_ALL:
        return &all;
    case PEL_AGGREGATE_FIRST:
        return &firsts;
    case PEL_AGGREGATE_LAST:
        return &lasts;
    case PEL_AGGREGATE_QUANTILE: /* takes all values at once */
    case PEL_AGGREGATE_KIND_COUNT:
        break;
    }
    return NULL;
}

bool pel_fold_decided(enum pel_aggregate kind, const struct partial *partial)
{
    if (kind == PEL_AGGREGATE_ANY || kind == PEL_AGGREGATE_ALL)
        return partial->found;
    return kind == PEL_AGGREGATE_FIRST && partial->n > 0;
}
