#include "bulk/group/load.h"

#include <string.h>

enum pel_type pel_load_type(enum pel_type type)
{
    switch (type) {
    case PEL_BOOL:
    case PEL_F32:
    case PEL_F64:
    case PEL_STRING:
        return type;
    case PEL_F16:
        return PEL_F32;
    default:
        return PEL_I64;
    }
}

/* The bytes of value i, in the machine's order, as the low ones of a word. */
static uint64_t bits_at(const struct pel_column *column, uint64_t i)
{
    const char *at = (const char *)column->data + (ptrdiff_t)i * column->stride;
    switch (pel_type_nbytes(column->type)) {
    case 1:
        return *(const unsigned char *)at;
    case 2: {
        uint16_t bits;
        memcpy(&bits, at, sizeof bits);
        return column->swapped ? __builtin_bswap16(bits) : bits;
    }
    case 4: {
        uint32_t bits;
        memcpy(&bits, at, sizeof bits);
        return column->swapped ? __builtin_bswap32(bits) : bits;
    }
    default: {
        uint64_t bits;
        memcpy(&bits, at, sizeof bits);
        return column->swapped ? __builtin_bswap64(bits) : bits;
    }
    }
}

static int64_t integer_of(enum pel_type type, uint64_t bits)
{
    switch (type) {
    case PEL_I8:
        return (int8_t)bits;
    case PEL_I16:
        return (int16_t)bits;
    case PEL_I32:
        return (int32_t)bits;
    default:
        return (int64_t)bits;
    }
}

/* IEEE 754 binary16 as binary32, exactly. */
static uint32_t f32_of_f16(uint64_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
    if (magnitude >= 0x7c00) /* infinity and NaN */
        return sign | 0x7f800000 | (magnitude & 0x3ff) << 13;
    if (magnitude >= 0x400) /* the exponent's bias is 127 instead of 15 */
        return sign | ((magnitude << 13) + ((127 - 15) << 23));
    float value = (float)magnitude * 0x1p-24F;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return sign | bits;
}

static const void *load_integers(const struct pel_column *column, uint64_t lo, size_t n,
                                 int64_t *out, uint64_t *bad)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = bits_at(column, lo + i);
        if (column->type == PEL_U64 && bits > INT64_MAX) {
            *bad = lo + i;
            return NULL;
        }
        out[i] = integer_of(column->type, bits);
    }
    return out;
}

static const void *load_others(const struct pel_column *column, uint64_t lo, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        if (column->type == PEL_STRING) {
            memcpy(out + 16 * i, (const char *)column->data + (ptrdiff_t)(lo + i) * column->stride,
                   sizeof(struct pel_string));
            continue;
        }
        uint64_t bits = bits_at(column, lo + i);
        if (column->type == PEL_BOOL)
            out[i] = bits != 0;
        else if (column->type == PEL_F64)
            memcpy(out + 8 * i, &bits, 8);
        else
            memcpy(out + 4 * i,
                   &(uint32_t){column->type == PEL_F16 ? f32_of_f16(bits) : (uint32_t)bits}, 4);
    }
    return out;
}

const void *pel_load(const struct pel_column *column, uint64_t lo, size_t n, void *block,
                     uint64_t *bad)
{
    const char *at = (const char *)column->data + (ptrdiff_t)lo * column->stride;
    ptrdiff_t nbytes = (ptrdiff_t)pel_type_nbytes(column->type);
    bool plain = column->type == PEL_I64 || column->type == PEL_F32 || column->type == PEL_F64 ||
                 column->type == PEL_STRING;
    if (plain && !column->swapped && column->stride == nbytes && (uintptr_t)at % 8 == 0)
        return at;
    if (pel_load_type(column->type) == PEL_I64)
        return load_integers(column, lo, n, block, bad);
    return load_others(column, lo, n, block);
}
