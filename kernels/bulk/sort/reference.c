#include "bulk/sort/reference.h"

#include <math.h>
#include <string.h>

/* The bytes of a value in the machine's order. */
static void read_value(const struct pel_column *key, size_t row, void *value)
{
    const unsigned char *from = (const unsigned char *)key->data + (ptrdiff_t)row * key->stride;
    size_t nbytes = pel_type_nbytes(key->type);
    for (size_t i = 0; i < nbytes; i++)
        ((unsigned char *)value)[i] = from[key->swapped ? nbytes - 1 - i : i];
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_floats(double a, double b, bool descending)
{
    if (isnan(a) || isnan(b))
        return !!isnan(a) - !!isnan(b);
    return descending ? ORDER(b, a) : ORDER(a, b);
}

static int compare_strings(struct pel_string a, struct pel_string b)
{
    size_t nbytes = a.nbytes < b.nbytes ? a.nbytes : b.nbytes;
    int bytes = nbytes ? memcmp(a.text, b.text, nbytes) : 0;
    return bytes ? ORDER(bytes, 0) : ORDER(a.nbytes, b.nbytes);
}

/* Both values as the type in which they are compared. */
#define READ(type)                                                                                 \
    type x, y;                                                                                     \
    read_value(key, a, &x);                                                                        \
    read_value(key, b, &y)

static int compare_values(const struct pel_column *key, size_t a, size_t b)
{
    switch (key->type) {
    case PEL_BOOL: {
        READ(uint8_t);
        return !!x - !!y;
    }
    case PEL_I32: {
        READ(int32_t);
        return ORDER(x, y);
    }
    case PEL_I64: {
        READ(int64_t);
        return ORDER(x, y);
    }
    case PEL_U32: {
        READ(uint32_t);
        return ORDER(x, y);
    }
    case PEL_U64: {
        READ(uint64_t);
        return ORDER(x, y);
    }
    default: {
        READ(struct pel_string);
        return compare_strings(x, y);
    }
    }
}

int pel_reference_compare(const struct pel_column *key, bool descending, size_t a, size_t b)
{
    if (key->type == PEL_F32) {
        READ(float);
        return compare_floats(x, y, descending);
    }
    if (key->type == PEL_F64) {
        READ(double);
        return compare_floats(x, y, descending);
    }
    int order = compare_values(key, a, b);
    return descending ? -order : order;
}

struct order {
    const struct pel_column *keys;
    const bool *descending;
    size_t nkeys;
};

static bool comes_after(const struct order *by, uint64_t a, uint64_t b)
{
    int order = 0;
    for (size_t k = 0; k < by->nkeys && !order; k++)
        order = pel_reference_compare(&by->keys[k], by->descending && by->descending[k], (size_t)a,
                                      (size_t)b);
    return order > 0;
}

/* Sorted [lo, middle) and [middle, hi) of `from` to [lo, hi) of `to`: of equal ones, the left first. */
static void merge(const struct order *by, const uint64_t *from, size_t lo, size_t middle, size_t hi,
                  uint64_t *to)
{
    size_t left = lo, right = middle;
    for (size_t i = lo; i < hi; i++)
        if (right == hi || (left < middle && !comes_after(by, from[left], from[right])))
            to[i] = from[left++];
        else
            to[i] = from[right++];
}

void pel_reference_order(const struct pel_column *keys, const bool *descending, size_t nkeys,
                         size_t n, uint64_t *order, uint64_t *scratch)
{
    const struct order by = {keys, descending, nkeys};
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t middle = n - lo < width ? n : lo + width;
            merge(&by, order, lo, middle, n - middle < width ? n : middle + width, scratch);
        }
        memcpy(order, scratch, n * sizeof *order);
    }
}
