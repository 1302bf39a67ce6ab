#include "bulk/group.h"
#include "bulk/group/accumulators.h"
#include "bulk/group/states.h"
#include "bulk/reduce/quotient.h"

#include <math.h>

enum pel_type pel_grouping_type(enum pel_aggregate kind, enum pel_type value)
{
    switch (kind) {
    case PEL_AGGREGATE_COUNT:
    case PEL_AGGREGATE_ARGMIN:
    case PEL_AGGREGATE_ARGMAX:
        return PEL_I64;
    case PEL_AGGREGATE_ANY:
    case PEL_AGGREGATE_ALL:
        return PEL_BOOL;
    case PEL_AGGREGATE_SUM:
        return value == PEL_F32 || value == PEL_F64 ? PEL_F64 : PEL_I64;
    case PEL_AGGREGATE_MIN:
    case PEL_AGGREGATE_MAX:
    case PEL_AGGREGATE_FIRST:
    case PEL_AGGREGATE_LAST:
        return value;
    case PEL_AGGREGATE_MEAN:
    case PEL_AGGREGATE_VAR:
    case PEL_AGGREGATE_STD:
    case PEL_AGGREGATE_QUANTILE:
    case PEL_AGGREGATE_KIND_COUNT:
        break;
    }
    return PEL_F64;
}

/* A NaN that was computed has no sign and no payload. */
static double plain(double value)
{
    return value == value ? value : double_of_bits(UINT64_C(0x7ff8) << 48);
}

static double mean(enum pel_type type, const void *state, uint64_t n)
{
    if (type == PEL_BOOL)
        return (double)*(const uint64_t *)state / (double)n;
    if (type == PEL_I64)
        return pel_quotient(((const struct integer_sum *)state)->sum, n);
    return *(const double *)state / (double)n;
}

static bool put_sum(enum pel_type type, const void *state, void *out, size_t i)
{
    if (type == PEL_F32 || type == PEL_F64) {
        ((double *)out)[i] = plain(*(const double *)state);
        return true;
    }
    int128 sum = type == PEL_BOOL ? (int128) * (const uint64_t *)state
                                  : ((const struct integer_sum *)state)->sum;
    ((int64_t *)out)[i] = (int64_t)sum;
    return sum >= INT64_MIN && sum <= INT64_MAX;
}

/* computed: the value comes from a comparison, so that a NaN is any of several. */
static void put_chosen(enum pel_type type, bool computed, const struct chosen *state, void *out,
                       size_t i)
{
    double value = double_of_bits(state->bits);
    if (type == PEL_BOOL)
        ((unsigned char *)out)[i] = (unsigned char)state->bits;
    else if (type == PEL_I64)
        ((int64_t *)out)[i] = (int64_t)state->bits;
    else if (type == PEL_F32)
        ((float *)out)[i] = (float)(computed ? plain(value) : value);
    else
        ((double *)out)[i] = computed ? plain(value) : value;
}

static void put_moment(bool root, const struct moments *state, void *out, size_t i)
{
    double variance = state->m2 / state->n;
    ((double *)out)[i] = plain(root ? sqrt(variance) : variance);
}

bool pel_accumulators_result(enum pel_aggregate kind, enum pel_type type, const void *const *main,
                             const void *const *count, size_t n, void *out)
{
    bool fits = true;
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case PEL_AGGREGATE_COUNT:
            ((int64_t *)out)[i] = (int64_t) * (const uint64_t *)main[i];
            break;
        case PEL_AGGREGATE_ANY:
            ((unsigned char *)out)[i] = *(const uint64_t *)main[i] > 0;
            break;
        case PEL_AGGREGATE_ALL:
            ((unsigned char *)out)[i] = *(const uint64_t *)main[i] == *(const uint64_t *)count[i];
            break;
        case PEL_AGGREGATE_SUM:
            fits &= put_sum(type, main[i], out, i);
            break;
        case PEL_AGGREGATE_MEAN:
            ((double *)out)[i] = plain(mean(type, main[i], *(const uint64_t *)count[i]));
            break;
        case PEL_AGGREGATE_VAR:
        case PEL_AGGREGATE_STD:
            put_moment(kind == PEL_AGGREGATE_STD, main[i], out, i);
            break;
        case PEL_AGGREGATE_ARGMIN:
        case PEL_AGGREGATE_ARGMAX:
            ((int64_t *)out)[i] = (int64_t)((const struct chosen *)main[i])->row - 1;
            break;
        case PEL_AGGREGATE_MIN:
        case PEL_AGGREGATE_MAX:
            put_chosen(type, true, main[i], out, i);
            break;
        case PEL_AGGREGATE_FIRST:
        case PEL_AGGREGATE_LAST:
            put_chosen(type, false, main[i], out, i);
            break;
        case PEL_AGGREGATE_QUANTILE: /* held.c writes it */
        case PEL_AGGREGATE_KIND_COUNT:
            break;
        }
    return fits;
}
