/* Primes that hit a line many times. Of a prime p = 8 q + r, eight hits from a byte's bit 0 on are in bytes
 * j q + j r / 8, bits j r mod 8: they repeat p bytes on. One loop for each r, whose only state is where it
 * is; the hits it takes outside of the line fall into its margins. */
#include "primes/lines/lines.h"

#if defined(__x86_64__)

#include "primes/lines/vector.h"

PEL_INLINE void hit(uint8_t *at, size_t q, size_t r, size_t j)
{
    at[j * q + j * r / 8] &= (uint8_t) ~(1u << (j * r % 8));
}

PEL_INLINE void cross_off(const struct pel_lines *sieve, size_t class)
{
    const struct pel_lines_moduli *primes = &sieve->plan->small[class];
    const uint32_t *at = sieve->small_at[class];
    const size_t r = 2 * class + 1;
    const uint8_t *end = sieve->line + (sieve->nbits + 7) / 8;
    for (size_t i = 0; i < primes->n; i++) {
        size_t p = primes->m[i], q = p / 8;
        uint8_t *byte = sieve->line + at[i] - (at[i] ? p : 0);
        do {
            hit(byte, q, r, 0);
            hit(byte, q, r, 1);
            hit(byte, q, r, 2);
            hit(byte, q, r, 3);
            hit(byte, q, r, 4);
            hit(byte, q, r, 5);
            hit(byte, q, r, 6);
            hit(byte, q, r, 7);
            byte += p;
        } while (byte < end);
    }
}

PEL_TARGET_AVX512 void pel_lines_small(const struct pel_lines *sieve)
{
    cross_off(sieve, 0);
    cross_off(sieve, 1);
    cross_off(sieve, 2);
    cross_off(sieve, 3);
}

#endif
