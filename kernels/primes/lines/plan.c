/* What all threads share: the lines' length, and the sieving primes by how they cross off. */
#include "primes/lines/lines.h"

#include <stdlib.h>
#include <string.h>

const uint8_t pel_lines_residues[PEL_LINES] = {
    11,  13,  17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73,  79,  83,  89,  97,  101, 103, 107, 109, 113, 121, 127, 131, 137, 139, 143,
    149, 151, 157, 163, 167, 169, 173, 179, 181, 187, 191, 193, 197, 199, 209, 211};

enum {
    /* In a first-level cache of 32 KB, beside the queue: with 40 KB 12 % slower up to 10^9. */
    LINE_NBYTES = 28 << 10,
    /* Where most of the work is going over primes that hit a line at most once. At 10^12 28 KB are still 9 %
     * faster, at 10^13 60 KB 2 %. */
    LONG_LINE_NBYTES = PEL_LINES_MAX_BYTES,
    FEW_BLOCKS = 16 /* a thread */
};
#define LONG_LINES_FROM UINT64_C(10000000000000)

/* Measured on a Zen 4, counts: 3 % behind the wheel for 3 10^7 numbers from 0, 12 % before it from 10^10; for
 * 30 roots of stop 22 % before it at 10^13 and 3 % at 10^14; and 9 % behind at 5 10^14, where the visits
 * to large primes outweigh the lists of the wheel. */
bool pel_lines_suit(uint64_t start, uint64_t stop)
{
    const uint64_t most = UINT64_C(200000000000000), least = 30000000, roots = 30;
    return start <= stop && stop <= most && stop - start >= least &&
           (stop - start) / roots * ((stop - start) / roots) >= stop;
}

/* A chunk is a block. Few blocks are made as many for each thread. */
static void cut(struct pel_sieve_plan *plan, uint64_t max_chunk, int nthreads)
{
    plan->first_byte = plan->start < 7 ? 0 : (plan->start - 7) / 30;
    uint64_t nbytes = (plan->stop - 7) / 30 + 1 - plan->first_byte;
    uint64_t nbits = nbytes / 7 + 1;
    uint64_t most = 8 * (plan->stop < LONG_LINES_FROM ? LINE_NBYTES : LONG_LINE_NBYTES);
    if (max_chunk && most > max_chunk / 210)
        most = max_chunk / 210 / PEL_LINES_UNIT * PEL_LINES_UNIT;
    uint64_t nblocks = (nbits + most - 1) / most, n = (uint64_t)nthreads;
    if (!max_chunk && nblocks < FEW_BLOCKS * n)
        nblocks = (nblocks + n - 1) / n * n;
    nbits = (nbits + nblocks - 1) / nblocks;
    plan->lines->nbits = (uint32_t)((nbits + PEL_LINES_UNIT - 1) / PEL_LINES_UNIT * PEL_LINES_UNIT);
    plan->chunk_bytes = 7 * plan->lines->nbits;
    plan->nchunks = (size_t)((nbytes - 1) / plan->chunk_bytes + 1);
}

/* ---- tables of primes --------------------------------------------------------------------------- */

static void take_moduli(struct pel_lines_moduli *moduli, size_t n, uint32_t **numbers)
{
    moduli->m = pel_lines_take(numbers, n);
    moduli->step = pel_lines_take(numbers, n);
    memset(moduli->step, 0, (n + 15) / 16 * 64);
    for (size_t i = 0; i < (n + 15) / 16 * 16; i++)
        moduli->m[i] = 1;
}

/* Sieving primes that are not in patterns: the number of small ones in each class, and of the others. */
struct numbers_of {
    size_t small[4], rest;
};

/* The k-th byte of the plan's sieving primes, without those of patterns. */
static unsigned primes_of_byte(const struct pel_sieve_plan *plan, size_t k)
{
    return k < PEL_LINES_STAMPED ? 0 : plan->primes[k];
}

static uint32_t prime_of_bit(size_t k, unsigned bits)
{
    return (uint32_t)(30 * k) + pel_wheel_residues[__builtin_ctz(bits)];
}

static struct numbers_of count_primes(const struct pel_sieve_plan *plan)
{
    struct numbers_of n = {.rest = 0};
    for (size_t k = 0; k < plan->primes_nbytes; k++)
        for (unsigned bits = primes_of_byte(plan, k); bits; bits &= bits - 1) {
            uint32_t p = prime_of_bit(k, bits);
            n.small[p % 8 / 2] += p < PEL_LINES_SMALL;
            n.rest += p >= PEL_LINES_SMALL;
        }
    return n;
}

static int allocate(struct pel_lines_plan *lines, const struct numbers_of *n)
{
    size_t total = 4 * PEL_LINES_PATTERNS + 2 * (n->rest + 16), nrows = (n->rest + 15) / 16;
    for (int class = 0; class < 4; class ++)
        total += 2 * (n->small[class] + 16);
    uint32_t *numbers = lines->numbers = aligned_alloc(64, (total + 15) / 16 * 64);
    lines->hits = malloc((nrows + 1) * sizeof *lines->hits);
    if (!numbers || !lines->hits)
        return -ENOMEM;
    take_moduli(&lines->patterns, PEL_LINES_PATTERNS, &numbers);
    lines->pattern_start = pel_lines_take(&numbers, PEL_LINES_PATTERNS);
    lines->pattern_ahead = pel_lines_take(&numbers, PEL_LINES_PATTERNS);
    memset(lines->pattern_start, 0, 2 * PEL_LINES_PATTERNS * sizeof *numbers);
    for (int class = 0; class < 4; class ++)
        take_moduli(&lines->small[class], n->small[class], &numbers);
    take_moduli(&lines->rest, n->rest, &numbers);
    return 0;
}

static void add_prime(struct pel_lines_moduli *moduli, uint32_t p, uint32_t step)
{
    moduli->m[moduli->n] = p;
    moduli->step[moduli->n++] = step;
}

/* Lines of residues that differ by 2 differ by 1 / 105 in place: (c p + 1) / 105, where c makes it whole. */
static void fill_tables(const struct pel_sieve_plan *plan, struct pel_lines_plan *lines)
{
    uint32_t c[105];
    for (uint32_t r = 1; r < 105; r++)
        c[r] = pel_lines_inverse(105 - r, 105);
    struct pel_lines_moduli *rest = &lines->rest;
    for (size_t k = 0; k < plan->primes_nbytes; k++)
        for (unsigned bits = primes_of_byte(plan, k); bits; bits &= bits - 1) {
            const uint32_t p = prime_of_bit(k, bits);
            const uint64_t step = ((uint64_t)c[p % 105] * p + 1) / 105;
            const uint64_t eighth = ((8 - p % 8) * (uint64_t)p + 1) / 8;
            if (p < PEL_LINES_SMALL)
                add_prime(&lines->small[p % 8 / 2], p, (uint32_t)(step * eighth % p));
            else
                add_prime(rest, p, (uint32_t)step);
        }
    while (rest->n % 16)
        add_prime(rest, rest->m[rest->n - 1], rest->step[rest->n - 1]);
}

static void count_hits(struct pel_lines_plan *lines)
{
    const uint32_t nbits = lines->nbits + PEL_LINES_SLACK, *p = lines->rest.m;
    for (size_t i = 0; i < lines->rest.n; i += 16) {
        uint32_t all = nbits / p[i + 15], most = (nbits - 1) / p[i] + 1;
        lines->hits[i / 16] = (struct pel_lines_hits){(uint16_t)all, (uint16_t)(most - all)};
        lines->nmedium += p[i] < nbits;
    }
}

int pel_lines_prepare(struct pel_sieve_plan *plan, uint64_t max_chunk, int nthreads)
{
    struct pel_lines_plan *lines = plan->lines = calloc(1, sizeof *lines);
    if (!lines)
        return -ENOMEM;
    cut(plan, max_chunk, nthreads);
    const struct numbers_of n = count_primes(plan);
    int status = allocate(lines, &n);
    if (!status)
        status = pel_lines_draw_patterns(lines);
    if (status)
        return status;
    fill_tables(plan, lines);
    count_hits(lines);
    return 0;
}

void pel_lines_forget(struct pel_sieve_plan *plan)
{
    if (!plan->lines)
        return;
    free(plan->lines->pattern_bytes);
    free(plan->lines->hits);
    free(plan->lines->numbers);
    free(plan->lines);
    plan->lines = NULL;
}
