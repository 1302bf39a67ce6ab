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

/* Counts what is left in each block anew; returns the sum. */
TARGET static uint64_t LEVEL(count_blocks)(struct pel_hard_sieve *sieve)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < sieve->nbytes / PEL_HARD_BLOCK; i++) {
        const uint8_t *block = sieve->bytes + i * PEL_HARD_BLOCK;
        int count = __builtin_popcountll(pel_bitmap_word(block, 0)) +
                    __builtin_popcountll(pel_bitmap_word(block, 8)) +
                    __builtin_popcountll(pel_bitmap_word(block, 16)) +
                    __builtin_popcountll(pel_bitmap_word(block, 24));
        sieve->counts[i] = (uint16_t)count;
        sum += (uint64_t)count;
    }
    return sum;
}

/* The sum of the low 16-bit parts of a word, from the first on. */
static inline uint64_t LEVEL(sum_of_parts)(uint64_t word)
{
    return word * UINT64_C(0x0001000100010001) >> 48;
}

static inline uint64_t LEVEL(load_counts)(const struct pel_hard_sieve *sieve, size_t group)
{
    const uint16_t *c = sieve->counts + group * PEL_HARD_GROUP;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word;
    memcpy(&word, c, sizeof word);
    return word;
#else
    return c[0] | (uint64_t)c[1] << 16 | (uint64_t)c[2] << 32 | (uint64_t)c[3] << 48;
#endif
}

/* before[] from counts[]. */
#if LEVEL_NBYTES == 64
TARGET static void LEVEL(sum_groups)(struct pel_hard_sieve *sieve)
{
    const __m512i ones = _mm512_set1_epi16(1);
    const __m256i zero = _mm256_setzero_si256(), last = _mm256_set1_epi32(7);
    __m256i before = zero;
    for (size_t i = 0; i < sieve->nbytes / (PEL_HARD_BLOCK * PEL_HARD_GROUP); i += 8) {
        __m512i pairs = _mm512_loadu_si512(sieve->counts + i * PEL_HARD_GROUP);
        pairs = _mm512_madd_epi16(pairs, ones);
        __m256i sums = _mm512_cvtepi64_epi32(_mm512_add_epi64(pairs, _mm512_srli_epi64(pairs, 32)));
        __m256i up_to = _mm256_add_epi32(sums, _mm256_alignr_epi32(sums, zero, 7));
        up_to = _mm256_add_epi32(up_to, _mm256_alignr_epi32(up_to, zero, 6));
        up_to = _mm256_add_epi32(up_to, _mm256_alignr_epi32(up_to, zero, 4));
        _mm256_storeu_si256((__m256i *)(sieve->before + i),
                            _mm256_add_epi32(before, _mm256_sub_epi32(up_to, sums)));
        before = _mm256_add_epi32(before, _mm256_permutevar8x32_epi32(up_to, last));
    }
}
#else
TARGET static void LEVEL(sum_groups)(struct pel_hard_sieve *sieve)
{
    uint32_t before = 0;
    for (size_t i = 0; i < sieve->nbytes / (PEL_HARD_BLOCK * PEL_HARD_GROUP); i++) {
        sieve->before[i] = before;
        before += (uint32_t)LEVEL(sum_of_parts)(LEVEL(load_counts)(sieve, i));
    }
}
#endif

/* Bit of the number r mod 30. */
#define BIT(r)                                                                                     \
    ((r) == 7    ? 0                                                                               \
     : (r) == 11 ? 1                                                                               \
     : (r) == 13 ? 2                                                                               \
     : (r) == 17 ? 3                                                                               \
     : (r) == 19 ? 4                                                                               \
     : (r) == 23 ? 5                                                                               \
     : (r) == 29 ? 6                                                                               \
                 : 7)
#define CROSS(w, k) LEVEL(cross_one)(bytes, counts, round + k, BIT(residue * w % 30), counted)

TARGET PEL_INLINE uint64_t LEVEL(cross_one)(uint8_t *restrict bytes, uint16_t *restrict counts,
                                            size_t at, unsigned bit, bool counted)
{
    unsigned byte = bytes[at];
    bytes[at] = (uint8_t)(byte & ~(1u << bit));
    if (!counted)
        return 0;
    unsigned hit = byte >> bit & 1;
    counts[at / PEL_HARD_BLOCK] = (uint16_t)(counts[at / PEL_HARD_BLOCK] - hit);
    return hit;
}

/* Crosses off the multiples of p = residue mod 30 in rounds of 30 p numbers, p bytes. A round that reaches
 * over the end of the segment is begun again in the next: what lies outside is ignored. Returns how many
 * numbers went, when they are counted. */
TARGET PEL_INLINE uint64_t LEVEL(cross_rounds)(struct pel_hard_sieve *sieve, int32_t *offset,
                                               uint32_t p, unsigned residue, bool counted)
{
    const size_t k1 = (p - 7) / 30, k7 = (7 * p - 7) / 30, k11 = (11 * p - 7) / 30,
                 k13 = (13 * p - 7) / 30, k17 = (17 * p - 7) / 30, k19 = (19 * p - 7) / 30,
                 k23 = (23 * p - 7) / 30, k29 = (29 * p - 7) / 30;
    uint8_t *bytes = sieve->bytes - sieve->margin;
    uint16_t *counts = sieve->counts - sieve->margin / PEL_HARD_BLOCK;
    size_t round = (size_t)(*offset + sieve->margin), end = sieve->nbytes + (size_t)sieve->margin;
    uint64_t hits = 0;
    for (; round < end; round += p) {
        hits += CROSS(1, k1) + CROSS(7, k7) + CROSS(11, k11) + CROSS(13, k13);
        hits += CROSS(17, k17) + CROSS(19, k19) + CROSS(23, k23) + CROSS(29, k29);
    }
    *offset = (int32_t)(round - end - p);
    return hits;
}

TARGET static uint64_t LEVEL(cross)(struct pel_hard_sieve *sieve, size_t b, bool counted)
{
    uint32_t p = sieve->g->primes[b];
    int32_t *offset = &sieve->offsets[b];
#define CASE(r)                                                                                    \
    case r:                                                                                        \
        return counted ? LEVEL(cross_rounds)(sieve, offset, p, r, true)                            \
                       : LEVEL(cross_rounds)(sieve, offset, p, r, false)
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
    return 0;
}
#undef CROSS
#undef BIT

/* ---- leaves ------------------------------------------------------------------------------------- */

/* The leaves of p(b) in the segment. */
struct LEVEL(reach) {
    uint64_t n, base; /* x / p(b); the segment's first number */
    size_t b;
    uint64_t sum, weight; /* of -mu(m) times what is counted in the segment; of -mu(m) */
};

/* How many numbers are left up to the i-th place: groups, blocks of the group, bits of the block. */
TARGET static inline uint64_t LEVEL(counted)(const struct pel_hard_sieve *sieve, size_t i)
{
    size_t place = sieve->places[i], block = place / (8 * PEL_HARD_BLOCK),
           group = block / PEL_HARD_GROUP;
    uint64_t counts =
        LEVEL(load_counts)(sieve, group) & ((UINT64_C(1) << block % PEL_HARD_GROUP * 16) - 1);
    const uint8_t *bytes = sieve->bytes + block * PEL_HARD_BLOCK;
    const uint8_t *mask =
        sieve->masks->up_to[place % 8] + (PEL_HARD_BLOCK - 1 - place / 8 % PEL_HARD_BLOCK);
    int bits = __builtin_popcountll(pel_bitmap_word(bytes, 0) & pel_bitmap_word(mask, 0)) +
               __builtin_popcountll(pel_bitmap_word(bytes, 8) & pel_bitmap_word(mask, 8)) +
               __builtin_popcountll(pel_bitmap_word(bytes, 16) & pel_bitmap_word(mask, 16)) +
               __builtin_popcountll(pel_bitmap_word(bytes, 24) & pel_bitmap_word(mask, 24));
    return sieve->before[group] + LEVEL(sum_of_parts)(counts) + (uint64_t)bits;
}

/* The places of the leaves with the divisors d. */
TARGET static void LEVEL(locate)(struct pel_hard_sieve *sieve, const struct LEVEL(reach) * reach,
                                 const uint32_t *d, size_t count)
{
    if (reach->n >> 53)
        LEVEL(divide_large)(reach->n, reach->base, d, count, sieve->places);
    else
        LEVEL(divide)((double)reach->n, (double)reach->base, d, count, sieve->places);
}

/* The leaves whose m is p(from) to p(to - 1). */
TARGET static void LEVEL(evaluate_primes)(struct pel_hard_sieve *sieve, struct LEVEL(reach) * reach,
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

/* The first `count` of the leaves found. */
TARGET static void LEVEL(evaluate)(struct pel_hard_sieve *sieve, struct LEVEL(reach) * reach,
                                   size_t count)
{
    LEVEL(locate)(sieve, reach, sieve->leaves, count);
    for (size_t j = 0; j < count; j++) {
        uint64_t minus = (uint64_t)0 - (sieve->leaves[j] >> 31);
        reach->sum += (LEVEL(counted)(sieve, j) ^ minus) - minus;
        reach->weight += minus | 1;
    }
}

/* Notes those of `count` numbers of a period of the table that are leaves of p; returns how many. */
TARGET static inline size_t LEVEL(filter)(const uint16_t *entries, const uint32_t *residues,
                                          size_t count, uint32_t p, uint32_t period,
                                          uint32_t *leaves)
{
    size_t found = 0;
#if LEVEL_NBYTES == 64
    const __m256i least = _mm256_set1_epi16((int16_t)p);
    const __m512i first = _mm512_set1_epi32((int32_t)period);
    for (size_t i = 0; i < count; i += 16) {
        __mmask16 wanted = (__mmask16)(count - i < 16 ? (1u << (count - i)) - 1 : 0xffff);
        __m256i entry = _mm256_maskz_loadu_epi16(wanted, entries + i);
        __mmask16 leaf = _mm256_cmpgt_epu16_mask(entry, least);
        __m512i m = _mm512_add_epi32(_mm512_maskz_loadu_epi32(wanted, residues + i), first);
        m = _mm512_or_epi32(m, _mm512_slli_epi32(_mm512_cvtepu16_epi32(entry), 31));
        _mm512_storeu_si512(leaves + found, _mm512_maskz_compress_epi32(leaf, m));
        found += (size_t)__builtin_popcount(leaf);
    }
#else
    for (size_t i = 0; i < count; i++) {
        leaves[found] = (period + residues[i]) | (uint32_t)entries[i] << 31;
        found += entries[i] > p;
    }
#endif
    return found;
}

/* The leaves whose m is a number of (from, to] with all prime factors above p. */
TARGET static void LEVEL(evaluate_table)(struct pel_hard_sieve *sieve, struct LEVEL(reach) * reach,
                                         uint64_t from, uint64_t to)
{
    const struct pel_factors *f = &sieve->g->factors;
    uint32_t p = sieve->g->primes[reach->b];
    size_t i = pel_factors_up_to(f, from), end = pel_factors_up_to(f, to), found = 0;
    while (i < end) {
        size_t r = i % PEL_FACTOR_RESIDUES, count = PEL_FACTOR_RESIDUES - r;
        uint32_t period = (uint32_t)(i / PEL_FACTOR_RESIDUES * PEL_FACTOR_MODULUS);
        if (count > end - i)
            count = end - i;
        found +=
            LEVEL(filter)(f->entries + i, f->residues + r, count, p, period, sieve->leaves + found);
        i += count;
        if (found > PEL_HARD_BATCH - PEL_FACTOR_RESIDUES) {
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

TARGET static uint64_t LEVEL(hard_segment)(struct pel_hard_sieve *sieve, uint64_t first,
                                           size_t last, struct pel_hard_part *parts)
{
    const struct pel_gourdon *g = sieve->g;
    uint64_t base = 30 * first + 7, end = base + 30 * (uint64_t)sieve->nbytes, sum = 0;
    LEVEL(fill)(sieve, first);
    uint64_t count = LEVEL(count_blocks)(sieve);
    for (size_t b = PEL_PHI_PRIMES + 1; b <= last; b++) {
        uint64_t p = g->primes[b], n = g->x / p, most = LEVEL(least)(n / p / p, n / base);
        bool by_table = p <= g->z / p;
        uint64_t from = n / end, least = by_table ? g->z / p : p;
        most = LEVEL(least)(most, by_table ? g->z : g->y);
        from = from > least ? from : least;
        if (from < most) {
            struct LEVEL(reach) reach = {.n = n, .base = base, .b = b};
            LEVEL(sum_groups)(sieve);
            if (by_table)
                LEVEL(evaluate_table)(sieve, &reach, from, most);
            else
                LEVEL(evaluate_primes)
                (sieve, &reach, pel_pi_at(&g->pi, from) + 1, pel_pi_at(&g->pi, most) + 1);
            sum += reach.sum + reach.weight * parts[b].count;
            parts[b].weight += reach.weight;
        }
        parts[b].count += count;
        if (p < PEL_HARD_RECOUNT) {
            LEVEL(cross)(sieve, b, false);
            count = LEVEL(count_blocks)(sieve);
        } else {
            count -= LEVEL(cross)(sieve, b, true);
        }
    }
    return sum;
}
