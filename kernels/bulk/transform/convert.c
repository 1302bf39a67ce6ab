/* Numbers from one type to another: whole blocks by way of int64, float or double with the engine's
 * loops, and a block in which a number may not fit, or is above INT64_MAX, one by one. */
#include "bulk/engine/machine/load.h"
#include "bulk/message.h"

#include <math.h>
#include <stdalign.h>
#include <string.h>

struct convert {
    enum pel_type from, to;
    const unsigned char *x;
    const struct mask_ops *masks;
    block_function *between; /* NULL: the same on both sides */
    block_function *quiet;   /* NULL: NaNs stay as they are, or there are none */
    size_t bad_row;          /* lowest that does not fit; atomic */
};

enum { BLOCK_NBYTES = PEL_BLOCK_ROWS * sizeof(int64_t) };

/* ---- one by one ------------------------------------------------------------------------------ */

/* An integer: magnitude and sign, and the number as a float. */
struct number {
    bool is_float, negative;
    uint64_t magnitude;
    double value;
};

static struct number signed_number(int64_t x)
{
    return (struct number){false, x < 0, x < 0 ? 0 - (uint64_t)x : (uint64_t)x, 0};
}

/* value: of floats and of halves as loaded. */
static struct number number_at(const struct convert *convert, const void *loaded, size_t i)
{
    if (pel_value_type(convert->from) == VALUE_F64)
        return (struct number){.is_float = true, .value = ((const double *)loaded)[i]};
    if (pel_value_type(convert->from) == VALUE_F32)
        return (struct number){.is_float = true, .value = ((const float *)loaded)[i]};
    int64_t x = ((const int64_t *)loaded)[i];
    return convert->from == PEL_U64 ? (struct number){.magnitude = (uint64_t)x} : signed_number(x);
}

/* Towards 0; false: NaN, or 2^64 and more. */
static bool truncate_number(struct number *number)
{
    if (!number->is_float)
        return true;
    number->negative = number->value < 0;
    double magnitude = fabs(number->value);
    if (!(magnitude < 0x1p64))
        return false;
    number->magnitude = (uint64_t)magnitude;
    return true;
}

static bool store_integer(enum pel_type to, struct number number, size_t i, void *y)
{
    static const uint64_t most[] = {
        [PEL_I8] = INT8_MAX,    [PEL_I16] = INT16_MAX, [PEL_I32] = INT32_MAX,
        [PEL_I64] = INT64_MAX,  [PEL_U8] = UINT8_MAX,  [PEL_U16] = UINT16_MAX,
        [PEL_U32] = UINT32_MAX, [PEL_U64] = UINT64_MAX};
    bool is_signed = to <= PEL_I64;
    if (!truncate_number(&number))
        return false;
    uint64_t limit = !number.negative ? most[to] : is_signed ? most[to] + 1 : 0;
    if (number.magnitude > limit)
        return false;
    uint64_t bits = number.negative ? 0 - number.magnitude : number.magnitude;
    switch (pel_type_nbytes(to)) {
    case 1:
        ((uint8_t *)y)[i] = (uint8_t)bits;
        break;
    case 2:
        ((uint16_t *)y)[i] = (uint16_t)bits;
        break;
    case 4:
        ((uint32_t *)y)[i] = (uint32_t)bits;
        break;
    default:
        ((uint64_t *)y)[i] = bits;
        break;
    }
    return true;
}

static bool store_number(enum pel_type to, struct number number, size_t i, void *y)
{
    if (to == PEL_F32) {
        float value = number.is_float ? (float)number.value : (float)number.magnitude;
        ((float *)y)[i] = number.negative ? -value : value;
    } else if (to == PEL_F64) {
        double value = number.is_float ? number.value : (double)number.magnitude;
        ((double *)y)[i] = number.negative ? -value : value;
    } else {
        return store_integer(to, number, i, y);
    }
    return true;
}

static void convert_one_by_one(struct convert *convert, size_t lo, const void *loaded, size_t n,
                               void *y)
{
    size_t i = 0, lowest = __atomic_load_n(&convert->bad_row, __ATOMIC_RELAXED);
    while (i < n && store_number(convert->to, number_at(convert, loaded, i), i, y))
        i++;
    while (i < n && lo + i < lowest &&
           !__atomic_compare_exchange_n(&convert->bad_row, &lowest, lo + i, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
        ;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

#define NARROW(type)                                                                               \
    static bool narrow_##type(const int64_t *x, size_t n, type *y)                                 \
    {                                                                                              \
        uint64_t lost = 0;                                                                         \
        for (size_t i = 0; i < n; i++) {                                                           \
            y[i] = (type)x[i];                                                                     \
            lost |= (uint64_t)((int64_t)y[i] ^ x[i]);                                              \
        }                                                                                          \
        return lost != 0;                                                                          \
    }
NARROW(int8_t)
NARROW(int16_t)
NARROW(int32_t)
NARROW(uint8_t)
NARROW(uint16_t)
NARROW(uint32_t)

/* Whether one of the n may not fit. */
static bool store(enum pel_type to, const void *values, size_t n, void *y)
{
    switch (to) {
    case PEL_I8:
        return narrow_int8_t(values, n, y);
    case PEL_I16:
        return narrow_int16_t(values, n, y);
    case PEL_I32:
        return narrow_int32_t(values, n, y);
    case PEL_U8:
        return narrow_uint8_t(values, n, y);
    case PEL_U16:
        return narrow_uint16_t(values, n, y);
    case PEL_U32:
        return narrow_uint32_t(values, n, y);
    default: {
        int64_t all = 0;
        memcpy(y, values, n * pel_type_nbytes(to));
        for (size_t i = 0; to == PEL_U64 && i < n; i++)
            all |= ((const int64_t *)values)[i];
        return all < 0;
    }
    }
}

/* Where a loop may leave what it makes of a block: in y, if that has the form of a register. */
static void *register_for(enum pel_type to, void *y, size_t n, void *otherwise)
{
    bool same = to == PEL_I64 || to == PEL_F32 || to == PEL_F64;
    return same && n % 64 == 0 ? y : otherwise;
}

static void convert_block(void *ctx, const void *x, void *y, size_t n)
{
    struct convert *convert = ctx;
    alignas(64) unsigned char block[BLOCK_NBYTES] = {0}, converted[BLOCK_NBYTES];
    size_t nbytes = pel_type_nbytes(convert->from), whole = (n + 63) / 64 * 64;
    size_t lo = (size_t)((const unsigned char *)x - convert->x) / nbytes;
    const struct pel_column column = {convert->from, false, (ptrdiff_t)nbytes, x};
    const void *loaded = x == y ? NULL : pel_column_in_place(&column, 0, n);
    bool failed = !loaded && pel_column_load(convert->masks, &column, 0, n, block);
    loaded = loaded ? loaded : block;
    const void *values = loaded;
    void *to = register_for(convert->to, y, n, converted);
    if (convert->between) {
        failed |= convert->between(
            &(struct call){.out = to, .in = {{values, 1}, {values, 1}}, .n = whole});
        values = to;
    }
    if (convert->quiet) {
        convert->quiet(&(struct call){.out = to, .in = {{values, 1}, {values, 1}}, .n = whole});
        values = to;
    }
    if (values != y)
        failed |= store(convert->to, values, n, y);
    if (failed)
        convert_one_by_one(convert, lo, loaded, n, y);
}

static bool is_number(enum pel_type type)
{
    return type >= PEL_I8 && type <= PEL_F64 && type != PEL_F16;
}

int pel_convert(enum pel_type from, const void *x, size_t n, enum pel_type to, void *y,
                const struct pel_team *team, struct pel_error *err)
{
    if (!is_number(to) || !(is_number(from) || from == PEL_BOOL || from == PEL_F16))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE,
                             "conversions are from bool, f16 and numbers to numbers but f16");
    const struct number_ops *numbers = pel_number_ops_for(team->isa);
    enum value_type source = pel_value_type(from), target = pel_value_type(to);
    struct convert convert = {from,
                              to,
                              x,
                              pel_mask_ops_for(team->isa),
                              numbers->convert[source][target],
                              from == to ? NULL : numbers->quiet[target],
                              SIZE_MAX};
    int status = pel_map(x, pel_type_nbytes(from), y, pel_type_nbytes(to), n, convert_block,
                         &convert, team, err);
    if (status || convert.bad_row == SIZE_MAX)
        return status;
    return pel_message_number(err, -ERANGE, "row ", convert.bad_row,
                              " cannot be converted: it is out of range, or NaN");
}
