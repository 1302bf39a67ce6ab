#include "bulk/group/accumulators.h"
#include "bulk/group/states.h"

/* ---- counts ---------------------------------------------------------------------------------------- */

static void add_rows(void *states, const uint32_t *groups, const void *values,
                     struct row_numbers rows, size_t n)
{
    (void)values;
    (void)rows;
    uint64_t *counts = states;
    for (size_t i = 0; i < n; i++)
        counts[groups[i]]++;
}

static void add_true(void *states, const uint32_t *groups, const void *values,
                     struct row_numbers rows, size_t n)
{
    (void)rows;
    uint64_t *counts = states;
    const unsigned char *bools = values;
    for (size_t i = 0; i < n; i++)
        counts[groups[i]] += bools[i] != 0;
}

static void fold_counts(void *total, void *chunk, const uint32_t *groups, size_t n)
{
    uint64_t *into = total, *from = chunk;
    for (size_t i = 0; i < n; i++) {
        into[groups[i]] += from[groups[i]];
        from[groups[i]] = 0;
    }
}

static const struct accumulator row_count = {sizeof(uint64_t), false, add_rows, fold_counts};
static const struct accumulator true_count = {sizeof(uint64_t), false, add_true, fold_counts};

/* ---- sums ------------------------------------------------------------------------------------------ */

static void add_integers(void *states, const uint32_t *groups, const void *values,
                         struct row_numbers rows, size_t n)
{
    (void)rows;
    struct integer_sum *sums = states;
    const int64_t *numbers = values;
    for (size_t i = 0; i < n; i++)
        sums[groups[i]].sum += numbers[i];
}

static void fold_integers(void *total, void *chunk, const uint32_t *groups, size_t n)
{
    struct integer_sum *into = total, *from = chunk;
    for (size_t i = 0; i < n; i++) {
        into[groups[i]].sum += from[groups[i]].sum;
        from[groups[i]].sum = 0;
    }
}

static void add_f64(void *states, const uint32_t *groups, const void *values,
                    struct row_numbers rows, size_t n)
{
    (void)rows;
    double *sums = states;
    const double *numbers = values;
    for (size_t i = 0; i < n; i++)
        sums[groups[i]] += numbers[i];
}

static void add_f32(void *states, const uint32_t *groups, const void *values,
                    struct row_numbers rows, size_t n)
{
    (void)rows;
    double *sums = states;
    const float *numbers = values;
    for (size_t i = 0; i < n; i++)
        sums[groups[i]] += (double)numbers[i];
}

/* "Starting from the first" and from 0 are the same here: a chunk's sum, which began with +0, is never -0. */
static void fold_floats(void *total, void *chunk, const uint32_t *groups, size_t n)
{
    double *into = total, *from = chunk;
    for (size_t i = 0; i < n; i++) {
        into[groups[i]] += from[groups[i]];
        from[groups[i]] = 0;
    }
}

static const struct accumulator integer_sum = {sizeof(struct integer_sum), false, add_integers,
                                               fold_integers};
static const struct accumulator f64_sum = {sizeof(double), true, add_f64, fold_floats};
static const struct accumulator f32_sum = {sizeof(double), false, add_f32, fold_floats};

/* ---- moments --------------------------------------------------------------------------------------- */

/* Welford 1962. */
static inline void add_moment(struct moments *state, double value)
{
    state->n += 1;
    double difference = value - state->mean;
    state->mean += difference / state->n;
    state->m2 += difference * (value - state->mean);
}

/* Chan, Golub, LeVeque 1979. */
static void fold_moments(void *total, void *chunk, const uint32_t *groups, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct moments *into = (struct moments *)total + groups[i];
        struct moments *from = (struct moments *)chunk + groups[i];
        if (into->n == 0) {
            *into = *from;
        } else {
            double sum = into->n + from->n, difference = from->mean - into->mean;
            into->mean += difference * (from->n / sum);
            into->m2 += from->m2 + difference * difference * (into->n * (from->n / sum));
            into->n = sum;
        }
        *from = (struct moments){0};
    }
}

/* ---- values that were chosen ------------------------------------------------------------------------ */

enum choice { LEAST, GREATEST, FIRST, LAST };

/* Should `value` take the place of `held`? The first NaN stays, as does the first of equals. */
PEL_INLINE bool better_integer(enum choice choice, int64_t value, int64_t held)
{
    return choice == LEAST ? value < held : value > held;
}

PEL_INLINE bool better_double(enum choice choice, double value, double held)
{
    return (choice == LEAST ? value < held : value > held) || (value != value && held == held);
}

PEL_INLINE bool better(enum choice choice, bool is_float, uint64_t value, uint64_t held)
{
    if (choice == FIRST || choice == LAST)
        return choice == LAST;
    return is_float ? better_double(choice, double_of_bits(value), double_of_bits(held))
                    : better_integer(choice, (int64_t)value, (int64_t)held);
}

PEL_INLINE uint64_t wide_bits(enum pel_type type, const void *values, size_t i)
{
    if (type == PEL_BOOL)
        return ((const unsigned char *)values)[i] != 0;
    if (type == PEL_I64)
        return (uint64_t)((const int64_t *)values)[i];
    return bits_of_double(type == PEL_F32 ? (double)((const float *)values)[i]
                                          : ((const double *)values)[i]);
}

PEL_INLINE void add_chosen(enum choice choice, enum pel_type type, void *states,
                           const uint32_t *groups, const void *values, struct row_numbers rows,
                           size_t n)
{
    bool is_float = type == PEL_F32 || type == PEL_F64;
    struct chosen *chosen = states;
    for (size_t i = 0; i < n; i++) {
        struct chosen *held = &chosen[groups[i]];
        uint64_t bits = wide_bits(type, values, i);
        if (held->row == 0 || better(choice, is_float, bits, held->bits))
            *held = (struct chosen){bits, rows.base + rows.places[i] + 1};
    }
}

PEL_INLINE void fold_chosen(enum choice choice, bool is_float, void *total, void *chunk,
                            const uint32_t *groups, size_t n)
{
    struct chosen *into = total, *from = chunk;
    for (size_t i = 0; i < n; i++) {
        struct chosen *a = &into[groups[i]], *b = &from[groups[i]];
        if (a->row == 0 || better(choice, is_float, b->bits, a->bits))
            *a = *b;
        *b = (struct chosen){0};
    }
}

#define CHOSEN_FOLD(choice, name, is_float)                                                        \
    static void fold_##name(void *total, void *chunk, const uint32_t *groups, size_t n)            \
    {                                                                                              \
        fold_chosen(choice, is_float, total, chunk, groups, n);                                    \
    }
#define CHOSEN_ADD(choice, name, type)                                                             \
    static void add_##name(void *states, const uint32_t *groups, const void *values,               \
                           struct row_numbers rows, size_t n)                                      \
    {                                                                                              \
        add_chosen(choice, type, states, groups, values, rows, n);                                 \
    }
#define CHOSEN(choice, name)                                                                       \
    CHOSEN_ADD(choice, name##_bool, PEL_BOOL)                                                      \
    CHOSEN_ADD(choice, name##_i64, PEL_I64)                                                        \
    CHOSEN_ADD(choice, name##_f32, PEL_F32)                                                        \
    CHOSEN_ADD(choice, name##_f64, PEL_F64)                                                        \
    CHOSEN_FOLD(choice, name##_integer, false)                                                     \
    CHOSEN_FOLD(choice, name##_float, true)

CHOSEN(LEAST, least)
CHOSEN(GREATEST, greatest)
CHOSEN(FIRST, first)
CHOSEN(LAST, last)

#define MOMENTS(type, value_type, name)                                                            \
    static void add_moments_##name(void *states, const uint32_t *groups, const void *values,       \
                                   struct row_numbers rows, size_t n)                              \
    {                                                                                              \
        (void)rows;                                                                                \
        const value_type *numbers = values;                                                        \
        for (size_t i = 0; i < n; i++)                                                             \
            add_moment((struct moments *)states + groups[i], (double)numbers[i]);                  \
    }
MOMENTS(PEL_BOOL, unsigned char, bool)
MOMENTS(PEL_I64, int64_t, i64)
MOMENTS(PEL_F32, float, f32)
MOMENTS(PEL_F64, double, f64)

/* In the order bool, i64, f32, f64. */
#define CHOSEN_ROW(name)                                                                           \
    {                                                                                              \
        {sizeof(struct chosen), false, add_##name##_bool, fold_##name##_integer},                  \
            {sizeof(struct chosen), false, add_##name##_i64, fold_##name##_integer},               \
            {sizeof(struct chosen), false, add_##name##_f32, fold_##name##_float},                 \
            {sizeof(struct chosen), false, add_##name##_f64, fold_##name##_float},                 \
    }
static const struct accumulator chosen[4][4] = {
    [LEAST] = CHOSEN_ROW(least),
    [GREATEST] = CHOSEN_ROW(greatest),
    [FIRST] = CHOSEN_ROW(first),
    [LAST] = CHOSEN_ROW(last),
};
static const struct accumulator moments[4] = {
    {sizeof(struct moments), false, add_moments_bool, fold_moments},
    {sizeof(struct moments), false, add_moments_i64, fold_moments},
    {sizeof(struct moments), false, add_moments_f32, fold_moments},
    {sizeof(struct moments), false, add_moments_f64, fold_moments},
};
static const struct accumulator *const sums[4] = {&true_count, &integer_sum, &f32_sum, &f64_sum};

/* ---- which accumulators ------------------------------------------------------------------- */

/* Place of a type in the rows above; -1: none. */
static int type_index(enum pel_type type)
{
    switch (type) {
    case PEL_BOOL:
        return 0;
    case PEL_I64:
        return 1;
    case PEL_F32:
        return 2;
    case PEL_F64:
        return 3;
    default:
        return -1;
    }
}

struct accumulators pel_accumulators(enum pel_aggregate kind, bool has_value, enum pel_type type)
{
    const struct accumulators none = {NULL, NULL};
    int t = type_index(type);
    if (!has_value)
        return kind == PEL_AGGREGATE_COUNT ? (struct accumulators){&row_count, NULL} : none;
    if (t < 0)
        return none;
    switch (kind) {
    case PEL_AGGREGATE_COUNT:
    case PEL_AGGREGATE_ANY:
        return type == PEL_BOOL ? (struct accumulators){&true_count, NULL} : none;
    case PEL_AGGREGATE_ALL:
        return type == PEL_BOOL ? (struct accumulators){&true_count, &row_count} : none;
    case PEL_AGGREGATE_SUM:
        return (struct accumulators){sums[t], NULL};
    case PEL_AGGREGATE_MEAN:
        return (struct accumulators){sums[t], &row_count};
    case PEL_AGGREGATE_VAR:
    case PEL_AGGREGATE_STD:
        return (struct accumulators){&moments[t], NULL};
    case PEL_AGGREGATE_MIN:
    case PEL_AGGREGATE_ARGMIN:
        return (struct accumulators){&chosen[LEAST][t], NULL};
    case PEL_AGGREGATE_MAX:
    case PEL_AGGREGATE_ARGMAX:
        return (struct accumulators){&chosen[GREATEST][t], NULL};
    case PEL_AGGREGATE_FIRST:
        return (struct accumulators){&chosen[FIRST][t], NULL};
    case PEL_AGGREGATE_LAST:
        return (struct accumulators){&chosen[LAST][t], NULL};
    case PEL_AGGREGATE_QUANTILE: /* has all values: held.c */
    case PEL_AGGREGATE_KIND_COUNT:
        break;
    }
    return none;
}
