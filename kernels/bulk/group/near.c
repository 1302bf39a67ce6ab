#include "bulk/group/near.h"

#include <stdlib.h>

bool pel_near_open(struct near *near, const struct shape *shape)
{
    *near = (struct near){0};
    if (shape->nkeys != 1 || shape->key_kinds[0] != KEY_WORD)
        return true;
    near->groups = calloc(NEAR_RANGE, sizeof *near->groups);
    return near->groups != NULL;
}

void pel_near_close(struct near *near)
{
    free(near->groups);
}

/* Puts the range around the keys of a chunk's first block. */
static void decide(struct near *near, const uint64_t *words, size_t n)
{
    int64_t least = (int64_t)words[0], greatest = least;
    for (size_t i = 1; i < n; i++) {
        int64_t word = (int64_t)words[i];
        least = word < least ? word : least;
        greatest = word > greatest ? word : greatest;
    }
    uint64_t width = (uint64_t)greatest - (uint64_t)least;
    near->state = width < NEAR_RANGE ? NEAR_YES : NEAR_NO;
    near->base = (uint64_t)least - (NEAR_RANGE - width) / 2;
}

bool pel_near_holds(struct near *near, const uint64_t *words, size_t n)
{
    if (near->groups && near->state == NEAR_UNDECIDED && n > 0)
        decide(near, words, n);
    return near->state == NEAR_YES;
}

/* The group of row i, whose key is new. */
static uint32_t add_group(struct near *near, struct table *table, const struct key_rows *rows,
                          size_t i)
{
    uint64_t word = rows->words[0][i];
    (void)pel_table_add(table, rows, i, pel_key_hash_word(word));
    near->groups[word - near->base] = (uint16_t)table->ngroups;
    return table->ngroups;
}

/* Calls for what stands a block behind a row: the processor by itself reads ahead within a page, half a block
 * of doubles, and would wait at the next. */
PEL_INLINE void call_ahead(const void *column, size_t row)
{
    __builtin_prefetch((const void *)((uintptr_t)column + 8 * (row + PEL_BLOCK_ROWS)));
}

PEL_INLINE size_t find(struct near *near, struct table *table, const struct key_rows *rows,
                       uint32_t *groups, double *sums, const double *values)
{
    enum { LINE_ROWS = PEL_CACHE_LINE / 8 };
    const uint64_t *words = rows->words[0], base = near->base;
    const uint16_t *known = near->groups;
    for (size_t i = 0; i < rows->n;) {
        call_ahead(words, i);
        if (sums)
            call_ahead(values, i);
        for (size_t hi = i + LINE_ROWS < rows->n ? i + LINE_ROWS : rows->n; i < hi; i++) {
            uint64_t at = words[i] - base;
            if (at >= NEAR_RANGE)
                return i;
            uint32_t group = known[at];
            if (!group)
                group = add_group(near, table, rows, i);
            groups[i] = group - 1;
            if (sums)
                sums[group - 1] += values[i];
        }
    }
    return rows->n;
}

size_t pel_near_find(struct near *near, struct table *table, const struct key_rows *rows,
                     uint32_t *groups, double *sums, const double *values)
{
    size_t n = sums ? find(near, table, rows, groups, sums, values)
                    : find(near, table, rows, groups, NULL, NULL);
    if (n < rows->n) {
        pel_near_clear(near, table);
        near->state = NEAR_NO;
        pel_table_index(table);
    }
    return n;
}

void pel_near_clear(struct near *near, const struct table *table)
{
    for (uint32_t g = 0; near->state == NEAR_YES && g < table->ngroups; g++)
        near->groups[table->keys[0][g] - near->base] = 0;
    near->state = NEAR_UNDECIDED;
}
