/* The loops of sum_loops.h for one level (see core/levels.h). */

/* Words of every bitmap here are about 240 w + 7 to 240 w + 241: chunks and segments begin at whole
 * words. */

/* The sum of the numbers of a word whose first byte is about `base`. */
TARGET static inline uint64_t LEVEL(word_total)(uint64_t base, uint64_t word)
{
    return base * (unsigned)__builtin_popcountll(word) + pel_bitmap_word_sum(word);
}

TARGET static void LEVEL(count)(struct pel_sum_segment *segment)
{
    segment->total = 0;
    for (size_t line = 0; line * PEL_SUM_LINE < segment->nbytes; line++) {
        uint64_t total = 0;
        for (size_t k = line * PEL_SUM_LINE; k < (line + 1) * PEL_SUM_LINE; k += 8)
            total +=
                LEVEL(word_total)(30 * (segment->first + k), pel_bitmap_word(segment->bytes, k));
        segment->lines[line] = total;
        segment->total += total;
    }
}

TARGET static void LEVEL(cross)(struct pel_sum_segment *segment, uint64_t p, uint32_t *positions)
{
    uint64_t total = segment->total;
    size_t nbytes = segment->nbytes;
    for (unsigned b = 0; b < 8; b++) {
        uint64_t i = positions[b], n = 30 * (segment->first + i) + pel_wheel_residues[b];
        for (; i < nbytes; i += p, n += 30 * p) {
            unsigned byte = segment->bytes[i];
            uint64_t gone = n & -(uint64_t)(byte >> b & 1);
            segment->bytes[i] = (uint8_t)(byte & ~(1u << b));
            segment->lines[i / PEL_SUM_LINE] -= gone;
            total -= gone;
        }
        positions[b] = (uint32_t)(i - nbytes);
    }
    segment->total = total;
}

/* How far a query has come: the sum of the lines before `line`. */
struct LEVEL(reach) {
    size_t line;
    uint64_t sum;
};

/* The sum of what the segment has left up to n, which is in it and not below the last query's. */
TARGET static inline uint64_t LEVEL(sum_to)(const struct pel_sum *sum,
                                            const struct pel_sum_segment *segment,
                                            struct LEVEL(reach) * reach, uint64_t n)
{
    uint64_t w = (n - 2) / 240, first = segment->first / 8;
    size_t end = (size_t)(w - first), line = end / (PEL_SUM_LINE / 8);
    while (reach->line < line)
        reach->sum += segment->lines[reach->line++];
    uint64_t total = reach->sum;
    for (size_t i = line * (PEL_SUM_LINE / 8); i < end; i++)
        total += LEVEL(word_total)(240 * (first + i), pel_bitmap_word(segment->bytes, 8 * i));
    uint64_t last = pel_bitmap_word(segment->bytes, 8 * end) & sum->masks[n - 2 - 240 * w];
    return total + LEVEL(word_total)(240 * w, last);
}

TARGET static void LEVEL(leaves)(const struct pel_sum *sum, const struct pel_sum_segment *segment,
                                 uint64_t p, uint64_t m_min, uint64_t m_max,
                                 struct pel_sum_leaves *out)
{
    struct LEVEL(reach) reach = {0, 0};
    uint64_t xp = sum->x / p;
    pel_sum_t sums = 0;
    uint64_t weights = 0;
    for (size_t i = pel_sum_index(m_max), end = pel_sum_index(m_min); i > end; i--) {
        unsigned factor = sum->factor[i];
        if (factor <= p)
            continue;
        uint64_t m = pel_sum_number(i);
        pel_sum_t leaf = (pel_sum_t)m * LEVEL(sum_to)(sum, segment, &reach, xp / m);
        sums += factor & 1 ? leaf : -leaf;
        weights += factor & 1 ? m : -m;
    }
    out->sums = sums;
    out->weights = (pel_sum_t)(__int128_t)(int64_t)weights;
}

TARGET static void LEVEL(prime_leaves)(const struct pel_sum *sum,
                                       const struct pel_sum_segment *segment, uint64_t p,
                                       uint64_t m_min, uint64_t m_max, struct pel_sum_leaves *out)
{
    struct LEVEL(reach) reach = {0, 0};
    uint64_t xp = sum->x / p;
    pel_sum_t sums = 0;
    size_t last = pel_sum_pi(sum, m_max), end = pel_sum_pi(sum, m_min);
    for (size_t b = last; b > end; b--)
        sums +=
            (pel_sum_t)sum->primes[b] * LEVEL(sum_to)(sum, segment, &reach, xp / sum->primes[b]);
    out->sums = sums;
    out->weights = last > end ? sum->sums[last] - sum->sums[end] : 0;
}

/* Quotients by blocks, so that the divisions are vectors'. They are exact: a quotient that is not a whole
 * number is at least 1 / m below the next one, and its rounding error is at most xp / m 2^-53 < 1 / m. */
enum { LEVEL(BLOCK) = 64 };
TARGET static inline size_t LEVEL(divide)(uint64_t xp, const uint32_t *primes, size_t nprimes,
                                          uint32_t *n)
{
    const double dividend = (double)xp;
    size_t count = nprimes < LEVEL(BLOCK) ? nprimes : LEVEL(BLOCK);
    for (size_t i = 0; i < count; i++)
        n[i] = (uint32_t)(int64_t)(dividend / primes[i]);
    return count;
}

TARGET static pel_sum_t LEVEL(quotients)(const struct pel_sum *sum, uint64_t xp, size_t first,
                                         size_t last)
{
    uint32_t n[LEVEL(BLOCK)];
    pel_sum_t total = 0;
    size_t at = first, end;
    /* Quotients above y (the rest of a block may be below), from the words. */
    for (; at <= last && xp / sum->primes[at] > sum->y; at = end) {
        const uint32_t *primes = sum->primes + at;
        end = at + LEVEL(divide)(xp, primes, last - at + 1, n);
        for (size_t i = 0; i < end - at; i++) {
            uint32_t w = (n[i] - 2) / 240;
            uint64_t bits = sum->words[w].bits & sum->masks[n[i] - 2 - 240 * w];
            uint64_t to_n = sum->words[w].sum + LEVEL(word_total)(240 * (uint64_t)w, bits);
            total += (pel_sum_t)primes[i] * to_n;
        }
    }
    /* And up to y, where one count leads to the sum. */
    for (; at <= last; at = end) {
        const uint32_t *primes = sum->primes + at;
        end = at + LEVEL(divide)(xp, primes, last - at + 1, n);
        for (size_t i = 0; i < end - at; i++) {
            uint32_t w = (n[i] - 2) / 240;
            uint64_t bits = sum->words[w].bits & sum->masks[n[i] - 2 - 240 * w];
            size_t pi = sum->counts[w] + (unsigned)__builtin_popcountll(bits);
            total += (pel_sum_t)primes[i] * sum->sums[pi];
        }
    }
    return total;
}

TARGET static void LEVEL(products)(const struct pel_sum *sum, const struct pel_segment *segment,
                                   struct pel_sum_descent *descent, pel_sum_t *before,
                                   pel_sum_t *products)
{
    uint64_t first = segment->base / 240, end = (segment->base / 30 + segment->nbytes + 7) / 8,
             at = first;
    for (; descent->prime; pel_sum_descend(descent)) {
        uint64_t n = sum->x / descent->prime, w = (n - 2) / 240;
        if (w >= end)
            break;
        for (; at < w; at++)
            *before +=
                LEVEL(word_total)(240 * at, pel_bitmap_word(segment->bytes, 8 * (at - first)));
        uint64_t last =
            pel_bitmap_word(segment->bytes, 8 * (w - first)) & sum->masks[n - 2 - 240 * w];
        *products += (*before + LEVEL(word_total)(240 * w, last)) * descent->prime;
    }
    for (; at < end; at++)
        *before += LEVEL(word_total)(240 * at, pel_bitmap_word(segment->bytes, 8 * (at - first)));
}

static const struct pel_sum_rows LEVEL(table) = {
    .count = LEVEL(count),
    .cross = LEVEL(cross),
    .leaves = LEVEL(leaves),
    .prime_leaves = LEVEL(prime_leaves),
    .quotients = LEVEL(quotients),
    .products = LEVEL(products),
};
