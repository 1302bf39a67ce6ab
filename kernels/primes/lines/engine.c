/* Lines as an engine of the sieve, and why there are two.
 *
 * A line needs no wheel, and takes 16 primes at a time; but each prime is visited for each of 48 lines, and
 * whoever wants numbers in their order must transpose the lines. Time against the wheel of 30, one thread
 * of a Zen 4, CPU time, least of several runs:
 *
 *                     count   twins   segments, transposed
 *   [0, 10^9]          0.90    0.55   1.05
 *   [0, 10^10]         0.86    0.53   0.95
 *   10^12 + 10^10      0.91    0.54   0.94
 *   10^13 + 3 10^9     0.85    0.53
 *   10^14 + 3 10^9     0.92    0.59
 *
 * So lines count, twins with 30 of the 48, and the wheel does all else. What makes lines fast: long patterns
 * of the primes up to 293; hits that wait in a queue until their vector's store has left the store queue;
 * and visits to large primes that serve several lines. */
#include "primes/lines/lines.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)

#include "primes/lines/vector.h"

/* ---- opening ------------------------------------------------------------------------------------ */

/* All places, and the queues: that of medium primes has a batch and what a row adds to it, those of large
 * ones a hit of each. */
static int allocate(struct pel_lines *sieve, const struct pel_lines_plan *plan)
{
    enum { QUEUE = 512 };
    size_t nlarge = plan->rest.n - 16 * plan->nmedium + 32;
    size_t total = 3 * PEL_LINES_PATTERNS + plan->rest.n + 16 + QUEUE + PEL_LINES_VISIT * nlarge;
    for (int class = 0; class < 4; class ++)
        total += plan->small[class].n + 16;
    size_t line_nbytes = plan->nbits / 8 + 2 * PEL_LINES_PIECE;
    uint32_t *numbers = sieve->numbers = aligned_alloc(64, (total + 15) / 16 * 64);
    sieve->memory = aligned_alloc(64, (2 * line_nbytes + 2 * PEL_LINES_MARGIN + 63) / 64 * 64);
    if (!numbers || !sieve->memory)
        return -ENOMEM;
    sieve->line = sieve->memory + PEL_LINES_MARGIN;
    sieve->before = sieve->line + line_nbytes + PEL_LINES_MARGIN;
    sieve->pattern_at = pel_lines_take(&numbers, PEL_LINES_PATTERNS);
    sieve->pattern_now = pel_lines_take(&numbers, PEL_LINES_PATTERNS);
    sieve->pattern_from = pel_lines_take(&numbers, PEL_LINES_PATTERNS);
    for (int class = 0; class < 4; class ++)
        sieve->small_at[class] = pel_lines_take(&numbers, plan->small[class].n);
    sieve->at = pel_lines_take(&numbers, plan->rest.n);
    sieve->queue = (void *)pel_lines_take(&numbers, QUEUE);
    for (int k = 0; k < PEL_LINES_VISIT; k++)
        sieve->later[k] = (void *)pel_lines_take(&numbers, nlarge);
    return 0;
}

static void close_lines(struct pel_sieve *base)
{
    struct pel_lines *sieve = (struct pel_lines *)base;
    free(sieve->numbers);
    free(sieve->memory);
    free(sieve);
}

static int open_lines(struct pel_sieve **out, const struct pel_sieve_plan *plan)
{
    struct pel_lines *sieve = calloc(1, sizeof *sieve);
    if (!sieve)
        return -ENOMEM;
    sieve->plan = plan->lines;
    int status = allocate(sieve, plan->lines);
    if (status)
        close_lines(&sieve->base);
    else
        *out = &sieve->base;
    return status;
}

/* ---- what a chunk gives ------------------------------------------------------------------------- */

static size_t line_nbytes(const struct pel_lines *sieve)
{
    return (sieve->nbits + PEL_LINES_UNIT - 1) / PEL_LINES_UNIT * (PEL_LINES_UNIT / 8);
}

/* 7 is in no line. */
static bool has_seven(const struct pel_lines *sieve)
{
    return sieve->begin == 0 && sieve->base.plan->start <= 7;
}

/* Bits that are set in both. */
PEL_TARGET_AVX512 static uint64_t count_common(const uint8_t *a, const uint8_t *b, size_t nbytes)
{
    uint64_t n[4] = {0}, x[4], y[4];
    for (size_t i = 0; i < nbytes; i += sizeof x) {
        memcpy(x, a + i, sizeof x);
        memcpy(y, b + i, sizeof y);
        for (int k = 0; k < 4; k++)
            n[k] += (unsigned)__builtin_popcountll(x[k] & y[k]);
    }
    return n[0] + n[1] + n[2] + n[3];
}

static int count(struct pel_sieve *base, size_t chunk, uint64_t *primes)
{
    struct pel_lines *sieve = (struct pel_lines *)base;
    pel_lines_begin(sieve, chunk, false);
    *primes += has_seven(sieve);
    for (size_t k = 0; k < sieve->nused; k++) {
        int status = pel_lines_sieve(sieve, k);
        if (status)
            return status;
        *primes += count_common(sieve->line, sieve->line, line_nbytes(sieve));
    }
    return 0;
}

static bool begins_twins(const struct pel_lines *sieve, size_t k)
{
    return k + 1 < sieve->nused && sieve->gap[k] == 1;
}

static int count_twins(struct pel_sieve *base, size_t chunk, uint64_t *twins, uint64_t *primes)
{
    struct pel_lines *sieve = (struct pel_lines *)base;
    pel_lines_begin(sieve, chunk, !primes);
    int status = 0;
    if (primes)
        *primes += has_seven(sieve);
    for (size_t k = 0; !status && k < sieve->nused; k++) {
        status = pel_lines_sieve(sieve, k);
        if (primes)
            *primes += count_common(sieve->line, sieve->line, line_nbytes(sieve));
        if (k > 0 && begins_twins(sieve, k - 1))
            *twins += count_common(sieve->line, sieve->before, line_nbytes(sieve));
        if (begins_twins(sieve, k))
            memcpy(sieve->before, sieve->line, line_nbytes(sieve));
    }
    return status;
}

/* Lines make no segments. */
static int begin_chunk(struct pel_sieve *base, size_t chunk)
{
    (void)base;
    (void)chunk;
    return -EINVAL;
}

static int next_segment(struct pel_sieve *base, struct pel_segment *segment)
{
    (void)base;
    *segment = (struct pel_segment){0};
    return -EINVAL;
}

static uint64_t begin_progress(const struct pel_sieve_plan *plan)
{
    (void)plan;
    return 0;
}

const struct pel_sieve_engine *pel_lines_engine(enum pel_isa isa)
{
    static const struct pel_sieve_engine engine = {
        .prepare = pel_lines_prepare,
        .forget = pel_lines_forget,
        .begin_progress = begin_progress,
        .open = open_lines,
        .close = close_lines,
        .begin = begin_chunk,
        .next = next_segment,
        .count = count,
        .twins = count_twins,
    };
    return isa >= PEL_ISA_AVX512 && pel_isa_best() >= PEL_ISA_AVX512 ? &engine : NULL;
}

#else

const struct pel_sieve_engine *pel_lines_engine(enum pel_isa isa)
{
    (void)isa;
    return NULL;
}

#endif
