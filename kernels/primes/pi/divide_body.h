/* Where floor(n / d) lies in a bitmap that begins `base` numbers after 0: word and place (0 to 239) in it,
 * for many d at once. In doubles, whose quotient of integers below 2^53 never rounds up to an integer; the
 * half keeps the product with 1/240 off the integers by more than its rounding, below 2^40. */
TARGET static inline void LEVEL(divide)(double n, double base, const uint32_t *restrict d, size_t count,
                                        uint32_t *restrict words, uint32_t *restrict places)
{
    for (size_t i = 0; i < count; i++) {
        double t = __builtin_floor(n / (double)(int32_t)d[i]) - base;
        double word = __builtin_floor((t + 0.5) * (1.0 / 240));
        words[i] = (uint32_t)(int32_t)word;
        places[i] = (uint32_t)(int32_t)(t - 240 * word);
    }
}

/* The same for any n, when base + 2^32 > floor(n / d) >= base. */
TARGET static void LEVEL(divide_large)(uint64_t n, uint64_t base, const uint32_t *restrict d, size_t count,
                                       uint32_t *restrict words, uint32_t *restrict places)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t t = (uint32_t)(n / d[i] - base);
        words[i] = t / 240;
        places[i] = t % 240;
    }
}
