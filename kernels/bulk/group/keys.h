/* Keys as 64-bit words: a bool or int as it is, a float by its bits, a string by the address of a
 * struct pel_string. */
#ifndef PELTON_BULK_GROUP_KEYS_H
#define PELTON_BULK_GROUP_KEYS_H

#include <pelton/table.h>

#include "core/arena.h"

/* What words are equal by: themselves, the float they are the bits of, or the text they point at. */
enum key_kind { KEY_WORD, KEY_F32, KEY_F64, KEY_STRING };

enum key_kind pel_key_kind(enum pel_type type);

/* The words of n <= PEL_BLOCK_ROWS values; strings are referred to. */
void pel_key_words(enum pel_type type, const void *values, size_t n, uint64_t *words);

/* Writes the value that a word stands for; the text of a string stays where it is. */
void pel_key_value(enum pel_type type, uint64_t word, void *value);

/* The upper bits of a hash say which partition a key is in: a million groups, with a sum each, are 8,000 in a
 * partition, 0.4 MB, which stays in the second-level cache (0.5 to 2 MB) while rows of many chunks are
 * added to it. */
enum { PARTITION_BITS = 7, NPARTITIONS = 1 << PARTITION_BITS };

/* hashes[i] of a key of nkeys words, words[k][i]. */
void pel_key_hash(const enum key_kind *kinds, size_t nkeys, const uint64_t *const *words, size_t n,
                  uint32_t *hashes);

/* The same for a single key of KEY_WORD. The hashes of ints in equal steps are spread nearly evenly: there are
 * few collisions. */
uint32_t pel_key_hash_word(uint64_t word);

/* Of words that differ as such. */
bool pel_key_equal_value(enum key_kind kind, uint64_t a, uint64_t b);

static inline bool key_equal(enum key_kind kind, uint64_t a, uint64_t b)
{
    return a == b || (kind != KEY_WORD && pel_key_equal_value(kind, a, b));
}

/* The word of a copy of the string in the arena; 0 without memory. *nbytes grows by what it takes. */
uint64_t pel_key_copy(struct pel_arena *arena, uint64_t word, size_t *nbytes);

#endif
