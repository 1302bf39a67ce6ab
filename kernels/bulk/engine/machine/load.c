#include "bulk/engine/machine/load.h"

#include <string.h>

size_t pel_value_nbytes(enum value_type type)
{
    static const size_t nbytes[] = {
        [VALUE_BOOL] = 0,
        [VALUE_I64] = sizeof(int64_t),
        [VALUE_F32] = sizeof(float),
        [VALUE_F64] = sizeof(double),
        [VALUE_STRING] = sizeof(struct pel_string),
    };
    return nbytes[type];
}

static const unsigned char *first(const struct pel_column *column, size_t lo)
{
    return (const unsigned char *)column->data + (ptrdiff_t)lo * column->stride;
}

static bool is_contiguous(const struct pel_column *column)
{
    return !column->swapped && column->stride == (ptrdiff_t)pel_type_nbytes(column->type);
}

const void *pel_column_in_place(const struct pel_column *column, size_t lo, size_t n)
{
    enum pel_type type = column->type;
    bool same = type == PEL_I64 || type == PEL_F32 || type == PEL_F64 || type == PEL_STRING;
    const void *at = first(column, lo);
    size_t align = type == PEL_F32 ? _Alignof(float) : _Alignof(double);
    return same && is_contiguous(column) && n % 64 == 0 && (uintptr_t)at % align == 0 ? at : NULL;
}

/* ---- bytes into order ---------------------------------------------------------------------------- */

/* n values of a column, one behind the other, their bytes as the machine has them. */
#define GATHER(type, swap)                                                                         \
    for (size_t i = 0; i < n; i++, from += column->stride) {                                       \
        type value;                                                                                \
        memcpy(&value, from, sizeof value);                                                        \
        value = column->swapped ? swap(value) : value;                                             \
        memcpy(to + i * sizeof value, &value, sizeof value);                                       \
    }
#define SAME(value) (value)

static void gather(const struct pel_column *column, const unsigned char *from, size_t n,
                   unsigned char *to)
{
    switch (pel_type_nbytes(column->type)) {
    case 1:
        GATHER(uint8_t, SAME)
        break;
    case 2:
        GATHER(uint16_t, __builtin_bswap16)
        break;
    case 4:
        GATHER(uint32_t, __builtin_bswap32)
        break;
    case 8:
        GATHER(uint64_t, __builtin_bswap64)
        break;
    default:
        GATHER(struct pel_string, SAME)
        break;
    }
}

/* ---- widened ------------------------------------------------------------------------------------- */

#define WIDEN(type)                                                                                \
    static void widen_##type(const unsigned char *from, size_t n, int64_t *out)                    \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            type value;                                                                            \
            memcpy(&value, from + i * sizeof value, sizeof value);                                 \
            out[i] = (int64_t)value;                                                               \
        }                                                                                          \
    }
WIDEN(int8_t)
WIDEN(int16_t)
WIDEN(int32_t)
WIDEN(uint8_t)
WIDEN(uint16_t)
WIDEN(uint32_t)

/* IEEE 754 binary16. Moved to the places of a float's, exponent and mantissa are a float that is 2^112 times too
 * small, of all numbers, subnormal ones too; infinities and NaNs get the exponent of those. Exact. */
static void widen_f16(const unsigned char *from, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t half;
        memcpy(&half, from + i * sizeof half, sizeof half);
        uint32_t bits = (uint32_t)(half & 0x7fff) << 13, special = 0u - (bits >= 0x0f800000);
        float value;
        memcpy(&value, &bits, sizeof value);
        value *= 0x1p112f;
        uint32_t scaled;
        memcpy(&scaled, &value, sizeof scaled);
        scaled = (special & (bits | 0x7f800000)) | (~special & scaled);
        scaled |= (uint32_t)(half & 0x8000) << 16;
        memcpy(&out[i], &scaled, sizeof scaled);
    }
}

static bool any_negative(const int64_t *x, size_t n)
{
    int64_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= x[i];
    return any < 0;
}

bool pel_column_load(const struct mask_ops *ops, const struct pel_column *column, size_t lo,
                     size_t n, void *out)
{
    union {
        unsigned char bytes[PEL_BLOCK_ROWS * sizeof(struct pel_string)];
        struct pel_string alignment;
    } gathered;
    const unsigned char *from = first(column, lo);
    size_t nbytes = pel_type_nbytes(column->type);
    if (!is_contiguous(column)) {
        gather(column, from, n, gathered.bytes);
        from = gathered.bytes;
    }
    switch (column->type) {
    case PEL_BOOL: {
        /* All 64 of a word are looked at. */
        unsigned char padded[PEL_BLOCK_ROWS] = {0};
        memcpy(padded, from, n);
        ops->from_bytes(&(struct call){.out = out, .in = {{padded, 1}}, .n = (n + 63) / 64 * 64});
        return false;
    }
    case PEL_I8:
        widen_int8_t(from, n, out);
        return false;
    case PEL_I16:
        widen_int16_t(from, n, out);
        return false;
    case PEL_I32:
        widen_int32_t(from, n, out);
        return false;
    case PEL_U8:
        widen_uint8_t(from, n, out);
        return false;
    case PEL_U16:
        widen_uint16_t(from, n, out);
        return false;
    case PEL_U32:
        widen_uint32_t(from, n, out);
        return false;
    case PEL_F16:
        widen_f16(from, n, out);
        return false;
    default:
        memcpy(out, from, n * nbytes);
        if (column->type == PEL_STRING)
            pel_texts_end(out, n);
        return column->type == PEL_U64 && any_negative(out, n);
    }
}
