/* ---- the bitmap ------------------------------------------------------------------------------- */

/* The numbers without a prime factor up to p(K). */
static void LEVEL(fill)(struct pel_hard_sieve *sieve, uint64_t first)
{
    const uint8_t *wheel = sieve->g->wheel->bytes;
    size_t from = (size_t)(first % PEL_WHEEL_NBYTES), at = 0;
    while (at < sieve->nbytes) {
        size_t n = PEL_WHEEL_NBYTES - from;
        if (n > sieve->nbytes - at)
            n = sieve->nbytes - at;
        memcpy(sieve->bytes + at, wheel + from, n);
        at += n;
        from = 0;
    }
}

/* before[], and the number of bits in the segment. */
TARGET static uint64_t LEVEL(count_before)(struct pel_hard_sieve *sieve)
{
    uint32_t before = 0;
    for (size_t w = 0; w < sieve->nbytes / 8; w++) {
        sieve->before[w] = before;
        before += (uint32_t)__builtin_popcountll(pel_load_word(sieve->bytes + 8 * w));
    }
    return before;
}

/* Bit of the number r mod 30. */
#define BIT(r) ((r) == 7 ? 0 : (r) == 11 ? 1 : (r) == 13 ? 2 : (r) == 17 ? 3 : (r) == 19 ? 4 : (r) == 23 ? 5 : \
                (r) == 29 ? 6 : 7)
#define CROSS(w, k) round[k] &= (uint8_t)~(1u << BIT(residue * w % 30))

/* Crosses off the multiples of p = residue mod 30 in rounds of 30 p numbers, p bytes. A round that reaches
 * over the end of the segment is begun again in the next: what lies outside is ignored. */
__attribute__((always_inline)) TARGET static inline int32_t
LEVEL(cross_rounds)(uint8_t *bytes, size_t nbytes, int32_t offset, uint32_t p, unsigned residue)
{
    const size_t k1 = (p - 7) / 30, k7 = (7 * p - 7) / 30, k11 = (11 * p - 7) / 30, k13 = (13 * p - 7) / 30,
                 k17 = (17 * p - 7) / 30, k19 = (19 * p - 7) / 30, k23 = (23 * p - 7) / 30,
                 k29 = (29 * p - 7) / 30;
    uint8_t *round = bytes + offset, *end = bytes + nbytes;
    for (; round < end; round += p) {
        CROSS(1, k1);
        CROSS(7, k7);
        CROSS(11, k11);
        CROSS(13, k13);
        CROSS(17, k17);
        CROSS(19, k19);
        CROSS(23, k23);
        CROSS(29, k29);
    }
    return (int32_t)(round - end) - (int32_t)p;
}

TARGET static void LEVEL(cross)(struct pel_hard_sieve *sieve, size_t b)
{
    uint32_t p = sieve->g->primes[b];
    int32_t *offset = &sieve->offsets[b];
#define CASE(r) \
    case r: \
        *offset = LEVEL(cross_rounds)(sieve->bytes, sieve->nbytes, *offset, p, r); \
        break
    switch (p % 30) {
        CASE(1);
        CASE(7);
        CASE(11);
        CASE(13);
        CASE(17);
        CASE(19);
        CASE(23);
        CASE(29);
    }
#undef CASE
}
#undef CROSS
#undef BIT

/* ---- leaves ------------------------------------------------------------------------------------- */

/* Where in the segment the leaves of b lie: their m are in (from, to]. */
struct LEVEL(reach) {
    uint64_t n, base; /* x / p(b); the first number of the segment */
    size_t b;
    uint64_t sum, weight;
};

TARGET static inline uint64_t LEVEL(counted)(const struct pel_hard_sieve *sieve, size_t i)
{
    uint32_t w = sieve->words[i];
    uint64_t word = pel_load_word(sieve->bytes + 8 * (size_t)w);
    return sieve->before[w] + (uint64_t)__builtin_popcountll(word << pel_word_shift[sieve->places[i]]);
}

TARGET static void LEVEL(locate)(struct pel_hard_sieve *sieve, const struct LEVEL(reach) *reach,
                                 const uint32_t *d, size_t count)
{
    if (reach->n >> 53)
        LEVEL(divide_large)(reach->n, reach->base, d, count, sieve->words, sieve->places);
    else
        LEVEL(divide)((double)reach->n, (double)reach->base, d, count, sieve->words, sieve->places);
}

TARGET static void LEVEL(evaluate_primes)(struct pel_hard_sieve *sieve, struct LEVEL(reach) *reach,
                                          size_t from, size_t to)
{
    for (size_t i = from; i < to; i += PEL_HARD_BATCH) {
        size_t count = to - i < PEL_HARD_BATCH ? to - i : PEL_HARD_BATCH;
        LEVEL(locate)(sieve, reach, sieve->g->primes + i, count);
        for (size_t j = 0; j < count; j++)
            reach->sum += LEVEL(counted)(sieve, j);
        reach->weight += count;
    }
}

/* Evaluates the leaves found. */
TARGET static void LEVEL(evaluate)(struct pel_hard_sieve *sieve, struct LEVEL(reach) *reach, size_t count)
{
    LEVEL(locate)(sieve, reach, sieve->leaves, count);
    for (size_t j = 0; j < count; j++) {
        uint64_t minus = (uint64_t)0 - sieve->signs[j];
        reach->sum += (LEVEL(counted)(sieve, j) ^ minus) - minus;
        reach->weight += minus | 1;
    }
}

/* The m of (from, to] with all prime factors above p. */
TARGET static void LEVEL(evaluate_table)(struct pel_hard_sieve *sieve, struct LEVEL(reach) *reach,
                                         uint64_t from, uint64_t to)
{
    const struct pel_factors *f = &sieve->g->factors;
    uint32_t p = sieve->g->primes[reach->b];
    size_t i = pel_factors_up_to(f, from), end = pel_factors_up_to(f, to), found = 0;
    while (i < end) {
        size_t r = i % PEL_FACTOR_RESIDUES;
        uint32_t period = (uint32_t)(i / PEL_FACTOR_RESIDUES * PEL_FACTOR_MODULUS);
        size_t stop = end - i < PEL_FACTOR_RESIDUES - r ? end - i : PEL_FACTOR_RESIDUES - r;
        for (size_t j = 0; j < stop; j++) {
            uint16_t entry = f->entries[i + j];
            sieve->leaves[found] = period + f->residues[r + j];
            sieve->signs[found] = entry & 1;
            found += entry > p;
        }
        i += stop;
        if (found > PEL_HARD_BATCH - PEL_FACTOR_RESIDUES - 1) {
            LEVEL(evaluate)(sieve, reach, found);
            found = 0;
        }
    }
    LEVEL(evaluate)(sieve, reach, found);
}

static inline uint64_t LEVEL(least)(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

TARGET static uint64_t LEVEL(hard_segment)(struct pel_hard_sieve *sieve, uint64_t first, size_t last,
                                           struct pel_hard_part *parts)
{
    const struct pel_gourdon *g = sieve->g;
    uint64_t base = 30 * first + 7, end = base + 30 * (uint64_t)sieve->nbytes, sum = 0;
    LEVEL(fill)(sieve, first);
    for (size_t b = PEL_PHI_PRIMES + 1; b <= last; b++) {
        uint64_t p = g->primes[b], n = g->x / p, most = LEVEL(least)(n / p / p, n / base);
        uint64_t from = n / end, count = LEVEL(count_before)(sieve);
        struct LEVEL(reach) reach = {.n = n, .base = base, .b = b};
        if (p <= g->z / p) {
            most = LEVEL(least)(most, g->z);
            from = from > g->z / p ? from : g->z / p;
            if (from < most)
                LEVEL(evaluate_table)(sieve, &reach, from, most);
        } else {
            most = LEVEL(least)(most, g->y);
            from = from > p ? from : p;
            if (from < most)
                LEVEL(evaluate_primes)(sieve, &reach, pel_pi_at(&g->pi, from) + 1,
                                       pel_pi_at(&g->pi, most) + 1);
        }
        sum += reach.sum + reach.weight * parts[b].count;
        parts[b].weight += reach.weight;
        parts[b].count += count;
        LEVEL(cross)(sieve, b);
    }
    return sum;
}
