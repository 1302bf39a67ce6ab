/* The hard leaves: the numbers up to z in chunks, each worked on by one thread on its own. What a chunk
 * cannot know, the sum that the chunks before it have left when the b-th prime's turn comes, is multiplied
 * with the weights of its leaves afterwards. */
#include "primes/pi/sum_loops.h"

#include <stdlib.h>

struct chunk {
    uint64_t first, end; /* bytes */
    size_t nprimes;      /* the last prime with leaves in the chunk */
    pel_sum_t *left;     /* left[b]: what the chunk has left before the b-th prime is crossed off */
    pel_sum_t *weights;  /* weights[b]: sum of the weights of its leaves */
    pel_sum_t total;     /* its leaves, with what the chunk has left */
};

struct hard {
    const struct pel_sum *sum;
    const struct pel_sum_rows *rows;
    struct chunk *chunks;
    size_t nchunks;
    int status;
};

/* The bits that the first primes of the wheel, 7, 11 and 13, leave, from byte `first` on. */
static void fill_segment(struct pel_sum_segment *segment, const uint8_t *pattern)
{
    size_t period = 7 * 11 * 13, phase = (size_t)(segment->first % period), at = 0;
    while (at < segment->nbytes) {
        size_t n = period - phase < segment->nbytes - at ? period - phase : segment->nbytes - at;
        memcpy(segment->bytes + at, pattern + phase, n);
        at += n;
        phase = 0;
    }
    size_t nlines = (at + PEL_SUM_LINE - 1) / PEL_SUM_LINE;
    memset(segment->bytes + at, 0, nlines * PEL_SUM_LINE - at);
}

static void fill_pattern(uint8_t *pattern)
{
    for (uint64_t k = 0; k < 7 * 11 * 13; k++) {
        pattern[k] = 0;
        for (unsigned b = 0; b < 8; b++) {
            uint64_t n = 30 * k + pel_wheel_residues[b];
            if (n % 7 && n % 11 && n % 13)
                pattern[k] |= (uint8_t)(1u << b);
        }
    }
}

/* For each bit the first byte from `first` on that holds a multiple of p there. */
static void find_positions(uint64_t p, uint64_t first, uint32_t positions[8])
{
    static const uint8_t bit_of[30] = {
        [7] = 0, [11] = 1, [13] = 2, [17] = 3, [19] = 4, [23] = 5, [29] = 6, [1] = 7};
    uint64_t least =
        (30 * first + 1) / p + 1; /* least * p is at or above the byte's lowest number */
    size_t i = pel_sum_index(least);
    if (pel_sum_number(i) < least)
        i++;
    for (size_t end = i + 8; i < end; i++) {
        uint64_t multiple = p * pel_sum_number(i);
        positions[bit_of[multiple % 30]] = (uint32_t)((multiple - 2) / 30 - first);
    }
}

/* Leaves of p in the segment. n = x / (m p) is in it for m in (x / (p (hi + 1)), x / (p lo)]. */
static struct pel_sum_leaves find_leaves(const struct hard *hard,
                                         const struct pel_sum_segment *segment, uint64_t p)
{
    const struct pel_sum *sum = hard->sum;
    struct pel_sum_leaves leaves = {0, 0};
    bool small = p <= sum->root_y;
    uint64_t xp = sum->x / p, least = small ? sum->y / p : p, most = small ? sum->y : sum->z / p;
    uint64_t m_min = xp / (segment->hi + 1), m_max = xp / segment->lo;
    if (most > sum->y)
        most = sum->y;
    m_min = m_min > least ? m_min : least;
    m_max = m_max < most ? m_max : most;
    if (m_min < m_max)
        (small ? hard->rows->leaves : hard->rows->prime_leaves)(sum, segment, p, m_min, m_max,
                                                                &leaves);
    return leaves;
}

/* The last prime that has leaves at numbers >= lo: all up to sqrt(y), and above, up to x^(1/4), those with
 * p^2 < p m <= x / lo and p^2 < p m <= z. */
static size_t last_prime(const struct pel_sum *sum, uint64_t lo)
{
    uint64_t end = sum->x / lo < sum->z ? sum->x / lo : sum->z;
    uint64_t p = pel_root2(end);
    if (p > sum->root4_x)
        p = sum->root4_x;
    return pel_sum_pi(sum, p > sum->root_y ? p : sum->root_y);
}

/* Looks at the flag for each prime: the lowest segments, which have most leaves, take long. */
static int work_on_segment(const struct hard *hard, struct chunk *chunk,
                           struct pel_sum_segment *segment, uint32_t (*positions)[8])
{
    const struct pel_sum *sum = hard->sum;
    size_t last = last_prime(sum, segment->lo);
    for (size_t b = PEL_SUM_TINY + 1; b <= last; b++) {
        uint64_t p = sum->primes[b];
        struct pel_sum_leaves leaves = find_leaves(hard, segment, p);
        chunk->total += p * (leaves.sums + leaves.weights * chunk->left[b]);
        chunk->weights[b] += p * leaves.weights;
        chunk->left[b] += segment->total;
        hard->rows->cross(segment, p, positions[b]);
        if (pel_cancel_requested(sum->team->cancel))
            return -ECANCELED;
    }
    return 0;
}

struct scratch {
    struct pel_sum_segment segment;
    uint8_t pattern[7 * 11 * 13];
    uint32_t positions[][8];
};

/* Two thirds of the whole computation's progress. */
static void tell_progress(const struct pel_sum *sum, const struct pel_sum_segment *segment)
{
    uint64_t lo = 30 * segment->first, hi = lo + 30 * segment->nbytes;
    hi = hi < sum->z ? hi : sum->z;
    if (lo < hi)
        pel_progress_add(sum->team->progress, 2 * (hi - lo));
}

static int work_on_chunk(const struct hard *hard, struct chunk *chunk, struct scratch *scratch)
{
    struct pel_sum_segment *segment = &scratch->segment;
    fill_pattern(scratch->pattern);
    for (size_t b = PEL_SUM_TINY + 1; b <= chunk->nprimes; b++)
        find_positions(hard->sum->primes[b], chunk->first, scratch->positions[b]);
    for (uint64_t first = chunk->first; first < chunk->end; first += segment->nbytes) {
        segment->first = first;
        segment->nbytes = PEL_SUM_SEGMENT;
        if (chunk->end - first < PEL_SUM_SEGMENT)
            segment->nbytes = (size_t)(chunk->end - first);
        segment->lo = 30 * first + 2;
        segment->hi = 30 * (first + segment->nbytes) + 1;
        fill_segment(segment, scratch->pattern);
        hard->rows->count(segment);
        if (work_on_segment(hard, chunk, segment, scratch->positions))
            return -ECANCELED;
        tell_progress(hard->sum, segment);
    }
    return 0;
}

static void add_chunk(void *ctx, size_t index)
{
    struct hard *hard = ctx;
    struct chunk *chunk = &hard->chunks[index];
    int status = -ENOMEM;
    chunk->nprimes = last_prime(hard->sum, 30 * chunk->first + 2);
    chunk->left = calloc(chunk->nprimes + 1, sizeof *chunk->left);
    chunk->weights = calloc(chunk->nprimes + 1, sizeof *chunk->weights);
    struct scratch *scratch =
        malloc(sizeof *scratch + (chunk->nprimes + 1) * sizeof scratch->positions[0]);
    if (chunk->left && chunk->weights && scratch)
        status = work_on_chunk(hard, chunk, scratch);
    free(scratch);
    if (status)
        __atomic_store_n(&hard->status, status, __ATOMIC_RELAXED);
}

/* Chunks grow with the numbers, as leaves get rarer; a 64th of all at most, so that the threads end
 * together. Returns how many there are; writes them when chunks is not NULL. */
static size_t cut(const struct pel_sum *sum, struct chunk *chunks)
{
    uint64_t nbytes = sum->z / 30 + 1;
    size_t n = 0;
    for (uint64_t first = 0, next; first < nbytes; first = next) {
        uint64_t size = first / 4 < nbytes / 64 ? first / 4 : nbytes / 64;
        size = (size + 8191) / 8192 * 8192;
        next = first + (size ? size : 8192);
        if (chunks)
            chunks[n] = (struct chunk){.first = first, .end = next};
        n++;
    }
    return n;
}

/* 1 is in no bitmap, and never crossed off. */
static int put_together(struct hard *hard, pel_sum_t *total)
{
    size_t nprimes = hard->chunks[0].nprimes;
    pel_sum_t *before = calloc(nprimes + 1, sizeof *before);
    if (!before)
        return -ENOMEM;
    for (size_t b = 0; b <= nprimes; b++)
        before[b] = 1;
    for (size_t i = 0; i < hard->nchunks; i++) {
        const struct chunk *chunk = &hard->chunks[i];
        *total += chunk->total;
        for (size_t b = 0; b <= chunk->nprimes; b++) {
            *total += chunk->weights[b] * before[b];
            before[b] += chunk->left[b];
        }
    }
    free(before);
    return 0;
}

int pel_sum_hard(const struct pel_sum *sum, pel_sum_t *total, struct pel_error *err)
{
    struct hard hard = {
        .sum = sum, .rows = pel_sum_rows_for(sum->team->isa), .nchunks = cut(sum, NULL)};
    int status = -ENOMEM;
    hard.chunks = calloc(hard.nchunks, sizeof *hard.chunks);
    if (hard.chunks) {
        cut(sum, hard.chunks);
        status = pel_team_run(sum->team, hard.nchunks, add_chunk, &hard);
        if (hard.status)
            status = hard.status;
        if (!status)
            status = put_together(&hard, total);
        for (size_t i = 0; i < hard.nchunks; i++) {
            free(hard.chunks[i].left);
            free(hard.chunks[i].weights);
        }
    }
    free(hard.chunks);
    if (status == -ENOMEM)
        return pel_error_set(err, status, PEL_STAGE_COMPUTE, "no memory for the sum of primes");
    return status;
}
