/* Numbers of given rank among those of keys, without sorting: the range that holds it is cut into cells, the
 * keys of each are counted, and the cell with the rank is the next range, until there is little left to
 * sort. Each look takes a pass over the keys, 14 bits of the range, and no memory but for the counts. */
#ifndef PELTON_BULK_SORT_SELECT_H
#define PELTON_BULK_SORT_SELECT_H

#include "bulk/sort/keys.h"

/* The numbers of n keys: of their bits, or of their values. */
struct select_keys {
    struct sort_map map;
    const void *keys;
    size_t n;
    bool by_value;
};

PEL_INLINE uint64_t select_number(const struct select_keys *keys, size_t i)
{
    const unsigned char *key = (const unsigned char *)keys->keys + i * (keys->map.wide ? 8 : 4);
    return keys->by_value ? sort_value(&keys->map, key) : sort_number(&keys->map, key);
}

/* numbers[j] = the number of rank ranks[j] < keys->n; *max = the largest of all, which is read for nothing
 * else when there are no ranks. n >= 1. */
int pel_select_numbers(const struct select_keys *keys, const size_t *ranks, size_t nranks,
                       uint64_t *numbers, uint64_t *max, const struct pel_team *team,
                       struct pel_error *err);

#endif
