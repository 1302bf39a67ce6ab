/* One pass over the bitmaps, many answers. Each chunk has answers of its own, which are joined from the
 * left to the right: what lies between chunks, the gap across their border, is found then. */
#include "primes/decode.h"
#include "primes/fold.h"
#include "primes/tally.h"

#include <stdlib.h>
#include <string.h>

/* Residues are counted modulo a multiple of the modulus that is at least this: primes that follow each
 * other then seldom are the same residue, so that no count waits for the one before it. */
enum { WIDE_MODULUS = 256 };

/* What is known of an interval: a chunk, or all that lies to the left. */
struct part {
    struct pel_primes_answers answers;
    uint64_t first, last; /* primes, where gaps are asked for; 0: there are none */
    uint64_t residues[];  /* 2 * modulus counts, see pel_tally_residues */
};

struct find {
    struct pel_sieve_plan plan;
    unsigned what;
    const struct pel_team *team;
    const struct pel_tally *tally;
    pel_decode_fn *decode;
    struct pel_tally_residues residues;
    size_t part_nbytes;
    struct part *total;
};

static void add_u128(struct pel_u128 *to, __uint128_t n)
{
    __uint128_t sum = (((__uint128_t)to->hi << 64) | to->lo) + n;
    *to = (struct pel_u128){(uint64_t)sum, (uint64_t)(sum >> 64)};
}

/* ---- gaps -------------------------------------------------------------------------------------- */

static uint32_t longest(const struct pel_primes_answers *answers)
{
    return answers->nmaximal ? answers->maximal[answers->nmaximal - 1].length : 0;
}

/* Keeps a gap that is longer than all before it. */
static void add_maximal(struct pel_primes_answers *answers, struct pel_primes_gap gap)
{
    if (gap.length <= longest(answers))
        return;
    if (answers->nmaximal == PEL_PRIMES_MAXIMAL_MAX) /* the last is still the longest */
        answers->nmaximal--;
    answers->maximal[answers->nmaximal++] = gap;
}

static void add_gap(struct pel_primes_answers *answers, uint64_t from, uint64_t to)
{
    answers->gaps[to - from]++;
    add_maximal(answers, (struct pel_primes_gap){from, (uint32_t)(to - from)});
}

/* The primes that follow part->last. */
static void add_primes(struct part *part, const uint64_t *primes, size_t n)
{
    if (n == 0)
        return;
    if (part->last)
        add_gap(&part->answers, part->last, primes[0]);
    else
        part->first = primes[0];
    uint64_t most = longest(&part->answers);
    for (size_t i = 1; i < n; i++) {
        uint64_t length = primes[i] - primes[i - 1];
        part->answers.gaps[length]++;
        if (length > most) {
            add_maximal(&part->answers, (struct pel_primes_gap){primes[i - 1], (uint32_t)length});
            most = length;
        }
    }
    part->last = primes[n - 1];
}

static void find_gaps(const struct find *find, const struct pel_segment *segment, struct part *part)
{
    uint64_t primes[PEL_DECODE_PIECE_PRIMES];
    for (size_t at = 0, used; at < segment->nbytes; at += used) {
        size_t rest = segment->nbytes - at;
        size_t n = find->decode(
            segment->bytes + at, rest < PEL_DECODE_PIECE_NBYTES ? rest : PEL_DECODE_PIECE_NBYTES,
            segment->base + 30 * (uint64_t)at, primes, PEL_DECODE_PIECE_PRIMES, &used);
        add_primes(part, primes, n);
    }
}

/* ---- a chunk ----------------------------------------------------------------------------------- */

static void find_in_segment(const struct find *find, const struct pel_segment *segment,
                            struct part *part)
{
    struct pel_primes_answers *answers = &part->answers;
    const uint8_t *bytes = segment->bytes;
    size_t nbytes = segment->nbytes;
    if (find->what & PEL_PRIMES_FIND_SUM) {
        uint64_t count, beyond = find->tally->sum(bytes, nbytes, &count);
        answers->count += count;
        add_u128(&answers->sum, (__uint128_t)count * segment->base + beyond);
    } else if (find->what & PEL_PRIMES_FIND_COUNT) {
        answers->count += find->tally->count(bytes, nbytes);
    }
    if (find->what & PEL_PRIMES_FIND_TUPLETS)
        find->tally->tuplets(bytes, nbytes, answers->tuplets);
    else if (find->what & PEL_PRIMES_FIND_TWINS)
        answers->tuplets[2] += find->tally->twins(bytes, nbytes);
    if (find->what & PEL_PRIMES_FIND_GAPS)
        find_gaps(find, segment, part);
    if (find->what & PEL_PRIMES_FIND_RESIDUES)
        find->tally->residues(bytes, nbytes, segment->base, &find->residues, part->residues);
}

/* Twins, and nothing that segments are needed for. */
static bool only_counts(unsigned what)
{
    return (what & ~(unsigned)PEL_PRIMES_FIND_COUNT) == PEL_PRIMES_FIND_TWINS;
}

static int find_in_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk, void *slot)
{
    const struct find *find = ctx;
    struct pel_segment segment;
    memset(slot, 0, find->part_nbytes);
    if (only_counts(find->what)) {
        struct pel_primes_answers *answers = &((struct part *)slot)->answers;
        return pel_sieve_twins(sieve, chunk, &answers->tuplets[2],
                               find->what & PEL_PRIMES_FIND_COUNT ? &answers->count : NULL);
    }
    int status = pel_sieve_begin(sieve, chunk);
    if (status)
        return status;
    while ((status = pel_sieve_next(sieve, &segment)) > 0)
        find_in_segment(find, &segment, slot);
    return status;
}

/* ---- together ---------------------------------------------------------------------------------- */

static void join_gaps(struct part *total, const struct part *part)
{
    if (!part->first)
        return;
    if (total->last)
        add_gap(&total->answers, total->last, part->first);
    else
        total->first = part->first;
    total->last = part->last;
    for (size_t length = 0; length < PEL_PRIMES_GAP_MAX; length++)
        total->answers.gaps[length] += part->answers.gaps[length];
    for (size_t i = 0; i < part->answers.nmaximal; i++)
        add_maximal(&total->answers, part->answers.maximal[i]);
}

static void take_part(void *ctx, const void *slot)
{
    const struct find *find = ctx;
    struct part *total = find->total;
    const struct part *part = slot;
    total->answers.count += part->answers.count;
    add_u128(&total->answers.sum, ((__uint128_t)part->answers.sum.hi << 64) | part->answers.sum.lo);
    for (int k = 2; k <= PEL_PRIMES_TUPLET_MAX; k++)
        total->answers.tuplets[k] += part->answers.tuplets[k];
    join_gaps(total, part);
    for (size_t r = 0; r < 2 * (size_t)find->residues.modulus; r++)
        total->residues[r] += part->residues[r];
}

/* 2, 3 and 5, which are in no bitmap, and the tuplets with them. */
static void begin_total(const struct find *find)
{
    static const struct {
        uint8_t k, first, last;
    } tuplets[] = {{2, 3, 5}, {2, 5, 7}, {3, 5, 11}, {4, 5, 13}, {5, 5, 17}};
    struct part *total = find->total;
    uint64_t start = find->plan.start, stop = find->plan.stop, primes[3];
    size_t n = pel_decode_first(start, stop, primes);
    for (size_t i = 0; i < n; i++) {
        if (find->what & (PEL_PRIMES_FIND_COUNT | PEL_PRIMES_FIND_SUM))
            total->answers.count++;
        if (find->what & PEL_PRIMES_FIND_SUM)
            add_u128(&total->answers.sum, primes[i]);
        if (find->what & PEL_PRIMES_FIND_RESIDUES)
            total->residues[primes[i] % find->residues.modulus]++;
    }
    if (find->what & PEL_PRIMES_FIND_GAPS)
        add_primes(total, primes, n);
    for (size_t i = 0; i < sizeof tuplets / sizeof tuplets[0]; i++)
        if (start <= tuplets[i].first && tuplets[i].last <= stop)
            total->answers.tuplets[tuplets[i].k] +=
                (find->what & PEL_PRIMES_FIND_TUPLETS) ||
                (find->what & PEL_PRIMES_FIND_TWINS && tuplets[i].k == 2);
}

static void give_answers(const struct find *find, uint64_t *residues, uint32_t modulus,
                         struct pel_primes_answers *out)
{
    *out = find->total->answers;
    if (!(find->what & PEL_PRIMES_FIND_COUNT)) /* a by-product of the sum */
        out->count = 0;
    for (size_t r = 0; r < 2 * (size_t)find->residues.modulus; r++)
        residues[r % modulus] += find->total->residues[r];
}

static int run(struct find *find, struct pel_error *err)
{
    const struct pel_fold fold = {
        .slot_nbytes = find->part_nbytes, .work = find_in_chunk, .take = take_part};
    find->total = calloc(1, find->part_nbytes);
    if (!find->total)
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the answers");
    begin_total(find);
    if (find->plan.nchunks == 0) /* stop < 7 */
        return 0;
    return pel_fold_run(&find->plan, find->team, &fold, find, err);
}

static int check(unsigned what, const uint64_t *residues, uint32_t modulus, struct pel_error *err)
{
    const unsigned all = (PEL_PRIMES_FIND_TWINS << 1) - 1;
    if (what & ~all)
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "unknown kind of thing to find");
    if (!(what & PEL_PRIMES_FIND_RESIDUES) && (residues || modulus))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "a modulus, but no residues to find");
    if (what & PEL_PRIMES_FIND_RESIDUES &&
        (!residues || modulus < 1 || modulus > PEL_PRIMES_MODULUS_MAX))
        return pel_error_set(err, -EINVAL, PEL_STAGE_COMPUTE, "the modulus is not from 1 to 65536");
    return 0;
}

int pel_primes_find(uint64_t start, uint64_t stop, unsigned what, uint64_t *residues,
                    uint32_t modulus, const struct pel_team *team, struct pel_primes_answers *out,
                    struct pel_error *err)
{
    *out = (struct pel_primes_answers){0};
    int status = check(what, residues, modulus, err);
    if (status)
        return status;
    struct find find = {.what = what,
                        .team = team,
                        .tally = pel_tally_for(team->isa),
                        .decode = pel_decode_for(team->isa),
                        .part_nbytes = sizeof *find.total};
    if (what & PEL_PRIMES_FIND_RESIDUES) {
        memset(residues, 0, modulus * sizeof *residues);
        find.residues = pel_tally_residues((WIDE_MODULUS + modulus - 1) / modulus * modulus);
        find.part_nbytes += 2 * sizeof find.total->residues[0] * find.residues.modulus;
    }
    status = only_counts(what) ? pel_sieve_plan_counts(&find.plan, start, stop, team, err)
                               : pel_sieve_plan(&find.plan, start, stop, 0, team, err);
    if (!status)
        status = run(&find, err);
    if (!status)
        give_answers(&find, residues, modulus, out);
    free(find.total);
    pel_sieve_plan_free(&find.plan);
    return status;
}
