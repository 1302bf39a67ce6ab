#include "bulk/engine/machine/isprime.h"

#include "primes/root.h"

#include <string.h>

/* The numbers of a block that are asked for. */
struct asked {
    const int64_t *numbers;
    size_t step, n, count;
    int64_t first, last, least, greatest;
};

static struct asked look(const struct operand *numbers, const uint64_t *rows, size_t n)
{
    struct asked asked = {
        .numbers = numbers->at, .step = numbers->step, .n = n, .least = INT64_MAX, .greatest = 0};
    for (size_t w = 0; w < n / 64; w++)
        for (uint64_t bits = rows[w]; bits; bits &= bits - 1) {
            int64_t x = asked.numbers[(64 * w + (size_t)__builtin_ctzll(bits)) * asked.step];
            asked.first = asked.count++ ? asked.first : x;
            asked.last = x;
            asked.least = x < asked.least ? x : asked.least;
            asked.greatest = x > asked.greatest ? x : asked.greatest;
        }
    asked.least = asked.least > 0 ? asked.least : 0;
    return asked;
}

/* ---- one by one ---------------------------------------------------------------------------------- */

static void test_each(const struct asked *asked, const uint64_t *rows, uint64_t *out)
{
    for (size_t w = 0; w < asked->n / 64; w++) {
        out[w] = 0;
        for (uint64_t bits = rows[w]; bits; bits &= bits - 1) {
            size_t i = 64 * w + (size_t)__builtin_ctzll(bits);
            int64_t x = asked->numbers[i * asked->step];
            out[w] |= (uint64_t)(x > 0 && pel_is_prime((uint64_t)x)) << i % 64;
        }
    }
}

/* ---- from a bitmap ------------------------------------------------------------------------------- */

static bool is_consecutive(const struct asked *asked)
{
    uint64_t differs = asked->step == 0;
    for (size_t i = 0; i < asked->n && asked->step; i++)
        differs |= (uint64_t)asked->numbers[i] ^ ((uint64_t)asked->numbers[0] + i);
    return !differs;
}

/* Of consecutive numbers from `start` >= 7: each of the bitmap's primes to its place. */
static void place_primes(const struct pel_bitmap *bitmap, uint64_t start, size_t n, uint64_t *out)
{
    memset(out, 0, n / 8);
    uint64_t first = (start - 7) / 30, last = (start + n - 8) / 30;
    for (uint64_t k = first; k <= last && k - bitmap->first_byte < bitmap->nbytes; k++)
        for (unsigned bits = bitmap->bytes[k - bitmap->first_byte]; bits; bits &= bits - 1) {
            uint64_t i = 30 * k + pel_wheel_residues[__builtin_ctz(bits)] - start;
            if (i < n)
                out[i / 64] |= UINT64_C(1) << i % 64;
        }
}

/* x is in what was sieved. */
static bool is_in(const struct pel_bitmap *bitmap, int64_t x)
{
    /* The bit of a number n, by (n - 7) mod 30; 0 for multiples of 2, 3 and 5. */
    static const uint8_t bits[30] = {
        [0] = 1, [4] = 2, [6] = 4, [10] = 8, [12] = 16, [16] = 32, [22] = 64, [24] = 128};
    if (x < 7)
        return x == 2 || x == 3 || x == 5;
    uint32_t at = (uint32_t)((uint64_t)x - 7 - 30 * bitmap->first_byte);
    return bitmap->bytes[at / 30] & bits[at % 30];
}

static void look_up(const struct pel_bitmap *bitmap, const struct asked *asked,
                    const uint64_t *rows, uint64_t *out)
{
    if (asked->count == asked->n && asked->least >= 7 && is_consecutive(asked)) {
        place_primes(bitmap, (uint64_t)asked->least, asked->n, out);
        return;
    }
    for (size_t w = 0; w < asked->n / 64; w++) {
        out[w] = 0;
        for (uint64_t left = rows[w]; left; left &= left - 1) {
            size_t i = 64 * w + (size_t)__builtin_ctzll(left);
            out[w] |= (uint64_t)is_in(bitmap, asked->numbers[i * asked->step]) << i % 64;
        }
    }
}

/* ---- which of the two ---------------------------------------------------------------------------- */

/* Nanoseconds, measured on a Zen 4 from 10^6 to 10^15: a test takes 35 on the average of consecutive numbers
 * below 2^32 and 65 above; an interval 15000, 0.08 for each number, and up to 1.4 for each number up to the
 * root, which are sieved for it. */
static bool pays(uint64_t length, uint64_t stop, uint64_t ntests)
{
    double tests = (double)ntests * (stop >> 32 ? 65 : 35);
    return 15000 + 0.08 * (double)length + 1.4 * (double)pel_root2(stop) < tests;
}

/* The next interval, if blocks go on as this one does, upwards or downwards. */
static bool sieve_ahead(struct sieved *sieved, const struct asked *asked, size_t later,
                        enum pel_isa isa)
{
    enum { BLOCKS_MAX = 64, WAIT = 64 };
    uint64_t least = (uint64_t)asked->least, greatest = (uint64_t)asked->greatest;
    uint64_t span = greatest - least + 1, blocks = later < BLOCKS_MAX ? later + 1 : BLOCKS_MAX;
    if (sieved->wait) {
        sieved->wait--;
        return false;
    }
    /* Blocks did not go on. */
    if (sieved->used < sieved->blocks / 2) {
        sieved->blocks = sieved->used = 0;
        sieved->wait = WAIT;
        return false;
    }
    if (span > UINT32_MAX / BLOCKS_MAX)
        return false;
    uint64_t more = span * (blocks - 1), start = least, stop = greatest;
    if (asked->first > asked->last)
        start = least > more ? least - more : 0;
    else
        stop = greatest + more;
    if (!pays(stop - start, stop, asked->count * blocks))
        return false;
    const struct pel_team team = {.nthreads = 1, .isa = isa};
    pel_isprime_free(sieved);
    if (pel_bitmap_sieve(&sieved->bitmap, start, stop, &team, NULL))
        return false; /* there is no memory for it, and a way without */
    sieved->start = start;
    sieved->stop = stop;
    sieved->blocks = blocks;
    return true;
}

static bool is_sieved(const struct sieved *sieved, const struct asked *asked)
{
    return sieved->blocks && (uint64_t)asked->least >= sieved->start &&
           (uint64_t)asked->greatest <= sieved->stop;
}

void pel_isprime(struct sieved *sieved, const struct operand *numbers, const uint64_t *rows,
                 size_t n, size_t later, enum pel_isa isa, uint64_t *out)
{
    struct asked asked = look(numbers, rows, n);
    if (asked.least > asked.greatest) {
        memset(out, 0, n / 8); /* none, or none that is positive */
    } else if (is_sieved(sieved, &asked) || sieve_ahead(sieved, &asked, later, isa)) {
        sieved->used++;
        look_up(&sieved->bitmap, &asked, rows, out);
    } else {
        test_each(&asked, rows, out);
    }
}

void pel_isprime_free(struct sieved *sieved)
{
    pel_bitmap_free(&sieved->bitmap);
    *sieved = (struct sieved){0};
}
