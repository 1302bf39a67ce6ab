#include "primes/reference.h"

#include "primes/sieve.h"

#include <stdlib.h>
#include <string.h>

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
#define VALUE(i) ((i) <= r ? (i) : x / ((i)-r))
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

/* Number base + d is composite. Bits exist only for the eight residues. */
static void cross(uint8_t *bytes, uint64_t d)
{
    static const uint8_t bit_of[30] = {
        [7] = 1, [11] = 2, [13] = 4, [17] = 8, [19] = 16, [23] = 32, [29] = 64, [1] = 128};
    if (d >= 7)
        bytes[(d - 7) / 30] &= (uint8_t)~bit_of[d % 30];
}

void pel_reference_sieve(uint64_t base, uint64_t start, uint64_t stop, uint8_t *bytes,
                         size_t nbytes)
{
    __uint128_t end = (__uint128_t)base + 30 * (uint64_t)nbytes + 1;
    memset(bytes, 0xff, nbytes);
    for (uint64_t p = 3; (__uint128_t)p * p <= end; p += 2) {
        __uint128_t multiple = (__uint128_t)p * p;
        if (multiple < base)
            multiple = ((__uint128_t)base + p - 1) / p * p;
        for (; multiple <= end; multiple += p)
            cross(bytes, (uint64_t)(multiple - base));
    }
    for (size_t k = 0; k < nbytes; k++)
        for (int b = 0; b < 8; b++) {
            __uint128_t n = (__uint128_t)base + 30 * (uint64_t)k + pel_wheel_residues[b];
            if (n < start || n > stop)
                bytes[k] &= (uint8_t) ~(1u << b);
        }
}
