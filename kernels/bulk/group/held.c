#include "bulk/group/held.h"

#include "bulk/sort/keys.h"
#include "bulk/sort/quantiles.h"
#include "bulk/sort/radix.h"

#include <math.h>
#include <stdlib.h>

/* A piece is as large as all before it, within these bounds. */
enum { FEWEST_VALUES = 64, MOST_VALUES = 16384 };

struct held_piece {
    struct held_piece *next;
    size_t n, capacity;
    uint32_t *groups; /* behind the values */
    double values[];
};

static size_t piece_nbytes(size_t capacity)
{
    return sizeof(struct held_piece) + capacity * (sizeof(double) + sizeof(uint32_t));
}

static void drop_pieces(struct held *held)
{
    while (held->pieces) {
        struct held_piece *piece = held->pieces;
        held->pieces = piece->next;
        held->nbytes -= piece_nbytes(piece->capacity);
        free(piece);
    }
}

void pel_held_close(struct held *held)
{
    drop_pieces(held);
    free(held->values);
    free(held->starts);
    *held = (struct held){0};
}

/* ---- as they come --------------------------------------------------------------------------------- */

static int add_piece(struct held *held)
{
    size_t capacity = held->n < FEWEST_VALUES ? FEWEST_VALUES
                      : held->n > MOST_VALUES ? MOST_VALUES
                                              : held->n;
    struct held_piece *piece = malloc(piece_nbytes(capacity));
    if (!piece)
        return -ENOMEM;
    *piece = (struct held_piece){.next = held->pieces, .capacity = capacity};
    piece->groups = (uint32_t *)(void *)(piece->values + capacity);
    held->pieces = piece;
    held->nbytes += piece_nbytes(capacity);
    return 0;
}

#define WIDEN(type)                                                                                \
    for (size_t i = 0; i < n; i++)                                                                 \
    into[i] = (double)((const type *)values)[lo + i]

/* Values [lo, lo + n) as doubles. */
static void widen(enum pel_type type, const void *values, size_t lo, size_t n, double *into)
{
    if (type == PEL_BOOL)
        WIDEN(uint8_t);
    else if (type == PEL_I64)
        WIDEN(int64_t);
    else if (type == PEL_F32)
        WIDEN(float);
    else
        WIDEN(double);
}

int pel_held_add(struct held *held, const uint32_t *groups, enum pel_type type, const void *values,
                 size_t n)
{
    for (size_t lo = 0, some; lo < n; lo += some) {
        struct held_piece *piece = held->pieces;
        if ((!piece || piece->n == piece->capacity) && add_piece(held))
            return -ENOMEM;
        piece = held->pieces;
        some = n - lo < piece->capacity - piece->n ? n - lo : piece->capacity - piece->n;
        memcpy(piece->groups + piece->n, groups + lo, some * sizeof *groups);
        widen(type, values, lo, some, piece->values + piece->n);
        piece->n += some;
        held->n += some;
    }
    return 0;
}

/* ---- together --------------------------------------------------------------------------------------- */

size_t pel_held_arranging(const struct held *held, size_t ngroups)
{
    return held->n * sizeof(double) + (ngroups + 1) * sizeof(size_t);
}

/* Where the values of each group begin; *most = of how many the largest is that is to be sorted. */
static void find_starts(struct held *held, size_t ngroups, size_t *most)
{
    size_t *starts = held->starts, sum = 0;
    for (const struct held_piece *piece = held->pieces; piece; piece = piece->next)
        for (size_t i = 0; i < piece->n; i++)
            starts[piece->groups[i]]++;
    for (size_t g = 0; g <= ngroups; g++) {
        size_t n = starts[g];
        if (pel_held_is_sorted(n) && n > *most)
            *most = n;
        starts[g] = sum;
        sum += n;
    }
}

/* Moves the values to their groups, after which a start is an end, and undoes that. */
static void scatter(struct held *held, size_t ngroups)
{
    size_t *starts = held->starts;
    for (const struct held_piece *piece = held->pieces; piece; piece = piece->next)
        for (size_t i = 0; i < piece->n; i++)
            held->values[starts[piece->groups[i]]++] = piece->values[i];
    for (size_t g = ngroups; g > 0; g--)
        starts[g] = starts[g - 1];
    starts[0] = 0;
}

/* pairs: room for 3 n. */
static void sort_values(double *values, size_t n, struct radix_pair *pairs)
{
    const struct sort_map map = sort_map(PEL_F64, false);
    for (size_t i = 0; i < n; i++)
        pairs[i] = (struct radix_pair){.key = sort_number(&map, &values[i])};
    const struct radix_pair *sorted = pel_radix_leaf(pairs, n, pairs + n, pairs + 2 * n);
    for (size_t i = 0; i < n; i++)
        sort_key(&map, sorted[i].key, &values[i]);
}

int pel_held_arrange(struct held *held, size_t ngroups)
{
    held->starts = calloc(ngroups + 1, sizeof *held->starts);
    held->values = malloc(held->n * sizeof *held->values + 1);
    if (!held->starts || !held->values)
        return -ENOMEM;
    held->nbytes += pel_held_arranging(held, ngroups);
    size_t most = 0;
    find_starts(held, ngroups, &most);
    scatter(held, ngroups);
    drop_pieces(held);
    struct radix_pair *pairs = malloc(3 * most * sizeof *pairs + 1);
    if (!pairs)
        return -ENOMEM;
    for (size_t g = 0; g < ngroups; g++) {
        size_t n = pel_held_count(held, g);
        if (pel_held_is_sorted(n))
            sort_values(held->values + held->starts[g], n, pairs);
    }
    free(pairs);
    return 0;
}

bool pel_held_is_sorted(size_t n)
{
    return n <= RADIX_LEAF;
}

double pel_held_quantile(const struct held *held, size_t group, double q)
{
    const double *values = held->values + held->starts[group];
    size_t n = pel_held_count(held, group);
    double fraction;
    size_t below = pel_quantile_rank(q, n, &fraction), above = below + (below + 1 < n);
    return isnan(values[n - 1]) ? (double)NAN
                                : pel_quantile_between(values[below], values[above], fraction);
}
