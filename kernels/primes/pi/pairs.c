/* B = sum of pi(x / p) over the primes y < p <= x^(1/2): a sieve over (x^(1/2), x / y]. */
#include "primes/pi/levels.h"

#include <stdlib.h>

struct pairs {
    const struct pel_gourdon *g;
    const struct pel_gourdon_level *level;
    size_t nchunks;
    struct pel_pairs_part *parts;
};

/* Begins with the largest prime <= n. */
static struct pel_descent descend_from(const struct pel_pi_table *pi, uint64_t n)
{
    size_t w = (size_t)((n - 7) / 240);
    unsigned shift = pel_word_shift[(n - 7) % 240];
    return (struct pel_descent){
        .words = pi->words, .word = w, .bits = pi->words[w].bits << shift >> shift};
}

static int work_on_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    struct pairs *pairs = ctx;
    const struct pel_gourdon *g = pairs->g;
    struct pel_pairs_part part = {0};
    int status = pel_sieve_begin(sieve, chunk);
    struct pel_segment segment;
    struct pel_descent at = {0};
    while (!status && (status = pel_sieve_next(sieve, &segment)) > 0) {
        status = 0;
        if (!at.words) {
            uint64_t most = g->x / (segment.base + 7);
            at = descend_from(&g->pi, most < g->root2 ? most : g->root2);
        }
        pairs->level->pairs_segment(g, &segment, &at, &part);
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
