#include "bulk/group/near.h"

#include <stdlib.h>

/* 64 KiB of groups: what of them is used stays in the first-level cache where it matters, with few keys. */
enum { RANGE = 32768 };

bool pel_near_open(struct near *near, const struct shape *shape)
{
    *near = (struct near){0};
    if (shape->nkeys != 1 || shape->key_kinds[0] != KEY_WORD)
        return true;
    near->groups = calloc(RANGE, sizeof *near->groups);
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
    near->state = width < RANGE ? NEAR_YES : NEAR_NO;
    near->base = (uint64_t)least - (RANGE - width) / 2;
}

static bool in_range(const struct near *near, const uint64_t *words, size_t n)
{
    uint64_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= words[i] - near->base;
    return any < RANGE;
}

bool pel_near_holds(struct near *near, struct table *table, const uint64_t *words, size_t n)
{
    if (!near->groups)
        return false;
    if (near->state == NEAR_UNDECIDED && n > 0)
        decide(near, words, n);
    if (near->state == NEAR_YES && !in_range(near, words, n)) {
        pel_near_clear(near, table);
        near->state = NEAR_NO;
        pel_table_index(table);
    }
    return near->state == NEAR_YES;
}

size_t pel_near_find(struct near *near, struct table *table, const struct key_rows *rows,
                     uint32_t limit, uint32_t *groups)
{
    const uint64_t *words = rows->words[0], base = near->base;
    uint16_t *known = near->groups;
    for (size_t i = 0; i < rows->n; i++) {
        uint16_t group = known[words[i] - base];
        if (!group) {
            if (table->ngroups == limit)
                return i;
            (void)pel_table_add(table, rows, i, pel_key_hash_word(words[i]));
            group = known[words[i] - base] = (uint16_t)table->ngroups;
        }
        groups[i] = group - 1U;
    }
    return rows->n;
}

void pel_near_clear(struct near *near, const struct table *table)
{
    for (uint32_t g = 0; near->state == NEAR_YES && g < table->ngroups; g++)
        near->groups[table->keys[0][g] - near->base] = 0;
    near->state = NEAR_UNDECIDED;
}
