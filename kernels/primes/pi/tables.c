/* Lookup tables of pi and of phi for the first few primes. */
#include "primes/bitmap.h"
#include "primes/pi/gourdon.h"

#include <stdlib.h>
#include <string.h>

/* For r from 0 to 239: 64 minus the number of n = 7 + r' coprime to 30 with r' <= r. */
#define EIGHT(s)                                                                                   \
    s, s, s, s, s - 1, s - 1, s - 2, s - 2, s - 2, s - 2, s - 3, s - 3, s - 4, s - 4, s - 4,       \
        s - 4, s - 5, s - 5, s - 5, s - 5, s - 5, s - 5, s - 6, s - 6, s - 7, s - 7, s - 7, s - 7, \
        s - 7, s - 7
const uint8_t pel_word_shift[240] = {EIGHT(63), EIGHT(55), EIGHT(47), EIGHT(39),
                                     EIGHT(31), EIGHT(23), EIGHT(15), EIGHT(7)};

const uint32_t pel_bit_up_to[32] = {0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4,
                                    5, 5, 5, 5, 5, 5, 6, 6, 7, 7, 7, 7, 7, 7, 0, 0};

/* ---- pi --------------------------------------------------------------------------------------- */

static void count_words(struct pel_pi_table *table, const uint8_t *bytes)
{
    uint64_t below = 3; /* 2, 3 and 5 */
    for (size_t w = 0; w < table->nwords; w++) {
        uint64_t bits = pel_bitmap_word(bytes, 8 * w);
        table->words[w] = (struct pel_pi_word){.bits = bits, .below = below};
        below += (uint64_t)__builtin_popcountll(bits);
    }
}

int pel_pi_table_make(struct pel_pi_table *table, uint64_t limit, const struct pel_team *team,
                      struct pel_error *err)
{
    *table = (struct pel_pi_table){.limit = limit, .nwords = (size_t)(limit / 240 + 1)};
    struct pel_bitmap bitmap;
    int status = pel_bitmap_sieve(&bitmap, 0, limit, team, err);
    if (status)
        return status;
    table->words = malloc(table->nwords * sizeof *table->words);
    if (table->words)
        count_words(table, bitmap.bytes);
    else
        status = pel_error_set(err, -ENOMEM, PEL_STAGE_COMPUTE, "no memory for a table of pi(n)");
    pel_bitmap_free(&bitmap);
    return status;
}

void pel_pi_table_free(struct pel_pi_table *table)
{
    free(table->words);
    *table = (struct pel_pi_table){0};
}

/* ---- phi for the first K primes ----------------------------------------------------------------- */

void pel_phi_wheel_make(struct pel_phi_wheel *wheel)
{
    static const unsigned primes[] = {7, 11, 13, 17};
    memset(wheel->bytes, 0xff, sizeof wheel->bytes);
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
        for (unsigned b = 0; b < 8; b++) {
            unsigned k = 0; /* a byte whose number b is a multiple; from there every primes[i]-th */
            while ((30 * k + pel_wheel_residues[b]) % primes[i])
                k++;
            for (; k < PEL_WHEEL_NBYTES; k += primes[i])
                wheel->bytes[k] &= (uint8_t) ~(1u << b);
        }
    uint32_t below = 0;
    for (size_t k = 0; k < PEL_WHEEL_NBYTES; k++) {
        wheel->below[k] = below;
        below += (uint32_t)__builtin_popcount(wheel->bytes[k]);
    }
}

/* 1 is in no bitmap that begins at 0, but the last bit of a period is its 1 modulo the period. */
uint64_t pel_phi_wheel_phi(const struct pel_phi_wheel *wheel, uint64_t n)
{
    enum { PERIOD = 30 * PEL_WHEEL_NBYTES };
    if (n < 7)
        return n > 0;
    uint64_t t = n - 7, period = t / PERIOD, r = t % PERIOD;
    unsigned bits = (unsigned)wheel->bytes[r / 30] << 24 << (pel_word_shift[r % 30] - 56);
    return 1 + period * PEL_WHEEL_COUNT + wheel->below[r / 30] + (uint64_t)__builtin_popcount(bits);
}
