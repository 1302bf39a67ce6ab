/* Counting primes and twins by residue lines, on processors with AVX-512.
 *
 * The numbers coprime to 210 are 210 i + r, with one of 48 residues r from 11 to 211. Bit i of the line of r
 * says whether 210 i + r is prime. In a line a prime p crosses off every p-th bit: there is no wheel to
 * keep in step, and 16 primes are dealt with at a time. A chunk of the plan is one block: nbits of each
 * line, sieved one line after the other in the first-level cache and counted there.
 *
 * Bit i of the line of r is a bit of byte 7 i + (r - 7) / 30 of the wheel's bitmap (primes/sieve.h). */
#ifndef PELTON_PRIMES_LINES_H
#define PELTON_PRIMES_LINES_H

#include "primes/sieve/engine.h"

enum {
    PEL_LINES = 48,
    PEL_LINES_PIECE = 512,   /* bytes that are stamped at a time */
    PEL_LINES_UNIT = 512,    /* bits: of these lines are made */
    PEL_LINES_VISIT = 8,     /* lines that a visit to a large prime serves */
    PEL_LINES_PATTERNS = 48, /* no more than these */
    PEL_LINES_STAMPED = 10, /* bytes of the wheel's bitmap with the primes of patterns: below 302 */
    PEL_LINES_SMALL = 8000, /* primes below cross off eight at a time */
    PEL_LINES_MARGIN = 8192,          /* and so many bytes outside of the line, at most */
    PEL_LINES_SLACK = 64,             /* bits beyond nbits that are sieved, too */
    PEL_LINES_MAX_BYTES = 65536 - 512 /* of a line: places in it have 16 bits */
};

extern const uint8_t pel_lines_residues[PEL_LINES];

/* Odd numbers m without a factor of 105, in rows of 16 that are filled up with ones, and how far the place
 * of m moves down, modulo m, from the line of r to that of r + 2. */
struct pel_lines_moduli {
    size_t n;
    uint32_t *m, *step;
};

/* How often the primes of a row of 16 hit a line: so many times all of them, then some of them. */
struct pel_lines_hits {
    uint16_t all, some;
};

/* What all threads share. Places of patterns and small primes are in bytes, of others in bits. */
struct pel_lines_plan {
    uint32_t nbits; /* of a line in a block: a multiple of PEL_LINES_UNIT */

    struct pel_lines_moduli patterns;        /* m is the pattern's period in bytes */
    uint32_t *pattern_start, *pattern_ahead; /* in pattern_bytes; PEL_LINES_PIECE modulo m */
    uint8_t *pattern_bytes;

    struct pel_lines_moduli small[4]; /* primes that are 1, 3, 5 and 7 modulo 8 */
    struct pel_lines_moduli rest;     /* ascending; the last row is filled up with its last prime */
    struct pel_lines_hits *hits;      /* of each row of the rest */
    size_t nmedium;                   /* rows of the rest whose primes hit every line */

    uint32_t *numbers; /* the memory of all arrays of numbers */
};

/* Lines' engine; NULL where it does not run. max_chunk must allow 210 PEL_LINES_UNIT numbers; stop must be
 * from PEL_LINES_MIN_STOP to PEL_LINES_MAX_STOP. */
const struct pel_sieve_engine *pel_lines_engine(enum pel_isa isa);
#define PEL_LINES_MIN_STOP UINT64_C(100000)    /* the primes of patterns are sieving primes */
#define PEL_LINES_MAX_STOP (UINT64_C(1) << 50) /* so that double precision is exact in place.c */

/* Whether lines take less time than the wheel. */
bool pel_lines_suit(uint64_t start, uint64_t stop);

/* plan.c: cuts the interval and fills plan->lines. -ENOMEM */
PEL_MUST_CHECK int pel_lines_prepare(struct pel_sieve_plan *plan, uint64_t max_chunk, int nthreads);
void pel_lines_forget(struct pel_sieve_plan *plan);

/* patterns.c: the least b with a b = 1 modulo m; fills all that is said of patterns. -ENOMEM */
uint32_t pel_lines_inverse(uint32_t a, uint32_t m);
PEL_MUST_CHECK int pel_lines_draw_patterns(struct pel_lines_plan *lines);

#if defined(__x86_64__)

/* A hit that waits to be taken: line[byte] &= kept. */
struct pel_lines_hit {
    uint16_t byte;
    uint8_t kept, unused;
};

/* Of one thread. Places are those of the line that is sieved next. */
struct pel_lines {
    struct pel_sieve base;
    const struct pel_lines_plan *plan;

    uint64_t first, begin, end; /* the chunk: its first i, and its bytes */
    uint64_t least, most;       /* its numbers, as far as they are asked for */
    uint32_t nbits;             /* of its lines, up to PEL_LINES_SLACK more than the plan's */
    size_t nmedium, nrows;      /* rows of the rest whose primes take part */

    size_t nused; /* lines that are sieved, and half the way from each to the next */
    uint8_t used[PEL_LINES], gap[PEL_LINES + PEL_LINES_VISIT];

    uint32_t *pattern_at, *pattern_now, *pattern_from;
    uint32_t *small_at[4], *at;
    struct pel_lines_hit *queue, *later[PEL_LINES_VISIT];
    size_t nlater[PEL_LINES_VISIT];
    uint8_t *line;   /* with a margin on both sides */
    uint8_t *before; /* the line before, where there may be twins between the two */

    uint32_t *numbers; /* the memory of all places */
    uint8_t *memory;   /* and of lines */
};

/* place.c: places of all moduli in the line of number `first`, its bit 0 */
void pel_lines_place(const struct pel_lines_moduli *moduli, uint64_t first, uint32_t *at);
/* Moves all places on to the line of the residue that is 2 gap more. */
void pel_lines_advance(const struct pel_lines_moduli *moduli, size_t gap, uint32_t *at);

/* Parts of a line's sieving: patterns (stamp.c); small, medium and large primes. Those of medium primes
 * advance by `gap` before, those of large ones by the gaps of the lines they serve. */
void pel_lines_stamp(struct pel_lines *sieve);
void pel_lines_small(const struct pel_lines *sieve);
void pel_lines_medium(struct pel_lines *sieve, size_t gap);
void pel_lines_visit_large(struct pel_lines *sieve, const uint8_t *gap);
void pel_lines_large(const struct pel_lines *sieve, size_t served);

/* line.c: begins the chunk with all lines, or those of twins; then sieves the k-th of them, k = 0, 1, ...
 * -ECANCELED */
void pel_lines_begin(struct pel_lines *sieve, size_t chunk, bool twins);
PEL_MUST_CHECK int pel_lines_sieve(struct pel_lines *sieve, size_t k);

#endif

/* The next n of an allocation's numbers, and what makes whole rows of 16. */
static inline uint32_t *pel_lines_take(uint32_t **numbers, size_t n)
{
    uint32_t *taken = *numbers;
    *numbers += (n + 15) / 16 * 16;
    return taken;
}

#endif
