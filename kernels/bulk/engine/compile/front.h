/* What the steps from a query's text to its plan share: memory, the text, the first mistake in it. */
#ifndef PELTON_BULK_ENGINE_FRONT_H
#define PELTON_BULK_ENGINE_FRONT_H

#include "core/arena.h"

#include <pelton/engine.h>

/* Bytes [lo, hi) of the text. */
struct span {
    size_t lo, hi;
};

struct front {
    struct pel_arena *arena; /* the plan's */
    const char *text;        /* in the arena */
    size_t nbytes;
    int status; /* of the first failure; nothing after it counts */
    struct pel_query_error mistake;
};

/* Room for n things of nbytes each, zeroed; NULL with status -ENOMEM. */
void *pel_front_take(struct front *front, size_t n, size_t nbytes);

/* `old` (n things of nbytes) with room for at least one more: itself, or a copy of twice the size. */
void *pel_front_grow(struct front *front, void *old, int n, int *room, size_t nbytes);

/* Notes a mistake, in the words of pel_write (text.h), unless there has been one. Returns -1. */
int pel_mistake(struct front *front, struct span at, const char *format, ...);

/* What may have been meant by the mistake that was just noted. */
void pel_hint(struct front *front, const char *format, ...);

/* Looks for the word that was most likely meant. Zeroed but for `wanted` at first. */
struct guess {
    struct pel_string wanted, best;
    size_t distance;
};
void pel_guess(struct guess *guess, struct pel_string candidate);

static inline struct span pel_span_join(struct span a, struct span b)
{
    return (struct span){a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi};
}

bool pel_string_is(struct pel_string a, const char *b);
bool pel_string_same(struct pel_string a, struct pel_string b);
struct pel_string pel_string_of(const char *text);

/* The bytes of a span of the text. */
struct pel_string pel_front_text(const struct front *front, struct span span);

/* The same as a name, in one line: line ends and the like are blanks. text NULL without memory. */
struct pel_string pel_front_line(struct front *front, struct span span);

/* A copy in the arena that is ended by a zero; NULL without memory. */
const char *pel_front_name(struct front *front, struct pel_string name);

#endif
