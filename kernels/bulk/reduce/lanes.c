#include "bulk/reduce/lanes.h"
#include "bulk/reduce/fours.h"
#include "bulk/reduce/histogram.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

/* What _mm512_range_pd selects: of two numbers, the one of larger or smaller magnitude, with its sign. */
enum { RANGE_LARGE = 7, RANGE_SMALL = 6 };
#endif

/* Which of the 32 rows from i on count; i is a multiple of 32. */
static inline uint32_t mask_bits(const uint64_t *mask, size_t i)
{
    return (uint32_t)(mask[i / 64] >> i % 64);
}

static inline bool mask_has(const uint64_t *mask, size_t i)
{
    return !mask || (mask[i / 64] >> i % 64 & 1);
}

#define LEVELS_BODY "bulk/reduce/lanes_body.h"
#include "core/levels.h"

const struct pel_lanes *pel_lanes_for(enum pel_isa isa)
{
    static const struct pel_lanes *const tables[] = LEVELS(table);
    return tables[level_at_most(isa)];
}

/* A NaN is better than any number, which is how it spreads; of equals, the lower row. */
static bool takes_over(bool from_nan, bool into_nan, bool better, bool equal, bool lower)
{
    if (from_nan || into_nan)
        return from_nan && (!into_nan || lower);
    return better || (equal && lower);
}

#define BEST(name, type, better)                                                                   \
    void name(struct pel_best_##type *into, const struct pel_best_##type *from)                    \
    {                                                                                              \
        if (from->found &&                                                                         \
            (!into->found || takes_over(from->value != from->value, into->value != into->value,    \
                                        from->value better into->value,                            \
                                        from->value == into->value, from->row < into->row)))       \
            *into = *from;                                                                         \
    }
BEST(pel_best_min_f64, f64, <)
BEST(pel_best_max_f64, f64, >)
BEST(pel_best_min_i64, i64, <)
BEST(pel_best_max_i64, i64, >)
