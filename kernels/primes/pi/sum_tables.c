#include "primes/pi/sum.h"

#include <stdlib.h>

static void fill_words(struct pel_sum *sum, const struct pel_bitmap *bitmap)
{
    uint64_t total = 2 + 3 + 5; /* not in bitmaps */
    for (size_t w = 0; w < sum->nwords; w++) {
        uint64_t word = pel_bitmap_word(bitmap->bytes, 8 * w);
        sum->words[w] = (struct pel_sum_word){total, word};
        total += 240 * w * (unsigned)__builtin_popcountll(word) + pel_bitmap_word_sum(word);
    }
    uint64_t mask = 0;
    for (unsigned i = 0, bit = 0; i < 240; i++) {
        if (i + 2 == pel_bitmap_number(bit))
            mask |= UINT64_C(1) << bit++;
        sum->masks[i] = mask;
    }
}

static void fill_primes(struct pel_sum *sum)
{
    static const uint32_t first[3] = {2, 3, 5};
    size_t b = 0;
    for (; b < 3; b++)
        sum->primes[b + 1] = first[b];
    for (size_t w = 0; w < sum->nwords && 240 * w <= sum->y; w++) {
        sum->counts[w] = (uint32_t)b;
        for (uint64_t word = sum->words[w].bits; word; word &= word - 1) {
            uint64_t p = 240 * w + pel_bitmap_number((unsigned)__builtin_ctzll(word));
            if (p <= sum->y)
                sum->primes[++b] = (uint32_t)p;
        }
    }
    sum->nprimes = b;
    for (b = 1; b <= sum->nprimes; b++)
        sum->sums[b] = sum->sums[b - 1] + sum->primes[b];
}

/* Each prime visits its multiples by numbers coprime to 30, the least prime first. */
static int fill_factors(struct pel_sum *sum)
{
    memset(sum->factor, 0xff, sum->nfactors * sizeof *sum->factor);
    /* Neither 1 nor a tiny prime is a leaf. */
    memset(sum->factor, 0, (pel_sum_index(PEL_SUM_TINY_LAST) + 1) * sizeof *sum->factor);
    for (size_t b = 4; b <= sum->nprimes && (uint64_t)sum->primes[b] * 7 <= sum->y; b++) {
        uint64_t p = sum->primes[b];
        for (size_t i = 1;; i++) {
            uint64_t k = pel_sum_number(i);
            if (p * k > sum->y)
                break;
            uint16_t *factor = &sum->factor[pel_sum_index(p * k)];
            if (*factor == UINT16_MAX)
                *factor = (uint16_t)p;
            else if (*factor)
                *factor ^= 1;
        }
        for (size_t i = 0; p * p <= sum->y && p * p * pel_sum_number(i) <= sum->y; i++)
            sum->factor[pel_sum_index(p * p * pel_sum_number(i))] = 0;
        if (pel_cancel_requested(sum->team->cancel))
            return -ECANCELED;
    }
    return 0;
}

static void fill_tiny(struct pel_sum *sum)
{
    uint16_t count = 0;
    uint32_t total = 0;
    for (uint32_t n = 0; n < PEL_SUM_TINY_PERIOD; n++) {
        if (n % 2 && n % 3 && n % 5 && n % 7 && n % 11 && n % 13) {
            count++;
            total += n;
        }
        sum->tiny_count[n] = count;
        sum->tiny_sum[n] = total;
    }
}

static bool allocate(struct pel_sum *sum)
{
    size_t capacity = 5; /* 2, 3, 5, and the ends */
    for (size_t w = 0; w < sum->nwords && 240 * w <= sum->y; w++)
        capacity += (unsigned)__builtin_popcountll(sum->words[w].bits);
    sum->nfactors = pel_sum_index(sum->y) + 1;
    sum->primes = calloc(capacity, sizeof *sum->primes);
    sum->sums = calloc(capacity, sizeof *sum->sums);
    sum->counts = calloc((size_t)(sum->y / 240 + 1), sizeof *sum->counts);
    sum->factor = calloc(sum->nfactors, sizeof *sum->factor);
    sum->tiny_count = calloc(PEL_SUM_TINY_PERIOD, sizeof *sum->tiny_count);
    sum->tiny_sum = calloc(PEL_SUM_TINY_PERIOD, sizeof *sum->tiny_sum);
    return sum->primes && sum->sums && sum->counts && sum->factor && sum->tiny_count &&
           sum->tiny_sum;
}

int pel_sum_tables(struct pel_sum *sum, struct pel_error *err)
{
    struct pel_bitmap bitmap;
    int status = pel_bitmap_sieve(&bitmap, 0, sum->root_x, sum->team, err);
    if (status)
        return status;
    sum->nwords = bitmap.nbytes / 8 + 1;
    sum->words = calloc(sum->nwords, sizeof *sum->words);
    if (sum->words)
        fill_words(sum, &bitmap);
    pel_bitmap_free(&bitmap);
    status = sum->words && allocate(sum) ? 0 : -ENOMEM;
    if (!status) {
        fill_primes(sum);
        fill_tiny(sum);
        status = fill_factors(sum);
    }
    if (!status)
        return 0;
    pel_sum_tables_free(sum);
    return pel_error_set(err, status, PEL_STAGE_COMPUTE,
                         status == -ENOMEM ? "no memory for the sum of primes" : "cancelled");
}

void pel_sum_tables_free(struct pel_sum *sum)
{
    free(sum->primes);
    free(sum->sums);
    free(sum->counts);
    free(sum->words);
    free(sum->factor);
    free(sum->tiny_count);
    free(sum->tiny_sum);
    *sum = (struct pel_sum){0};
}
