/* B = sum of pi(x / p) over the primes y < p <= x^(1/2): a sieve over (x^(1/2), x / y]. */
#include "primes/pi/levels.h"

#include <stdlib.h>

/* What is known of one chunk of the sieve while the chunks before it are not: pi(x / p) is the number of
 * primes before the chunk plus one that is counted in it. */
struct part {
    uint64_t inside;  /* sum over the chunk's p of the primes of the chunk that are <= x / p */
    uint64_t nleaves; /* how many p */
    uint64_t nprimes; /* in the chunk */
};

struct pairs {
    const struct pel_gourdon *g;
    const struct pel_gourdon_level *level;
    size_t nchunks;
    struct part *parts;
};

/* The primes p of (y, x^(1/2)], from the largest down. */
struct descent {
    const struct pel_pi_word *words;
    size_t word;
    uint64_t bits; /* of the word, those not yet seen */
};

/* Begins with the largest prime <= n. */
static struct descent descend_from(const struct pel_pi_table *pi, uint64_t n)
{
    size_t w = (size_t)((n - 7) / 240);
    unsigned shift = pel_word_shift[(n - 7) % 240];
    return (struct descent){.words = pi->words, .word = w, .bits = pi->words[w].bits << shift >> shift};
}

static uint64_t descend(struct descent *at)
{
    while (!at->bits)
        at->bits = at->words[--at->word].bits;
    unsigned bit = 63 - (unsigned)__builtin_clzll(at->bits);
    at->bits ^= UINT64_C(1) << bit;
    return 240 * (uint64_t)at->word + 30 * (bit / 8) + pel_wheel_residues[bit % 8];
}

static int work_on_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    struct pairs *pairs = ctx;
    const struct pel_gourdon *g = pairs->g;
    struct part part = {0};
    int status = pel_sieve_begin(sieve, chunk);
    struct pel_segment segment;
    struct descent at = {0};
    uint64_t p = 0;
    while (!status && (status = pel_sieve_next(sieve, &segment)) > 0) {
        status = 0;
        if (!p) {
            uint64_t most = g->x / (segment.base + 7);
            at = descend_from(&g->pi, most < g->root2 ? most : g->root2);
            p = descend(&at);
        }
        uint64_t n = part.nprimes;
        size_t w = 0;
        for (; p > g->y; p = descend(&at)) {
            uint64_t t = g->x / p - 7 - segment.base;
            if (t >= 30 * (uint64_t)segment.nbytes)
                break;
            n += pairs->level->count_words(segment.bytes, w, (size_t)(t / 240));
            w = (size_t)(t / 240);
            part.inside += n + (uint64_t)__builtin_popcountll(pel_load_word(segment.bytes + 8 * w)
                                                             << pel_word_shift[t % 240]);
            part.nleaves++;
        }
        part.nprimes = n + pairs->level->count_words(segment.bytes, w, (segment.nbytes + 7) / 8);
    }
    pairs->parts[chunk] = part;
    pel_gourdon_advance(g, g->pairs_work, chunk, pairs->nchunks);
    return status;
}

int pel_gourdon_pairs(const struct pel_gourdon *g, uint64_t *b)
{
    struct pel_team team = *g->team;
    team.progress = NULL;
    struct pel_sieve_plan plan;
    int status = pel_sieve_plan(&plan, g->root2, g->x / g->y, 0, &team, NULL);
    if (status)
        return status;
    struct pairs pairs = {.g = g, .level = pel_gourdon_level(team.isa), .nchunks = plan.nchunks};
    pairs.parts = calloc(plan.nchunks, sizeof *pairs.parts);
    status = pairs.parts ? pel_sieve_run(&plan, &team, work_on_chunk, &pairs, NULL) : -ENOMEM;
    uint64_t below = pel_pi_at(&g->pi, g->root2 - 1);
    *b = 0;
    for (size_t i = 0; !status && i < plan.nchunks; i++) {
        *b += pairs.parts[i].inside + below * pairs.parts[i].nleaves;
        below += pairs.parts[i].nprimes;
    }
    free(pairs.parts);
    pel_sieve_plan_free(&plan);
    return status;
}
