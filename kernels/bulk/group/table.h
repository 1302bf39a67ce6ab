/* A hash table of groups: open addressing with linear probing, at most half full; the groups are numbered
 * from 0 in the order in which they came. */
#ifndef PELTON_BULK_GROUP_TABLE_H
#define PELTON_BULK_GROUP_TABLE_H

#include "bulk/group/shape.h"

/* At the least; four where there is room, which saves a third of the wrong guesses at whether the first slot
 * is the one. */
enum { SLOTS_A_GROUP = 2 };

struct slot {
    uint32_t hash;
    uint32_t group; /* its number + 1; 0: empty */
};

struct table {
    const struct shape *shape;
    uint32_t ngroups, capacity;
    size_t nslots; /* in use, a power of 2; room is for SLOTS_A_GROUP * capacity */
    struct slot *slots;
    uint32_t *hashes;
    uint64_t *rows; /* number of each group's first row */
    uint64_t **keys;
    unsigned char **states;     /* of the chunk that is being added, for each of shape->kept */
    struct pel_arena *texts;    /* of keys that are strings; somebody else's */
    size_t nbytes, text_nbytes; /* held, without and by texts */
};

/* capacity: a power of 2. False without memory; to be closed all the same. */
bool pel_table_open(struct table *table, const struct shape *shape, uint32_t capacity);
void pel_table_close(struct table *table);

/* Forgets the groups. */
void pel_table_clear(struct table *table);

/* Keys of n rows and which rows they are. */
struct key_rows {
    const uint32_t *hashes;
    const uint64_t *const *words;
    struct row_numbers rows;
    size_t n;
};

/* The groups of rows from `lo` on, made where they are not there yet, until there would be more than `limit`
 * <= capacity: returns the row where it stopped, or n. Without memory for a text it stops too, with *full
 * false. */
size_t pel_table_find(struct table *table, const struct key_rows *rows, size_t lo, uint32_t limit,
                      uint32_t *groups, bool *full);

/* A group of its own for row i. False without memory for a text. */
bool pel_table_add(struct table *table, const struct key_rows *rows, size_t i, uint32_t hash);

/* Puts all groups into slots: after pel_table_add alone, and when there are too few slots. */
void pel_table_index(struct table *table);

/* Twice the capacity; false without memory, and then nothing has changed. */
bool pel_table_grow(struct table *table);

#endif
