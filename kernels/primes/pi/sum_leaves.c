/* The leaves that need no sieve. */
#include "primes/pi/sum_loops.h"

/* A sum that the tasks of a loop add to. */
struct leaves {
    const struct pel_sum *sum;
    size_t first, nitems, ntasks;
    struct pel_u128 total;
};

static int run_leaves(struct leaves *leaves, size_t grain, void (*task)(void *ctx, size_t index),
                      pel_sum_t *total)
{
    leaves->ntasks = leaves->nitems / grain + 1;
    int status = pel_team_run(leaves->sum->team, leaves->ntasks, task, leaves);
    *total += (pel_sum_t)leaves->total.hi << 64 | leaves->total.lo;
    return status;
}

/* ---- ordinary --------------------------------------------------------------------------------- */

/* The sum of the numbers up to n that no tiny prime divides: q whole periods and a part of one. */
static pel_sum_t sum_coprime_to_tiny(const struct pel_sum *sum, uint64_t n)
{
    const pel_sum_t period = PEL_SUM_TINY_PERIOD, totient = PEL_SUM_TINY_TOTIENT;
    uint64_t r = n % PEL_SUM_TINY_PERIOD;
    pel_sum_t q = n / PEL_SUM_TINY_PERIOD;
    /* A period sums to period * totient / 2, the q-th one to q * period * totient more. */
    return period * totient / 2 * q * q + period * q * sum->tiny_count[r] + sum->tiny_sum[r];
}

static void add_ordinary(void *ctx, size_t index)
{
    struct leaves *leaves = ctx;
    const struct pel_sum *sum = leaves->sum;
    struct pel_range range = pel_partition(leaves->nitems, leaves->ntasks, index);
    pel_sum_t total = 0;
    for (size_t i = range.lo; i < range.hi; i++) {
        unsigned factor = sum->factor[i];
        if (factor <= PEL_SUM_TINY_LAST)
            continue;
        uint64_t n = pel_sum_number(i);
        pel_sum_t leaf = n * sum_coprime_to_tiny(sum, sum->x / n);
        total += factor & 1 ? -leaf : leaf;
    }
    pel_u128_add_shared(&leaves->total, total);
}

int pel_sum_ordinary(const struct pel_sum *sum, pel_sum_t *total)
{
    struct leaves leaves = {.sum = sum, .nitems = sum->nfactors};
    *total += sum_coprime_to_tiny(sum, sum->x);
    return run_leaves(&leaves, 1 << 14, add_ordinary, total);
}

/* ---- trivial ---------------------------------------------------------------------------------- */

/* Primes p < q <= y, p > sqrt(y), with x / (p q) < p: nothing but 1 is left there. */
void pel_sum_trivial(const struct pel_sum *sum, pel_sum_t *total)
{
    for (size_t b = pel_sum_pi(sum, sum->root_y) + 1; b < sum->nprimes; b++) {
        uint64_t p = sum->primes[b], q = sum->x / (p * p);
        if (q < sum->y)
            *total += (pel_sum_t)p *
                      (sum->sums[sum->nprimes] - sum->sums[pel_sum_pi(sum, q > p ? q : p)]);
    }
}

/* ---- easy ------------------------------------------------------------------------------------- */

/* Primes p < m <= y, p > sqrt(y), with p <= n = x / (p m), and p > x^(1/4) or n < y. As n < p^2 and
 * n <= sqrt(x), what is left up to n is 1 and the primes from p to n, and these are in the tables:
 *     sum over m of m (1 + S(n) - S(p - 1)),
 * up to a middle m*; above, the primes q from p to n in the outer sum make the terms fewer, as m > n there:
 *     sum over m of m + sum over q of q (S(min(x / (p q), greatest m)) - S(m*)). */
static pel_sum_t easy_leaves(const struct pel_sum *sum, const struct pel_sum_rows *rows, uint64_t p)
{
    uint64_t xp = sum->x / p, least = p, most = xp / p;
    if (p <= sum->root4_x && sum->z / p > least)
        least = sum->z / p;
    if (most > sum->y)
        most = sum->y;
    if (least >= most)
        return 0;
    uint64_t middle = pel_root2(xp);
    middle = middle < least ? least : middle > most ? most : middle;
    size_t first = pel_sum_pi(sum, least), mid = pel_sum_pi(sum, middle),
           last = pel_sum_pi(sum, most);
    pel_sum_t below = sum->sums[pel_sum_pi(sum, p - 1)];
    pel_sum_t total = rows->quotients(sum, xp, first + 1, mid) +
                      (1 - below) * (sum->sums[mid] - sum->sums[first]);
    if (mid == last)
        return total * p;
    /* All m up to `most` have the primes up to xp / most before n; the last q is at m* + 1. */
    size_t all = pel_sum_pi(sum, xp / most), end = pel_sum_pi(sum, xp / (middle + 1));
    total += (1 + sum->sums[all] - below) * (sum->sums[last] - sum->sums[mid]);
    total += rows->quotients(sum, xp, all + 1, end) -
             (pel_sum_t)sum->sums[mid] * (sum->sums[end] - sum->sums[all]);
    return total * p;
}

static void add_easy(void *ctx, size_t index)
{
    struct leaves *leaves = ctx;
    struct pel_range range = pel_partition(leaves->nitems, leaves->ntasks, index);
    const struct pel_sum_rows *rows = pel_sum_rows_for(leaves->sum->team->isa);
    pel_sum_t total = 0;
    for (size_t i = range.lo; i < range.hi; i++)
        total += easy_leaves(leaves->sum, rows, leaves->sum->primes[leaves->first + i]);
    pel_u128_add_shared(&leaves->total, total);
    /* A third of the whole computation's progress. */
    range = pel_partition((size_t)leaves->sum->z, leaves->ntasks, index);
    pel_progress_add(leaves->sum->team->progress, range.hi - range.lo);
}

int pel_sum_easy(const struct pel_sum *sum, pel_sum_t *total)
{
    struct leaves leaves = {.sum = sum, .first = pel_sum_pi(sum, sum->root_y) + 1};
    size_t end = leaves.first;
    /* p < q <= x / p^2 */
    while (end < sum->nprimes && sum->x / sum->primes[end] / sum->primes[end] > sum->primes[end])
        end++;
    leaves.nitems = end - leaves.first;
    return run_leaves(&leaves, 8, add_easy, total);
}
