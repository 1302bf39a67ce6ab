#include "bulk/engine/isprime.h"

static bool is_prime(int64_t number)
{
    return number > 0 && pel_is_prime((uint64_t)number);
}

void pel_isprime(struct sieved *sieved, const struct operand *numbers, const uint64_t *rows,
                 size_t n, size_t later, enum pel_isa isa, uint64_t *out)
{
    const int64_t *x = numbers->at;
    (void)sieved, (void)later, (void)isa;
    for (size_t w = 0; w < n / 64; w++) {
        out[w] = 0;
        for (uint64_t bits = rows[w]; bits; bits &= bits - 1) {
            size_t i = 64 * w + (size_t)__builtin_ctzll(bits);
            out[w] |= (uint64_t)is_prime(x[i * numbers->step]) << i % 64;
        }
    }
}

void pel_isprime_free(struct sieved *sieved)
{
    pel_bitmap_free(&sieved->bitmap);
}
