/* Integer roots, exact for every n: the floating-point one is off by one at most, and put right. */
#ifndef PELTON_PRIMES_ROOT_H
#define PELTON_PRIMES_ROOT_H

#include <math.h>
#include <stdint.h>

/* The largest r with r^2 <= n. */
static inline uint64_t pel_root2(uint64_t n)
{
    uint64_t r = (uint64_t)sqrt((double)n);
    while (r > UINT32_MAX || r * r > n)
        r--;
    while (r < UINT32_MAX && (r + 1) * (r + 1) <= n)
        r++;
    return r;
}

/* The largest r with r^3 <= n. */
static inline uint64_t pel_root3(uint64_t n)
{
    uint64_t r = (uint64_t)cbrt((double)n);
    while (r * r > n / (r ? r : 1))
        r--;
    while ((r + 1) * (r + 1) <= n / (r + 1))
        r++;
    return r;
}

#endif
