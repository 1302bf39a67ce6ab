#include "primes/reference.h"

#include <stdlib.h>

int pel_reference_pi_and_sum(uint64_t x, uint64_t *pi, struct pel_u128 *sum)
{
    *pi = 0;
    *sum = (struct pel_u128){0, 0};
    if (x < 2)
        return 0;
    uint64_t r = 1;
    while ((r + 1) <= x / (r + 1))
        r++;
    /* count[i], total[i] belong to v = i for i <= r, and to v = x / (i - r) above. */
    uint64_t *count = calloc(2 * (size_t)r + 1, sizeof *count);
    __uint128_t *total = calloc(2 * (size_t)r + 1, sizeof *total);
    if (!count || !total) {
        free(count);
        free(total);
        return -ENOMEM;
    }
#define VALUE(i) ((i) <= r ? (i) : x / ((i) - r))
#define INDEX(v) ((v) <= r ? (v) : r + x / (v))
    for (uint64_t i = 1; i <= 2 * r; i++) {
        uint64_t v = VALUE(i);
        count[i] = v - 1;
        total[i] = (__uint128_t)v * ((__uint128_t)v + 1) / 2 - 1;
    }
    for (uint64_t p = 2; p <= r; p++) {
        if (count[p] == count[p - 1])
            continue;
        uint64_t below = count[p - 1];
        __uint128_t total_below = total[p - 1];
        for (uint64_t j = 1; j <= r && x / j >= p * p; j++) {
            uint64_t from = INDEX(x / j / p);
            count[r + j] -= count[from] - below;
            total[r + j] -= p * (total[from] - total_below);
        }
        for (uint64_t v = r; v >= p * p; v--) {
            count[v] -= count[v / p] - below;
            total[v] -= p * (total[v / p] - total_below);
        }
    }
#undef VALUE
#undef INDEX
    *pi = count[r + 1];
    *sum = (struct pel_u128){(uint64_t)total[r + 1], (uint64_t)(total[r + 1] >> 64)};
    free(count);
    free(total);
    return 0;
}
