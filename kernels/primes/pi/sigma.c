/* Sigma: the terms of Gourdon's formula that are values of pi at a few places and sums over the primes up
 * to x^(1/3), his Sigma0 to Sigma6. */
#include "primes/pi/gourdon.h"

/* n (n - 1) / 2. */
static uint64_t pairs(uint64_t n)
{
    return n % 2 ? (n - 1) / 2 * n : n / 2 * (n - 1);
}

/* The sum of the squares below n: n (n - 1) (2 n - 1) / 6. */
static uint64_t squares(uint64_t n)
{
    return (uint64_t)((__uint128_t)n * (n - 1) * (2 * n - 1) / 6);
}

uint64_t pel_gourdon_sigma(const struct pel_gourdon *g)
{
    uint64_t x = g->x, y = g->y, limit = pel_root2(x / y);
    uint64_t a = g->nprimes, b = pel_pi_at(&g->pi, g->root3);
    uint64_t c = pel_pi_at(&g->pi, limit), d = pel_pi_at(&g->pi, g->root4);
    uint64_t sum = a - 1 + pairs(pel_pi_at(&g->pi, g->root2)) - pairs(a);
    sum += pairs(a - b);
    /* c (c - 3) / 2 = c (c - 1) / 2 - c */
    sum += a * (b - c - (pairs(c) - c) + (pairs(d) - d));
    sum += squares(b) - b - squares(d) + d;
    for (uint64_t i = d + 1; i <= b; i++) {
        uint64_t p = g->primes[i];
        if (p <= limit)
            sum += a * pel_pi_at(&g->pi, x / (p * y));
        else
            sum += pel_pi_at(&g->pi, x / (p * p));
        uint64_t n = pel_pi_at(&g->pi, pel_root2(x / p));
        sum -= n * n;
    }
    return sum;
}
