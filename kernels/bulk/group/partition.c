#include "bulk/group/partition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

static size_t total_nbytes_a_group(const struct shape *shape)
{
    size_t nbytes = sizeof(uint32_t);
    for (size_t s = 0; s < shape->nkept; s++)
        nbytes += shape->kept[s].accumulator->nbytes;
    return nbytes;
}

size_t pel_partition_nbytes(const struct partition *partition)
{
    const struct table *table = &partition->table;
    if (!table->shape)
        return 0;
    size_t nbytes =
        table->nbytes + table->text_nbytes + table->capacity * total_nbytes_a_group(table->shape);
    for (size_t h = 0; partition->held && h < table->shape->nheld; h++)
        nbytes += partition->held[h].nbytes;
    return nbytes;
}

void pel_partition_close(struct partition *partition)
{
    if (!partition->table.shape)
        return;
    for (size_t s = 0; partition->totals && s < partition->table.shape->nkept; s++)
        free(partition->totals[s]);
    for (size_t h = 0; partition->held && h < partition->table.shape->nheld; h++)
        pel_held_close(&partition->held[h]);
    free(partition->held);
    free(partition->totals);
    free(partition->chunks);
    free(partition->words);
    pel_arena_close(partition->texts);
    pel_table_close(&partition->table);
    *partition = (struct partition){0};
}

static int open(struct partition *partition, const struct shape *shape)
{
    bool whole = pel_table_open(&partition->table, shape, FIRST_CAPACITY);
    partition->totals = calloc(shape->nkept + 1, sizeof *partition->totals);
    partition->chunks = calloc(FIRST_CAPACITY, sizeof *partition->chunks);
    partition->words = calloc(shape->nkeys, sizeof *partition->words);
    partition->held = calloc(shape->nheld + 1, sizeof *partition->held);
    partition->texts = pel_arena_open();
    partition->table.texts = partition->texts;
    whole &= partition->totals && partition->chunks && partition->words && partition->held &&
             partition->texts;
    for (size_t s = 0; whole && s < shape->nkept; s++) {
        partition->totals[s] = calloc(FIRST_CAPACITY, shape->kept[s].accumulator->nbytes);
        whole = partition->totals[s] != NULL;
    }
    return whole ? 0 : -ENOMEM;
}

/* Replaces *array of n elements by a copy with room for 2n, the new ones zeroed. */
static bool widen(unsigned char **array, size_t n, size_t nbytes)
{
    unsigned char *wide = calloc(2 * n, nbytes);
    if (!wide)
        return false;
    memcpy(wide, *array, n * nbytes);
    free(*array);
    *array = wide;
    return true;
}

static int grow(struct partition *partition)
{
    const struct shape *shape = partition->table.shape;
    size_t n = partition->table.capacity;
    unsigned char *chunks = (unsigned char *)partition->chunks;
    bool whole = widen(&chunks, n, sizeof *partition->chunks);
    partition->chunks = (uint32_t *)chunks;
    for (size_t s = 0; whole && s < shape->nkept; s++)
        whole = widen(&partition->totals[s], n, shape->kept[s].accumulator->nbytes);
    return whole && pel_table_grow(&partition->table) ? 0 : -ENOMEM;
}

static void fold(struct partition *partition, const uint32_t *groups, size_t n)
{
    const struct shape *shape = partition->table.shape;
    for (size_t s = 0; s < shape->nkept; s++)
        shape->kept[s].accumulator->fold(partition->totals[s], partition->table.states[s], groups,
                                         n);
}

/* Makes the states of these groups those of the chunk, folding what they hold of an earlier one. */
static void turn_to_chunk(struct partition *partition, const uint32_t *groups, size_t n,
                          uint64_t chunk)
{
    uint32_t old[PEL_BLOCK_ROWS], stamp = (uint32_t)(chunk + 1);
    size_t nold = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t *last = &partition->chunks[groups[i]];
        old[nold] = groups[i];
        nold += *last != stamp;
        *last = stamp;
    }
    fold(partition, old, nold);
}

PEL_INLINE void put_of(unsigned char *states, const uint32_t *groups, const unsigned char *from,
                       size_t nbytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        memcpy(states + groups[i] * nbytes, from + i * nbytes, nbytes);
}

static void put(unsigned char *states, const uint32_t *groups, const unsigned char *from,
                size_t nbytes, size_t n)
{
    if (nbytes == 8)
        put_of(states, groups, from, 8, n);
    else
        put_of(states, groups, from, nbytes, n);
}

/* Items [lo, lo + n) of a section, whose groups are known. */
static void add_states(struct partition *partition, const struct run *run,
                       const struct section *section, bool is_groups, size_t lo, size_t n,
                       const uint32_t *groups)
{
    const struct shape *shape = partition->table.shape;
    const struct row_numbers rows = {run->chunk * PEL_CHUNK_ROWS, section->places + lo};
    turn_to_chunk(partition, groups, n, run->chunk);
    for (size_t s = 0; s < shape->nkept; s++) {
        const struct accumulator *accumulator = shape->kept[s].accumulator;
        int v = shape->kept[s].value;
        if (is_groups)
            put(partition->table.states[s], groups, section->data[s] + lo * accumulator->nbytes,
                accumulator->nbytes, n);
        else
            accumulator->add(partition->table.states[s], groups,
                             v < 0 ? NULL
                                   : section->data[v] + lo * pel_type_nbytes(shape->value_types[v]),
                             rows, n);
    }
}

static int hold_values(struct partition *partition, const struct section *rows, size_t lo, size_t n,
                       const uint32_t *groups)
{
    const struct shape *shape = partition->table.shape;
    int status = 0;
    for (size_t h = 0; h < shape->nheld && !status; h++) {
        enum pel_type type = shape->value_types[shape->held[h]];
        status = pel_held_add(&partition->held[h], groups, type,
                              rows->data[shape->held[h]] + lo * pel_type_nbytes(type), n);
    }
    return status;
}

static int add_block(struct partition *partition, const struct run *run,
                     const struct section *section, bool is_groups, size_t lo, size_t n)
{
    const struct shape *shape = partition->table.shape;
    uint32_t groups[PEL_BLOCK_ROWS];
    for (size_t k = 0; k < shape->nkeys; k++)
        partition->words[k] = section->keys[k] + lo;
    const struct key_rows rows = {section->hashes + lo,
                                  partition->words,
                                  {run->chunk * PEL_CHUNK_ROWS, section->places + lo},
                                  n};
    for (size_t i = 0;;) {
        bool full;
        i = pel_table_find(&partition->table, &rows, i, partition->table.capacity, groups, &full);
        if (i == n)
            break;
        if (!full || grow(partition))
            return -ENOMEM;
    }
    add_states(partition, run, section, is_groups, lo, n, groups);
    return is_groups ? 0 : hold_values(partition, section, lo, n, groups);
}

static int add_section(struct partition *partition, const struct run *run,
                       const struct section *section, bool is_groups, size_t index)
{
    int status = 0;
    size_t hi = section->start[index + 1];
    for (size_t lo = section->start[index]; lo < hi && !status; lo += PEL_BLOCK_ROWS) {
        size_t n = hi - lo < PEL_BLOCK_ROWS ? hi - lo : PEL_BLOCK_ROWS;
        status = add_block(partition, run, section, is_groups, lo, n);
    }
    return status;
}

int pel_partition_add(struct partition *partition, const struct shape *shape, const struct run *run,
                      size_t index)
{
    int status = partition->table.shape ? 0 : open(partition, shape);
    if (!status)
        status = add_section(partition, run, &run->groups, true, index);
    if (!status)
        status = add_section(partition, run, &run->rows, false, index);
    return status;
}

void pel_partition_end(struct partition *partition)
{
    uint32_t groups[PEL_BLOCK_ROWS];
    for (uint32_t lo = 0; lo < partition->table.ngroups; lo += PEL_BLOCK_ROWS) {
        uint32_t n = 0;
        for (; n < PEL_BLOCK_ROWS && lo + n < partition->table.ngroups; n++)
            groups[n] = lo + n;
        fold(partition, groups, n);
    }
}
