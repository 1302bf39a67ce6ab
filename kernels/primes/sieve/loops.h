/* The sieve's inner loops that gain from wide registers, one table a level of instruction sets, compiled
 * from one source (loops_body.h). All levels give the same bits. */
#ifndef PELTON_PRIMES_SIEVE_LOOPS_H
#define PELTON_PRIMES_SIEVE_LOOPS_H

#include <pelton/core.h>

/* A bitmap of which the first `period` bytes repeat; PEL_PATTERN_BLOCK more bytes can be read. */
struct pel_pattern {
    const uint8_t *bytes;
    uint32_t period; /* at least PEL_PATTERN_BLOCK */
};

enum { PEL_PATTERN_BLOCK = 512 };

/* The first multiple of a prime that a sieve has to look at. */
struct pel_first {
    uint32_t prime;
    uint8_t cofactor;  /* multiple / prime modulo 210 */
    uint64_t distance; /* multiple - base */
};

struct pel_sieve_loops {
    /* to = from AND all patterns, each from its offset on, which is moved along; nbytes is a multiple of
     * PEL_PATTERN_BLOCK. from NULL: all ones. */
    void (*stamp)(uint8_t *to, const uint8_t *from, size_t nbytes,
                  const struct pel_pattern *patterns, size_t npatterns, uint32_t *offset);

    /* For each prime p the least p m >= base + 7 with m >= p; kept in out are those with p m - base <=
     * limit. Primes from 2^18 up, n <= PEL_FIRST_BATCH; returns how many are kept. */
    size_t (*first_multiples)(const uint32_t *primes, size_t n, uint64_t base, uint64_t limit,
                              struct pel_first *out);
};

enum { PEL_FIRST_BATCH = 512 };

/* The table of a level, lowered to what the processor can run. */
const struct pel_sieve_loops *pel_sieve_loops_for(enum pel_isa isa);

#endif
