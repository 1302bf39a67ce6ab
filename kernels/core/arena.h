/* Memory that is taken in small pieces and given back all at once. */
#ifndef PELTON_CORE_ARENA_H
#define PELTON_CORE_ARENA_H

#include <stddef.h>

struct pel_arena;

/* NULL without memory. */
struct pel_arena *pel_arena_open(void);

/* nbytes zeroed bytes, aligned to a cache line from PEL_CACHE_LINE bytes on and to 16 below; NULL without
 * memory. One thread at a time. */
void *pel_arena_take(struct pel_arena *arena, size_t nbytes);

/* The same with contents undefined: pages of large pieces come from the system when they are written to, by
 * whichever thread does that first. */
void *pel_arena_take_unset(struct pel_arena *arena, size_t nbytes);

/* NULL is fine. */
void pel_arena_close(struct pel_arena *arena);

#endif
