/* Primes that hit a line a few times, 16 at a time. Hits are queued and taken in batches: a row of 16 has
 * been written as one vector, so that reading a hit of it at once would wait until the store is done. */
#include "primes/lines/lines.h"

#if defined(__x86_64__)

#include "primes/lines/vector.h"

#include <string.h>

enum {
    BATCH = 256, /* hits; 128 or 512 take up to 2 and 5 % longer */
    ROUNDS = 8   /* hits of a prime between two looks at the queue */
};

PEL_AVX512_INLINE struct pel_lines_hit *take_batches(uint8_t *line, struct pel_lines_hit *queue,
                                                     struct pel_lines_hit *end)
{
    while (end - queue >= BATCH) {
        pel_take_hits(line, queue, BATCH);
        end -= BATCH;
        for (struct pel_lines_hit *to = queue; to < end; to += 16)
            _mm512_storeu_si512(to, _mm512_loadu_si512(to + BATCH));
    }
    return end;
}

PEL_AVX512_INLINE void cross_off(struct pel_lines *sieve, size_t gap)
{
    const struct pel_lines_plan *plan = sieve->plan;
    const __m512i masks = pel_hit_masks(),
                  nbits = _mm512_set1_epi32((int)(plan->nbits + PEL_LINES_SLACK));
    struct pel_lines_hit *queue = sieve->queue, *end = queue;
    uint8_t *line = sieve->line;
    for (size_t row = 0; row < sieve->nmedium; row++) {
        __m512i p = _mm512_load_si512(plan->rest.m + 16 * row),
                at = _mm512_load_si512(sieve->at + 16 * row);
        if (gap) {
            at = pel_advance(at, _mm512_load_si512(plan->rest.step + 16 * row), p, gap);
            _mm512_store_si512(sieve->at + 16 * row, at);
        }
        size_t left = plan->hits[row].all;
        for (; left > ROUNDS; left -= ROUNDS) {
            PEL_UNROLL(8)
            for (int k = 0; k < ROUNDS; k++) {
                _mm512_storeu_si512(end + 16 * k, pel_hits_at(at, masks));
                at = _mm512_add_epi32(at, p);
            }
            end = take_batches(line, queue, end + 16 * ROUNDS);
        }
        for (; left > 0; left--) {
            _mm512_storeu_si512(end, pel_hits_at(at, masks));
            end += 16;
            at = _mm512_add_epi32(at, p);
        }
        for (left = plan->hits[row].some; left > 0; left--) {
            end = pel_queue_below(end, at, nbits, masks);
            at = _mm512_add_epi32(at, p);
        }
        end = take_batches(line, queue, end);
    }
    pel_end_queue(end);
    pel_take_hits(line, queue, (size_t)(end - queue));
}

PEL_TARGET_AVX512 void pel_lines_medium(struct pel_lines *sieve, size_t gap)
{
    if (gap > 5) { /* lines that are not used lie between */
        struct pel_lines_moduli medium = sieve->plan->rest;
        medium.n = 16 * sieve->nmedium;
        pel_lines_advance(&medium, gap - 5, sieve->at);
    }
    switch (gap) {
    case 0:
        cross_off(sieve, 0);
        break;
    case 1:
        cross_off(sieve, 1);
        break;
    case 2:
        cross_off(sieve, 2);
        break;
    case 3:
        cross_off(sieve, 3);
        break;
    case 4:
        cross_off(sieve, 4);
        break;
    default:
        cross_off(sieve, 5);
        break;
    }
}

#endif
