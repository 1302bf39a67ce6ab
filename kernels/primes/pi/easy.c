/* A and C: leaves p m whose phi(x / (p m), pi(p) - 1) is pi(x / (p m)) - pi(p) + 2, looked up.
 *
 *   A = sum over x^(1/4) < p <= x^(1/3), p < q <= (x / p)^(1/2) of w pi(x / (p q)),
 *       w = 1 where x / (p q) >= y, otherwise 2
 *   C = - sum over p(K) < p <= x^(1/4), m of mu(m) (pi(x / (p m)) - pi(p) + 2),
 *       max(x / p^3, z / p) < m <= z, the prime factors of m above p and at most y
 *
 * Since z <= x^(1/2), the m of C are primes q or products of two. Both terms are sums over primes q of
 * pi(n / q) for some n, for which there is one loop.
 */
#include "primes/pi/levels.h"

#include <stdlib.h>

struct easy {
    const struct pel_gourdon *g;
    const struct pel_gourdon_level *level;
    size_t first, last; /* b of the primes p */
    size_t middle;      /* pi(x^(1/4)) */
    size_t next, npieces;
    uint64_t sum;
};

/* The sum of pi(n / p(i)), from < i <= to. */
static uint64_t sum_pi(const struct easy *easy, size_t from, size_t to, uint64_t n)
{
    return from < to ? easy->level->sum_pi(&easy->g->pi, easy->g->primes, from + 1, to + 1, n) : 0;
}

static size_t pi(const struct easy *easy, uint64_t n)
{
    return (size_t)pel_pi_at(&easy->g->pi, n);
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static uint64_t leaves_of_a(const struct easy *easy, size_t b)
{
    const struct pel_gourdon *g = easy->g;
    uint64_t n = g->x / g->primes[b];
    size_t end = pi(easy, pel_root2(n)),
           heavy = pi(easy, n / g->y < g->root2 ? n / g->y : g->root2);
    heavy = heavy < b ? b : min(heavy, end);
    return sum_pi(easy, b, heavy, n) + 2 * sum_pi(easy, heavy, end, n);
}

/* The sum of pi(n / q) over the primes p(from) < q <= y: of the pairs of primes (q, r) with q r <= n. Up to
 * q <= s = n^(1/2) they are counted for each q. Beyond, r < s, and they are counted for each r: there are
 * pi(min(y, n / r)) - pi(s). */
static uint64_t sum_over_primes(const struct easy *easy, size_t from, uint64_t n)
{
    const struct pel_gourdon *g = easy->g;
    uint64_t s = pel_root2(n);
    if (s >= g->y)
        return sum_pi(easy, from, g->nprimes, n);
    size_t middle = pi(easy, s);
    if (middle < from)
        middle = from;
    uint64_t next = middle < g->nprimes ? g->primes[middle + 1] : 0;
    if (!next)
        return sum_pi(easy, from, middle, n);
    /* Both sums are over the same pi(n / q): where they overlap it is looked up once. */
    size_t low = pi(easy, n / g->y), high = pi(easy, n / next);
    size_t both = from > low ? from : low;
    uint64_t sum = both > high
                       ? sum_pi(easy, from, middle, n) + sum_pi(easy, low, high, n)
                       : sum_pi(easy, min(from, low), both, n) + 2 * sum_pi(easy, both, high, n) +
                             sum_pi(easy, high, middle, n);
    return sum + (g->nprimes - middle) * (uint64_t)low - (uint64_t)(high - low) * middle;
}

static uint64_t leaves_of_c(const struct easy *easy, size_t b)
{
    const struct pel_gourdon *g = easy->g;
    uint64_t p = g->primes[b], n = g->x / p, least = n / p / p;
    if (least < g->z / p)
        least = g->z / p;
    size_t from = least < g->y ? pi(easy, least) : g->nprimes;
    if (from < b)
        from = b;
    uint64_t sum = sum_over_primes(easy, from, n) - (g->nprimes - from) * (uint64_t)(b - 2);
    for (size_t i = b + 1; i <= g->nprimes; i++) {
        uint64_t q = g->primes[i], most = g->z / q;
        if (most <= q)
            break;
        size_t lo = pi(easy, least / q < g->y ? least / q : g->y),
               hi = min(pi(easy, most), g->nprimes);
        if (lo < i)
            lo = i;
        if (lo < hi)
            sum -= sum_pi(easy, lo, hi, n / q) - (uint64_t)(hi - lo) * (b - 2);
    }
    return sum;
}

/* A piece is a few p. */
enum { PRIMES = 4 };

static int begin(const struct pel_gourdon *g, void **state)
{
    struct easy *easy = calloc(1, sizeof *easy);
    *state = easy;
    if (!easy)
        return -ENOMEM;
    easy->g = g;
    easy->level = pel_gourdon_level(g->team->isa);
    easy->middle = pi(easy, g->root4);
    easy->last = pi(easy, g->root3);
    /* No leaf of C has p <= (x / z)^(1/3). */
    size_t least = pi(easy, pel_root3(g->x / g->z));
    easy->first = (least < PEL_PHI_PRIMES ? PEL_PHI_PRIMES : least) + 1;
    easy->npieces = (easy->last - easy->first) / PRIMES + 1;
    return 0;
}

static int work(void *state)
{
    struct easy *easy = state;
    uint64_t sum = 0;
    for (size_t i; pel_gourdon_claim(&easy->next, easy->npieces, &i);) {
        if (pel_cancel_requested(easy->g->team->cancel))
            return -ECANCELED;
        size_t from = easy->first + i * PRIMES, to = min(from + PRIMES - 1, easy->last);
        for (size_t b = from; b <= to; b++)
            sum += b <= easy->middle ? leaves_of_c(easy, b) : leaves_of_a(easy, b);
        pel_gourdon_advance(easy->g, easy->g->easy_work, i, easy->npieces);
    }
    __atomic_fetch_add(&easy->sum, sum, __ATOMIC_RELAXED);
    return 0;
}

static int end(void *state, int status, uint64_t *sum)
{
    if (!status)
        *sum = ((struct easy *)state)->sum;
    free(state);
    return status;
}

const struct pel_gourdon_term pel_gourdon_easy = {.begin = begin, .work = work, .end = end};
