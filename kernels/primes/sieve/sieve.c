/* One thread's sieve by the wheel: from the patterns of the smallest primes to the lists of the largest. */
#include "primes/sieve/state.h"

#include "primes/bitmap.h"
#include "primes/tally.h"

#include <stdlib.h>
#include <string.h>

/* Small primes have two turns or more in a piece, medium ones at least a quarter of one in a segment: the
 * eight crossings of a whole turn that reach beyond it cost less than eight visits to a list. */
enum { PIECE_TURNS = 2, TURN_SEGMENTS = 4 };

struct pel_tiers pel_sieve_tiers(const struct pel_sieve_plan *plan)
{
    struct pel_tiers tiers = {.small_end = plan->piece_nbytes / PIECE_TURNS / 30,
                              .medium_end = plan->segment_nbytes * TURN_SEGMENTS / 30 / 8 * 8,
                              .end = plan->primes_nbytes};
    if (tiers.medium_end > tiers.end)
        tiers.medium_end = tiers.end;
    if (tiers.small_end > tiers.medium_end)
        tiers.small_end = tiers.medium_end;
    return tiers;
}

/* ---- opening ------------------------------------------------------------------------------------ */

static void fill_lists(struct pel_turn_lists *lists, struct pel_turns *turns, const uint8_t *primes,
                       size_t from, size_t to)
{
    for (int b = 0; b < 8; b++) {
        lists->list[b] = turns;
        for (size_t k = from; k < to; k++)
            if (primes[k] >> b & 1)
                turns++->quotient = (uint32_t)k;
        lists->n[b] = (size_t)(turns - lists->list[b]);
    }
}

static size_t count_primes(const uint8_t *primes, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t k = from; k < to; k++)
        for (unsigned bits = primes[k]; bits; bits &= bits - 1)
            n++;
    return n;
}

static int allocate(struct pel_wheel *sieve, const struct pel_sieve_plan *plan)
{
    const struct pel_tiers tiers = pel_sieve_tiers(plan);
    const size_t from = PEL_PRESIEVE_HEAD;
    size_t n = count_primes(plan->primes, from, tiers.medium_end);
    sieve->turns = malloc((n + 1) * sizeof *sieve->turns);
    sieve->overrun =
        (30 * tiers.medium_end + PEL_PATTERN_BLOCK) / PEL_PATTERN_BLOCK * PEL_PATTERN_BLOCK;
    sieve->memory =
        aligned_alloc(64, 2 * sieve->overrun + plan->segment_nbytes + PEL_PATTERN_BLOCK);
    if (!sieve->turns || !sieve->memory)
        return -ENOMEM;
    sieve->segment = sieve->memory + sieve->overrun;
    n = count_primes(plan->primes, from, tiers.small_end);
    fill_lists(&sieve->small, sieve->turns, plan->primes, from, tiers.small_end);
    fill_lists(&sieve->medium, sieve->turns + n, plan->primes,
               tiers.small_end < from ? from : tiers.small_end, tiers.medium_end);
    if (tiers.medium_end < tiers.end) {
        unsigned log_segment = (unsigned)__builtin_ctzll(plan->segment_nbytes);
        sieve->large = pel_large_open(log_segment, 30 * (uint64_t)tiers.end + 1);
        if (!sieve->large)
            return -ENOMEM;
    }
    return 0;
}

static void close_wheel(struct pel_sieve *base)
{
    struct pel_wheel *sieve = (struct pel_wheel *)base;
    pel_large_close(sieve->large);
    free(sieve->turns);
    free(sieve->memory);
    free(sieve);
}

static int open_wheel(struct pel_sieve **out, const struct pel_sieve_plan *plan)
{
    struct pel_wheel *sieve = calloc(1, sizeof *sieve);
    if (!sieve)
        return -ENOMEM;
    sieve->plan = plan;
    sieve->loops = pel_sieve_loops_for(plan->isa);
    int status = allocate(sieve, plan);
    if (status)
        close_wheel(&sieve->base);
    else
        *out = &sieve->base;
    return status;
}

/* ---- a chunk ------------------------------------------------------------------------------------ */

static int begin_chunk(struct pel_sieve *base, size_t chunk)
{
    struct pel_wheel *sieve = (struct pel_wheel *)base;
    const struct pel_sieve_plan *plan = sieve->plan;
    sieve->first = sieve->byte = plan->first_byte + chunk * plan->chunk_bytes;
    uint64_t end = (plan->stop - 7) / 30 + 1;
    sieve->end = end - sieve->byte < plan->chunk_bytes ? end : sieve->byte + plan->chunk_bytes;
    pel_presieve_seek(plan->presieve, sieve->byte, sieve->offset);
    memset(sieve->segment + plan->segment_nbytes, 0xff, sieve->overrun);
    memset(sieve->small.active, 0, sizeof sieve->small.active);
    memset(sieve->medium.active, 0, sizeof sieve->medium.active);
    sieve->decoded = pel_sieve_tiers(plan).medium_end;
    sieve->batched = sieve->taken = 0;
    if (sieve->large)
        pel_large_begin(sieve->large, sieve->end - sieve->byte);
    return 0;
}

/* Puts the next primes into the batch; false when there are none left. */
static bool decode_batch(struct pel_wheel *sieve)
{
    const struct pel_sieve_plan *plan = sieve->plan;
    size_t n = 0, k = sieve->decoded;
    for (; k < plan->primes_nbytes && n <= PEL_FIRST_BATCH - 64; k += 8) {
        for (uint64_t word = pel_bitmap_word(plan->primes, k); word; word &= word - 1)
            sieve->batch[n++] =
                (uint32_t)(30 * k + pel_bitmap_number((unsigned)__builtin_ctzll(word)));
    }
    if (k > plan->primes_nbytes)
        k = plan->primes_nbytes;
    pel_progress_add(sieve->base.progress, k - sieve->decoded);
    sieve->decoded = k;
    sieve->batched = n;
    sieve->taken = 0;
    return n > 0;
}

/* Large primes with squares up to `last` take part from now on. */
static int activate_large(struct pel_wheel *sieve, uint64_t last)
{
    struct pel_first first[PEL_FIRST_BATCH];
    const uint64_t limit = 30 * (sieve->end - sieve->byte) + 1;
    while (sieve->taken < sieve->batched || decode_batch(sieve)) {
        const uint32_t *primes = sieve->batch + sieve->taken;
        size_t n = sieve->batched - sieve->taken;
        while (n > 0 && (uint64_t)primes[n - 1] * primes[n - 1] > last)
            n--;
        if (n == 0)
            break;
        if (pel_cancel_requested(sieve->base.cancel))
            return -ECANCELED;
        size_t kept = sieve->loops->first_multiples(primes, n, 30 * sieve->byte, limit, first);
        if (pel_large_add(sieve->large, sieve->byte - sieve->first, first, kept))
            return -ENOMEM;
        sieve->taken += n;
    }
    return 0;
}

/* ---- a segment ---------------------------------------------------------------------------------- */

/* Begins with what the turns of the segment before have crossed off already. */
static void stamp(struct pel_wheel *sieve, size_t nbytes)
{
    const struct pel_presieve *presieve = sieve->plan->presieve;
    uint8_t *ahead = sieve->segment + sieve->plan->segment_nbytes;
    size_t begun = sieve->overrun < nbytes ? sieve->overrun : nbytes;
    sieve->loops->stamp(sieve->segment, ahead, begun, presieve->patterns, PEL_PRESIEVE_PATTERNS,
                        sieve->offset);
    sieve->loops->stamp(sieve->segment + begun, NULL, nbytes - begun, presieve->patterns,
                        PEL_PRESIEVE_PATTERNS, sieve->offset);
    size_t further = sieve->overrun - begun;
    memmove(ahead, ahead + begun, further);
    memset(ahead + further, 0xff, begun);
    for (uint64_t k = sieve->byte; k < PEL_PRESIEVE_HEAD; k++)
        sieve->segment[k - sieve->byte] |= presieve->head[k];
}

static void cross_off(struct pel_wheel *sieve, size_t nbytes)
{
    const size_t piece = sieve->plan->piece_nbytes;
    pel_turns_activate(&sieve->small, sieve->byte, nbytes);
    for (size_t end = piece; end < nbytes; end += piece)
        pel_turns_cross(&sieve->small, sieve->segment, end, 0);
    pel_turns_cross(&sieve->small, sieve->segment, nbytes, nbytes);
    pel_turns_activate(&sieve->medium, sieve->byte, nbytes);
    pel_turns_cross(&sieve->medium, sieve->segment, nbytes, nbytes);
    if (sieve->large)
        pel_large_cross(sieve->large, sieve->segment);
}

/* Bits outside the plan's interval, which only its first and last byte can have, and behind the segment. */
static void clear_outside(const struct pel_wheel *sieve, size_t nbytes)
{
    const struct pel_sieve_plan *plan = sieve->plan;
    const size_t ends[2] = {0, nbytes - 1};
    for (int i = 0; i < 2; i++)
        for (int b = 0; b < 8; b++) {
            __uint128_t n = (__uint128_t)30 * (sieve->byte + ends[i]) + pel_wheel_residues[b];
            if (n < plan->start || n > plan->stop)
                sieve->segment[ends[i]] &= (uint8_t) ~(1u << b);
        }
    memset(sieve->segment + nbytes, 0, (64 - nbytes % 64) % 64);
}

static int next_segment(struct pel_sieve *any, struct pel_segment *segment)
{
    struct pel_wheel *sieve = (struct pel_wheel *)any;
    const struct pel_sieve_plan *plan = sieve->plan;
    *segment = (struct pel_segment){0};
    if (pel_cancel_requested(sieve->base.cancel))
        return -ECANCELED;
    if (sieve->byte == sieve->end) {
        pel_progress_add(sieve->base.progress, plan->primes_nbytes - sieve->decoded);
        sieve->decoded = plan->primes_nbytes;
        return 0;
    }
    uint64_t left = sieve->end - sieve->byte;
    size_t nbytes = left < plan->segment_nbytes ? (size_t)left : plan->segment_nbytes;
    uint64_t base = 30 * sieve->byte, last = base + 30 * (uint64_t)nbytes + 1;
    int status = sieve->large ? activate_large(sieve, last < base ? UINT64_MAX : last) : 0;
    if (status)
        return status;
    stamp(sieve, (nbytes + PEL_PATTERN_BLOCK - 1) / PEL_PATTERN_BLOCK * PEL_PATTERN_BLOCK);
    cross_off(sieve, nbytes);
    clear_outside(sieve, nbytes);
    sieve->byte += nbytes;
    pel_progress_add(sieve->base.progress, nbytes);
    *segment = (struct pel_segment){.base = base, .bytes = sieve->segment, .nbytes = nbytes};
    return 1;
}

static int count(struct pel_sieve *base, size_t chunk, uint64_t *primes)
{
    const struct pel_tally *tally = pel_tally_for(base->plan->isa);
    struct pel_segment segment;
    int status = begin_chunk(base, chunk);
    while (!status && (status = next_segment(base, &segment)) > 0) {
        *primes += tally->count(segment.bytes, segment.nbytes);
        status = 0;
    }
    return status;
}

static int count_twins(struct pel_sieve *base, size_t chunk, uint64_t *twins, uint64_t *primes)
{
    const struct pel_tally *tally = pel_tally_for(base->plan->isa);
    struct pel_segment segment;
    int status = begin_chunk(base, chunk);
    while (!status && (status = next_segment(base, &segment)) > 0) {
        *twins += tally->twins(segment.bytes, segment.nbytes);
        if (primes)
            *primes += tally->count(segment.bytes, segment.nbytes);
        status = 0;
    }
    return status;
}

/* Beginning a chunk means going over the large primes. */
static uint64_t begin_progress(const struct pel_sieve_plan *plan)
{
    struct pel_tiers tiers = pel_sieve_tiers(plan);
    return tiers.end - tiers.medium_end;
}

static void forget(struct pel_sieve_plan *plan)
{
    (void)plan;
}

const struct pel_sieve_engine pel_wheel_engine = {
    .prepare = pel_wheel_prepare,
    .forget = forget,
    .begin_progress = begin_progress,
    .open = open_wheel,
    .close = close_wheel,
    .begin = begin_chunk,
    .next = next_segment,
    .count = count,
    .twins = count_twins,
};
