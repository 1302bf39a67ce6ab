/* The patterns: one of 7, 11 and 13; pairs of the primes from 17 to 163, the smallest with the largest, so
 * that each takes only some kilobytes; and single primes above. A pattern of primes p q ... repeats after
 * p q ... bytes. All together take 110 KB. A pattern costs about two cycles for 64 bytes, for loads that
 * are not aligned, and crossing p off 512 / p crossings: about as much at 250. */
#include "primes/sieve/presieve.h"

#include "primes/sieve/wheel.h"

#include <stdlib.h>
#include <string.h>

enum { NPAIRS = 16, FIRST_SINGLE = 3 + 2 * NPAIRS };

/* The primes from 7 on. */
static void first_primes(uint32_t primes[PEL_PRESIEVE_PRIMES])
{
    uint32_t n = 7;
    for (size_t found = 0; found < PEL_PRESIEVE_PRIMES; n += 2) {
        uint32_t d = 3;
        while (d * d <= n && n % d)
            d += 2;
        if (d * d > n)
            primes[found++] = n;
    }
}

/* The primes of pattern t; returns how many. */
static size_t primes_of_pattern(const uint32_t *primes, size_t t, uint32_t of[3])
{
    if (t == 0) {
        memcpy(of, primes, 3 * sizeof *of);
        return 3;
    }
    if (t <= NPAIRS) {
        of[0] = primes[2 + t];
        of[1] = primes[FIRST_SINGLE - t];
        return 2;
    }
    of[0] = primes[FIRST_SINGLE + t - NPAIRS - 1];
    return 1;
}

static uint32_t period_of(const uint32_t *of, size_t n)
{
    uint32_t period = 1;
    for (size_t j = 0; j < n; j++)
        period *= of[j];
    while (period < PEL_PATTERN_BLOCK)
        period *= 2;
    return period;
}

static void draw(uint8_t *bytes, size_t nbytes, const uint32_t *of, size_t n)
{
    memset(bytes, 0xff, nbytes);
    for (size_t j = 0; j < n; j++)
        for (int w = 0; w < 8; w++) {
            uint32_t multiple = of[j] * (uint32_t)pel_wheel_coprime[w];
            uint8_t kept = (uint8_t)~pel_wheel_bit(multiple);
            for (size_t k = (multiple - 7) / 30; k < nbytes; k += of[j])
                bytes[k] &= kept;
            for (size_t k = (multiple - 7) / 30; k >= of[j];)
                bytes[k -= of[j]] &= kept;
        }
}

struct pel_presieve *pel_presieve_make(void)
{
    uint32_t primes[PEL_PRESIEVE_PRIMES], of[3];
    first_primes(primes);
    size_t nbytes = 0;
    for (size_t t = 0; t < PEL_PRESIEVE_PATTERNS; t++)
        nbytes += period_of(of, primes_of_pattern(primes, t, of)) + PEL_PATTERN_BLOCK;
    struct pel_presieve *presieve = calloc(1, sizeof *presieve + nbytes);
    if (!presieve)
        return NULL;
    uint8_t *bytes = presieve->bytes;
    for (size_t t = 0; t < PEL_PRESIEVE_PATTERNS; t++) {
        size_t n = primes_of_pattern(primes, t, of);
        uint32_t period = period_of(of, n);
        draw(bytes, period + PEL_PATTERN_BLOCK, of, n);
        presieve->patterns[t] = (struct pel_pattern){bytes, period};
        bytes += period + PEL_PATTERN_BLOCK;
    }
    for (size_t j = 0; j < PEL_PRESIEVE_PRIMES; j++)
        presieve->head[(primes[j] - 7) / 30] |= pel_wheel_bit(primes[j]);
    return presieve;
}

void pel_presieve_seek(const struct pel_presieve *presieve, uint64_t byte,
                       uint32_t offset[PEL_PRESIEVE_PATTERNS])
{
    for (size_t t = 0; t < PEL_PRESIEVE_PATTERNS; t++)
        offset[t] = (uint32_t)(byte % presieve->patterns[t].period);
}
