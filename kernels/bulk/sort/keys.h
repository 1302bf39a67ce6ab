/* Keys as unsigned numbers in the order of <pelton/sort.h>, and back. */
#ifndef PELTON_BULK_SORT_KEYS_H
#define PELTON_BULK_SORT_KEYS_H

#include <pelton/table.h>

#include <string.h>

/* How the bits of a type become a number and back. Integers: bits ^ flip. Floats: from the bits of numbers
 * that rise with the value (Herf's "Radix tricks", 2001: all bits of a negative number turned over, the sign
 * of others) the number that -inf has is taken off, which leads NaNs of negative sign past zero and up behind
 * all others; descending order is the ascending one of the values with the other sign. */
struct sort_map {
    uint64_t flip;
    bool is_float, wide; /* 8 bytes a key, else 4 */
};

/* Is it a type of keys? */
static inline bool sort_is_key(enum pel_type type)
{
    return type == PEL_I32 || type == PEL_I64 || type == PEL_U32 || type == PEL_U64 ||
           type == PEL_F32 || type == PEL_F64;
}

static inline struct sort_map sort_map(enum pel_type type, bool descending)
{
    struct sort_map map = {.is_float = type == PEL_F32 || type == PEL_F64,
                           .wide = pel_type_nbytes(type) == 8};
    uint64_t sign = map.wide ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
    if (map.is_float)
        map.flip = descending ? sign : 0;
    else
        map.flip =
            (type == PEL_I32 || type == PEL_I64 ? sign : 0) ^ (descending ? (sign - 1) | sign : 0);
    return map;
}

#define F64_SIGN (UINT64_C(1) << 63)
#define F64_BELOW_INF ((UINT64_C(1) << 52) - 1) /* numbers that rise below that of -inf */
#define F64_INF (UINT64_C(0x7ff) << 52)
#define F64_NAN (UINT64_C(0xfff) << 51) /* quiet, positive, no payload */
#define F32_SIGN (UINT32_C(1) << 31)
#define F32_BELOW_INF ((UINT32_C(1) << 23) - 1)
#define F32_INF (UINT32_C(0xff) << 23)
#define F32_NAN (UINT32_C(0x1ff) << 22)

static inline uint64_t sort_from_f64(uint64_t bits, uint64_t flip)
{
    bits ^= flip;
    return (bits ^ ((0 - (bits >> 63)) | F64_SIGN)) - F64_BELOW_INF;
}

static inline uint64_t sort_to_f64(uint64_t number, uint64_t flip)
{
    uint64_t rising = number + F64_BELOW_INF;
    return rising ^ (((rising >> 63) - 1) | F64_SIGN) ^ flip;
}

static inline uint32_t sort_from_f32(uint32_t bits, uint32_t flip)
{
    bits ^= flip;
    return (bits ^ ((0 - (bits >> 31)) | F32_SIGN)) - F32_BELOW_INF;
}

static inline uint32_t sort_to_f32(uint32_t number, uint32_t flip)
{
    uint32_t rising = number + F32_BELOW_INF;
    return rising ^ (((rising >> 31) - 1) | F32_SIGN) ^ flip;
}

/* The same with equal numbers for equal values: -0 is 0, and all NaNs are one, behind all others. */
static inline uint64_t sort_from_f64_value(uint64_t bits, uint64_t flip)
{
    uint64_t size = bits & ~F64_SIGN;
    if (size > F64_INF)
        return UINT64_MAX;
    return sort_from_f64(size ? bits : 0, flip);
}

static inline uint32_t sort_from_f32_value(uint32_t bits, uint32_t flip)
{
    uint32_t size = bits & ~F32_SIGN;
    if (size > F32_INF)
        return UINT32_MAX;
    return sort_from_f32(size ? bits : 0, flip);
}

/* The number of a key, at any address, and the key of a number. */
static inline uint64_t sort_number(const struct sort_map *map, const void *key)
{
    if (map->wide) {
        uint64_t bits;
        memcpy(&bits, key, sizeof bits);
        return map->is_float ? sort_from_f64(bits, map->flip) : bits ^ map->flip;
    }
    uint32_t bits, flip = (uint32_t)map->flip;
    memcpy(&bits, key, sizeof bits);
    return map->is_float ? sort_from_f32(bits, flip) : bits ^ flip;
}

static inline void sort_key(const struct sort_map *map, uint64_t number, void *key)
{
    if (map->wide) {
        uint64_t bits = map->is_float ? sort_to_f64(number, map->flip) : number ^ map->flip;
        memcpy(key, &bits, sizeof bits);
        return;
    }
    uint32_t flip = (uint32_t)map->flip;
    uint32_t bits = map->is_float ? sort_to_f32((uint32_t)number, flip) : (uint32_t)number ^ flip;
    memcpy(key, &bits, sizeof bits);
}

/* The number of the value of a key, at any address: equal ones for equal values. */
static inline uint64_t sort_value(const struct sort_map *map, const void *key)
{
    if (map->wide) {
        uint64_t bits;
        memcpy(&bits, key, sizeof bits);
        return map->is_float ? sort_from_f64_value(bits, map->flip) : bits ^ map->flip;
    }
    uint32_t bits;
    memcpy(&bits, key, sizeof bits);
    return map->is_float ? sort_from_f32_value(bits, (uint32_t)map->flip)
                         : bits ^ (uint32_t)map->flip;
}

/* Turns n values of any size round; unless cancelled, which leaves a permutation. */
int pel_sort_reverse(void *values, size_t n, size_t nbytes, const struct pel_team *team,
                     struct pel_error *err);

/* rows[i] = i or, descending, n - 1 - i. */
int pel_sort_rows(uint64_t *rows, size_t n, bool descending, const struct pel_team *team,
                  struct pel_error *err);

/* out[i] = values[order[i]], values of any size. */
int pel_sort_gather(const void *values, size_t nbytes, const uint64_t *order, size_t n, void *out,
                    const struct pel_team *team, struct pel_error *err);

/* What the functions of <pelton/sort.h> return with a message: -EINVAL, -ENOMEM, -ECANCELED. */
int pel_sort_bad_type(struct pel_error *err);
int pel_sort_no_memory(struct pel_error *err);
int pel_sort_cancelled(struct pel_error *err);

#endif
