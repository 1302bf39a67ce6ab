/* The plain sieve: for each segment, each sieving prime crosses off its odd multiples. */
#include "primes/sieve.h"

#include <stdlib.h>
#include <string.h>

struct pel_sieve {
    const struct pel_sieve_plan *plan;
    uint64_t byte, end; /* of the chunk: where the next segment begins, and the end */
    uint8_t *segment;
};

int pel_sieve_open(struct pel_sieve **out, const struct pel_sieve_plan *plan, struct pel_error *err)
{
    struct pel_sieve *sieve = calloc(1, sizeof *sieve);
    if (sieve)
        sieve->segment = aligned_alloc(64, plan->segment_nbytes + 64);
    if (!sieve || !sieve->segment) {
        free(sieve);
        *out = NULL;
        return pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for the sieve");
    }
    sieve->plan = plan;
    *out = sieve;
    return 0;
}

void pel_sieve_close(struct pel_sieve *sieve)
{
    if (sieve)
        free(sieve->segment);
    free(sieve);
}

int pel_sieve_begin(struct pel_sieve *sieve, size_t chunk)
{
    const struct pel_sieve_plan *plan = sieve->plan;
    sieve->byte = plan->first_byte + chunk * plan->chunk_bytes;
    uint64_t end = (plan->stop - 7) / 30 + 1;
    sieve->end = end - sieve->byte < plan->chunk_bytes ? end : sieve->byte + plan->chunk_bytes;
    return 0;
}

/* Number m = base + d, d < 30 * nbytes + 32, is composite. Bits exist only for the eight residues. */
static void cross(uint8_t *bytes, uint64_t d)
{
    static const uint8_t bit_of[30] = {[7] = 1, [11] = 2, [13] = 4, [17] = 8, [19] = 16, [23] = 32,
                                       [29] = 64, [1] = 128};
    uint64_t k = d / 30;
    uint8_t bit = bit_of[d % 30];
    if (d % 30 == 1) /* residue 31 of the byte before */
        k--;
    bytes[k] &= (uint8_t)~bit;
}

static void cross_multiples(struct pel_segment *segment, uint8_t *bytes, uint64_t p)
{
    uint64_t last = 30 * (uint64_t)segment->nbytes + 1; /* relative to base */
    __uint128_t first = (__uint128_t)p * p;
    if (first < (__uint128_t)segment->base + 2)
        first = ((__uint128_t)segment->base + 1 + p) / p * p;
    for (__uint128_t m = first; m - segment->base <= last; m += p)
        cross(bytes, (uint64_t)(m - segment->base));
}

static void clear_outside(const struct pel_sieve_plan *plan, const struct pel_segment *segment,
                          uint8_t *bytes)
{
    size_t ends[2] = {0, segment->nbytes - 1};
    for (int i = 0; i < 2; i++)
        for (int b = 0; b < 8; b++) {
            __uint128_t n = (__uint128_t)segment->base + 30 * (uint64_t)ends[i] + pel_wheel_residues[b];
            if (n < plan->start || n > plan->stop)
                bytes[ends[i]] &= (uint8_t)~(1u << b);
        }
}

int pel_sieve_next(struct pel_sieve *sieve, struct pel_segment *segment)
{
    *segment = (struct pel_segment){0};
    if (sieve->byte == sieve->end)
        return 0;
    const struct pel_sieve_plan *plan = sieve->plan;
    uint64_t left = sieve->end - sieve->byte;
    segment->nbytes = left < plan->segment_nbytes ? (size_t)left : plan->segment_nbytes;
    segment->base = 30 * sieve->byte;
    segment->bytes = sieve->segment;
    memset(sieve->segment, 0xff, segment->nbytes);
    memset(sieve->segment + segment->nbytes, 0, 64);
    for (size_t k = 0; k < plan->primes_nbytes; k++)
        for (unsigned bits = plan->primes[k]; bits; bits &= bits - 1)
            cross_multiples(segment, sieve->segment,
                            30 * (uint64_t)k + pel_wheel_residues[__builtin_ctz(bits)]);
    clear_outside(plan, segment, sieve->segment);
    sieve->byte += segment->nbytes;
    return 1;
}

int pel_sieve_count(struct pel_sieve *sieve, size_t chunk, uint64_t *count)
{
    struct pel_segment segment;
    int status = pel_sieve_begin(sieve, chunk);
    if (status)
        return status;
    while ((status = pel_sieve_next(sieve, &segment)) > 0)
        for (size_t k = 0; k < segment.nbytes; k++)
            *count += (unsigned)__builtin_popcount(segment.bytes[k]);
    return status;
}
