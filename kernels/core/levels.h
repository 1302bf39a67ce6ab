/* Compiles a file of functions once for each instruction set, for a const table each:
 *
 *     #define LEVELS_BODY "image/rows_body.h"
 *     #include "core/levels.h"
 *
 *     const struct pel_rows *pel_rows_for(enum pel_isa isa)
 *     {
 *         static const struct pel_rows *const tables[] = LEVELS(table);
 *         return tables[level_at_most(isa)];
 *     }
 *
 * The body's functions are `TARGET static ... LEVEL(name)(...)`, its table is LEVEL(table). LEVEL_NBYTES is
 * the size of the level's vectors, for #if too: 16, 32 (AVX2) or 64 (AVX-512).
 *
 * Levels include those below, so another architecture's are a line of their own. What each of its processors
 * has, as NEON of aarch64, is its baseline, for which bodies can have loops beside those in C by
 * `#elif defined(__ARM_NEON)` where LEVEL_NBYTES is 16. */
#include <pelton/core.h>

#define TARGET
#define LEVEL(name) name##_baseline
#define LEVEL_NBYTES 16
#include LEVELS_BODY
#undef LEVEL_NBYTES
#undef LEVEL
#undef TARGET

#if defined(__x86_64__)

#define TARGET PEL_TARGET_AVX2
#define LEVEL(name) name##_avx2
#define LEVEL_NBYTES 32
#include LEVELS_BODY
#undef LEVEL_NBYTES
#undef LEVEL
#undef TARGET

#define TARGET PEL_TARGET_AVX512
#define LEVEL(name) name##_avx512
#define LEVEL_NBYTES 64
#include LEVELS_BODY
#undef LEVEL_NBYTES
#undef LEVEL
#undef TARGET

/* The table of each level, in the order of enum pel_isa. */
#define LEVELS(table)                                                                              \
    {                                                                                              \
        &table##_baseline, &table##_avx2, &table##_avx512                                          \
    }

#else
#define LEVELS(table)                                                                              \
    {                                                                                              \
        &table##_baseline                                                                          \
    }
#endif

_Static_assert(PEL_ISA_COUNT == 3, "a block and a table for each level; level_at_most() is at most the last");

static inline enum pel_isa level_at_most(enum pel_isa isa)
{
    enum pel_isa best = pel_isa_best();
    return isa < best ? isa : best;
}
