#include "bulk/group/keys.h"

#include <string.h>

enum key_kind pel_key_kind(enum pel_type type)
{
    switch (type) {
    case PEL_F32:
        return KEY_F32;
    case PEL_F64:
        return KEY_F64;
    case PEL_STRING:
        return KEY_STRING;
    default:
        return KEY_WORD;
    }
}

void pel_key_words(enum pel_type type, const void *values, size_t n, uint64_t *words)
{
    if (type == PEL_BOOL) {
        const unsigned char *bools = values;
        for (size_t i = 0; i < n; i++)
            words[i] = bools[i] != 0;
    } else if (type == PEL_F32) {
        for (size_t i = 0; i < n; i++) {
            uint32_t bits;
            memcpy(&bits, (const char *)values + 4 * i, 4);
            words[i] = bits;
        }
    } else if (type == PEL_STRING) {
        const struct pel_string *strings = values;
        for (size_t i = 0; i < n; i++)
            words[i] = (uintptr_t)&strings[i];
    } else {
        memcpy(words, values, 8 * n);
    }
}

static const struct pel_string *string_at(uint64_t word)
{
    return (const struct pel_string *)(uintptr_t)word;
}

void pel_key_value(enum pel_type type, uint64_t word, void *value)
{
    if (type == PEL_STRING)
        memcpy(value, string_at(word), sizeof(struct pel_string));
    else if (type == PEL_F32)
        memcpy(value, &(uint32_t){(uint32_t)word}, 4);
    else if (type == PEL_BOOL)
        *(unsigned char *)value = (unsigned char)word;
    else
        memcpy(value, &word, 8);
}

/* The same word for all NaNs, and for both zeros. */
static uint64_t plain_f32(uint64_t word)
{
    uint64_t magnitude = word & 0x7fffffff;
    return magnitude > 0x7f800000 ? 0x7fc00000 : magnitude == 0 ? 0 : word;
}

static uint64_t plain_f64(uint64_t word)
{
    const uint64_t infinity = UINT64_C(0x7ff) << 52;
    uint64_t magnitude = word & (UINT64_MAX >> 1);
    return magnitude > infinity ? infinity | 1 : magnitude == 0 ? 0 : word;
}

bool pel_key_equal_value(enum key_kind kind, uint64_t a, uint64_t b)
{
    switch (kind) {
    case KEY_F32:
        return plain_f32(a) == plain_f32(b);
    case KEY_F64:
        return plain_f64(a) == plain_f64(b);
    case KEY_STRING: {
        const struct pel_string *s = string_at(a), *t = string_at(b);
        return s->nbytes == t->nbytes && (s->nbytes == 0 || !memcmp(s->text, t->text, s->nbytes));
    }
    default:
        return a == b;
    }
}

/* 2^64 over the golden ratio, made odd. */
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

/* Invertible, and each bit of x changes about half of the upper 32: multiplications carry upwards, the
 * shifts bring what is above down first. */
static inline uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * FACTOR;
    return (x ^ x >> 29) * FACTOR;
}

static inline uint64_t load(const char *text, size_t nbytes)
{
    uint64_t word = 0;
    memcpy(&word, text, nbytes);
    return word;
}

/* At most 8 bytes as a word, by two loads that overlap. */
static inline uint64_t load_short(const char *text, size_t nbytes)
{
    if (nbytes >= 4)
        return load(text, 4) << 32 | load(text + nbytes - 4, 4);
    if (nbytes >= 2)
        return load(text, 2) << 32 | load(text + nbytes - 2, 2);
    return nbytes ? load(text, 1) : 0;
}

static inline uint64_t hash_string(const struct pel_string *s)
{
    uint64_t hash = s->nbytes;
    if (s->nbytes <= 8)
        return hash << 56 ^ load_short(s->text, s->nbytes);
    for (size_t i = 0; i + 8 < s->nbytes; i += 8)
        hash = mix(hash ^ load(s->text + i, 8));
    return hash ^ load(s->text + s->nbytes - 8, 8);
}

PEL_INLINE void hash_column(enum key_kind kind, const uint64_t *words, size_t n, uint64_t *hashes)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t word = words[i];
        if (kind == KEY_F32)
            word = plain_f32(word);
        else if (kind == KEY_F64)
            word = plain_f64(word);
        else if (kind == KEY_STRING)
            word = hash_string(string_at(word));
        hashes[i] = mix(hashes[i] ^ word);
    }
}

/* Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): the fractional parts of i times the golden
 * ratio cut the circle into gaps of three lengths, whatever the number of the i. */
uint32_t pel_key_hash_word(uint64_t word)
{
    return (uint32_t)(word * FACTOR >> 32);
}

void pel_key_hash(const enum key_kind *kinds, size_t nkeys, const uint64_t *const *words, size_t n,
                  uint32_t *hashes)
{
    if (nkeys == 1 && kinds[0] == KEY_WORD) {
        for (size_t i = 0; i < n; i++)
            hashes[i] = pel_key_hash_word(words[0][i]);
        return;
    }
    uint64_t wide[PEL_BLOCK_ROWS];
    memset(wide, 0, n * sizeof *wide);
    for (size_t k = 0; k < nkeys; k++) {
        if (kinds[k] == KEY_WORD)
            hash_column(KEY_WORD, words[k], n, wide);
        else if (kinds[k] == KEY_F32)
            hash_column(KEY_F32, words[k], n, wide);
        else if (kinds[k] == KEY_F64)
            hash_column(KEY_F64, words[k], n, wide);
        else
            hash_column(KEY_STRING, words[k], n, wide);
    }
    for (size_t i = 0; i < n; i++)
        hashes[i] = (uint32_t)(wide[i] >> 32);
}

uint64_t pel_key_copy(struct pel_arena *arena, uint64_t word, size_t *nbytes)
{
    const struct pel_string *s = string_at(word);
    struct pel_string *copy = pel_arena_take_unset(arena, sizeof *copy + s->nbytes);
    if (!copy)
        return 0;
    *copy = (struct pel_string){NULL, s->nbytes};
    if (s->nbytes) {
        copy->text = (const char *)(copy + 1);
        memcpy(copy + 1, s->text, s->nbytes);
    }
    *nbytes += sizeof *copy + s->nbytes;
    return (uintptr_t)copy;
}
