/* Gourdon's method for pi(x), in parts: pi(x) = A - B + C + D + Phi0 + Sigma.
 *
 * Xavier Gourdon, "Computation of pi(x): improvements to the Meissel, Lehmer, Lagarias, Miller, Odlyzko,
 * Deleglise and Rivat method" (2001); the leaves and their order go back to Lagarias, Miller, Odlyzko
 * (1985) and Deleglise, Rivat (1996). p and q are primes throughout, p(b) is the b-th prime, phi(u, b)
 * counts the numbers from 1 to u without a prime factor among the first b primes, mu is Moebius'.
 *
 * Two limits y <= z decide where a number n = m or p m is a leaf of the recurrence
 * phi(u, b) = phi(u, b - 1) - phi(u / p(b), b - 1). Here always x^(3/8) <= y < x^(1/2), so that the
 * method's third limit, x* = max(x^(1/4), x / y^2), is x^(1/4), and z <= x^(1/2), z < p(K + 1) y.
 *
 *   Phi0   the ordinary leaves m <= z
 *   A, C   the easy leaves p m, whose phi is a value of pi below x^(1/2)
 *   D      the hard leaves p m, whose phi is counted in a sieve up to x / z
 *   B      the numbers with two prime factors above y: a sieve up to x / y
 *   Sigma  what is left, in closed form
 *
 * All sums are taken modulo 2^64, in which the result fits.
 */
#ifndef PELTON_PRIMES_GOURDON_H
#define PELTON_PRIMES_GOURDON_H

#include "primes/root.h"
#include "primes/sieve.h"

/* The first K primes (2 to 17) are wheels of the ordinary leaves and of the hard leaves' sieve. */
enum { PEL_PHI_PRIMES = 7, PEL_PHI_LAST = 17 };

/* ---- lookup tables (tables.c) ----------------------------------------------------------------- */

/* The primes of 240 numbers, and how many primes are below: one of two words, so that a lookup touches
 * one cache line. Bit b of byte k of word w is the number 240 w + 30 k + pel_wheel_residues[b]. */
struct pel_pi_word {
    uint64_t bits, below;
};

struct pel_pi_table {
    uint64_t limit;
    size_t nwords;
    struct pel_pi_word *words;
};

/* By how much the bits of a word are shifted to the left to leave those of the numbers up to 7 + r. */
extern const uint8_t pel_word_shift[240];

/* For r from 0 to 29: the last bit of a byte whose number is at most 7 + r; then two zeros. */
extern const uint32_t pel_bit_up_to[32];

/* pi(n), n <= limit. */
static inline uint64_t pel_pi_at(const struct pel_pi_table *table, uint64_t n)
{
    if (n < 7)
        return (uint64_t)(n > 1) + (n > 2) + (n > 4);
    uint64_t t = n - 7;
    const struct pel_pi_word *word = &table->words[t / 240];
    return word->below + (uint64_t)__builtin_popcountll(word->bits << pel_word_shift[t % 240]);
}

/* All primes up to limit, and the table: sieved by the team. -ENOMEM, -ECANCELED. */
PEL_MUST_CHECK int pel_pi_table_make(struct pel_pi_table *table, uint64_t limit,
                                     const struct pel_team *team, struct pel_error *err);
void pel_pi_table_free(struct pel_pi_table *table);

/* The pattern of numbers coprime to the first K primes: a bitmap of one period of 30 * 7 * 11 * 13 * 17
 * numbers, laid out as all bitmaps, and for each byte how many of its numbers are set before it. */
enum { PEL_WHEEL_NBYTES = 7 * 11 * 13 * 17, PEL_WHEEL_COUNT = 92160 };
struct pel_phi_wheel {
    uint8_t bytes[PEL_WHEEL_NBYTES];
    uint32_t below[PEL_WHEEL_NBYTES];
};
void pel_phi_wheel_make(struct pel_phi_wheel *wheel);

/* phi(n, K). */
uint64_t pel_phi_wheel_phi(const struct pel_phi_wheel *wheel, uint64_t n);

/* ---- factors (factors.c) ---------------------------------------------------------------------- */

/* For each number m <= z coprime to 2310, in ascending order: 0 when m has a square factor or a prime
 * factor above y, otherwise its least prime factor minus 1 (an even number, at most 65534) plus 1 when
 * mu(m) = 1. So m is a leaf of a prime p < 65535, with all its prime factors above p, if and only if its
 * entry is larger than p: one comparison. */
enum { PEL_FACTOR_MODULUS = 2310, PEL_FACTOR_RESIDUES = 480 };
struct pel_factors {
    size_t n; /* entries, a multiple of PEL_FACTOR_RESIDUES */
    uint16_t *entries;
    uint32_t residues[PEL_FACTOR_RESIDUES];
    uint16_t index[PEL_FACTOR_MODULUS]; /* how many of the residues are <= r */
};

/* How many entries belong to numbers <= m. */
static inline size_t pel_factors_up_to(const struct pel_factors *factors, uint64_t m)
{
    return (size_t)(m / PEL_FACTOR_MODULUS) * PEL_FACTOR_RESIDUES +
           factors->index[m % PEL_FACTOR_MODULUS];
}

/* ---- the whole -------------------------------------------------------------------------------- */

/* Elements behind lists of divisors that vectors may read. */
enum { PEL_PRIMES_MARGIN = 8 };

struct pel_gourdon {
    uint64_t x, y, z;
    uint64_t root2, root3, root4; /* floors of x^(1/2), x^(1/3), x^(1/4) */
    uint32_t *primes;             /* primes[b] = p(b), b = 1 to nprimes = pi(y); then a margin */
    size_t nprimes;
    struct pel_pi_table pi; /* up to x^(1/2) */
    struct pel_phi_wheel *wheel;
    struct pel_factors factors;
    /* The terms' shares of the progress, about proportional to their time. */
    uint64_t ordinary_work, easy_work, pairs_work, hard_work;
    const struct pel_team *team;
};

/* Claims the next of n pieces: true with its number. */
static inline bool pel_gourdon_claim(size_t *next, size_t n, size_t *piece)
{
    *piece = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
    return *piece < n;
}

/* Part i of n equal parts of `work` is done. */
static inline void pel_gourdon_advance(const struct pel_gourdon *g, uint64_t work, size_t i,
                                       size_t n)
{
    pel_progress_add(g->team->progress, work / n + (i < work % n));
}

/* g->factors, for y, z and the primes. -ENOMEM, -ECANCELED. */
PEL_MUST_CHECK int pel_factors_make(struct pel_gourdon *g);

/* A term of the sum that any number of threads work on together. begin() makes its state. work() is called
 * by each thread, claims one piece after the other until none is left, and advances the progress; -ENOMEM,
 * -ECANCELED. end() gives the sum, unless it is told of a failure, and frees the state (NULL is fine). */
struct pel_gourdon_term {
    int (*begin)(const struct pel_gourdon *g, void **state);
    int (*work)(void *state);
    int (*end)(void *state, int status, uint64_t *sum);
};
extern const struct pel_gourdon_term pel_gourdon_ordinary, pel_gourdon_easy, pel_gourdon_hard;

uint64_t pel_gourdon_sigma(const struct pel_gourdon *g);
PEL_MUST_CHECK int pel_gourdon_pairs(const struct pel_gourdon *g,
                                     uint64_t *b); /* B; runs the team itself */

#endif
