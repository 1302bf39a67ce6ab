/* D: the leaves p m whose phi(x / (p m), pi(p) - 1) has to be counted,
 *
 *   D = - sum over p(K) < p <= x^(1/4), m of mu(m) phi(x / (p m), pi(p) - 1),
 *       z / p < m <= min(z, x / p^3), the prime factors of m above p and at most y.
 *
 * The numbers up to x / z are sieved in segments, by one prime after the other; before p is crossed off, the
 * leaves of p in the segment are evaluated. Chunks of segments are independent: what a leaf counts below
 * its chunk is added when all chunks are known, for all leaves of (chunk, p) at once.
 */
#include "primes/pi/levels.h"

#include <stdlib.h>

/* Half a first-level cache: two threads may share one. Not shorter than a round of the largest prime, most
 * of which would be thrown away. */
enum { SEGMENT_MIN = 16384 };

struct chunk {
    size_t first, nsegments;
    size_t last; /* primes beyond p(last) have no leaves here or cross nothing off here */
    struct pel_hard_part *parts; /* parts[b], K < b <= last */
    uint64_t rest;               /* the count of all primes beyond */
    uint64_t sum;
};

struct hard {
    const struct pel_gourdon *g;
    const struct pel_gourdon_level *level;
    size_t segment_nbytes, nchunks, next;
    struct chunk *chunks;
    struct pel_hard_part *parts;
    struct pel_hard_masks masks;
};

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- chunks ------------------------------------------------------------------------------------- */

/* Small at first, where leaves are many, and growing by a sixteenth. */
static size_t chunk_segments(size_t first)
{
    return first / 16 + 1;
}

/* The leaves p m of a segment that begins at byte `first`, and of those behind it, have x / p^2 > x / (p m)
 * and so p < (x / u)^(1/2), where u is the segment's first number. */
static size_t last_with_leaves(const struct pel_gourdon *g, uint64_t first)
{
    uint64_t p = pel_root2(g->x / (30 * first + 7));
    return (size_t)pel_pi_at(&g->pi, p < g->root4 ? p : g->root4);
}

/* Primes above the root of the chunk's end cross nothing off, but for themselves in the first chunk. */
static size_t last_of_chunk(const struct pel_gourdon *g, uint64_t first, uint64_t nbytes)
{
    size_t last = last_with_leaves(g, first);
    uint64_t root = pel_root2(30 * (first + nbytes) + 7);
    return first == 0 || root >= g->root4 ? last : min(last, (size_t)pel_pi_at(&g->pi, root));
}

static int plan_chunks(struct hard *hard)
{
    const struct pel_gourdon *g = hard->g;
    uint64_t nbytes = g->x / g->z / 30 + 1;
    size_t size = hard->segment_nbytes, nsegments = (size_t)((nbytes - 1) / size + 1), nparts = 0;
    for (size_t first = 0; first < nsegments; first += chunk_segments(first))
        hard->nchunks++;
    hard->chunks = calloc(hard->nchunks, sizeof *hard->chunks);
    if (!hard->chunks)
        return -ENOMEM;
    for (size_t i = 0, first = 0; i < hard->nchunks; i++) {
        struct chunk *chunk = &hard->chunks[i];
        chunk->first = first;
        chunk->nsegments = min(chunk_segments(first), nsegments - first);
        chunk->last = last_of_chunk(g, first * size, chunk->nsegments * size);
        nparts += chunk->last + 1;
        first += chunk->nsegments;
    }
    hard->parts = calloc(nparts, sizeof *hard->parts);
    if (!hard->parts)
        return -ENOMEM;
    struct pel_hard_part *parts = hard->parts;
    for (size_t i = 0; i < hard->nchunks; i++) {
        hard->chunks[i].parts = parts;
        parts += hard->chunks[i].last + 1;
    }
    return 0;
}

static void make_masks(struct pel_hard_masks *masks)
{
    for (int i = 0; i < 8; i++) {
        memset(masks->up_to[i], 0, sizeof masks->up_to[i]);
        memset(masks->up_to[i], 0xff, PEL_HARD_BLOCK - 1);
        masks->up_to[i][PEL_HARD_BLOCK - 1] = (uint8_t)((2 << i) - 1);
    }
}

/* ---- a thread's work ---------------------------------------------------------------------------- */

/* The sieve, and the memory that its arrays lie in. */
struct workshop {
    struct pel_hard_sieve sieve;
    uint8_t *bytes;
    uint16_t *counts;
};

static int workshop_open(struct workshop *shop, const struct hard *hard)
{
    struct pel_hard_sieve *sieve = &shop->sieve;
    size_t margin = (hard->g->root4 / 64 + 1) * 64, all = hard->segment_nbytes + 2 * margin;
    sieve->g = hard->g;
    sieve->masks = &hard->masks;
    sieve->nbytes = hard->segment_nbytes;
    sieve->margin = (ptrdiff_t)margin;
    shop->bytes = aligned_alloc(64, all);
    shop->counts = calloc(all / PEL_HARD_BLOCK, sizeof *shop->counts);
    sieve->before =
        malloc(sieve->nbytes / (PEL_HARD_BLOCK * PEL_HARD_GROUP) * sizeof *sieve->before);
    sieve->offsets = malloc((hard->chunks[0].last + 1) * sizeof *sieve->offsets);
    if (!shop->bytes || !shop->counts || !sieve->before || !sieve->offsets)
        return -ENOMEM;
    memset(shop->bytes, 0, all);
    sieve->bytes = shop->bytes + margin;
    sieve->counts = shop->counts + margin / PEL_HARD_BLOCK;
    return 0;
}

static void workshop_close(struct workshop *shop)
{
    free(shop->bytes);
    free(shop->counts);
    free(shop->sieve.before);
    free(shop->sieve.offsets);
    free(shop);
}

static int work_on_chunk(const struct hard *hard, struct chunk *chunk, struct pel_hard_sieve *sieve)
{
    const struct pel_gourdon *g = hard->g;
    uint64_t first = (uint64_t)chunk->first * sieve->nbytes;
    for (size_t b = PEL_PHI_PRIMES + 1; b <= chunk->last; b++)
        sieve->offsets[b] = -(int32_t)(first % g->primes[b]);
    for (size_t i = 0; i < chunk->nsegments; i++, first += sieve->nbytes) {
        if (pel_cancel_requested(g->team->cancel))
            return -ECANCELED;
        size_t last = min(chunk->last, last_with_leaves(g, first));
        chunk->sum += hard->level->hard_segment(sieve, first, last, chunk->parts);
        chunk->rest += hard->level->count_words(sieve->bytes, 0, sieve->nbytes / 8);
    }
    return 0;
}

static int work(void *state)
{
    struct hard *hard = state;
    struct workshop *shop = calloc(1, sizeof *shop);
    int status = shop ? workshop_open(shop, hard) : -ENOMEM;
    for (size_t i; !status && pel_gourdon_claim(&hard->next, hard->nchunks, &i);) {
        status = work_on_chunk(hard, &hard->chunks[i], &shop->sieve);
        pel_gourdon_advance(hard->g, hard->g->hard_work, i, hard->nchunks);
    }
    if (shop)
        workshop_close(shop);
    return status;
}

/* The sum of all chunks; counted[b] becomes what is counted below the chunk. */
static int add_up(const struct hard *hard, uint64_t *d)
{
    size_t n = hard->chunks[0].last;
    uint64_t *counted = calloc(n + 1, sizeof *counted), sum = 0;
    if (!counted)
        return -ENOMEM;
    for (size_t b = 0; b <= n; b++)
        counted[b] = 1; /* the number 1 is in no bitmap */
    for (size_t i = 0; i < hard->nchunks; i++) {
        const struct chunk *chunk = &hard->chunks[i];
        sum += chunk->sum;
        for (size_t b = PEL_PHI_PRIMES + 1; b <= n; b++) {
            if (b <= chunk->last)
                sum += chunk->parts[b].weight * counted[b];
            counted[b] += b <= chunk->last ? chunk->parts[b].count : chunk->rest;
        }
    }
    free(counted);
    *d = sum;
    return 0;
}

static int begin(const struct pel_gourdon *g, void **state)
{
    struct hard *hard = calloc(1, sizeof *hard);
    *state = hard;
    if (!hard)
        return -ENOMEM;
    hard->g = g;
    hard->level = pel_gourdon_level(g->team->isa);
    hard->segment_nbytes = SEGMENT_MIN;
    while (hard->segment_nbytes < g->root4)
        hard->segment_nbytes *= 2;
    make_masks(&hard->masks);
    return plan_chunks(hard);
}

static int end(void *state, int status, uint64_t *sum)
{
    struct hard *hard = state;
    if (!hard)
        return status;
    if (!status)
        status = add_up(hard, sum);
    free(hard->parts);
    free(hard->chunks);
    free(hard);
    return status;
}

const struct pel_gourdon_term pel_gourdon_hard = {.begin = begin, .work = work, .end = end};
