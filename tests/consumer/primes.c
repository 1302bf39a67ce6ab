/* A query over primes: how many up to 940 are sums of two squares, which the odd ones are that leave 1
 * when divided by 4 (76 of them). The blocks come to all threads at once, each with a partial result of
 * its own. */
#include <pelton/primes.h>

#include <inttypes.h>
#include <stdio.h>

static void block(void *ctx, void *partial, const uint64_t *primes, size_t n)
{
    (void)ctx;
    uint64_t *count = partial;
    for (size_t i = 0; i < n; i++)
        if (primes[i] % 4 == 1)
            ++*count;
}

static void combine(void *into, const void *from)
{
    *(uint64_t *)into += *(const uint64_t *)from;
}

int main(void)
{
    const struct pel_primes_query query = {
        .partial_nbytes = sizeof(uint64_t), .block = block, .combine = combine};
    struct pel_team team = pel_team(0);
    struct pel_error err = {0};
    uint64_t count = 0;
    int status = pel_primes_query(0, 940, &query, NULL, &team, &count, &err);
    if (status)
        fprintf(stderr, "%s (%d)\n", err.message, status);
    printf("%" PRIu64 "\n", count);
    return status != 0;
}
