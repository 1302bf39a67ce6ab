/* P2: p (S(x / p) - S(p - 1)) summed over the primes y < p <= sqrt(x), by a sieve up to z. */
#include "primes/pi/sum_loops.h"

#include <stdlib.h>

/* A chunk's part; what it lacks is the sum of the primes in the chunks before it. */
struct part {
    pel_sum_t products; /* of p and the primes of the chunk up to x / p */
    pel_sum_t factors;  /* sum of these p */
    pel_sum_t squares;  /* of their squares */
    pel_sum_t primes;   /* sum of the primes of the chunk */
};

struct products {
    const struct pel_sum *sum;
    const struct pel_sieve_plan *plan;
    const struct pel_sum_rows *rows;
    struct part *parts;
};

/* Stands the descent on the largest prime <= n, above y. */
static struct pel_sum_descent descend_from(const struct pel_sum *sum, uint64_t n)
{
    struct pel_sum_descent descent = {.sum = sum, .at = sum->nwords, .prime = UINT64_MAX};
    if (n > sum->root_x)
        n = sum->root_x;
    if (n / 240 + 1 < sum->nwords)
        descent.at = (size_t)(n / 240 + 1);
    while (descent.prime > n)
        pel_sum_descend(&descent);
    return descent;
}

static int add_chunk(void *ctx, struct pel_sieve *sieve, size_t chunk)
{
    struct products *products = ctx;
    const struct pel_sum *sum = products->sum;
    struct part *part = &products->parts[chunk];
    uint64_t first = products->plan->first_byte + chunk * products->plan->chunk_bytes;
    struct pel_sum_descent descent = descend_from(sum, sum->x / (30 * first + 2));
    struct pel_segment segment;
    int status = pel_sieve_begin(sieve, chunk);
    if (status)
        return status;
    while ((status = pel_sieve_next(sieve, &segment)) > 0) {
        struct pel_sum_descent from = descent;
        products->rows->products(sum, &segment, &descent, &part->primes, &part->products);
        for (; from.prime != descent.prime; pel_sum_descend(&from)) {
            part->factors += from.prime;
            part->squares += (pel_sum_t)from.prime * from.prime;
        }
    }
    return status;
}

/* With the primes before each chunk known. p S(p - 1) summed over the p is S(y) times their sum, and the
 * products of all pairs of them. */
static pel_sum_t put_together(const struct products *products)
{
    const struct pel_sum *sum = products->sum;
    pel_sum_t before = 2 + 3 + 5, factors = 0, squares = 0, total = 0;
    for (size_t i = 0; i < products->plan->nchunks; i++) {
        const struct part *part = &products->parts[i];
        total += part->products + before * part->factors;
        before += part->primes;
        factors += part->factors;
        squares += part->squares;
    }
    return total - sum->sums[sum->nprimes] * factors - (factors * factors - squares) / 2;
}

int pel_sum_products(const struct pel_sum *sum, pel_sum_t *total, struct pel_error *err)
{
    if (sum->root_x <= sum->y)
        return 0;
    struct pel_team quiet = *sum->team; /* a small part of the whole: no progress */
    quiet.progress = NULL;
    struct pel_sieve_plan plan;
    struct products products = {
        .sum = sum, .plan = &plan, .rows = pel_sum_rows_for(sum->team->isa)};
    int status = pel_sieve_plan(&plan, 0, sum->z, sum->z / 32 + 100000, &quiet, err);
    if (status)
        return status;
    products.parts = calloc(plan.nchunks, sizeof *products.parts);
    if (products.parts)
        status = pel_sieve_run(&plan, &quiet, add_chunk, &products, err);
    else
        status = pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the sum of primes");
    if (!status)
        *total += put_together(&products);
    free(products.parts);
    pel_sieve_plan_free(&plan);
    return status;
}
