TARGET static uint64_t LEVEL(count_words)(const uint8_t *bytes, size_t from, size_t to)
{
    uint64_t n = 0;
    for (size_t w = from; w < to; w++)
        n += (uint64_t)__builtin_popcountll(pel_bitmap_word(bytes, 8 * w));
    return n;
}

TARGET static inline uint64_t LEVEL(pi_at)(const struct pel_pi_word *words, uint32_t place)
{
    const struct pel_pi_word *word = &words[place / 64];
    return word->below + (uint64_t)__builtin_popcountll(word->bits << (~place & 63));
}

TARGET static uint64_t LEVEL(sum_pi)(const struct pel_pi_table *pi, const uint32_t *primes,
                                     size_t from, size_t to, uint64_t n)
{
    enum { BATCH = 256 };
    uint32_t places[BATCH];
    uint64_t sum = 0;
    for (size_t i = from; i < to; i += BATCH) {
        size_t count = to - i < BATCH ? to - i : BATCH;
        LEVEL(divide)((double)n, 7, primes + i, count, places);
        for (size_t j = 0; j < count; j++)
            sum += LEVEL(pi_at)(pi->words, places[j]);
    }
    return sum;
}
