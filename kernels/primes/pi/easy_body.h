TARGET static uint64_t LEVEL(count_words)(const uint8_t *bytes, size_t from, size_t to)
{
    uint64_t n = 0;
    for (size_t w = from; w < to; w++)
        n += (uint64_t)__builtin_popcountll(pel_load_word(bytes + 8 * w));
    return n;
}

TARGET static uint64_t LEVEL(sum_pi)(const struct pel_pi_table *pi, const uint32_t *primes, size_t from,
                                     size_t to, uint64_t n)
{
    enum { BLOCK = 256 };
    uint32_t places[BLOCK];
    uint64_t sum = 0;
    for (size_t i = from; i < to; i += BLOCK) {
        size_t count = to - i < BLOCK ? to - i : BLOCK;
        LEVEL(divide)((double)n, 7, primes + i, count, places);
        for (size_t j = 0; j < count; j++) {
            const struct pel_pi_word *word = &pi->words[places[j] >> 8];
            unsigned shift = pel_word_shift[places[j] & 255];
            sum += word->below + (uint64_t)__builtin_popcountll(word->bits << shift);
        }
    }
    return sum;
}
