#include "bulk/group/table.h"

#include <stdlib.h>
#include <string.h>

/* Slots when a table is new or small. */
enum { FIRST_SLOTS = 256 };

static size_t bytes_a_group(const struct shape *shape)
{
    size_t nbytes = SLOTS_A_GROUP * sizeof(struct slot) + sizeof(uint32_t) + sizeof(uint64_t);
    nbytes += shape->nkeys * sizeof(uint64_t);
    for (size_t s = 0; s < shape->nkept; s++)
        nbytes += shape->kept[s].accumulator->nbytes;
    return nbytes;
}

bool pel_table_open(struct table *table, const struct shape *shape, uint32_t capacity)
{
    *table = (struct table){.shape = shape, .capacity = capacity};
    table->keys = calloc(shape->nkeys, sizeof *table->keys);
    table->states = calloc(shape->nkept + 1, sizeof *table->states);
    if (!table->keys || !table->states)
        return false;
    table->nslots = SLOTS_A_GROUP * (size_t)capacity < FIRST_SLOTS
                        ? SLOTS_A_GROUP * (size_t)capacity
                        : FIRST_SLOTS;
    table->slots = calloc(SLOTS_A_GROUP * (size_t)capacity, sizeof *table->slots);
    table->hashes = calloc(capacity, sizeof *table->hashes);
    table->rows = calloc(capacity, sizeof *table->rows);
    bool whole = table->slots && table->hashes && table->rows;
    for (size_t k = 0; k < shape->nkeys; k++)
        whole &= (table->keys[k] = calloc(capacity, sizeof *table->keys[k])) != NULL;
    for (size_t s = 0; s < shape->nkept; s++)
        whole &= (table->states[s] = calloc(capacity, shape->kept[s].accumulator->nbytes)) != NULL;
    table->nbytes = capacity * bytes_a_group(shape);
    return whole;
}

void pel_table_close(struct table *table)
{
    for (size_t k = 0; table->keys && k < table->shape->nkeys; k++)
        free(table->keys[k]);
    for (size_t s = 0; table->states && s < table->shape->nkept; s++)
        free(table->states[s]);
    free(table->keys);
    free(table->states);
    free(table->slots);
    free(table->hashes);
    free(table->rows);
    *table = (struct table){0};
}

void pel_table_clear(struct table *table)
{
    const struct shape *shape = table->shape;
    memset(table->slots, 0, table->nslots * sizeof *table->slots);
    for (size_t s = 0; s < shape->nkept; s++)
        memset(table->states[s], 0, table->ngroups * shape->kept[s].accumulator->nbytes);
    while (table->nslots > FIRST_SLOTS && table->nslots > 8 * (size_t)table->ngroups)
        table->nslots /= 2;
    table->ngroups = 0;
    table->text_nbytes = 0;
}

static size_t most_slots(const struct table *table)
{
    return SLOTS_A_GROUP * (size_t)table->capacity;
}

/* The upper bits of a hash are the same in a partition; a slot is chosen by those below. So the order of slots
 * is that of hashes, and what the hash of an int spreads out evenly stays apart. */
PEL_INLINE size_t slot_of(uint32_t hash, int shift)
{
    return (uint32_t)(hash << PARTITION_BITS) >> shift;
}

static int shift_of(size_t nslots)
{
    return __builtin_clzll(nslots) - 31;
}

/* Puts the groups into nslots empty slots. */
static void fill_slots(struct table *table, size_t nslots)
{
    table->nslots = nslots;
    int shift = shift_of(nslots);
    for (uint32_t g = 0; g < table->ngroups; g++) {
        size_t at = slot_of(table->hashes[g], shift);
        while (table->slots[at].group)
            at = (at + 1) & (nslots - 1);
        table->slots[at] = (struct slot){table->hashes[g], g + 1};
    }
}

void pel_table_index(struct table *table)
{
    size_t nslots = table->nslots;
    while (4 * (size_t)table->ngroups > nslots && nslots < most_slots(table))
        nslots *= 2;
    memset(table->slots, 0, nslots * sizeof *table->slots);
    fill_slots(table, nslots);
}

bool pel_table_grow(struct table *table)
{
    const struct shape *shape = table->shape;
    size_t n = table->capacity;
    struct table wide;
    if (n > UINT32_MAX / 4)
        return false;
    if (!pel_table_open(&wide, shape, (uint32_t)(2 * n))) {
        pel_table_close(&wide);
        return false;
    }
    memcpy(wide.hashes, table->hashes, n * sizeof *wide.hashes);
    memcpy(wide.rows, table->rows, n * sizeof *wide.rows);
    for (size_t k = 0; k < shape->nkeys; k++)
        memcpy(wide.keys[k], table->keys[k], n * sizeof *wide.keys[k]);
    for (size_t s = 0; s < shape->nkept; s++)
        memcpy(wide.states[s], table->states[s], n * shape->kept[s].accumulator->nbytes);
    wide.ngroups = table->ngroups;
    wide.texts = table->texts;
    wide.text_nbytes = table->text_nbytes;
    fill_slots(&wide, 2 * SLOTS_A_GROUP * n);
    pel_table_close(table);
    *table = wide;
    return true;
}

bool pel_table_add(struct table *table, const struct key_rows *rows, size_t i, uint32_t hash)
{
    const struct shape *shape = table->shape;
    uint32_t group = table->ngroups;
    for (size_t k = 0; k < shape->nkeys; k++) {
        uint64_t word = rows->words[k][i];
        if (shape->key_kinds[k] == KEY_STRING)
            word = pel_key_copy(table->texts, word, &table->text_nbytes);
        if (shape->key_kinds[k] == KEY_STRING && !word)
            return false;
        table->keys[k][group] = word;
    }
    table->hashes[group] = hash;
    table->rows[group] = rows->rows.base + rows->rows.places[i];
    table->ngroups++;
    return true;
}

/* Is the key of row i that of the group? */
static bool same_key(const struct table *table, const struct key_rows *rows, size_t i,
                     uint32_t group)
{
    for (size_t k = 0; k < table->shape->nkeys; k++)
        if (!key_equal(table->shape->key_kinds[k], table->keys[k][group], rows->words[k][i]))
            return false;
    return true;
}

/* How many rows before its turn a slot is called for: the tables of a million groups do not all fit into the
 * caches. */
enum { AHEAD = 16 };

/* one_word: there is one key column, of KEY_WORD. */
PEL_INLINE size_t find(struct table *table, const struct key_rows *rows, size_t lo, uint32_t limit,
                       uint32_t *groups, bool *full, bool one_word)
{
    *full = true;
    struct slot *slots = table->slots;
    size_t mask = table->nslots - 1;
    int shift = shift_of(table->nslots);
    const uint32_t *hashes = rows->hashes;
    const uint64_t *words = rows->words[0], *keys = table->keys[0];
    const size_t n = rows->n;
    for (size_t i = lo; i < n; i++) {
        uint32_t hash = hashes[i], group;
        __builtin_prefetch(&slots[slot_of(hashes[i + AHEAD < n ? i + AHEAD : i], shift)]);
        size_t at = slot_of(hash, shift);
        while ((group = slots[at].group) != 0 &&
               (slots[at].hash != hash ||
                !(one_word ? keys[group - 1] == words[i] : same_key(table, rows, i, group - 1))))
            at = (at + 1) & mask;
        if (group) {
            groups[i] = group - 1;
            continue;
        }
        if (table->ngroups >= limit)
            return i;
        if (!pel_table_add(table, rows, i, hash)) {
            *full = false;
            return i;
        }
        slots[at] = (struct slot){hash, table->ngroups};
        groups[i] = table->ngroups - 1;
        if (4 * (size_t)table->ngroups > table->nslots && table->nslots < most_slots(table)) {
            pel_table_index(table);
            mask = table->nslots - 1;
            shift = shift_of(table->nslots);
        }
    }
    return n;
}

size_t pel_table_find(struct table *table, const struct key_rows *rows, size_t lo, uint32_t limit,
                      uint32_t *groups, bool *full)
{
    if (table->shape->nkeys == 1 && table->shape->key_kinds[0] == KEY_WORD)
        return find(table, rows, lo, limit, groups, full, true);
    return find(table, rows, lo, limit, groups, full, false);
}
